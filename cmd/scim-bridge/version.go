package main

import (
	"encoding/json"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionInfo is what is known of how this program was built. What is not known
// is empty.
type versionInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"` // the sources differed from the revision
	Go       string `json:"go,omitempty"`
}

func newVersionCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "version", Short: "Print the version", Args: noArguments}
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(*cobra.Command, []string) error {
		v := readVersion()
		if *asJSON {
			return json.NewEncoder(env.Stdout).Encode(v)
		}
		_, err := fmt.Fprintln(env.Stdout, v)
		return err
	}
	return cmd
}

// readVersion asks the Go toolchain's record in the binary.
func readVersion() versionInfo {
	v := versionInfo{Version: "(devel)"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Go = info.GoVersion
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func (v versionInfo) String() string {
	s := "scim-bridge " + v.Version
	if v.Revision != "" {
		s += " " + v.Revision
	}
	if v.Modified {
		s += " (modified)"
	}
	if v.Time != "" {
		s += " of " + v.Time
	}
	if v.Go != "" {
		s += ", " + v.Go
	}
	return s
}
