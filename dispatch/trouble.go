package dispatch

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/scim-bridge/scim-bridge/umapi"
)

const (
	// deniedWait is the first wait after refused credentials; it doubles up to
	// deniedMost.
	deniedWait, deniedMost = 15 * time.Second, 5 * time.Minute
	// unreachableWait is the wait while Adobe cannot be reached: nothing was
	// sent, so it is short at first. It grows only after unreachablePatience tries.
	unreachableWait, unreachableMost = 500 * time.Millisecond, 30 * time.Second
	unreachablePatience              = 60
	// brokenWait is the first wait after a call that broke; it doubles up to
	// brokenMost.
	brokenWait, brokenMost = time.Second, time.Minute
)

// trouble is what the dispatcher does about calls, or reads, that fail as a
// whole; those that Adobe turned away because of a limit are the budget's.
// Whoever has it says so once for each change of cause, and when it is over.
type trouble struct {
	cause   string
	tries   int
	renewed bool          // since the last answer a fresh token was asked for
	wait    time.Duration // before the next try
	why     Pause
}

// call notes a call or a read that failed as a whole, and reports whether the
// cause is another than that of the one before. A token that is refused is none
// yet: the next request has another.
func (t *trouble) call(err error) (fresh bool) {
	if tokenRefused(err) && !t.renewed {
		t.renewed, t.wait, t.why = true, 0, PauseDenied
		return false
	}
	class, outcome := umapi.ClassOf(err), umapi.OutcomeOf(err)
	cause := string(class) + "/" + string(outcome)
	fresh = cause != t.cause
	if fresh {
		t.cause, t.tries = cause, 0
	}
	t.tries++
	switch {
	case class == umapi.ClassDenied:
		t.wait, t.why = doubled(deniedWait, deniedMost, t.tries), PauseDenied
	case outcome == umapi.OutcomeNotSent:
		t.wait, t.why = unreachableWait, PauseUnreachable
		if t.tries > unreachablePatience {
			t.wait = doubled(unreachableWait, unreachableMost, t.tries-unreachablePatience)
		}
	default:
		t.wait, t.why = doubled(brokenWait, brokenMost, t.tries), PauseBroken
	}
	return fresh
}

// tokenRefused reports whether another token may be all that is needed: the service
// was restarted, or the credential rotated.
func tokenRefused(err error) bool {
	e, ok := errors.AsType[*umapi.Error](err)
	return ok && e.Status == http.StatusUnauthorized && !errors.Is(err, umapi.ErrDenied)
}

// say tells of a call that failed as a whole.
func (t *trouble) say(log *slog.Logger, err error) {
	class := umapi.ClassOf(err)
	if class == umapi.ClassDenied {
		log.Error("Adobe refused the credentials, the org pauses", "err", err,
			"hint", "check adobe.client_id, the secret and adobe.org_id; a new secret in a secret file is used without a restart")
		return
	}
	log.Warn("calls to Adobe fail, trying again", "class", string(class), "err", err)
}

// beyond is when what was in a broken call may be sent again: later than the
// next call, so that others go first and one command that breaks calls does
// not hold them up.
func (t *trouble) beyond() time.Duration { return 2*t.wait + time.Second }

// over notes a call or a read that was answered, and reports whether there was trouble.
func (t *trouble) over() bool {
	was := t.cause != ""
	*t = trouble{}
	return was
}

// store notes that the store failed, says so, and when to try again.
func (t *trouble) store(log *slog.Logger, err error) pauseUntil {
	if cause := "store: " + err.Error(); cause != t.cause {
		t.cause, t.tries = cause, 0
		log.Error("the store fails, trying again", "err", err)
	}
	t.tries++
	return pauseUntil{at: time.Now().Add(doubled(100*time.Millisecond, 10*time.Second, t.tries))}
}

func doubled(first, most time.Duration, tries int) time.Duration {
	d := first
	for range tries - 1 {
		if d *= 2; d >= most {
			return most
		}
	}
	return d
}
