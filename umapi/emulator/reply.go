package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// reply is an answer before it is put on a wire.
type reply struct {
	status int
	header http.Header
	body   []byte
	result string // the "result" of the body, for the ledger
}

// problemBody is the body of a request that was refused as a whole.
type problemBody struct {
	Result  string `json:"result"`
	Message string `json:"message"`
}

// encode is json.Marshal without the escapes for HTML, which the service does
// not make either.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		// Only strings, numbers and lists of them are ever encoded.
		panic(fmt.Sprintf("emulator: encode %T: %v", v, err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func jsonReply(status int, v any) reply {
	r := reply{status: status, header: http.Header{}, body: encode(v)}
	r.header.Set("Content-Type", "application/json")
	if p, ok := v.(problemBody); ok {
		r.result = p.Result
	}
	return r
}

func refuse(status int, result, message string) reply {
	return jsonReply(status, problemBody{Result: result, Message: message})
}

// emptyReply has no body at all, which clients must not try to decode.
func emptyReply(status int) reply {
	r := reply{status: status, header: http.Header{}}
	r.header.Set("Content-Type", "*/*")
	return r
}

// unauthorized is the answer to a token that is missing, wrong or expired, and
// to a token of another organisation.
func unauthorized() reply {
	r := emptyReply(http.StatusUnauthorized)
	r.header.Set("WWW-Authenticate",
		`Bearer realm="JIL", error="invalid_token", error_description="The access token is invalid"`)
	return r
}

// throttled is the answer to a call that came too early. The length of its body
// is that of the sample in the documentation (throttling).
func throttled(wait time.Duration) reply {
	r := reply{status: http.StatusTooManyRequests, header: http.Header{},
		body: []byte(`{"error_code":"429050","message":"Too many requests"}` + "\n")}
	r.header.Set("Content-Type", "application/json")
	r.header.Set("Retry-After", wholeSeconds(wait))
	return r
}

// dateRetry puts the Retry-After of r as a date, rounded up to a second, and
// says with Date what time it is here.
func (r reply) dateRetry(now time.Time, wait time.Duration) {
	at := now.Add(wait + time.Second - 1).Truncate(time.Second)
	r.header.Set("Retry-After", at.UTC().Format(http.TimeFormat))
	r.header.Set("Date", now.UTC().Format(http.TimeFormat))
}

// wholeSeconds rounds up, so that waiting that long is always enough.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// writeTo sends r over a real connection.
func (r reply) writeTo(w http.ResponseWriter) error {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
	_, err := w.Write(r.body)
	return err
}

// response is r as a client without a connection sees it.
func (r reply) response(req *http.Request) *http.Response {
	header := r.header.Clone()
	header.Set("Content-Length", strconv.Itoa(len(r.body)))
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", r.status, http.StatusText(r.status)),
		StatusCode:    r.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          io.NopCloser(bytes.NewReader(r.body)),
		ContentLength: int64(len(r.body)),
		Request:       req,
	}
}

// requestID is the X-Request-Id of the answer: the one of the request, else a
// new one of 32 alphanumerics.
func (e *Emulator) requestID(q *request) string {
	if id := q.header.Get("X-Request-Id"); id != "" {
		return id
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	id := make([]byte, 32)
	for i := range id {
		id[i] = alphabet[e.ids.IntN(len(alphabet))]
	}
	return string(id)
}
