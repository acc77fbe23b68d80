package filter_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

const (
	userURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

var urns = []string{userURN, enterpriseURN}

func compare(attr string, op filter.Op, v any) filter.Compare {
	return filter.Compare{Path: filter.Path{Attr: attr}, Op: op, Value: v}
}

func TestParse_BuildsTheTree(t *testing.T) {
	t.Parallel()
	a, b, c := compare("a", filter.Pr, nil), compare("b", filter.Pr, nil), compare("c", filter.Pr, nil)
	cases := map[string]struct {
		text string
		want filter.Expr
	}{
		"a comparison":                     {`userName eq "ada"`, compare("userName", filter.Eq, "ada")},
		"keywords and operators fold":      {`a PR And b Pr`, filter.And{Left: a, Right: b}},
		"and binds before or":              {`a pr or b pr and c pr`, filter.Or{Left: a, Right: filter.And{Left: b, Right: c}}},
		"equal operators lean to the left": {`a pr or b pr or c pr`, filter.Or{Left: filter.Or{Left: a, Right: b}, Right: c}},
		"parentheses group":                {`(a pr or b pr)and(c pr)`, filter.And{Left: filter.Or{Left: a, Right: b}, Right: c}},
		"not needs no space":               {`not(a pr) and b pr`, filter.And{Left: filter.Not{Expr: a}, Right: b}},
		"no space before a quote":          {`a eq"x"`, compare("a", filter.Eq, "x")},
		"true, false and null fold":        {`a eq True`, compare("a", filter.Eq, true)},
		"null":                             {`a eq null`, compare("a", filter.Eq, nil)},
		"numbers keep their text":          {`a gt -9007199254740993.10e+2`, compare("a", filter.Gt, json.Number("-9007199254740993.10e+2"))},
		"a bare word is text":              {`a eq bob`, compare("a", filter.Eq, "bob")},
		"a bare date is text":              {`a gt 2025-10-10T14:38:21.8617979-07:00`, compare("a", filter.Gt, "2025-10-10T14:38:21.8617979-07:00")},
		"what only begins like a number":   {`a eq 007`, compare("a", filter.Eq, "007")},
		"single quotes":                    {`a sw 'Group'`, compare("a", filter.Sw, "Group")},
		"escapes of JSON":                  {`a eq "a\"b\\c\u00e9\/"`, compare("a", filter.Eq, `a"b\cé/`)},
		"a sub-attribute": {`name.familyName co "x"`, filter.Compare{
			Path: filter.Path{Attr: "name", Sub: "familyName"}, Op: filter.Co, Value: "x"}},
		"$ref is a name": {`manager.$ref pr`, filter.Compare{Path: filter.Path{Attr: "manager", Sub: "$ref"}, Op: filter.Pr}},
		"a known URN without case": {strings.ToUpper(userURN) + `:name.givenName pr`, filter.Compare{
			Path: filter.Path{URN: strings.ToUpper(userURN), Attr: "name", Sub: "givenName"}, Op: filter.Pr}},
		"a dot after a known URN": {enterpriseURN + `.department pr`, filter.Compare{
			Path: filter.Path{URN: enterpriseURN, Attr: "department"}, Op: filter.Pr}},
		"an unknown URN ends at its last colon": {`urn:example:x:2.0:Thing:a.b pr`, filter.Compare{
			Path: filter.Path{URN: "urn:example:x:2.0:Thing", Attr: "a", Sub: "b"}, Op: filter.Pr}},
		"a value path": {`emails[ type eq "work" and not (value ew "x") ]`, filter.ValuePath{
			Path: filter.Path{Attr: "emails"},
			Filter: filter.And{
				Left:  compare("type", filter.Eq, "work"),
				Right: filter.Not{Expr: compare("value", filter.Ew, "x")},
			}}},
		"a comparison after the brackets": {`emails[type eq "work"].value eq "x" and a pr`, filter.And{
			Left: filter.ValuePath{
				Path:   filter.Path{Attr: "emails"},
				Filter: filter.And{Left: compare("type", filter.Eq, "work"), Right: compare("value", filter.Eq, "x")},
			},
			Right: a}},
		"an attribute named like a keyword": {`not.order pr`, filter.Compare{Path: filter.Path{Attr: "not", Sub: "order"}, Op: filter.Pr}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := filter.ParseWith(c.text, urns)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			again, err := filter.ParseWith(got.String(), urns)
			require.NoError(t, err, got.String())
			require.Equal(t, got, again)
		})
	}
}

func TestParse_RefusesWithAPosition(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text string
		pos  int
	}{
		"nothing":                    {``, 1},
		"only spaces":                {`   `, 4},
		"no value":                   {`userName eq`, 12},
		"no value before and":        {`userName eq and a pr`, 13},
		"an operator nobody knows":   {`userName regex "x"`, 10},
		"an operator left out":       {`userName "x"`, 10},
		"nothing after and":          {`userName eq "x" and`, 20},
		"an open parenthesis":        {`((userName eq "x")`, 19},
		"an open bracket":            {`emails[type eq "x"`, 19},
		"an open string":             {`a eq "x`, 6},
		"an open single quote":       {`a eq 'x`, 6},
		"an escape JSON lacks":       {`a eq "\x41"`, 6},
		"a NUL":                      {`a eq "\u0000"`, 6},
		"text after the end":         {`a pr b`, 6},
		"a name with a digit first":  {`1a pr`, 1},
		"three names":                {`a.b.c pr`, 1},
		"a URN with a NUL":           {"urn:\x00:A pr", 1},
		"a URN that is no URI":       {`urn:é:a pr`, 1},
		"a URL in place of a URN":    {`http://example.com:a pr`, 1},
		"brackets in brackets":       {`a[b[c pr]]`, 5},
		"a URN without an attribute": {userURN + ` pr`, 1},
		"no UTF-8":                   {"a eq \"\xff\"", 1},
		"too deep":                   {strings.Repeat("(", filter.MaxDepth+1) + "a pr" + strings.Repeat(")", filter.MaxDepth+1), filter.MaxDepth + 2},
		"too many":                   {strings.Repeat("a pr or ", filter.MaxTerms) + "a pr", 8*filter.MaxTerms + 3},
		"too long":                   {`a eq "` + strings.Repeat("x", filter.MaxLength) + `"`, filter.MaxLength + 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := filter.ParseWith(c.text, urns)
			var syntax *filter.SyntaxError
			require.ErrorAs(t, err, &syntax)
			require.Equal(t, c.pos, syntax.Pos, syntax.Msg)
		})
	}
}

func TestParse_StrictRefusesBareWords(t *testing.T) {
	t.Parallel()
	p := filter.Parser{Strict: true}
	for _, text := range []string{`a eq bob`, `a eq 'bob'`, `a gt 2025-10-10T14:38:21Z`} {
		_, err := p.Filter(text)
		require.Error(t, err, text)
	}
	_, err := p.Filter(`a eq 1 and b eq true and c eq null and d eq "x"`)
	require.NoError(t, err)
}

func TestParsePath_StrictTakesADotAfterAURNForAnotherURN(t *testing.T) {
	t.Parallel()
	got, err := filter.Parser{URNs: urns, Strict: true}.Path(enterpriseURN + `.department`)
	require.NoError(t, err)
	require.Equal(t, filter.Path{URN: "urn:ietf:params:scim:schemas:extension:enterprise:2.0", Attr: "User", Sub: "department"}, got.Path)
}

func TestParsePath_Forms(t *testing.T) {
	t.Parallel()
	work := compare("type", filter.Eq, "work")
	cases := map[string]filter.PatchPath{
		`displayName`:                  {Path: filter.Path{Attr: "displayName"}},
		`name.givenName`:               {Path: filter.Path{Attr: "name", Sub: "givenName"}},
		`emails[type eq "work"]`:       {Path: filter.Path{Attr: "emails"}, Filter: work},
		`emails[type eq "work"].value`: {Path: filter.Path{Attr: "emails"}, Filter: work, Sub: "value"},
		enterpriseURN:                  {Path: filter.Path{URN: enterpriseURN}},
		enterpriseURN + `:manager.value`: {
			Path: filter.Path{URN: enterpriseURN, Attr: "manager", Sub: "value"}},
		enterpriseURN + `.department`: {Path: filter.Path{URN: enterpriseURN, Attr: "department"}},
		userURN + `:emails[type eq "work"].value`: {
			Path: filter.Path{URN: userURN, Attr: "emails"}, Filter: work, Sub: "value"},
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := filter.ParsePath(text, urns)
			require.NoError(t, err)
			require.Equal(t, want, got)
			again, err := filter.ParsePath(got.String(), urns)
			require.NoError(t, err)
			require.Equal(t, want, again)
		})
	}
	for _, text := range []string{``, `emails[`, `emails[]`, `emails[type eq "x"`, `emails[type eq "x"].`, `emails[type eq "x"] x`, `a b`, enterpriseURN + `[a pr]`, `.value`} {
		_, err := filter.ParsePath(text, urns)
		var syntax *filter.SyntaxError
		require.True(t, errors.As(err, &syntax), text)
	}
}

func TestParsePath_LongestURNWins(t *testing.T) {
	t.Parallel()
	got, err := filter.ParsePath("urn:example:a:b:c", []string{"urn:example:a", "urn:example:a:b"})
	require.NoError(t, err)
	require.Equal(t, filter.Path{URN: "urn:example:a:b", Attr: "c"}, got.Path)
}

func resourceR() map[string]any {
	return map[string]any{
		"schemas":    []any{userURN, enterpriseURN},
		"id":         "x",
		"externalId": "abc",
		"userName":   "Bob@Example.com",
		"active":     true,
		"nickName":   "Straße",
		"emails": []any{
			map[string]any{"value": "bob@example.com", "type": "work", "primary": true},
			map[string]any{"value": "b@example.org", "type": "home"},
		},
		"aliases":     []any{"b1", "b2"},
		"entitlement": []any{},
		enterpriseURN: map[string]any{"department": "Eng", "manager": map[string]any{"value": "u9"}},
		"sync":        map[string]any{"pending": 3},
		"meta":        map[string]any{"created": time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)},
	}
}

func TestMatches_Vectors(t *testing.T) {
	t.Parallel()
	exact := func(p filter.Path) bool {
		return p.Equal(filter.Path{Attr: "id"}) || p.Equal(filter.Path{Attr: "externalId"}) ||
			p.Equal(filter.Path{Attr: "emails", Sub: "type"})
	}
	cases := []struct {
		text string
		want bool
	}{
		{`userName eq "bob@example.COM"`, true},
		{`USERNAME Eq "bob@example.com"`, true},
		{userURN + `:userName sw "bob"`, true},
		{`userName eq "bob@example.com" and title pr`, false},
		{`userName eq "no" or active eq true and title pr`, false},
		{`(userName eq "no" or active eq true) and not (title pr)`, true},
		{`emails.type eq "home" and emails.value co "@example.com"`, true},
		{`emails[type eq "home" and value co "@example.com"]`, false},
		{`emails[type eq "work"].value eq "bob@example.com"`, true},
		{`emails[type eq "home"].value eq "bob@example.com"`, false},
		{`emails co "example.com"`, true},
		{`emails pr`, true},
		{`emails.display pr`, false},
		{`emails[primary eq "True"]`, true},
		{`emails[not (primary eq true)].value eq "b@example.org"`, true},
		{`emails[type eq "WORK"]`, false},
		{`emails.type eq "WORK"`, false},
		{`emails.value ne "bob@example.com"`, false},
		{`emails.value ne "other@example.com"`, true},
		{`aliases eq "B2"`, true},
		{`aliases[value eq "b2"]`, true},
		{`entitlement pr`, false},
		{`entitlement eq null`, true},
		{enterpriseURN + `:department eq "eng"`, true},
		{strings.ToUpper(enterpriseURN) + `:DEPARTMENT eq "Eng"`, true},
		{enterpriseURN + `:manager eq "u9"`, true},
		{enterpriseURN + `:manager.value eq "u9"`, true},
		{enterpriseURN + `:costCenter eq null`, true},
		{`urn:example:none:2.0:User:department pr`, false},
		{`schemas eq "` + enterpriseURN + `"`, true},
		{`title eq null`, true},
		{`title ne null`, false},
		{`title ne "x"`, true},
		{`title gt "a"`, false},
		{`meta.created ge "2026-01-02T04:04:05.678+01:00"`, true},
		{`meta.created gt "2026-01-02T04:04:05.678+01:00"`, false},
		{`meta.created eq "2026-01-02T03:04:05.67800Z"`, true},
		{`meta.created gt 2025-10-10T14:38:21.8617979-07:00`, true},
		{`active eq "True"`, true},
		{`active ne "True"`, false},
		{`active gt false`, false},
		{`externalId eq "ABC"`, false},
		{`id eq "X"`, false},
		{`userName gt "BOB"`, true},
		{`nickName eq "STRASSE"`, true},
		{`sync.pending gt 2`, true},
		{`sync.pending lt 2.5`, false},
		{`sync.pending co "3"`, false},
		{`name.givenName pr`, false},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			e, err := filter.ParseWith(c.text, urns)
			require.NoError(t, err)
			assert.Equal(t, c.want, filter.Matches(e, resourceR(), exact))
		})
	}
}

func TestMatches_WithoutExactComparesWithoutCase(t *testing.T) {
	t.Parallel()
	require.True(t, filter.Matches(compare("externalId", filter.Eq, "ABC"), resourceR(), nil))
}
