package emulator

import (
	"net/http"
	"strconv"
)

// page is one page of a list, already cut to what is asked for.
type page struct {
	number int // the one that is answered, from 0
	from   int
	to     int
	total  int
	pages  int
	full   bool // as long as a page can be
	beyond bool // asked for one after the last
}

// cut finds the page that text names in a list of total entries. ok is false if
// text is not a page number.
func cut(text string, total, size int) (p page, ok bool) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return page{}, false
	}
	// An empty list has one page, which is empty.
	p.pages = max(1, (total+size-1)/size)
	p.total = total
	p.beyond = n >= p.pages
	p.number = min(n, p.pages-1)
	p.from = p.number * size
	p.to = min(total, p.from+size)
	p.full = p.to-p.from == size
	return p, true
}

// last is what lists say of p in "lastPage".
func (e *Emulator) last(p page) bool {
	return p.number == p.pages-1 && !(p.full && e.cfg.Switches.FullPageContinues)
}

// describe adds the paging headers. The page size is what this page holds.
func (p page) describe(r *reply) {
	r.header.Set("X-Total-Count", strconv.Itoa(p.total))
	r.header.Set("X-Page-Count", strconv.Itoa(p.pages))
	r.header.Set("X-Current-Page", strconv.Itoa(p.number))
	r.header.Set("X-Page-Size", strconv.Itoa(p.to-p.from))
}

// badPage is the answer to a page that is not a number. Its shape was seen once
// from the groups endpoint.
func badPage(text string) reply {
	return jsonReply(http.StatusBadRequest, struct {
		Message string `json:"errorMessage"`
	}{"For input string: " + strconv.Quote(text)})
}

// listEnd is the body of a page after the last one, in the ways that have no
// entries.
type listEnd struct {
	LastPage bool   `json:"lastPage"`
	Result   string `json:"result"`
	Message  string `json:"message,omitempty"`
}

// beyondEnd returns the answer to a page after the last one, or nil if the last
// page is to be answered. usual is what the endpoint does by default.
func (e *Emulator) beyondEnd(p page, usual PageBeyondEnd) *reply {
	mode := e.cfg.Switches.PageBeyondEnd
	if mode == BeyondEndDefault {
		mode = usual
	}
	if p.full && e.cfg.Switches.FullPageContinues {
		mode = BeyondEndNotFound
	}
	if !p.beyond || mode == BeyondEndRepeat {
		return nil
	}
	status := http.StatusOK
	if mode == BeyondEndNotFound {
		status = http.StatusNotFound
	}
	r := jsonReply(status, listEnd{LastPage: true, Result: "Not found"})
	r.result = "Not found"
	return &r
}
