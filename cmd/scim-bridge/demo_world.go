package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/scim-bridge/scim-bridge/bridge"
	"github.com/scim-bridge/scim-bridge/dispatch"
	"github.com/scim-bridge/scim-bridge/mapping"
	"github.com/scim-bridge/scim-bridge/plan"
	"github.com/scim-bridge/scim-bridge/scim"
	"github.com/scim-bridge/scim-bridge/store"
	"github.com/scim-bridge/scim-bridge/store/sqlite"
	"github.com/scim-bridge/scim-bridge/umapi"
	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

// The organisation of the demo. Nothing of it is secret: it lives in memory,
// on loopback, for a minute.
const (
	demoOrg          = "demo"
	demoPath         = "/scim/v2"
	demoOrgID        = "DE3000000000000000000001@AdobeOrg"
	demoClientID     = "demo-client"
	demoCountry      = "US"
	demoIdentityType = umapi.FederatedID
)

// demoWorld is a bridge and an emulated Adobe, each on a loopback listener.
type demoWorld struct {
	dir                   string
	store                 store.Store
	bridge                *bridge.Bridge
	emulator              *emulator.Emulator
	adobe                 *http.Server
	adobeURL              string
	served                chan error
	clientSecret          string
	oktaToken, entraToken string
}

// newDemoWorld makes everything but runs only the emulator. An action call
// takes latency.
func newDemoWorld(ctx context.Context, latency time.Duration) (*demoWorld, error) {
	w := &demoWorld{served: make(chan error, 1), clientSecret: rand.Text(), oktaToken: rand.Text(), entraToken: rand.Text()}
	if err := w.open(ctx, latency); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *demoWorld) open(ctx context.Context, latency time.Duration) error {
	var err error
	if w.dir, err = os.MkdirTemp("", "scim-bridge-demo-"); err != nil {
		return err
	}
	if err := w.startAdobe(latency); err != nil {
		return err
	}
	st, err := sqlite.Open(ctx, filepath.Join(w.dir, "bridge.db"), sqlite.Options{})
	if err != nil {
		return err
	}
	w.store = st
	w.bridge, err = bridge.New(w.config(), st)
	return err
}

// startAdobe serves the emulator, which has no limits a minute.
func (w *demoWorld) startAdobe(latency time.Duration) error {
	var err error
	w.emulator, err = emulator.New(emulator.Config{
		OrgID: demoOrgID, ClientID: demoClientID, ClientSecret: w.clientSecret, Domains: []string{"example.com"},
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	w.adobeURL = "http://" + listener.Addr().String()
	w.adobe = &http.Server{Handler: slowActions(w.emulator, latency), ReadHeaderTimeout: 10 * time.Second}
	go func() { w.served <- w.adobe.Serve(listener) }()
	return nil
}

// slowActions delays action calls, since it is while a call is on its way that
// a bridge gathers what the next one carries.
func slowActions(next http.Handler, latency time.Duration) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if isAction(r.Method, r.URL.Path) && latency > 0 {
			select {
			case <-time.After(latency):
			case <-r.Context().Done():
				return
			}
		}
		next.ServeHTTP(rw, r)
	})
}

func isAction(method, path string) bool {
	return method == http.MethodPost && strings.HasPrefix(path, "/v2/usermanagement/action/")
}

func (w *demoWorld) config() bridge.Config {
	token := func(name, secret string) scim.Token {
		return scim.Token{Name: name, SHA256: sha256.Sum256([]byte(secret))}
	}
	return bridge.Config{
		Listen: "127.0.0.1:0",
		SCIM: scim.Config{Orgs: []scim.Org{{
			Name: demoOrg, Path: demoPath,
			Tokens: []scim.Token{token("okta", w.oktaToken), token("entra", w.entraToken)},
		}}},
		Orgs: []bridge.Org{{
			Adobe: w.credentials(),
			Dispatch: dispatch.Config{
				Org:   demoOrg,
				Rules: mapping.Rules{IdentityType: demoIdentityType, Country: demoCountry},
			},
		}},
	}
}

// credentials are how a client reaches the emulator.
func (w *demoWorld) credentials() umapi.Config {
	return umapi.Config{
		URL: w.adobeURL + "/v2/usermanagement", IMSURL: w.adobeURL,
		OrgID: demoOrgID, ClientID: demoClientID,
		ClientSecret: func() (string, error) { return w.clientSecret, nil },
	}
}

// scimURL is what an administrator would enter at an identity provider.
func (w *demoWorld) scimURL() string { return "http://" + w.bridge.Addr().String() + demoPath }

// pollInterval is how often the store is asked what is due.
const pollInterval = 100 * time.Millisecond

// wait returns when nothing is due any more, with what failed and how long it
// took. It tells how much is due as it goes, and gives up after patience.
func (w *demoWorld) wait(ctx context.Context, patience time.Duration, tell func(due int)) (store.Status, time.Duration, error) {
	start := time.Now()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		status, err := w.store.Status(ctx, demoOrg)
		if err != nil {
			return status, 0, err
		}
		due := total(status.Pending) + total(status.Parked)
		tell(due)
		waited := time.Since(start)
		if due == 0 || waited > patience {
			return status, waited, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return status, 0, context.Cause(ctx)
		}
	}
}

func total(counts map[plan.Kind]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// close stops the emulator, closes the store and removes the folder. The bridge
// must have stopped.
func (w *demoWorld) close() error {
	var errs []error
	if w.store != nil {
		errs = append(errs, w.store.Close())
	}
	if w.adobe != nil {
		errs = append(errs, w.adobe.Close())
		if err := <-w.served; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	if w.dir != "" {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	return errors.Join(errs...)
}

// invitation says how to try what is left running.
func (w *demoWorld) invitation() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nBridge:   %s\n", w.scimURL())
	fmt.Fprintf(&b, "Token:    %s\n", w.oktaToken)
	fmt.Fprintf(&b, "Emulator: %s\n\n", w.adobeURL)
	for _, line := range w.tries() {
		fmt.Fprintf(&b, "%s\n\n", line)
	}
	b.WriteString("Running until Ctrl-C.\n")
	return b.String()
}

// tries are commands for a shell: create a user, find it, and see it in Adobe.
func (w *demoWorld) tries() []string {
	bearer := fmt.Sprintf(`-H "Authorization: Bearer %s"`, w.oktaToken)
	token := fmt.Sprintf(`$(curl -s %s/ims/token/v3 -d 'grant_type=client_credentials&client_id=%s&client_secret=%s&scope=openid,AdobeID,user_management_sdk' | sed 's/.*"access_token" *: *"\([^"]*\)".*/\1/')`,
		w.adobeURL, demoClientID, w.clientSecret)
	return []string{
		fmt.Sprintf(`curl -s %s/Users %s -H 'Content-Type: application/scim+json' -d '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"new.person@example.com","name":{"givenName":"New","familyName":"Person"},"emails":[{"value":"new.person@example.com","primary":true}],"active":true}'`,
			w.scimURL(), bearer),
		fmt.Sprintf(`curl -s -G %s/Users %s --data-urlencode 'filter=userName eq "new.person@example.com"'`, w.scimURL(), bearer),
		fmt.Sprintf(`curl -s %s/v2/usermanagement/organizations/%s/users/new.person@example.com -H "X-Api-Key: %s" -H "Authorization: Bearer %s"`,
			w.adobeURL, demoOrgID, demoClientID, token),
	}
}
