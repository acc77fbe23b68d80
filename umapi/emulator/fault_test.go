package emulator_test

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scim-bridge/scim-bridge/umapi/emulator"
)

const actionMatch = "POST /v2/usermanagement/action"

func (c *caller) createRequest(email string) *http.Request {
	return c.request(http.MethodPost, "/action/"+orgID, "["+federated(email, "")+"]")
}

func TestFault_MatchesMethodPathAndSubject(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.NoError(t, c.em.Inject(emulator.Fault{Match: actionMatch, Subject: "ADA@example.com", Status: http.StatusBadGateway}))
	require.Equal(t, http.StatusOK, c.get("/users/"+orgID+"/0").status)
	require.Equal(t, http.StatusOK, c.send(c.createRequest("zoe@example.com")).status)
	require.Equal(t, http.StatusBadGateway, c.send(c.createRequest("ada@example.com")).status)
	require.Equal(t, http.StatusBadGateway, c.send(c.createRequest("ada@example.com")).status)
	c.em.ClearFaults()
	require.Equal(t, http.StatusOK, c.send(c.createRequest("ada@example.com")).status)
}

func TestFault_EmptyMatchIsTheTokenServiceToo(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.NoError(t, c.em.Inject(emulator.Fault{Status: http.StatusBadGateway, Times: 2}))
	require.Equal(t, http.StatusBadGateway, c.send(tokenRequest(t, "/ims/token/v3", tokenForm())).status)
	require.Equal(t, http.StatusBadGateway, c.get("/groups/"+orgID+"/0").status)
	require.Equal(t, http.StatusOK, c.get("/groups/"+orgID+"/0").status, "used up")
}

func TestFault_RateStrikesAShareAndIsTheSameForASeed(t *testing.T) {
	t.Parallel()
	weather := func() string {
		c := start(t, func(cfg *emulator.Config) { cfg.Seed = 7 })
		require.NoError(t, c.em.Inject(emulator.Fault{Status: http.StatusBadGateway, Rate: 0.3}))
		var b strings.Builder
		for range 300 {
			a := c.get("/groups/" + orgID + "/0")
			b.WriteByte("-x"[min(1, a.status/http.StatusBadGateway)])
		}
		return b.String()
	}
	first := weather()
	struck := strings.Count(first, "x")
	require.Greater(t, struck, 50)
	require.Less(t, struck, 140)
	require.Equal(t, first, weather())
}

func TestFault_ErrorCodeForOneSubjectInsideA200(t *testing.T) {
	t.Parallel()
	for moment, users := range map[emulator.Moment]int{emulator.BeforeApply: 1, emulator.AfterApply: 2} {
		c := start(t, nil)
		require.NoError(t, c.em.Inject(emulator.Fault{
			Match: actionMatch, Moment: moment, Subject: "Ada@example.com", Times: 1,
			Code: "error.throttled_by_external_service", Message: "try again",
		}))
		reply := c.do(federated("zoe@example.com", ""), federated("ada@example.com", "ignoreIfAlreadyExists"))
		require.Equal(t, "partial", reply.Result)
		require.Equal(t, []replyError{{
			Index: 1, User: "ada@example.com", Message: "try again", ErrorCode: "error.throttled_by_external_service",
		}}, reply.Errors)
		require.Len(t, c.em.Users(), users)
		require.Equal(t, "try again", c.em.Ledger()[0].Fault.Message)
		require.Equal(t, []emulator.CommandError{{Index: 1, Code: "error.throttled_by_external_service"}}, c.em.Ledger()[0].Errors)
		c.ok(federated("ada@example.com", "ignoreIfAlreadyExists"))
	}
}

func TestFault_AfterApplyPassesOverWhatIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.NoError(t, c.em.Inject(emulator.Fault{Match: actionMatch, Moment: emulator.AfterApply, Times: 1}))
	r := c.createRequest("ada@example.com")
	r.Header.Del("Authorization")
	require.Equal(t, http.StatusUnauthorized, c.send(r).status)
	_, err := roundTrip(c.em, c.createRequest("ada@example.com"))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestFault_MatchesThePathAsSentAndUnescaped(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	escaped := "/users/A1B2C3D4E5F60718293A4B5C%40AdobeOrg/0"
	for _, path := range []string{escaped, "/users/" + orgID + "/0"} {
		require.NoError(t, c.em.Inject(emulator.Fault{Match: "GET /v2/usermanagement" + path, Status: http.StatusBadGateway, Times: 1}))
		require.Equal(t, http.StatusBadGateway, c.get(escaped).status, path)
	}
}

func TestFault_OfAStepSparesTheStepsBeforeIt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		fault  emulator.Fault
		step   int
		groups []string
	}{
		{"before the second step", emulator.Fault{Step: 1}, 1, nil},
		{"before the third step", emulator.Fault{Step: 2}, 2, []string{"A"}},
		{"beyond the last step", emulator.Fault{Step: 9}, 2, []string{"A"}},
		{"after the second step", emulator.Fault{Step: 1, Moment: emulator.AfterApply}, 1, []string{"A", "B"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, nil)
			c.seed(nil, "A", "B")
			tt.fault.Code, tt.fault.Message = "error.internal.add", "no"
			require.NoError(t, c.em.Inject(tt.fault))
			got := c.fails(federated("ada@example.com", "", list("add", "group", "A"), list("add", "group", "B")))
			require.Equal(t, replyError{Step: tt.step, User: "ada@example.com", Message: "no", ErrorCode: "error.internal.add"}, got)
			require.Equal(t, tt.groups, c.user("ada@example.com").Groups)
			require.Equal(t, []emulator.CommandError{{Step: tt.step, Code: "error.internal.add"}}, c.em.Ledger()[0].Errors)
		})
	}
}

func TestFault_BeforeTheFirstStepRunsNothing(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	require.NoError(t, c.em.Inject(emulator.Fault{Code: "error.organization.migrating", Times: 1}))
	require.Equal(t, "error.organization.migrating", c.fails(federated("ada@example.com", "")).ErrorCode)
	require.Empty(t, c.em.Users())
	require.Empty(t, c.em.Faults(), "used up")
}

func TestFaults_ShowsWhatIsArmedAndWhatIsLeft(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	twice := emulator.Fault{Match: "GET /v2/usermanagement/groups", Moment: emulator.BeforeApply, Status: http.StatusBadGateway, Times: 2}
	endless := emulator.Fault{Match: "POST /ims", Moment: emulator.AfterApply, Status: http.StatusOK, Wait: time.Second}
	require.NoError(t, c.em.Inject(twice, endless))
	require.Equal(t, []emulator.ArmedFault{{Fault: twice, Left: 2}, {Fault: endless, Left: -1}}, c.em.Faults())
	c.get("/groups/" + orgID + "/0")
	require.Equal(t, []emulator.ArmedFault{{Fault: twice, Struck: 1, Left: 1}, {Fault: endless, Left: -1}}, c.em.Faults())
	c.get("/groups/" + orgID + "/0")
	require.Equal(t, []emulator.ArmedFault{{Fault: endless, Left: -1}}, c.em.Faults())
	c.em.ClearFaults()
	require.Empty(t, c.em.Faults())
}

func TestInject_NamesEveryMistakeAndArmsNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fault emulator.Fault
		want  []string
	}{
		{"out of range", emulator.Fault{
			Moment: "during", Rate: 1.5, Times: -1, Truncate: -2, Status: 99, RetryAfter: -time.Second, Wait: -time.Minute,
		}, []string{
			`moment: "during"`, "rate: 1.5", "times: -1", "truncate: -2", "status: 99", "retryAfter: -1s", "wait: -1m0s",
		}},
		{"no share", emulator.Fault{Rate: math.NaN()}, []string{"rate: NaN"}},
		{"no path", emulator.Fault{Match: "POST"}, []string{`match: "POST"`}},
		{"no method", emulator.Fault{Match: "/v2"}, []string{`match: "/v2"`}},
		{"a method in small letters", emulator.Fault{Match: "get /v2"}, []string{`match: "get /v2"`}},
		{"a query", emulator.Fault{Match: "GET /v2?testOnly=true"}, []string{"match: "}},
		{"a code and an answer", emulator.Fault{
			Code: "x", Status: 500, Body: "x", ContentType: "x", Header: map[string]string{"X": "y"},
			RetryAfter: 1, RetryAfterDate: true, Wait: 1, Truncate: 1, Step: -1,
		}, []string{
			"status: has no effect with code", "body: has", "contentType: has", "header: has", "retryAfter: has",
			"retryAfterDate: has", "wait: has", "truncate: has", "step: -1",
		}},
		{"a step and a message without a code", emulator.Fault{Step: 1, Message: "x"}, []string{"step: has no effect", "message: has no effect"}},
		{"a body without a status", emulator.Fault{Body: "x"}, []string{"body: has no effect without status"}},
		{"headers of no answer", emulator.Fault{ContentType: "text/html"}, []string{"contentType, header and retryAfter: "}},
		{"a body where there can be none", emulator.Fault{Status: 204, Body: "x"}, []string{"body: an answer of 204 has none"}},
		{"an end of nothing", emulator.Fault{Status: 502, Truncate: 5}, []string{"truncate: needs a body"}},
		{"a date of nothing", emulator.Fault{Status: 429, RetryAfterDate: true}, []string{"retryAfterDate: has no effect"}},
		{"headers that cannot be sent", emulator.Fault{
			Status: 200, ContentType: "a\nb", Header: map[string]string{"a b": "c", "D": "e\r\nf", "content-length": "7"},
		}, []string{`"a b"`, `"D"`, "content-length cannot be chosen", "contentType: "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, nil)
			err := c.em.Inject(tt.fault)
			for _, want := range tt.want {
				require.ErrorContains(t, err, want)
			}
			err = c.em.Inject(emulator.Fault{Status: http.StatusBadGateway}, tt.fault)
			require.ErrorContains(t, err, "fault 1: ")
			require.NotContains(t, err.Error(), "fault 0: ")
			require.Empty(t, c.em.Faults())
		})
	}
}

func TestFault_JSONHoldsEveryFieldAndDurationsAsWritten(t *testing.T) {
	t.Parallel()
	text := `{
		"match": "POST /v2", "subject": "ada@example.com", "moment": "after",
		"status": 429, "body": "{}", "contentType": "text/html", "header": {"X-A": "b"},
		"retryAfter": "1h30m", "retryAfterDate": true, "wait": "250ms", "truncate": 7,
		"code": "error.x", "message": "no", "step": 3, "times": 4, "rate": 0.5
	}`
	want := emulator.Fault{
		Match: "POST /v2", Subject: "ada@example.com", Moment: emulator.AfterApply,
		Status: 429, Body: "{}", ContentType: "text/html", Header: map[string]string{"X-A": "b"},
		RetryAfter: 90 * time.Minute, RetryAfterDate: true, Wait: 250 * time.Millisecond, Truncate: 7,
		Code: "error.x", Message: "no", Step: 3, Times: 4, Rate: 0.5,
	}
	var got emulator.Fault
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	require.Equal(t, want, got)

	written, err := json.Marshal(want)
	require.NoError(t, err)
	require.JSONEq(t, strings.Replace(text, "1h30m", "1h30m0s", 1), string(written))
	written, err = json.Marshal(emulator.Fault{})
	require.NoError(t, err)
	require.JSONEq(t, "{}", string(written))
}

func TestFault_JSONRefusesWhatIsNoFault(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"wait": "soon", "retryAfter": "5"}`: "wait: \"soon\" is not a duration",
		`{"retryAfter": "5"}`:                 "retryAfter: \"5\" is not a duration, such as 90s",
		`{"wait": 5}`:                         "wait",
		`{"stauts": 500}`:                     `unknown field "stauts"`,
		`{"status": "500"}`:                   "status",
	} {
		f := emulator.Fault{Status: 1}
		require.ErrorContains(t, json.Unmarshal([]byte(text), &f), want)
	}
}

func TestInject_SharesNoHeaderWithTheCaller(t *testing.T) {
	t.Parallel()
	c := start(t, nil)
	header := map[string]string{"X-Gateway": "a"}
	require.NoError(t, c.em.Inject(emulator.Fault{Status: http.StatusBadGateway, Header: header}))
	header["X-Gateway"] = "b"
	c.em.Faults()[0].Fault.Header["X-Gateway"] = "c"
	require.Equal(t, "a", c.get("/groups/"+orgID+"/0").header.Get("X-Gateway"))
}
