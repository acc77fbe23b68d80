package filter_test

import (
	"fmt"

	"github.com/scim-bridge/scim-bridge/scim/filter"
)

func ExampleParse() {
	e, err := filter.Parse(`emails[type eq "work"].value EQ ada@example.com`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e)
	user := map[string]any{"emails": []any{map[string]any{"type": "work", "value": "ada@example.com"}}}
	fmt.Println(filter.Matches(e, user, nil))
	// Output:
	// emails[type eq "work" and value eq "ada@example.com"]
	// true
}
