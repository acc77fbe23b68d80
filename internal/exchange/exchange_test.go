package exchange

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMatch_WantsAPart(t *testing.T) {
	t.Parallel()
	const answer = `{"id": "7", "active": true, "members": [{"value": "1"}, {"value": "2"}], "count": 2}`
	for _, tt := range []struct{ name, want, err string }{
		{"a part", `{"active": true}`, ""},
		{"a name takes the value, and holds to it", `{"id": "{{x}}", "members": [{"value": "{{a}}"}, {"value": "{{b}}"}]}`, ""},
		{"a name is one value only", `{"members": [{"value": "{{a}}"}, {"value": "{{a}}"}]}`, `.members[1].value: want "1", got "2"`},
		{"a name that was given before", `{"id": "{{known}}"}`, `.id: want "6", got "7"`},
		{"another value", `{"active": false}`, ".active: want false, got true"},
		{"a text where there is a number", `{"count": "2"}`, `.count: want "2", got 2`},
		{"a list in another order", `{"members": [{"value": "2"}, {"value": "1"}]}`, ""},
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
			err := Names{"{{known}}": "6"}.match("", want, got)
			if tt.err == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.err)
		})
	}
}

func TestFill_RefusesWhatNobodyNamed(t *testing.T) {
	t.Parallel()
	filled, err := Names{"{{ada}}": "7"}.Fill("/Users/{{ada}}")
	require.NoError(t, err)
	require.Equal(t, "/Users/7", filled)
	_, err = Names{}.Fill("/Users/{{ada}}")
	require.ErrorContains(t, err, "{{ada}} has no value")
}

func TestParseRequest_ReadsHeadersAndBody(t *testing.T) {
	t.Parallel()
	r, err := ParseRequest([]byte("POST /Users?a=b c\nAccept: application/json\n\n{\"userName\":\n\n1}\n"))
	require.NoError(t, err)
	require.Equal(t, Request{Method: "POST", Target: "/Users?a=b c", Body: "{\"userName\":\n\n1}",
		Header: http.Header{"Accept": {"application/json"}}}, r)
	for _, bad := range []string{"", "GET", "GET Users", "POST /Users\n{\"a\": 1"} {
		_, err := ParseRequest([]byte(bad))
		require.Error(t, err, bad)
	}
}

func TestResponse_ChecksStatusHeadersAndBody(t *testing.T) {
	t.Parallel()
	want, err := ParseResponse("201\nLocation: /Users/{{ada}}\nETag: {{tag}}\n\n{\"id\": \"{{ada}}\"}\n")
	require.NoError(t, err)
	n := Names{"{{ada}}": "7"}
	header := http.Header{"Location": {"/Users/7"}, "Etag": {`W/"1"`}}
	require.NoError(t, want.Check(n, 201, header, `{"id":"7","x":1}`))
	require.Equal(t, `W/"1"`, n["{{tag}}"])
	require.ErrorContains(t, want.Check(n, 200, header, `{"id":"7"}`), "want status 201")
	require.ErrorContains(t, want.Check(n, 201, http.Header{}, `{"id":"7"}`), "Location")
	require.ErrorContains(t, want.Check(n, 201, header, `{"id":"8"}`), ".id")
	require.ErrorContains(t, want.Check(n, 201, header, `<html>`), "<html>")
	require.ErrorContains(t, Response{Status: 204}.Check(n, 204, nil, "{}"), "has a body")
	_, err = ParseResponse("{}")
	require.ErrorContains(t, err, "want a status")
}
