package serve

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// What one request may send. The texts of the refusals are no JSON-RPC: nothing was read that they could answer.
const (
	// MaxBody is how many bytes a body has at most, unless the author says otherwise.
	MaxBody = 4 << 20
	// maxLasting is how many bytes the body has at most of a request whose answer may have no end: the SDKs keep it as long.
	maxLasting = 64 << 10
	// maxHeader is how many bytes path and headers have at most. An SDK may echo them.
	maxHeader = 64 << 10
	// bodyTime is how long a body may take.
	bodyTime = 30 * time.Second
	// maxReading is how many bodies are read at a time. Where one more comes, the oldest is given up.
	maxReading = 64
	// maxLeft is how many bytes of a body that is too long are read and forgotten. Most clients read no answer before they have
	// sent everything, and would see a broken connection in place of 413.
	maxLeft = 64 << 20
)

// Bounded returns a handler that reads the whole body of a request before next sees it, and bounds how much that is, how long
// it takes, and how many are read at a time. It answers 413, 408 and 431 itself. maxBody is in bytes; 0 stands for [MaxBody], a
// negative number for no bound. The time is bounded only if http.ResponseController finds the connection: a middleware in
// front that wraps the http.ResponseWriter needs Unwrap.
func Bounded(next http.Handler, maxBody int64) http.Handler {
	if maxBody == 0 {
		maxBody = MaxBody
	}
	return &bounded{next: next, maxBody: maxBody, time: bodyTime, reading: reading{limit: maxReading}}
}

type bounded struct {
	next    http.Handler
	maxBody int64
	time    time.Duration
	reading reading
}

// ServeHTTP implements http.Handler.
func (b *bounded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if headerSize(r) > maxHeader {
		refuse(w, http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	if r.Body != nil && r.Body != http.NoBody {
		body := b.read(w, r)
		if body == nil {
			return
		}
		whole := *r
		whole.Body, whole.ContentLength = &wholeBody{rest: bytes.NewReader(body), all: body}, int64(len(body))
		r = &whole
	}
	b.next.ServeHTTP(w, r)
}

// refuse ends the connection, too.
func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Connection", "close")
	http.Error(w, http.StatusText(status), status)
}

func headerSize(r *http.Request) int {
	size := len(r.RequestURI) + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	return size
}

// read returns the body, or nil once it has refused it.
func (b *bounded) read(w http.ResponseWriter, r *http.Request) []byte {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(b.patience(r))) // an error means that there is no connection here
	leave := b.reading.enter(func() { _ = control.SetReadDeadline(time.Unix(1, 0)) })
	body, status := b.readAll(r)
	if status != http.StatusOK {
		_ = control.EnableFullDuplex() // else net/http reads on before it answers
		refuse(w, status)
		_ = control.Flush()
		if status == http.StatusRequestEntityTooLarge {
			_, _ = io.CopyN(io.Discard, r.Body, maxLeft)
		}
		leave()
		return nil
	}
	leave()
	_ = control.SetReadDeadline(time.Time{}) // the answer may be a stream without an end
	return body
}

// readAll returns the body and 200, or nil and the status that refuses it.
func (b *bounded) readAll(r *http.Request) (body []byte, status int) {
	limit := b.maxBody
	if r.Method != http.MethodPost && (limit < 0 || limit > maxLasting) { // GET begins an event stream
		limit = maxLasting
	}
	limited := r.Body
	if limit > 0 {
		if r.ContentLength > limit {
			return nil, http.StatusRequestEntityTooLarge
		}
		limited = http.MaxBytesReader(nil, r.Body, limit)
	}
	body, err := io.ReadAll(limited)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, statusOf(body)
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, http.StatusRequestTimeout
	}
	return nil, http.StatusBadRequest
}

// patience is how long a body may take: no longer than the server says in which an author mounted the handler.
func (b *bounded) patience(r *http.Request) time.Duration {
	if s, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && s.ReadTimeout > 0 {
		return min(b.time, s.ReadTimeout)
	}
	return b.time
}

// A wholeBody is one that was read. It is kept until it has been read from here: an answer may last long.
type wholeBody struct {
	rest *bytes.Reader
	all  []byte
}

// Read implements io.Reader.
func (b *wholeBody) Read(p []byte) (int, error) {
	n, err := b.rest.Read(p)
	if err == io.EOF {
		b.rest, b.all = new(bytes.Reader), nil
	}
	return n, err
}

// Close implements io.Closer.
func (*wholeBody) Close() error { return nil }

// Body returns the body of a request that [Bounded] has let through, until the body is read.
func Body(r *http.Request) []byte {
	if body, ok := r.Body.(*wholeBody); ok {
		return body.all
	}
	return nil
}

// reading is the bodies that are being read, the oldest first.
type reading struct {
	limit int

	mu   sync.Mutex
	open []*place
}

// A place is that of one body. giveUp ends its reading.
type place struct{ giveUp func() }

// enter takes a place for a body. Where there is none, the oldest body is given up: a client that means it has sent its body
// long ago, and one that doesn't keeps nobody out.
func (r *reading) enter(giveUp func()) (leave func()) {
	mine := &place{giveUp}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.open) >= r.limit {
		r.open[0].giveUp()
		r.open = slices.Delete(r.open, 0, 1)
	}
	r.open = append(r.open, mine)
	return func() { r.leave(mine) }
}

func (r *reading) leave(p *place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = slices.DeleteFunc(r.open, func(other *place) bool { return other == p })
}
