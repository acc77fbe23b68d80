package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/scim-bridge/scim-bridge/cmd/scim-bridge/internal/morning"
)

// demoProgress shows how far the demo is: a bar on a terminal, elsewhere a
// line for each part that is over.
type demoProgress struct {
	w     io.Writer
	start time.Time
	bar   *progressbar.ProgressBar // nil unless on a terminal
	most  int                      // that was due at once
}

func newDemoProgress(w io.Writer, work int) *demoProgress {
	p := &demoProgress{w: w, start: time.Now()}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = newBar(w, work)
	}
	return p
}

func newBar(w io.Writer, work int) *progressbar.ProgressBar {
	return progressbar.NewOptions(work,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(30),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(50*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
}

// played takes note of a piece of the morning.
func (p *demoProgress) played(now morning.Progress) {
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%-5s %-14s", now.Provider, now.Part))
		// A bar that cannot be drawn is no reason to stop.
		_ = p.bar.Add(1)
		return
	}
	if now.Done == now.Total {
		fmt.Fprintf(p.w, "%5.1f s  %-5s  %s: %d\n", time.Since(p.start).Seconds(), now.Provider, now.Part, now.Total)
	}
}

// due takes note of how much Adobe is behind.
func (p *demoProgress) due(n int) {
	first := p.most == 0 && n > 0
	if p.bar != nil {
		if first {
			_ = p.bar.Finish()
			p.bar = newBar(p.w, n)
			p.bar.Describe("Adobe follows       ")
		}
		_ = p.bar.Set(max(0, p.most-n))
	} else if first {
		fmt.Fprintf(p.w, "%5.1f s  everything is said; Adobe follows: %d due\n", time.Since(p.start).Seconds(), n)
	} else if n == 0 {
		fmt.Fprintf(p.w, "%5.1f s  nothing is due any more\n", time.Since(p.start).Seconds())
	}
	p.most = max(p.most, n)
}

// end takes the bar off the screen.
func (p *demoProgress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
