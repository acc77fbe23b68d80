package umapi_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/scim-bridge/scim-bridge/umapi"
)

// service answers as the API does: it has Ada, and does not have Zoe.
func service() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasPrefix(r.URL.Path, "/ims/"):
			fmt.Fprint(w, `{"access_token":"t","token_type":"bearer","expires_in":86399}`)
		case r.Method == http.MethodPost:
			fmt.Fprint(w, `{"completed":1,"notCompleted":1,"completedInTestMode":0,"result":"partial","errors":[{"index":1,"step":0,
				"user":"zoe@example.com","message":"User Id does not exist: zoe@example.com","errorCode":"error.user.nonexistent"}]}`)
		default:
			fmt.Fprint(w, `{"lastPage":true,"result":"success","groups":[{"groupId":1,"groupName":"Design Team","type":"USER_GROUP"}]}`)
		}
	}))
}

func client(url string) *umapi.Client {
	c, err := umapi.New(umapi.Config{
		URL:          url + "/v2/usermanagement", // leave both out for Adobe's own
		IMSURL:       url,
		OrgID:        "A1B2C3D4E5F60718293A4B5C@AdobeOrg",
		ClientID:     "0f1e2d3c",
		ClientSecret: func() (string, error) { return "from a file", nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	return c
}

func ExampleClient_Act() {
	srv := service()
	defer srv.Close()
	commands := []umapi.Command{
		{User: "ada@example.com", Do: []umapi.Step{
			umapi.CreateStep(umapi.FederatedID, umapi.Create{
				Email: "ada@example.com", FirstName: "Ada", LastName: "Byron", Country: "GB",
				Option: umapi.OptionUpdateIfAlreadyExists,
			}),
			{Add: &umapi.Memberships{Groups: []string{"Design Team"}}},
		}},
		{User: "zoe@example.com", Do: []umapi.Step{{Update: &umapi.Update{LastName: "King"}}}},
	}
	reply, err := client(srv.URL).Act(context.Background(), commands)
	if err != nil {
		fmt.Fprintln(os.Stderr, umapi.ClassOf(err), umapi.OutcomeOf(err), err)
		return
	}
	if !reply.Consistent(len(commands)) {
		fmt.Fprintln(os.Stderr, "read every user again")
		return
	}
	for i, c := range commands {
		errs := reply.ErrorsOf(i)
		if len(errs) == 0 {
			fmt.Println(c.User, "done")
		}
		for _, e := range errs {
			info, _ := umapi.Lookup(e.Code)
			fmt.Println(c.User, e.Code, info.Class)
		}
	}
	// Output:
	// ada@example.com done
	// zoe@example.com error.user.nonexistent reread
}

func ExampleClient_Groups() {
	srv := service()
	defer srv.Close()
	for group, err := range client(srv.URL).Groups(context.Background()) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "nothing follows from what is missing:", err)
			return
		}
		fmt.Println(group.Type, group.Name)
	}
	// Output: USER_GROUP Design Team
}
