package guard

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Handler returns a handler that does what h does, with every known value masked in the bodies: in an event stream event by
// event, as they come; in every other body when h returns, with the Content-Length corrected. A body that h did not
// finish because it panicked is not sent. Bodies must not be compressed yet: put compression around this handler.
// Headers are left alone.
func (g *Guard) Handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guarded := &response{guard: g, to: w, control: http.NewResponseController(w)}
		h.ServeHTTP(guarded, r)
		guarded.finish()
	})
}

// A response is the http.ResponseWriter that h writes to. It has no Unwrap and no Hijack, since both lead around the guard:
// what http.ResponseController can do otherwise is passed on method by method.
type response struct {
	guard   *Guard
	to      http.ResponseWriter
	control *http.ResponseController

	mu     sync.Mutex // event streams are written and flushed by several goroutines
	status int        // 0 until the handler said it
	stream bool
	ended  bool
	body   []byte
	events eventBuffer
}

func (r *response) Header() http.Header { return r.to.Header() }

func (r *response) WriteHeader(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writeHeader(status)
}

func (r *response) writeHeader(status int) {
	if r.status != 0 || r.ended {
		return
	}
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		r.to.WriteHeader(status) // an early hint: the response itself is still to come
		return
	}
	r.status = status
	kind, _, _ := mime.ParseMediaType(r.to.Header().Get("Content-Type"))
	r.stream = kind == "text/event-stream"
	if r.stream {
		r.to.Header().Del("Content-Length")
		r.to.WriteHeader(status)
	}
}

func (r *response) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return 0, io.ErrClosedPipe
	}
	r.writeHeader(http.StatusOK)
	if !r.stream {
		r.body = append(r.body, p...)
		return len(p), nil
	}
	for event := range r.events.add(p) {
		if _, err := r.to.Write(r.guard.event(event)); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// finish sends what is held back when the handler has returned. What a goroutine of it writes later goes nowhere.
func (r *response) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	if r.stream {
		if rest := r.events.rest(); len(rest) > 0 {
			_, _ = r.to.Write(r.guard.event(rest)) // an error is for the handler, which has gone
		}
		return
	}
	if r.status == 0 {
		return // nothing was written: the server answers 200 by itself
	}
	if len(r.body) == 0 {
		r.to.WriteHeader(r.status) // the answer to a HEAD request may have a Content-Length nevertheless
		return
	}
	body := r.guard.JSON(r.body)
	r.to.Header().Set("Content-Length", strconv.Itoa(len(body)))
	r.to.WriteHeader(r.status)
	_, _ = r.to.Write(body)
}

// Flush implements http.Flusher, without which servers don't stream at all.
func (r *response) Flush() { _ = r.FlushError() }

// FlushError sends the events that are complete. A body that is no event stream is held back nevertheless.
func (r *response) FlushError() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return io.ErrClosedPipe
	}
	if kind, _, _ := mime.ParseMediaType(r.to.Header().Get("Content-Type")); r.status == 0 && kind == "text/event-stream" {
		r.writeHeader(http.StatusOK)
	}
	if !r.stream {
		return nil
	}
	return r.control.Flush()
}

func (r *response) SetReadDeadline(t time.Time) error  { return r.control.SetReadDeadline(t) }
func (r *response) SetWriteDeadline(t time.Time) error { return r.control.SetWriteDeadline(t) }
func (r *response) EnableFullDuplex() error            { return r.control.EnableFullDuplex() }
