package main

import (
	"os"
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDocs_ListEveryKeyWithItsDefault compares docs/configuration.md with the
// structs that the file is read into.
func TestDocs_ListEveryKeyWithItsDefault(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (–|`([^`]*)`) \\| .{10,} \\|$")
	var documented [][2]string
	for _, m := range row.FindAllSubmatch(text, -1) {
		documented = append(documented, [2]string{string(m[1]), string(m[3])})
	}
	require.Equal(t, keysWithDefaults(reflect.TypeFor[fileConfig](), ""), documented)
}

// keysWithDefaults lists the keys of a struct, those below them included. A
// mapping is listed by what is in it, except where it may be something else.
func keysWithDefaults(t reflect.Type, path string) [][2]string {
	var all [][2]string
	for f := range t.Fields() {
		key := f.Tag.Get("yaml")
		if key == "" {
			continue
		}
		at, ft := join(path, key), f.Type
		isStruct := ft.Kind() == reflect.Struct && ft != reflect.TypeFor[secret]()
		if !isStruct || ft == reflect.TypeFor[fileBrakes]() {
			all = append(all, [2]string{at, f.Tag.Get("default")})
		}
		switch {
		case isStruct:
			all = append(all, keysWithDefaults(ft, at)...)
		case ft.Kind() == reflect.Slice && ft.Elem().Kind() == reflect.Struct:
			all = append(all, keysWithDefaults(ft.Elem(), at+"[]")...)
		}
	}
	return all
}

// TestDocs_SmallestExampleWorks loads the first example of the page.
func TestDocs_SmallestExampleWorks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	m := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	require.NotNil(t, m)
	example := regexp.MustCompile(`/run/secrets/adobe`).ReplaceAllString(string(m[1]), "testdata/client-secret")
	s, err := loadSettings(writeConfig(t, example), testEnv)
	require.NoError(t, err)
	require.Empty(t, s.Warnings)
}

// TestDocs_ComposeConfigurationWorks loads the configuration of
// docker-compose.yml with the environment that it sets.
func TestDocs_ComposeConfigurationWorks(t *testing.T) {
	t.Parallel()
	s, err := loadSettings("../../deploy/compose/scim-bridge.yaml", func(name string) (string, bool) {
		return "development-only-secret-of-32-characters", name == "SCIM_TOKEN" || name == "ADOBE_CLIENT_SECRET"
	})
	require.NoError(t, err)
	require.Len(t, s.Warnings, 1)
	require.Equal(t, "listen", s.Warnings[0].path, "it listens for the host, which is no secret")
}
