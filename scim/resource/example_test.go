package resource_test

import (
	"fmt"

	"github.com/scim-bridge/scim-bridge/scim/resource"
)

// Entra ID disables a user and changes the work e-mail.
func ExampleType_Apply() {
	user := resource.User()
	stored, _ := resource.Decode([]byte(`{"userName":"ada@example.com","active":true}`))
	patch, err := user.ParsePatch([]byte(`{"Operations":[
		{"op":"Replace","path":"active","value":"False"},
		{"op":"Replace","path":"emails[type eq \"work\"].value","value":"ada@example.com"}]}`), resource.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	changed, _, err := user.Apply(stored, patch, resource.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, _ := changed.Marshal()
	fmt.Println(string(text))
	// Output: {"active":false,"emails":[{"type":"work","value":"ada@example.com"}],"userName":"ada@example.com"}
}

func ExampleError() {
	_, err := resource.User().Parse([]byte(`{"displayName":"Ada"}`), resource.Options{})
	fmt.Println(err)
	// Output: userName is required
}
