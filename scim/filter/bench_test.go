package filter_test

import (
	"testing"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

func BenchmarkParse(b *testing.B) {
	cases := map[string]string{
		"userName": `userName eq "ada@example.com"`,
		"entra":    `emails[type eq "work"].value eq "ada@example.com"`,
		"urn":      enterpriseURN + `:manager eq "2819c223-7f76-453a-919d-413861904646"`,
	}
	for name, text := range cases {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := filter.ParseWith(text, urns); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMatches(b *testing.B) {
	e, err := filter.Parse(`emails[type eq "work"].value eq "bob@example.com"`)
	if err != nil {
		b.Fatal(err)
	}
	doc := resourceR()
	b.ReportAllocs()
	for b.Loop() {
		if !filter.Matches(e, doc, nil) {
			b.Fatal("no match")
		}
	}
}
