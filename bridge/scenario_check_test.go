package bridge

import (
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// A runner that overlooks things would make every story true.

func TestParseStory_RefusesWhatItWouldOverlook(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, want string }{
		{"no story", "-- 01-a.settle --\n", "begins with a comment"},
		{"a section of another name", "Story.\n-- 01-a.htpp --\nGET /Users\n", "section 01-a.htpp"},
		{"a step without a number", "Story.\n-- a.http --\nGET /Users\n", "section a.http"},
		{"a response to nothing", "Story.\n-- 01-a.response --\n200\n", "follows the request of the same name"},
		{"a response to another request", "Story.\n-- 01-a.http --\nGET /Users\n-- 02-b.response --\n200\n", "follows the request"},
		{"a response without a status", "Story.\n-- 01-a.http --\nGET /Users\n-- 01-a.response --\n{}\n", "want a status"},
		{"a request without a target", "Story.\n-- 01-a.http --\nGET\n", "want a method and a path"},
		{"a body where headers stand", "Story.\n-- 01-a.http --\nPOST /Users\n{\"userName\": 1\n", "want headers, then an empty line"},
		{"an unknown setting", "Story.\n-- config.yaml --\nidentity: adobeID\n", "config.yaml"},
		{"an unknown setting after a restart", "Story.\n-- 01-a.restart --\nidentity: adobeID\n", "01-a.restart"},
		{"an unknown command", "Story.\n-- 01-a.console --\n[{\"usr\": \"ada\"}]\n", "usr"},
		{"no command", "Story.\n-- 01-a.console --\nnull\n", "want a list"},
		{"a response to commands", "Story.\n-- 01-a.console --\n[{\"user\": \"ada\", \"do\": []}]\n-- 01-a.response --\n200\n", "follows the request"},
		{"an unknown fault", "Story.\n-- 01-a.fault --\n{\"Statsu\": 429}\n", "Statsu"},
		{"a duration that is none", "Story.\n-- 01-a.settle --\nsoon\n", "soon"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseStory(txtar.Parse([]byte(tt.file)))
			require.ErrorContains(t, err, tt.want)
		})
	}
}
