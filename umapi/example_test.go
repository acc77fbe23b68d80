package umapi_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// newOrg returns an organization in memory with the group Design Team and the
// user Ada, and a client of it.
func newOrg() (*emulator.Emulator, *umapi.Client) {
	em, err := emulator.New(emulator.Config{
		OrgID: "A1B2C3D4E5F60718293A4B5C@AdobeOrg", ClientID: "0f1e2d3c", ClientSecret: "p8e-secret",
		Domains: []string{"example.com"},
	})
	if err == nil {
		err = em.AddGroup(emulator.Group{Name: "Design Team"})
	}
	if err == nil {
		err = em.AddUser(emulator.User{Email: "ada@example.com", FirstName: "Ada", LastName: "Byron", Country: "GB"})
	}
	if err != nil {
		log.Fatal(err)
	}
	client, err := umapi.New(umapi.Config{
		OrgID:        "A1B2C3D4E5F60718293A4B5C@AdobeOrg",
		ClientID:     "0f1e2d3c",
		ClientSecret: func() (string, error) { return "p8e-secret", nil }, // from a file
		Transport:    em,                                                  // leave it out for Adobe's own
	})
	if err != nil {
		log.Fatal(err)
	}
	return em, client
}

// A client of Adobe's own service, whose secret is in a file. A user who is not
// there is told apart from one who could not be read.
func ExampleNew() {
	client, err := umapi.New(umapi.Config{
		OrgID:    "A1B2C3D4E5F60718293A4B5C@AdobeOrg",
		ClientID: "0f1e2d3c",
		ClientSecret: func() (string, error) {
			secret, err := os.ReadFile("/run/secrets/umapi")
			return strings.TrimSpace(string(secret)), err
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	user, err := client.User(context.Background(), "ada@example.com", "example.com")
	switch {
	case errors.Is(err, umapi.ErrNotFound):
		fmt.Println("nobody active has this e-mail")
	case err != nil:
		fmt.Println(umapi.ClassOf(err), err)
	default:
		fmt.Println(user.Email, user.Type)
	}
}

// Creating a user together with its memberships takes one command. The option
// makes it harmless to send again.
func ExampleClient_Act() {
	_, client := newOrg()
	ctx := context.Background()

	reply, err := client.Act(ctx, []umapi.Command{{
		User: "zoe@example.com",
		Do: []umapi.Step{
			umapi.CreateStep(umapi.FederatedID, umapi.Create{
				Email: "zoe@example.com", FirstName: "Zoe", LastName: "Nilsson", Country: "SE",
				Option: umapi.OptionUpdateIfAlreadyExists,
			}),
			{Add: &umapi.Memberships{Groups: []string{"Design Team"}}},
		},
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Result)

	user, err := client.User(ctx, "ZOE@example.com", "")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(user.Email, user.Type, user.Groups)
	// Output:
	// success
	// zoe@example.com federatedID [Design Team]
}

// A reply is read command by command: some may have failed, or all.
func ExampleReply_ErrorsOf() {
	_, client := newOrg()
	commands := []umapi.Command{
		{User: "ada@example.com", Do: []umapi.Step{{Update: &umapi.Update{LastName: "King"}}}},
		{User: "eve@example.com", Do: []umapi.Step{{Update: &umapi.Update{LastName: "Ng"}}}},
		{UserGroup: "Design Team", Do: []umapi.Step{{CreateUserGroup: &umapi.CreateUserGroup{}}}},
	}
	reply, err := client.Act(context.Background(), commands)
	if err != nil {
		log.Fatal(err)
	}
	if !reply.Consistent(len(commands)) {
		log.Fatal("what the reply says must be verified by reading")
	}
	for i, c := range commands {
		errs := reply.ErrorsOf(i)
		if len(errs) == 0 {
			fmt.Println(c.User+c.UserGroup, "done")
		}
		for _, e := range errs {
			info, _ := umapi.Lookup(e.Code)
			fmt.Println(c.User+c.UserGroup, e.Code, info.Class, info.Effect)
		}
	}
	// Output:
	// ada@example.com done
	// eve@example.com error.user.nonexistent reread absent
	// Design Team error.usergroup.already_exists reread present
}

// A listing is complete if it ends without an error. From one that does not,
// nobody may be taken for gone.
func ExampleClient_Users() {
	em, client := newOrg()
	list := func() {
		n := 0
		for user, err := range client.Users(context.Background(), umapi.DirectOnly(false)) {
			if errors.Is(err, umapi.ErrIncomplete) {
				fmt.Println("incomplete: nobody is removed for not being in it")
				return
			}
			if err != nil {
				fmt.Println("not read:", umapi.ClassOf(err))
				return
			}
			fmt.Println(user.Email)
			n++
		}
		fmt.Println("complete:", n)
	}
	list()

	// An answer that does not say whether there is more.
	err := em.Inject(emulator.Fault{Match: "GET /v2/usermanagement/users", Status: http.StatusOK, Body: `{"result":"success","users":[]}`})
	if err != nil {
		log.Fatal(err)
	}
	list()
	// Output:
	// ada@example.com
	// complete: 1
	// incomplete: nobody is removed for not being in it
}

// advice says when a call that failed may be sent again, and whether it is safe
// to send it as it is.
func advice(err error, commands []umapi.Command) string {
	wait := 5 * time.Second
	switch umapi.ClassOf(err) {
	case umapi.ClassDenied:
		return "tell a person: " + err.Error()
	case umapi.ClassRejected:
		return "send smaller calls, to find the command that is to blame"
	case umapi.ClassThrottled:
		if e, ok := errors.AsType[*umapi.Error](err); ok && e.RetryAfter > 0 {
			wait = e.RetryAfter
		}
	}
	if umapi.OutcomeOf(err) == umapi.OutcomeUnknown {
		for _, c := range commands {
			if !c.RepeatSafe() {
				return fmt.Sprintf("read %s in %s: what was done is not known", c.User, wait)
			}
		}
	}
	return fmt.Sprintf("send it again in %s", wait)
}

// What to do about a call that failed follows from its class, its outcome and
// what was in it.
func ExampleClassOf() {
	em, client := newOrg()
	names := []umapi.Command{{User: "ada@example.com", Do: []umapi.Step{{Update: &umapi.Update{LastName: "King"}}}}}
	address := []umapi.Command{{User: "ada@example.com", Do: []umapi.Step{{Update: &umapi.Update{Email: "ak@example.com"}}}}}
	for _, fault := range []emulator.Fault{
		{Status: http.StatusTooManyRequests, RetryAfter: 38 * time.Second, Times: 1},
		{Status: http.StatusBadGateway, Times: 2},
		{Status: http.StatusForbidden, Times: 1},
	} {
		fault.Match = "POST /v2/usermanagement/action"
		if err := em.Inject(fault); err != nil {
			log.Fatal(err)
		}
	}
	for _, commands := range [][]umapi.Command{names, names, address} {
		_, err := client.Act(context.Background(), commands)
		fmt.Println(advice(err, commands))
	}
	_, err := client.Act(context.Background(), names)
	fmt.Println(umapi.ClassOf(err), umapi.OutcomeOf(err))
	// Output:
	// send it again in 38s
	// send it again in 5s
	// read ada@example.com in 5s: what was done is not known
	// denied refused
}
