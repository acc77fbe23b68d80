package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/store/postgres"
	"github.com/scim-bridge/scim-bridge/umapi"
)

func newCheckCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Is the configuration right, and does Adobe answer?",
		Long: `Reads the configuration, looks whether a PostgreSQL database answers if one is
named, then asks Adobe for an access token and for one user that does not exist,
for each organisation. Nothing is changed and nothing is listed. Exits 0 if all
is well, 1 if the database or Adobe did not answer as they should, 2 if the
configuration is wrong.`,
		Args: noArguments,
	}
	file := configFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s, err := loadSettings(*file, env.LookupEnv)
		if err != nil {
			return err
		}
		r := check(cmd.Context(), s)
		if *asJSON {
			err = json.NewEncoder(env.Stdout).Encode(r)
		} else {
			err = r.print(env.Stdout)
		}
		return errors.Join(err, r.err())
	}
	return cmd
}

// checkReport is the answer of check.
type checkReport struct {
	Warnings []string       `json:"warnings,omitempty"`
	Database *databaseCheck `json:"database,omitempty"` // that is no file
	Orgs     []orgCheck     `json:"orgs"`
}

// databaseCheck is what a database server answered.
type databaseCheck struct {
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	Hint  string `json:"hint,omitempty"`
}

// orgCheck is what Adobe answered for one org.
type orgCheck struct {
	Org   string `json:"org"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	Hint  string `json:"hint,omitempty"`
}

// check asks the database, and Adobe for each org in turn.
func check(ctx context.Context, s settings) checkReport {
	r := checkReport{Orgs: []orgCheck{}}
	for _, w := range s.Warnings {
		r.Warnings = append(r.Warnings, w.String())
	}
	if s.Database.url != "" {
		r.Database = &databaseCheck{OK: true}
		if err := postgres.Check(ctx, s.Database.url); err != nil {
			r.Database.OK, r.Database.Error, r.Database.Hint = false, err.Error(), postgres.Hint(err)
		}
	}
	for _, o := range s.Bridge.Orgs {
		one := orgCheck{Org: o.Dispatch.Org, OK: true}
		if err := askAdobe(ctx, o.Adobe); err != nil {
			one.OK, one.Error, one.Hint = false, err.Error(), adobeHint(err)
		}
		r.Orgs = append(r.Orgs, one)
	}
	return r
}

// askAdobe reads a user that nobody has. That needs the network, the token
// service, the credentials and their rights; "not found" proves them all.
func askAdobe(ctx context.Context, cfg umapi.Config) error {
	client, err := umapi.New(cfg)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	nobody := "scim-bridge-check-" + strings.ToLower(rand.Text()) + "@example.com"
	_, err = client.User(ctx, nobody, "")
	if errors.Is(err, umapi.ErrNotFound) {
		return nil
	}
	return err
}

// adobeHint says what to do about an error of Adobe's.
func adobeHint(err error) string {
	switch umapi.ClassOf(err) {
	case umapi.ClassDenied:
		return "check org_id, client_id, the client secret and url, and that the credentials have the User Management API"
	case umapi.ClassThrottled:
		return "Adobe refuses calls for a while: wait, and check that nothing else uses the same credentials"
	case umapi.ClassTransient:
		return "check url, ims_url, the network and the proxy variables, then try again"
	}
	return ""
}

func (r checkReport) print(w io.Writer) error {
	var b strings.Builder
	for _, warning := range r.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", warning)
	}
	b.WriteString("configuration: ok\n")
	switch d := r.Database; {
	case d == nil:
	case d.OK:
		b.WriteString("database: answers\n")
	default:
		fmt.Fprintf(&b, "database: %s\n", d.Error)
		hintLine(&b, d.Hint)
	}
	for _, o := range r.Orgs {
		if o.OK {
			fmt.Fprintf(&b, "org %s: Adobe answers, the credentials are accepted\n", o.Org)
			continue
		}
		fmt.Fprintf(&b, "org %s: %s\n", o.Org, o.Error)
		hintLine(&b, o.Hint)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// err returns an error if the database or an org failed.
func (r checkReport) err() error {
	var failed []string
	for _, o := range r.Orgs {
		if !o.OK {
			failed = append(failed, o.Org)
		}
	}
	var errs []error
	if r.Database != nil && !r.Database.OK {
		errs = append(errs, errors.New("check: the database cannot be used"))
	}
	if len(failed) > 0 {
		errs = append(errs, fmt.Errorf("check: Adobe did not answer as it should for %s", strings.Join(failed, ", ")))
	}
	return errors.Join(errs...)
}
