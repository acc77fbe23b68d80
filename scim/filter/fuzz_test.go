package filter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`userName eq "ada@example.com"`, `not (a pr) and (b eq 1.5e3 or c.d ne null)`,
		`emails[type eq "work"].value eq "x"`, `a eq "\u00e9\n"`, `a eq 'b'`, `a eq b`,
		`a pr or (b pr and (c pr or d pr))`, `urn:a:b:c.d pr`, enterpriseURN + `:manager eq "u1"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := filter.ParseWith(s, urns)
		if err != nil {
			return
		}
		text := e.String()
		if len(text) > filter.MaxLength {
			return
		}
		again, err := filter.ParseWith(text, urns)
		require.NoError(t, err, text)
		require.Equal(t, e, again, text)
		require.Equal(t, filter.Matches(e, resourceR(), nil), filter.Matches(again, resourceR(), nil))
	})
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{`a`, `a.b`, `a[b eq "c"].d`, enterpriseURN, enterpriseURN + `.department`, `emails[`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := filter.ParsePath(s, urns)
		if err != nil || len(p.String()) > filter.MaxLength {
			return
		}
		again, err := filter.ParsePath(p.String(), urns)
		require.NoError(t, err, p.String())
		require.Equal(t, p, again, p.String())
	})
}
