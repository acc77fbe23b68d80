package umapi

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUser_IsReadAsTheServiceTellsIt(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, `{"result":"success","user":{"id":"7C@example.com","email":"ada@example.com","status":"active",
		"groups":["Design Team","_admin_Design Team"],"username":"abyron","domain":"example.com","firstname":"Ada","lastname":"Byron",
		"country":"GB","type":"federatedID","tags":["later"]}}`)}
	u, err := newService(t, s).User(t.Context(), "ada+x@example.com", "example.com")
	require.NoError(t, err)
	require.Equal(t, User{
		ID: "7C@example.com", Email: "ada@example.com", Status: "active", Groups: []string{"Design Team", "_admin_Design Team"},
		Username: "abyron", Domain: "example.com", FirstName: "Ada", LastName: "Byron", Country: "GB", Type: FederatedID,
	}, u)
	r, _ := s.lastRequest()
	require.Equal(t, "/v2/usermanagement/organizations/A1B2C3D4@AdobeOrg/users/ada+x@example.com?domain=example.com", r.RequestURI)
	require.Equal(t, http.MethodGet, r.Method)
	require.Empty(t, r.Header.Get("Content-Type"))
}

func TestUser_OnlyTheServicesOwnWordMeansNotFound(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		api   http.HandlerFunc
		found bool // ErrNotFound is wrapped
		class Class
	}{
		"not found":            {answers(404, `{"result":"error.user.not_found","message":"User not found x"}`), true, ClassReread},
		"nonexistent":          {answers(404, `{"result":"error.user.nonexistent"}`), true, ClassReread},
		"not found in a 200":   {answers(200, `{"result":"error.user.not_found"}`), true, ClassReread},
		"404 of a proxy":       {answers(404, "<html>"), false, ClassDenied},
		"404 of a wrong path":  {answers(404, `{"message":"no route"}`), false, ClassDenied},
		"a bad key":            {answers(200, `{"result":"error.apikey.invalid"}`), false, ClassDenied},
		"a plain error":        {answers(200, `{"result":"error"}`), false, ClassTransient},
		"no user":              {answers(200, `{"result":"success"}`), false, ClassTransient},
		"HTML":                 {answers(200, `<html>`), false, ClassTransient},
		"no such group":        {answers(404, `{"result":"error.group.not_found"}`), false, ClassRejected},
		"no such domain":       {answers(404, `{"result":"error.domain.trust.nonexistent"}`), false, ClassRejected},
		"no such organization": {answers(404, `{"result":"error.organization.not_found"}`), false, ClassDenied},
		"something inside":     {answers(500, `{"result":"error.internal.everybody_group.not_found"}`), false, ClassTransient},
		"not found in a 502":   {answers(502, `{"result":"error.user.not_found"}`), false, ClassTransient},
		"another one's user":   {answers(403, `{"result":"error.api.user.not.parent.org"}`), false, ClassRejected},
		"a 403":                {answers(403, ""), false, ClassDenied},
		"a bad e-mail":         {answers(400, `{"result":"error.user.email.invalid"}`), false, ClassRejected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newService(t, &service{api: tt.api}).User(t.Context(), "ada@example.com", "")
			require.Error(t, err)
			if tt.found {
				require.ErrorIs(t, err, ErrNotFound)
			} else {
				require.NotErrorIs(t, err, ErrNotFound)
			}
			require.Equal(t, tt.class, ClassOf(err), "%v", err)
		})
	}
}

func TestReads_RefuseArgumentsThatWouldReadSomethingElse(t *testing.T) {
	t.Parallel()
	s := &service{}
	c := newService(t, s)
	_, err := c.MembersPage(t.Context(), " ", 0)
	assert.ErrorIs(t, err, ErrInvalid)
	_, err = c.User(t.Context(), "", "example.com")
	assert.ErrorIs(t, err, ErrInvalid)
	_, err = c.UsersPage(t.Context(), -1)
	assert.ErrorIs(t, err, ErrInvalid)
	_, err = c.GroupsPage(t.Context(), -1)
	assert.ErrorIs(t, err, ErrInvalid)
	assert.Zero(t, s.calls())
}

func TestMembersPage_EscapesTheGroupAsOneSegment(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, `{"lastPage":true,"result":"success","groupName":"x"}`, "X-Total-Count", "0")}
	c := newService(t, s)
	for group, want := range map[string]string{
		"Photoshop - 100 GB": "Photoshop%20-%20100%20GB",
		"a/b?c#d%e":          "a%2Fb%3Fc%23d%25e",
		"..":                 "%2E%2E",
		".":                  "%2E",
		"設計":                 "%E8%A8%AD%E8%A8%88",
		"_admin_Design":      "_admin_Design",
	} {
		p, err := c.MembersPage(t.Context(), group, 3)
		require.NoError(t, err)
		require.Equal(t, Page{Number: 3, Last: true, TotalCount: 0, PageCount: -1, RequestID: p.RequestID}, p.Page)
		require.Empty(t, p.Users)
		r, _ := s.lastRequest()
		require.Equal(t, "/v2/usermanagement/users/A1B2C3D4@AdobeOrg/3/"+want, r.RequestURI)
	}
}

func TestMembersPage_UnknownGroupIsNotFound(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(404, `{"lastPage":false,"result":"error.group.not_found","message":"Not found: Group G"}`)}
	_, err := newService(t, s).MembersPage(t.Context(), "G", 0)
	require.ErrorIs(t, err, ErrNotFound)
	require.Equal(t, ClassReread, ClassOf(err))
	require.Equal(t, OutcomeRefused, OutcomeOf(err))
}

func TestGroupsPage_TakesNumbersAndStrings(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, `{"lastPage":false,"result":"success","groups":[
		{"groupId":100000010,"groupName":"Design Team","type":"USER_GROUP","memberCount":26,"adminGroupName":"_admin_Design Team"},
		{"groupId":"9007199254740993","groupName":"Photoshop","type":"PRODUCT_PROFILE","memberCount":"8","productName":"P","licenseQuota":10},
		{"groupName":"_x","memberCount":null,"licenseQuota":"UNLIMITED","contractName":"C","userGroupName":"U","productProfileName":"PP"}]}`,
		"X-Total-Count", "7", "X-Page-Count", "2", "X-Current-Page", "0", "X-Page-Size", "3")}
	p, err := newService(t, s).GroupsPage(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, GroupsPage{
		Page: Page{TotalCount: 7, PageCount: 2, RequestID: p.RequestID},
		Groups: []Group{
			{ID: 100000010, Name: "Design Team", Type: UserGroup, MemberCount: 26, AdminGroupName: "_admin_Design Team"},
			{ID: 9007199254740993, Name: "Photoshop", Type: ProductProfile, MemberCount: 8, ProductName: "P", LicenseQuota: "10"},
			{Name: "_x", MemberCount: -1, LicenseQuota: "UNLIMITED", ContractName: "C", UserGroupName: "U", ProductProfileName: "PP"},
		},
	}, p)
	r, _ := s.lastRequest()
	require.Equal(t, "/v2/usermanagement/groups/A1B2C3D4@AdobeOrg/0", r.RequestURI)
}
