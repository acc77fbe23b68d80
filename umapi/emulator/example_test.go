package emulator_test

import (
	"fmt"
	"log"
	"net/http"
	"net/url"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// A client is pointed at the emulator by its transport: no socket is opened and
// any host will do.
func Example() {
	em, err := emulator.New(emulator.Config{
		OrgID: "A1B2C3D4E5F60718293A4B5C@AdobeOrg", ClientID: "client", ClientSecret: "secret",
		Domains: []string{"example.com"},
	})
	if err != nil {
		log.Fatal(err)
	}
	// The first token is asked for in vain.
	err = em.Inject(emulator.Fault{Match: "POST /ims/token", Status: http.StatusServiceUnavailable, Times: 1})
	if err != nil {
		log.Fatal(err)
	}

	client := &http.Client{Transport: em}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"client"}, "client_secret": {"secret"},
		"scope": {"openid,AdobeID,user_management_sdk"},
	}
	for range 2 {
		resp, err := client.PostForm("https://ims-na1.adobelogin.com/ims/token/v3", form)
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
		fmt.Println(resp.StatusCode)
	}
	// Output:
	// 503
	// 200
}
