//go:build crashpoints && unix

package crashpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// at is where to die, or to stand still, and left how often the point is still to be
// passed.
var (
	at    Point
	left  atomic.Int64
	still bool
)

func init() {
	point, n, _ := strings.Cut(os.Getenv(Variable), ":")
	at = Point(point)
	n, still = strings.CutSuffix(n, ":stop")
	if count, err := strconv.ParseInt(n, 10, 64); err == nil {
		left.Store(count)
	}
}

// Pass passes a point, or ends the process, or has it stand still.
func Pass(p Point) {
	if p != at || left.Add(-1) != 0 {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	switch {
	case err != nil: // it hangs, and whoever waits for the end sees it
	case still:
		fmt.Fprintln(os.Stderr, Standing, p)
		_ = self.Signal(syscall.SIGSTOP)   // if it cannot, it goes on, and whoever waits sees that
		time.Sleep(100 * time.Millisecond) // in which the signal reaches this thread too
		return
	default:
		_ = self.Kill()
	}
	select {} // nothing is done after the point
}
