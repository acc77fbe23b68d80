package emulator

import (
	"net/http"
	"slices"
	"time"
)

// What the faults of the presets match.
const (
	matchActions = "POST /v2/usermanagement/action/"
	matchReads   = "GET /v2/"
	matchPages   = "GET /v2/usermanagement/users/"
	matchTokens  = "POST /ims/"
)

// The bodies of the hostile preset.
const (
	htmlBody      = "<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body><h1>We will be right back</h1></body></html>\n"
	malformedBody = `{"result":"error.command.malformed","message":"Expected a valid JSON payload"}`
	noPageBody    = `{"lastPage":true,"result":"Not found"}`
)

const htmlType = "text/html; charset=utf-8"

// A cut through the beginning of an answer, which is longer than that.
const (
	actionCut = 20
	readCut   = 40
)

// on returns faults once for each match, all at one rate.
func on(matches []string, rate float64, faults ...Fault) []Fault {
	var all []Fault
	for _, f := range faults {
		for _, m := range matches {
			f.Match, f.Rate = m, rate
			all = append(all, f)
		}
	}
	return all
}

// codeFaults are errors of single commands, on either side of the change.
func codeFaults(rate float64) []Fault {
	var faults []Fault
	for _, moment := range []Moment{BeforeApply, AfterApply} {
		faults = append(faults, on([]string{matchActions}, rate,
			Fault{Moment: moment, Code: "error.throttled_by_external_service", Message: "Throttled by an external service, try again later"},
			Fault{Moment: moment, Code: "error.internal.exceptionflys", Message: "An internal error occurred"},
			Fault{Moment: moment, Code: "error.internal.update_failed", Message: "The update failed", Step: 1},
		)...)
	}
	return faults
}

// rudeFaults are what every service does now and then: about one request in
// ten is struck, and one command in fifty.
func rudeFaults() []Fault {
	actions, reads, both := []string{matchActions}, []string{matchReads}, []string{matchActions, matchReads}
	return slices.Concat(
		on(both, 0.01,
			Fault{Status: http.StatusBadGateway},
			Fault{Status: http.StatusServiceUnavailable},
			Fault{Status: http.StatusGatewayTimeout},
			Fault{Status: http.StatusTooManyRequests, RetryAfter: 5 * time.Second},
			Fault{}, // the connection is dropped
		),
		on(both, 0.03, Fault{Status: http.StatusOK, Wait: 3 * time.Second}),
		on(both, 0.005, Fault{Status: http.StatusUnauthorized}),
		on(actions, 0.01, Fault{Moment: AfterApply}),
		on(actions, 0.005, Fault{Moment: AfterApply, Truncate: actionCut}),
		on(reads, 0.005, Fault{Truncate: readCut}),
		on([]string{matchTokens}, 0.01, Fault{Status: http.StatusServiceUnavailable}),
		codeFaults(0.003),
	)
}

// hostileFaults are everything at once: about one request in three is struck,
// and one command in ten.
func hostileFaults() []Fault {
	actions, reads, both := []string{matchActions}, []string{matchReads}, []string{matchActions, matchReads}
	return slices.Concat(
		on(both, 0.02,
			Fault{Status: http.StatusBadGateway},
			Fault{Status: http.StatusServiceUnavailable},
			Fault{Status: http.StatusGatewayTimeout},
			Fault{Status: http.StatusInternalServerError},
			Fault{Status: http.StatusBadGateway, Body: htmlBody, ContentType: htmlType},
			Fault{Status: http.StatusOK, Body: htmlBody, ContentType: htmlType},
			Fault{Status: http.StatusTooManyRequests, RetryAfter: 30 * time.Second, RetryAfterDate: true},
			Fault{Status: http.StatusUnauthorized},
			Fault{}, // the connection is dropped
		),
		on(both, 0.005, Fault{Status: http.StatusTooManyRequests, RetryAfter: time.Hour}),
		on(both, 0.05,
			Fault{Status: http.StatusOK, Wait: 20 * time.Second},
			Fault{Status: http.StatusOK, ContentType: "text/plain"},
		),
		on(actions, 0.02, Fault{Status: http.StatusBadRequest, Body: malformedBody}),
		on(actions, 0.03,
			Fault{Moment: AfterApply},
			Fault{Moment: AfterApply, Truncate: actionCut},
			Fault{Moment: AfterApply, Status: http.StatusGatewayTimeout, Wait: 10 * time.Second},
			Fault{Moment: AfterApply, Status: http.StatusOK, Body: htmlBody, ContentType: htmlType},
		),
		on(reads, 0.03, Fault{Truncate: readCut}),
		on([]string{matchPages}, 0.02, Fault{Status: http.StatusNotFound, Body: noPageBody}),
		on([]string{matchTokens}, 0.05, Fault{Status: http.StatusServiceUnavailable}, Fault{}),
		codeFaults(0.02),
	)
}
