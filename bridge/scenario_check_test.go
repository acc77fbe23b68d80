package bridge

import (
	"encoding/json"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// A runner that overlooks things would make every story true.

func TestScenarioNames_MatchOnlyWhatIsPartOfTheAnswer(t *testing.T) {
	t.Parallel()
	const answer = `{"id": "7", "active": true, "members": [{"value": "1"}, {"value": "2"}], "count": 2}`
	for _, tt := range []struct{ name, want, err string }{
		{"a part", `{"active": true}`, ""},
		{"a name takes the value, and holds to it", `{"id": "{{x}}", "members": [{"value": "{{a}}"}, {"value": "{{b}}"}]}`, ""},
		{"a name is one value only", `{"members": [{"value": "{{a}}"}, {"value": "{{a}}"}]}`, `.members[1].value: want "1", got "2"`},
		{"a name that was given before", `{"id": "{{known}}"}`, `.id: want "6", got "7"`},
		{"another value", `{"active": false}`, ".active: want false, got true"},
		{"a text where there is a number", `{"count": "2"}`, `.count: want "2", got 2`},
		{"what is not there", `{"userName": "ada"}`, ".userName is missing"},
		{"null is not there", `{"userName": null}`, ""},
		{"null is there", `{"id": null}`, ".id: want <nil>, got 7"},
		{"a shorter list", `{"members": [{"value": "1"}]}`, ".members: want a list of 1"},
		{"a list that is none", `{"id": []}`, ".id: want a list of 0"},
		{"an object that is none", `{"id": {}}`, ".id: want an object"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var want, got any
			require.NoError(t, json.Unmarshal([]byte(tt.want), &want))
			require.NoError(t, json.Unmarshal([]byte(answer), &got))
			err := names{"{{known}}": "6"}.match("", want, got)
			if tt.err == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.err)
		})
	}
}

func TestScenarioNames_FillRefusesWhatNobodyNamed(t *testing.T) {
	t.Parallel()
	filled, err := names{"{{ada}}": "7"}.fill("/Users/{{ada}}")
	require.NoError(t, err)
	require.Equal(t, "/Users/7", filled)
	_, err = names{}.fill("/Users/{{ada}}")
	require.ErrorContains(t, err, "{{ada}} has no value")
}

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
