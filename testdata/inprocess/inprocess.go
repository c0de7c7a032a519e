// Package inprocess calls an HTTP handler without a network: so that the clock of testing/synctest, which does not wait for
// networks, sees all of it, and for peers from anywhere.
package inprocess

import (
	"context"
	"io"
	"net/http"
	"sync"
)

// A Transport calls its handler. The body of the response is read as it is written, as an event stream has to be.
type Transport struct {
	Handler http.Handler
	Peer    string // the address that the requests come from
	Token   string // of the bearer, if not empty
}

// RoundTrip implements http.RoundTripper.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	in := r.Clone(ctx)
	in.RemoteAddr, in.RequestURI = t.Peer, r.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if t.Token != "" {
		in.Header.Set("Authorization", "Bearer "+t.Token)
	}
	read, written := io.Pipe()
	w := &writer{header: http.Header{}, body: written, started: make(chan struct{})}
	go func() {
		defer cancel()
		t.Handler.ServeHTTP(w, in)
		w.WriteHeader(http.StatusOK)
		_ = written.Close()
	}()
	select {
	case <-w.started:
	case <-r.Context().Done():
		_ = read.Close() // nobody will read it
		return nil, r.Context().Err()
	}
	return &http.Response{
		StatusCode: w.status, Status: http.StatusText(w.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: body{read, cancel}, ContentLength: -1, Request: r,
	}, nil
}

type writer struct {
	header, sent http.Header
	body         io.Writer
	once         sync.Once
	status       int
	started      chan struct{}
}

func (w *writer) Header() http.Header { return w.header }
func (w *writer) Flush()              { w.WriteHeader(http.StatusOK) }

func (w *writer) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.started)
	})
}

func (w *writer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

type body struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b body) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}
