package emulator

import (
	"math"
	"time"
)

// now is the time of the emulator: that of package time, plus what it was
// advanced by. The caller holds e.mu.
func (e *Emulator) now() time.Time { return time.Now().Add(e.ahead) }

// Now returns the time of the emulator.
func (e *Emulator) Now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now()
}

// Advance moves the emulator's clock forward by d: tokens expire, windows and
// lock-outs pass, changes show in reads. Waits that a [Fault] began are not
// shortened. A negative d has no effect, and 292 years in all are the most.
func (e *Emulator) Advance(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ahead += min(max(d, 0), math.MaxInt64-e.ahead)
}
