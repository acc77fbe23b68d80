package umapi

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReply_IsDecodedWithStepsOfAnyKind(t *testing.T) {
	t.Parallel()
	r, err := decodeReply([]byte(`{
		"completed": 1, "notCompleted": 3, "completedInTestMode": 0, "result": "partial", "added": {"later": true},
		"errors": [
			{"index": 1, "step": 2, "requestID": "r1", "user": "zoe@example.com", "message": "Group Ghosts was not found", "errorCode": "error.group.not_found"},
			{"index": "2", "step": "1", "user": null, "errorCode": "error.user.nonexistent"},
			{"index": 2, "step": null, "errorCode": 7, "message": ["odd"]},
			{"index": 3, "step": "first"},
			{"step": 0.5, "index": -4}
		],
		"warnings": [{"index": 0, "step": 0, "warningCode": "warning.command.deprecated", "message": "m"}]
	}`))
	require.NoError(t, err)
	require.Equal(t, Reply{
		Result: ResultPartial, Completed: 1, NotCompleted: 3,
		Errors: []CommandError{
			{Index: 1, Step: 2, RequestID: "r1", User: "zoe@example.com", Code: "error.group.not_found", Message: "Group Ghosts was not found"},
			{Index: 2, Step: 1, Code: "error.user.nonexistent"},
			{Index: 2, Step: -1, Code: "7"},
			{Index: 3, Step: -1},
			{Index: -1, Step: -1},
		},
		Warnings: []CommandWarning{{Index: 0, Step: 0, Code: "warning.command.deprecated", Message: "m"}},
	}, r)
	require.Len(t, r.ErrorsOf(2), 2)
	require.Empty(t, r.ErrorsOf(0))
}

func TestReply_WithoutAKnownResultIsUnreadable(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `<html>log in</html>`, `{"result":"done"}`, `{"result":"success"`, `{"result":"success"} trailing`,
		`{"result":"success","errors":{}}`, `{"result":"error.apikey.invalid"}`,
	} {
		_, err := decodeReply([]byte(body))
		require.ErrorIs(t, err, errUnreadable, body)
	}
}

func TestReply_ConsistentOnlyIfEachCommandIsAccountedFor(t *testing.T) {
	t.Parallel()
	failed := func(indexes ...int) (all []CommandError) {
		for _, i := range indexes {
			all = append(all, CommandError{Index: i, Code: "error.user.nonexistent"})
		}
		return all
	}
	tests := map[string]struct {
		reply Reply
		want  bool
	}{
		"all done":                         {Reply{Result: ResultSuccess, Completed: 3}, true},
		"two errors of one command":        {Reply{Result: ResultPartial, Completed: 2, NotCompleted: 1, Errors: failed(1, 1)}, true},
		"errors in any order":              {Reply{Result: ResultPartial, Completed: 1, NotCompleted: 2, Errors: failed(2, 0)}, true},
		"all failed":                       {Reply{Result: ResultError, NotCompleted: 3, Errors: failed(0, 1, 2)}, true},
		"one is missing":                   {Reply{Result: ResultSuccess, Completed: 2}, false},
		"one too many":                     {Reply{Result: ResultSuccess, Completed: 4}, false},
		"an index beyond the call":         {Reply{Result: ResultPartial, Completed: 2, NotCompleted: 1, Errors: failed(3)}, false},
		"an error without an index":        {Reply{Result: ResultPartial, Completed: 2, NotCompleted: 1, Errors: failed(-1)}, false},
		"failures without errors":          {Reply{Result: ResultPartial, Completed: 2, NotCompleted: 1}, false},
		"more failed than were counted":    {Reply{Result: ResultPartial, Completed: 2, NotCompleted: 1, Errors: failed(0, 1)}, false},
		"success with a failure":           {Reply{Result: ResultSuccess, Completed: 2, NotCompleted: 1, Errors: failed(0)}, false},
		"partial without one":              {Reply{Result: ResultPartial, Completed: 3}, false},
		"counts that only add up":          {Reply{Result: ResultPartial, Completed: 4, NotCompleted: -1}, false},
		"test mode, where nothing is done": {Reply{Result: ResultSuccess, Completed: 3, CompletedInTestMode: 3}, false},
		"only tried and not done":          {Reply{Result: ResultSuccess, CompletedInTestMode: 3}, false},
		"a test that all pass":             {Reply{TestOnly: true, Result: ResultSuccess, CompletedInTestMode: 3}, true},
		"a test that one fails":            {Reply{TestOnly: true, Result: ResultPartial, CompletedInTestMode: 2, NotCompleted: 1, Errors: failed(1)}, true},
		"a test that did something":        {Reply{TestOnly: true, Result: ResultSuccess, Completed: 1, CompletedInTestMode: 2}, false},
		"a test of fewer":                  {Reply{TestOnly: true, Result: ResultSuccess, CompletedInTestMode: 2}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.reply.Consistent(3))
		})
	}
}

func FuzzDecodeReply(f *testing.F) {
	f.Add([]byte(`{"completed":1,"notCompleted":0,"completedInTestMode":0,"result":"success"}`))
	f.Add([]byte(`{"completed":0,"notCompleted":1,"result":"error","errors":[{"index":0,"step":"0","errorCode":"error.user.nonexistent"}]}`))
	f.Add([]byte(`{"completed":99999999999999999999,"notCompleted":"1","result":"partial","errors":[{"index":1e99}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := decodeReply(body)
		if err != nil {
			require.ErrorIs(t, err, errUnreadable)
			return
		}
		for _, e := range r.Errors {
			require.GreaterOrEqual(t, e.Index, -1)
			require.GreaterOrEqual(t, e.Step, -1)
		}
		if r.Consistent(3) {
			failed := 0
			for i := range 3 {
				if len(r.ErrorsOf(i)) > 0 {
					failed++
				}
			}
			require.Equal(t, 3, r.Completed+failed)
		}
	})
}

func TestClip_KeepsServiceTextsToOneShortLine(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a b?", clip("a\nb\xff"))
	require.Len(t, []rune(clip(strings.Repeat("愛", 5000))), 301)
}
