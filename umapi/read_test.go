package umapi

import (
	"fmt"
	"net/http"
	"strings"
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
		"not found":           {answers(404, `{"result":"error.user.not_found","message":"User not found x"}`), true, ClassReread},
		"nonexistent":         {answers(404, `{"result":"error.user.nonexistent"}`), true, ClassReread},
		"not found in a 200":  {answers(200, `{"result":"error.user.not_found"}`), true, ClassReread},
		"404 of a proxy":      {answers(404, "<html>"), false, ClassDenied},
		"404 of a wrong path": {answers(404, `{"message":"no route"}`), false, ClassDenied},
		"a bad key":           {answers(200, `{"result":"error.apikey.invalid"}`), false, ClassDenied},
		"a plain error":       {answers(200, `{"result":"error"}`), false, ClassTransient},
		"no user":             {answers(200, `{"result":"success"}`), false, ClassTransient},
		"HTML":                {answers(200, `<html>`), false, ClassTransient},
		"a bad e-mail":        {answers(400, `{"result":"error.user.email.invalid"}`), false, ClassRejected},
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
		require.Equal(t, Page{Number: 3, Last: true, TotalCount: 0, RequestID: p.RequestID}, p.Page)
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
		"X-Total-Count", "7")}
	p, err := newService(t, s).GroupsPage(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, GroupsPage{
		Page: Page{TotalCount: 7, RequestID: p.RequestID},
		Groups: []Group{
			{ID: 100000010, Name: "Design Team", Type: UserGroup, MemberCount: 26, AdminGroupName: "_admin_Design Team"},
			{ID: 9007199254740993, Name: "Photoshop", Type: ProductProfile, MemberCount: 8, ProductName: "P", LicenseQuota: "10"},
			{Name: "_x", MemberCount: -1, LicenseQuota: "UNLIMITED", ContractName: "C", UserGroupName: "U", ProductProfileName: "PP"},
		},
	}, p)
	r, _ := s.lastRequest()
	require.Equal(t, "/v2/usermanagement/groups/A1B2C3D4@AdobeOrg/0", r.RequestURI)
}

// pages answers page n with pages[n], and 404 beyond them.
func pages(total string, pages ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := -1
		_, _ = fmt.Sscanf(r.URL.Path[strings.Index(r.URL.Path, "AdobeOrg/")+len("AdobeOrg/"):], "%d", &n)
		if n < 0 || n >= len(pages) {
			answers(404, `{"lastPage":true,"result":"error.group.not_found","message":"Not found"}`)(w, r)
			return
		}
		if total != "" {
			w.Header().Set("X-Total-Count", total)
		}
		answers(200, pages[n])(w, r)
	}
}

func userPage(last string, n int) string {
	users := make([]string, n)
	for i := range users {
		users[i] = `{"email":"ada@example.com"}`
	}
	return fmt.Sprintf(`{%s"result":"success","users":[%s]}`, last, strings.Join(users, ","))
}

func TestUsers_CompleteOrIncomplete(t *testing.T) {
	t.Parallel()
	const more, last = `"lastPage":false,`, `"lastPage":true,`
	tests := map[string]struct {
		api      http.HandlerFunc
		count    int
		complete bool
	}{
		"two pages":                       {pages("5", userPage(more, 3), userPage(last, 2)), 5, true},
		"without a count":                 {pages("", userPage(last, 2)), 2, true},
		"an empty organization":           {pages("0", userPage(last, 0)), 0, true},
		"technical accounts are counted":  {pages("30", userPage(more, 10), userPage(last, 10)), 20, true},
		"more than were counted":          {pages("1", userPage(last, 2)), 2, true},
		"too many are missing":            {pages("31", userPage(last, 20)), 20, false},
		"all of a few are missing":        {pages("4", userPage(last, 0)), 0, false},
		"the second page is not there":    {pages("5", userPage(more, 3)), 3, false},
		"no word on the last page":        {pages("3", userPage("", 3)), 0, false},
		"the groups page's word for it":   {pages("3", userPage(more, 3), `{"lastPage":true,"result":"Not found"}`), 3, false},
		"an error inside a 200":           {pages("3", userPage(more, 3), `{"lastPage":true,"result":"error"}`), 3, false},
		"an error on the very first page": {pages("3", `{"lastPage":true,"result":"error"}`), 0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count, failed := 0, error(nil)
			for u, err := range newService(t, &service{api: tt.api}).Users(t.Context()) {
				require.NoError(t, failed, "an error ends the listing")
				if failed = err; err == nil {
					require.Equal(t, "ada@example.com", u.Email)
					count++
				}
			}
			assert.Equal(t, tt.count, count)
			if tt.complete {
				require.NoError(t, failed)
				return
			}
			require.ErrorIs(t, failed, ErrIncomplete)
			require.NotErrorIs(t, failed, ErrNotFound)
			require.Equal(t, ClassReread, ClassOf(failed))
		})
	}
}

func TestListings_EndWithOtherErrorsAsTheyAre(t *testing.T) {
	t.Parallel()
	s := &service{}
	s.api = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/0") {
			answers(200, `{"lastPage":false,"result":"success","groups":[{"groupName":"G"}]}`)(w, r)
			return
		}
		answers(429, "", "Retry-After", "3244")(w, r)
	}
	var names []string
	var last error
	for g, err := range newService(t, s).Groups(t.Context()) {
		names, last = append(names, g.Name), err
	}
	require.Equal(t, []string{"G", ""}, names)
	require.Equal(t, ClassThrottled, ClassOf(last))
}

func TestListings_StopWhenTheirReaderDoes(t *testing.T) {
	t.Parallel()
	s := &service{api: pages("9", userPage(`"lastPage":false,`, 3), userPage(`"lastPage":true,`, 6))}
	for _, err := range newService(t, s).Members(t.Context(), "G") {
		require.NoError(t, err)
		break
	}
	require.Equal(t, 1, s.calls())
}

func TestList_EndsEvenIfTheServiceDoesNot(t *testing.T) {
	t.Parallel()
	var last error
	for _, err := range list("read users", func(int) ([]User, Page, error) { return nil, Page{TotalCount: -1}, nil }) {
		last = err
	}
	require.ErrorIs(t, last, ErrIncomplete)
}
