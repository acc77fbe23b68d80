package emulator

import (
	"slices"
	"time"
)

// history knows how to take changes back and to make them again. It serves two
// ends: what is only tried is taken back when it was tried, and what is young
// is taken back while a read is answered that does not see it yet.
type history struct {
	now    func() time.Time
	lag    func() time.Duration // of reads
	trying bool
	tried  []change // since trying began
	recent []change // that reads may not see yet, oldest first
}

// change is one step from one state of the organisation to the next.
type change struct {
	at         time.Time
	redo, undo func()
}

// did makes a change, and notes how to take it back where that may be needed.
// Every change of an organisation goes through it. undo must restore exactly
// what was before redo, and redo may run again after it.
func (h *history) did(redo, undo func()) {
	redo()
	switch {
	case h.trying:
		h.tried = append(h.tried, change{redo: redo, undo: undo})
	case h.lag() > 0:
		h.forget()
		h.recent = append(h.recent, change{h.now(), redo, undo})
	}
}

// try runs f and takes all back that it changed if it returns false. What it
// changed and is kept shows in reads at once.
func (h *history) try(f func() bool) {
	h.trying = true
	if !f() {
		takeBack(h.tried)
	}
	h.trying, h.tried = false, nil
}

// forget lets go of the changes that every read sees.
func (h *history) forget() {
	visible := h.now().Add(-h.lag())
	for len(h.recent) > 0 && !h.recent[0].at.After(visible) {
		h.recent[0] = change{} // else its memory stays in use
		h.recent = h.recent[1:]
	}
}

// asOf runs read in the past: without the changes that are younger than the
// lag.
func (h *history) asOf(read func()) {
	h.forget()
	takeBack(h.recent)
	defer func() {
		for _, c := range h.recent {
			c.redo()
		}
	}()
	read()
}

// settle makes everything visible that reads do not see yet.
func (h *history) settle() { h.recent = nil }

func takeBack(changes []change) {
	for _, c := range slices.Backward(changes) {
		c.undo()
	}
}
