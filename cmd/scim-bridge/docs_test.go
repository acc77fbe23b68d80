package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// code is what stands in an indented block or in `quotes`, from the name of the
// program on.
var code = regexp.MustCompile("(?m)(?:^    .*|`[^`]*)scim-bridge ([a-z]+)([^`\n]*)")

// Every command line on a page names a command that there is, with its flags.
func TestDocs_CommandsAndFlagsExist(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	pages = append(pages, "../../README.md", "../../CONTRIBUTING.md")
	root := newRootCommand(environment{})
	found := map[string]int{}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		joined := regexp.MustCompile(` *\\\n *`).ReplaceAllString(string(text), " ")
		for _, m := range code.FindAllStringSubmatch(joined, -1) {
			name, rest := m[1], m[2]
			if name == "help" {
				continue
			}
			cmd := commandOf(root, name)
			require.NotNil(t, cmd, "%s: %s", page, m[0])
			for _, flag := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(rest, -1) {
				require.True(t, flag[1] == "help" || cmd.Flags().Lookup(flag[1]) != nil, "%s: %s: no flag %s", page, m[0], flag[0])
			}
			found[filepath.Base(page)]++
		}
	}
	require.Greater(t, found["README.md"], 10)
	require.Greater(t, found["operations.md"], 20)
}

// commandOf is a command by its name, or nil.
func commandOf(root *cobra.Command, name string) *cobra.Command {
	for _, c := range root.Commands() {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

func TestDocs_ReadmeListsEveryCommand(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	for _, c := range newRootCommand(environment{}).Commands() {
		require.Contains(t, string(readme), "| `scim-bridge "+c.Name())
	}
}

// What the page has people type for a bridge and an emulator as two processes fits
// together.
func TestDocs_ReadmeWithoutDockerWorks(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	text := string(readme)
	variables := regexp.MustCompile(`export SCIM_TOKEN=(\S+) ADOBE_CLIENT_SECRET=(\S+)`).FindStringSubmatch(text)
	require.NotNil(t, variables)
	require.Contains(t, text, "Authorization: Bearer "+variables[1]+"'")
	require.Contains(t, text, "    sed 's/0\\.0\\.0\\.0/127.0.0.1/' deploy/compose/scim-bridge.yaml > scim-bridge.yaml\n")
	config, err := os.ReadFile("../../deploy/compose/scim-bridge.yaml")
	require.NoError(t, err)
	s, err := loadSettings(writeConfig(t, strings.Replace(string(config), "0.0.0.0", "127.0.0.1", 1)), func(name string) (string, bool) {
		return map[string]string{"SCIM_TOKEN": variables[1], "ADOBE_CLIENT_SECRET": variables[2]}[name], true
	})
	require.NoError(t, err)
	require.Empty(t, s.Warnings)
	require.Equal(t, "127.0.0.1:8080", s.Bridge.Listen)
	require.Equal(t, "bridge.db", s.Database.file)
	adobe := s.Bridge.Orgs[0].Adobe
	require.Contains(t, text, "dist/scim-bridge emulator --org-id "+adobe.OrgID+" --client-id "+adobe.ClientID+" ")
	require.Contains(t, text, " --client-secret "+variables[2]+" ")
	flags := newEmulatorCommand(environment{}).Flags()
	require.Equal(t, "http://"+flags.Lookup("listen").DefValue, adobe.IMSURL)
}
