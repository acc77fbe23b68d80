package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// emulatorDocs is docs/emulator.md, with continued lines joined.
func emulatorDocs(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "emulator.md"))
	require.NoError(t, err)
	return regexp.MustCompile(` *\\\n *`).ReplaceAllString(string(text), " ")
}

func TestDocs_EmulatorFlagsExist(t *testing.T) {
	t.Parallel()
	flags := newEmulatorCommand(environment{Stdout: io.Discard, Stderr: io.Discard}).Flags()
	named := regexp.MustCompile(`(?:^|[\s(`+"`"+`])--([a-z][a-z-]*)`).FindAllStringSubmatch(emulatorDocs(t), -1)
	require.Greater(t, len(named), 10)
	for _, m := range named {
		if m[1] != "help" && m[1] != "cacert" {
			require.NotNil(t, flags.Lookup(m[1]), m[0])
		}
	}
}

// What can be copied from the page works, and says what the page says.
func TestDocs_EmulatorExamplesWork(t *testing.T) {
	t.Parallel()
	docs := emulatorDocs(t)
	_, state, found := strings.Cut(docs, "```json\n")
	require.True(t, found)
	state, _, _ = strings.Cut(state, "```")
	file := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(file, []byte(state), 0o600))
	e := runEmulator(t, "--state", file, "--control", "127.0.0.1:0", "--org-id", "DE3000000000000000000001@AdobeOrg")
	said := strings.NewReplacer(e.api(t), "http://127.0.0.1:8081", e.control(t), "http://127.0.0.1:8082")
	require.Contains(t, docs, "    "+said.Replace(strings.Join(e.lines, "\n    "))+"\n")

	commands := regexp.MustCompile(`(?m)^    curl (.*)$`).FindAllStringSubmatch(docs, -1)
	require.Len(t, commands, 5)
	for _, c := range commands {
		parts := regexp.MustCompile(`^'?http://127\.0\.0\.1:8082(/[^ ']*)'?(?: -d '(.*)')?$`).FindStringSubmatch(c[1])
		require.NotNil(t, parts, c[1])
		method := http.MethodGet
		if parts[2] != "" {
			method = http.MethodPost
		}
		r, err := http.NewRequestWithContext(t.Context(), method, e.control(t)+parts[1], strings.NewReader(parts[2]))
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		answer, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode, "%s: %s", c[1], answer)
	}
}
