package umapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pages answers page n with pages[n], and 404 beyond them.
func pages(total string, pages ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := pageAsked(r)
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

// numbered adds the headers that say which page came.
func numbered(api http.HandlerFunc, count int, current func(asked int) int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Page-Count", fmt.Sprint(count))
		w.Header().Set("X-Current-Page", fmt.Sprint(current(pageAsked(r))))
		api(w, r)
	}
}

func pageAsked(r *http.Request) int {
	n := -1
	_, _ = fmt.Sscanf(r.URL.Path[strings.Index(r.URL.Path, "AdobeOrg/")+len("AdobeOrg/"):], "%d", &n)
	return n
}

// userPage is a page of n users, the first of whom has the number from.
func userPage(last string, from, n int) string {
	users := make([]string, n)
	for i := range users {
		users[i] = fmt.Sprintf(`{"email":"user%d@example.com"}`, from+i)
	}
	return fmt.Sprintf(`{%s"result":"success","users":[%s]}`, last, strings.Join(users, ","))
}

func TestUsers_CompleteOrIncomplete(t *testing.T) {
	t.Parallel()
	const more, last = `"lastPage":false,`, `"lastPage":true,`
	same := func(asked int) int { return asked }
	notMore := func(n int) func(int) int { return func(asked int) int { return min(asked, n) } }
	tests := map[string]struct {
		api      http.HandlerFunc
		count    int
		complete bool
	}{
		"two pages":                          {pages("5", userPage(more, 0, 3), userPage(last, 3, 2)), 5, true},
		"a full last page that goes on":      {pages("6", userPage(more, 0, 3), userPage(more, 3, 3)), 6, true},
		"one of an empty page more":          {pages("6", userPage(more, 0, 3), userPage(more, 3, 3), userPage(more, 0, 0)), 6, true},
		"one of the groups page's word":      {pages("6", userPage(more, 0, 3), userPage(more, 3, 3), `{"lastPage":true,"result":"Not found"}`), 6, true},
		"one with technical accounts":        {numbered(pages("22", userPage(more, 0, 10), userPage(more, 10, 10)), 2, same), 20, true},
		"one that nobody counted":            {pages("", userPage(more, 0, 3), userPage(more, 3, 3)), 6, false},
		"one that was counted as not last":   {numbered(pages("22", userPage(more, 0, 10), userPage(more, 10, 10)), 3, same), 20, false},
		"one with overlap":                   {numbered(pages("6", userPage(more, 0, 3), userPage(more, 2, 3)), 2, same), 5, false},
		"two pages with numbers":             {numbered(pages("5", userPage(more, 0, 3), userPage(last, 3, 2)), 2, same), 5, true},
		"pages that are counted from 1":      {numbered(pages("5", userPage(more, 0, 3), userPage(last, 3, 2)), 2, func(n int) int { return n + 1 }), 5, true},
		"without a count":                    {pages("", userPage(last, 0, 2)), 2, true},
		"an empty organization":              {pages("0", userPage(last, 0, 0)), 0, true},
		"technical accounts are counted":     {pages("30", userPage(more, 0, 10), userPage(last, 10, 10)), 20, true},
		"more than were counted":             {pages("1", userPage(last, 0, 2)), 2, true},
		"pages overlap, and nobody lacks":    {pages("5", userPage(more, 0, 3), userPage(last, 2, 3)), 5, true},
		"pages overlap, and somebody lacks":  {pages("6", userPage(more, 0, 3), userPage(last, 2, 3)), 5, false},
		"pages overlap, and nobody counted":  {pages("", userPage(more, 0, 3), userPage(last, 2, 3)), 5, false},
		"too many are missing":               {pages("31", userPage(last, 0, 20)), 20, false},
		"all of a few are missing":           {pages("4", userPage(last, 0, 0)), 0, false},
		"the second page is not there":       {pages("5", userPage(more, 0, 3)), 3, false},
		"the first page is not there":        {pages("5"), 0, false},
		"no word on the last page":           {pages("3", userPage("", 0, 3)), 0, false},
		"the groups page's word for it":      {pages("5", userPage(more, 0, 3), `{"lastPage":true,"result":"Not found"}`), 3, false},
		"an error inside a 200":              {pages("3", userPage(more, 0, 3), `{"lastPage":true,"result":"error"}`), 3, false},
		"an error on the very first page":    {pages("3", `{"lastPage":true,"result":"error"}`), 0, false},
		"the same page for ever":             {pages("9", userPage(more, 0, 3), userPage(more, 0, 3), userPage(more, 0, 3)), 3, false},
		"the last page again as another":     {numbered(pages("6", userPage(more, 0, 3), userPage(last, 0, 3)), 1, notMore(0)), 3, false},
		"the last page again without number": {pages("6", userPage(more, 0, 3), userPage(last, 0, 3)), 3, false},
		"empty pages for ever":               {pages("9", userPage(more, 0, 3), userPage(more, 0, 0), userPage(more, 0, 0)), 3, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{api: tt.api}
			seen, failed := map[string]bool{}, error(nil)
			for u, err := range newService(t, s).Users(t.Context()) {
				require.NoError(t, failed, "an error ends the listing")
				if failed = err; err == nil {
					require.False(t, seen[u.Email], "%s came twice", u.Email)
					seen[u.Email] = true
				}
			}
			assert.Len(t, seen, tt.count)
			assert.LessOrEqual(t, s.calls(), 3)
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

func TestPages_A404OfAnythingElseIsNotTheServicesWord(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body  string
		class Class
	}{
		"nothing is there":    {`{"lastPage":true,"result":"Not found"}`, ClassReread},
		"the service's code":  {`{"lastPage":false,"result":"error.group.not_found"}`, ClassReread},
		"a proxy":             {`<html>`, ClassDenied},
		"a wrong path":        {`{"message":"no route"}`, ClassDenied},
		"the gateway in JSON": {`{"error_code":"404000","message":"Resource not found"}`, ClassDenied},
	} {
		c := newService(t, &service{api: answers(404, tt.body)})
		_, err := c.GroupsPage(t.Context(), 0)
		require.Equal(t, tt.class, ClassOf(err), name)
		require.NotErrorIs(t, err, ErrNotFound, name)
		_, err = c.GroupsPage(t.Context(), 1)
		require.ErrorIs(t, err, ErrIncomplete, name)
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
	s := &service{api: pages("9", userPage(`"lastPage":false,`, 0, 3), userPage(`"lastPage":true,`, 3, 6))}
	for _, err := range newService(t, s).Members(t.Context(), "G") {
		require.NoError(t, err)
		break
	}
	require.Equal(t, 1, s.calls())
}

func TestList_EndsEvenIfTheServiceDoesNot(t *testing.T) {
	t.Parallel()
	var last error
	read := func(n int, _ []ReadOption) ([]User, Page, error) {
		return []User{{ID: fmt.Sprint(n)}}, Page{TotalCount: -1, PageCount: -1}, nil
	}
	for _, err := range list("read users", userKey, nil, read) {
		last = err
	}
	require.ErrorIs(t, last, ErrIncomplete)
}

func TestGroups_OfOneNameAreTwo(t *testing.T) {
	t.Parallel()
	s := &service{api: answers(200, `{"lastPage":true,"result":"success","groups":[
		{"groupId":1,"groupName":"_product_admin_P"},{"groupId":2,"groupName":"_product_admin_P"},{"groupName":"X"},{"groupName":"X"}]}`)}
	n := 0
	for _, err := range newService(t, s).Groups(t.Context()) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 4, n)
}

func TestGroups_WithoutIDsComeTwiceOnlyOnTwoPages(t *testing.T) {
	t.Parallel()
	const first, second = `{"lastPage":false,"result":"success","groups":[{"groupName":"X","memberCount":1},{"groupName":"X"},{"groupName":"Y"}]}`,
		`{"lastPage":true,"result":"success","groups":[{"groupName":"X","memberCount":2},{"groupName":"Z"}]}`
	for total, complete := range map[string]bool{"4": true, "5": false} {
		var names []string
		var last error
		for g, err := range newService(t, &service{api: pages(total, first, second)}).Groups(t.Context()) {
			if last = err; err == nil {
				names = append(names, g.Name)
			}
		}
		require.Equal(t, []string{"X", "X", "Y", "Z"}, names)
		require.Equal(t, complete, last == nil, "%s: %v", total, last)
	}
}

func TestGroupListing_ReadsAPageThatFailedAgain(t *testing.T) {
	t.Parallel()
	var l GroupListing
	busy := &Error{Status: http.StatusBadGateway}
	_, err := l.Add(GroupsPage{}, busy)
	require.ErrorIs(t, err, busy)
	require.Zero(t, l.Next())
	more, err := l.Add(GroupsPage{Page: Page{TotalCount: 3, PageCount: 2}, Groups: []Group{{ID: 1}, {ID: 2}}}, nil)
	require.NoError(t, err)
	require.True(t, more)
	_, err = l.Add(GroupsPage{}, busy)
	require.ErrorIs(t, err, busy)
	require.Equal(t, 1, l.Next())
	more, err = l.Add(GroupsPage{Page: Page{Number: 1, Last: true, TotalCount: 3, PageCount: 2}, Groups: []Group{{ID: 2}, {ID: 3}}}, nil)
	require.NoError(t, err)
	require.False(t, more)
	require.Equal(t, []Group{{ID: 1}, {ID: 2}, {ID: 3}}, l.Groups)
}

func TestReadOptions_TravelAsDocumented(t *testing.T) {
	t.Parallel()
	s := &service{api: pages("1", `{"lastPage":true,"result":"success"}`)}
	c := newService(t, s)
	asks := func(want string, pragma []string, err error) {
		t.Helper()
		require.NoError(t, err)
		r, _ := s.lastRequest()
		require.Equal(t, "/v2/usermanagement/"+want, r.RequestURI)
		require.Equal(t, pragma, r.Header.Values("Pragma"))
	}
	_, err := c.UsersPage(t.Context(), 0, InDomain("example.com"), DirectOnly(false), SyncStart(), SyncEnd())
	asks("users/A1B2C3D4@AdobeOrg/0?directOnly=false&domain=example.com", []string{"umapi-sync-start", "umapi-sync-end"}, err)
	_, err = c.MembersPage(t.Context(), "P", 0, DirectOnly(true), OnlyStatus(MemberInactive), ExcludeGroups())
	asks("users/A1B2C3D4@AdobeOrg/0/P?directOnly=true&excludeGroups=true&status=inactive", nil, err)
	_, err = c.GroupsPage(t.Context(), 0, SyncStart())
	asks("groups/A1B2C3D4@AdobeOrg/0", []string{"umapi-sync-start"}, err)

	for name, read := range map[string]func() error{
		"a domain of members":  func() error { _, err := c.MembersPage(t.Context(), "P", 0, InDomain("example.com")); return err },
		"a status of users":    func() error { _, err := c.UsersPage(t.Context(), 0, OnlyStatus(MemberActive)); return err },
		"users without groups": func() error { _, err := c.UsersPage(t.Context(), 0, ExcludeGroups()); return err },
		"direct groups":        func() error { _, err := c.GroupsPage(t.Context(), 0, DirectOnly(true)); return err },
		"an unknown status":    func() error { _, err := c.MembersPage(t.Context(), "P", 0, OnlyStatus("gone")); return err },
		"no domain":            func() error { _, err := c.UsersPage(t.Context(), 0, InDomain("")); return err },
		"an e-mail":            func() error { _, err := c.UsersPage(t.Context(), 0, InDomain("ada@example.com")); return err },
	} {
		require.ErrorIs(t, read(), ErrInvalid, name)
	}
	require.Equal(t, 3, s.calls())
}

func TestListings_SayOnceThatASyncStartsAndEnds(t *testing.T) {
	t.Parallel()
	const more, last = `"lastPage":false,`, `"lastPage":true,`
	three := []string{userPage(more, 0, 2), userPage(more, 2, 2), userPage(last, 4, 2)}
	for name, tt := range map[string]struct {
		api  http.HandlerFunc
		want []string
	}{
		"three pages":             {numbered(pages("6", three...), 3, func(n int) int { return n }), []string{"umapi-sync-start", "", "umapi-sync-end"}},
		"pages that nobody count": {pages("6", three...), []string{"umapi-sync-start", "", ""}},
		"a single page":           {numbered(pages("2", userPage(last, 0, 2)), 1, func(n int) int { return n }), []string{"umapi-sync-start"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{api: tt.api}
			for _, err := range newService(t, s).Users(t.Context(), SyncEnd(), SyncStart(), DirectOnly(false)) {
				require.NoError(t, err)
			}
			var said []string
			for _, r := range s.requests {
				said = append(said, strings.Join(r.Header.Values("Pragma"), " "))
				require.Equal(t, "directOnly=false", r.URL.RawQuery, "each page is asked for in the same way")
			}
			require.Equal(t, tt.want, said)
		})
	}
}
