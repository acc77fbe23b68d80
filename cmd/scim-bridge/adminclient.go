package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/scim-bridge/scim-bridge/bridge"
)

// adminTimeout is more than a bridge takes to release all that a large
// organisation has.
const adminTimeout = 2 * time.Minute

// adminClient asks the running bridge.
type adminClient struct {
	socket string
	config string // the file that says where it is
	http   *http.Client
}

// newAdminClient reads from a configuration where its bridge is reached. The rest
// of the file need not be right, and its secrets need not be readable.
func newAdminClient(config string, env environment) (*adminClient, error) {
	database, err := loadDatabase(config, env.LookupEnv)
	if err != nil {
		return nil, err
	}
	c := &adminClient{socket: database.socket(), config: config}
	c.http = &http.Client{Timeout: adminTimeout, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", c.socket)
		},
	}}
	return c, nil
}

func (c *adminClient) get(ctx context.Context, path string, query url.Values, out any) error {
	return c.do(ctx, http.MethodGet, path+"?"+query.Encode(), nil, out)
}

func (c *adminClient) post(ctx context.Context, path string, body, out any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("ask the bridge: %w", err)
	}
	return c.do(ctx, http.MethodPost, path, bytes.NewReader(text), out)
}

func (c *adminClient) do(ctx context.Context, method, path string, body io.Reader, out any) error {
	// The host is not used: the socket is.
	req, err := http.NewRequestWithContext(ctx, method, "http://bridge"+path, body)
	if err != nil {
		return fmt.Errorf("ask the bridge: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.unreachable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusal(resp)
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("ask the bridge: read its answer: %w", err)
	}
	return nil
}

// unreachable says what it means that nobody answers.
func (c *adminClient) unreachable(err error) error {
	var dial *net.OpError
	switch {
	case errors.Is(err, fs.ErrPermission):
		return hinted{fmt.Errorf("ask the bridge: %w", err), "run this as the user that runs the bridge"}
	case errors.As(err, &dial) && dial.Op == "dial":
		return hinted{
			fmt.Errorf("no bridge is running with this database (socket %s)", c.socket),
			"start it with: scim-bridge serve --config " + c.config + "; run this in the folder that it was started in",
		}
	}
	return fmt.Errorf("ask the bridge: %w", err)
}

// refusal is the error that the bridge answered with.
func refusal(resp *http.Response) error {
	var e bridge.AdminError
	if err := json.NewDecoder(resp.Body).Decode(&e); err != nil || e.Message == "" {
		return hinted{fmt.Errorf("ask the bridge: %s", resp.Status), "it may be of another release than this command"}
	}
	var err error = &e
	if resp.StatusCode == http.StatusBadRequest {
		err = usageError{err}
	}
	if e.Hint != "" {
		err = hinted{err, e.Hint}
	}
	return err
}

// adminFlags are what every command for the running bridge has.
type adminFlags struct {
	config, org *string
	json        *bool
}

func addAdminFlags(cmd *cobra.Command) adminFlags {
	return adminFlags{
		config: configFlag(cmd),
		org:    cmd.Flags().String("org", "", "only this org, by its `NAME` in the configuration"),
		json:   cmd.Flags().Bool("json", false, "print JSON"),
	}
}

// suffix is what a command line needs to mean the same bridge.
func (f adminFlags) suffix() string {
	if *f.config == defaultConfigFile {
		return ""
	}
	return " --config " + *f.config
}

// print writes an answer for scripts, or as text makes it for people.
func (f adminFlags) print(w io.Writer, answer any, text func() string) error {
	if *f.json {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		out.SetEscapeHTML(false)
		return out.Encode(answer)
	}
	_, err := io.WriteString(w, text())
	return err
}
