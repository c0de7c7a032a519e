package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// A Config says what is sent where. Its functions may be called at once from several goroutines.
type Config struct {
	Base *http.Transport // is cloned; nil is one with the usual limits
	As   field.SentAs
	// Fixed is the place, where that is known beforehand: what goes elsewhere is then refused before Get is called.
	Fixed *Place
	// Get returns what a request carries, once that may be used. Before it asks anybody it calls goes with the place, and if that
	// returns an error, returns it.
	Get func(ctx context.Context, goes func(Place) error) (Credential, error)
	// Reject is told that an answer with one of the statuses RejectOn came for a credential. The context is what Get had.
	Reject   func(ctx context.Context, c Credential, status int)
	RejectOn []int
	// Retry sends a request once more after a rejection, with what Get then returns, if its body can be read twice.
	Retry bool
	// Mask masks what is confidential in a text.
	Mask func(text string) string
	// Fail makes the error that the caller gets of a [Refusal].
	Fail func(ctx context.Context, err error) error
}

// New returns the round tripper for a configuration. Where the base is no safe one, it refuses all requests.
func New(c Config) http.RoundTripper {
	if c.Base == nil {
		c.Base = newBase()
	}
	t := &transport{Config: c, plain: cloned(c.Base)}
	t.carrying, t.unsafe = forCredentials(c.Base)
	return &opaque{trip: t.roundTrip, closeIdle: t.closeIdle}
}

// An opaque round tripper has functions alone: what they hold, such as connections on which credentials were written, is in no field
// of it.
type opaque struct {
	trip      func(*http.Request) (*http.Response, error)
	closeIdle func()
}

// RoundTrip implements [http.RoundTripper]. The error is a [Refusal] as [Config.Fail] has it, or that of [Config.Get], or of the
// network.
func (o *opaque) RoundTrip(req *http.Request) (*http.Response, error) { return o.trip(req) }

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (o *opaque) CloseIdleConnections() { o.closeIdle() }

type transport struct {
	Config
	carrying *http.Transport // for requests with a credential
	plain    *http.Transport // for those that a redirect has led elsewhere; no connection is for both
	unsafe   error           // why there is none for credentials
}

func (t *transport) closeIdle() {
	t.plain.CloseIdleConnections()
	if t.carrying != nil {
		t.carrying.CloseIdleConnections()
	}
}

// A hop is one request on its way.
type hop struct {
	caller  *http.Request
	body    io.ReadCloser // of this attempt
	to      *url.URL      // where it goes, in the spelling that was compared
	place   Place         // that decided on it
	left    bool          // a redirect has led elsewhere: the caller's request goes on as it is
	carries Credential
}

// roundTrip sends a request, and where the credential is rejected and the caller wants it so, once more.
func (t *transport) roundTrip(req *http.Request) (*http.Response, error) {
	body := req.Body
	for again := t.Retry; ; again = false {
		h := hop{caller: req, body: body}
		resp, err := t.try(&h)
		if err != nil || len(h.carries.Texts) == 0 || !slices.Contains(t.RejectOn, resp.StatusCode) {
			return resp, err
		}
		t.Reject(req.Context(), h.carries, resp.StatusCode)
		if !again || !hasAnother(req) {
			return resp, nil
		}
		discard(resp.Body)
		if body, err = another(req); err != nil {
			return nil, err
		}
	}
}

// hasAnother reports whether the body of a request can be sent once more.
func hasAnother(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
}

func another(req *http.Request) (io.ReadCloser, error) {
	if req.GetBody == nil {
		return req.Body, nil
	}
	return req.GetBody()
}

// discard reads a short body to its end, so that its connection serves again, and closes it.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 64<<10)
	_ = body.Close()
}

// try decides what a request carries, and sends it.
func (t *transport) try(h *hop) (*http.Response, error) {
	sent, err := t.prepare(h)
	if err != nil {
		if h.body != nil {
			_ = h.body.Close() // which is a round tripper's to do
		}
		if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
			err = t.Fail(h.caller.Context(), err)
		}
		return nil, err
	}
	by := t.carrying
	if h.left {
		by = t.plain
	}
	resp, err := by.RoundTrip(sent)
	if err != nil {
		return nil, t.failure(h.caller.Context(), err)
	}
	t.finish(resp, h)
	return resp, nil
}

// prepare returns the request that is sent for a hop.
func (t *transport) prepare(h *hop) (*http.Request, error) {
	if t.unsafe != nil {
		return nil, t.unsafe
	}
	if err := t.decide(h); err != nil {
		return nil, err
	}
	if h.left {
		return h.onwards()
	}
	return h.copy()
}

// decide finds out where a hop goes and what it carries.
func (t *transport) decide(h *hop) (err error) {
	isDecided := false
	goes := func(p Place) error {
		isDecided, h.place = true, p
		if h.left = h.caller.Response != nil && p.hasLeft(h.caller); h.left {
			err = ErrElsewhere
		} else if h.to, err = p.check(h.caller); err == nil {
			err = checkFree(t.As, h.caller)
		}
		return err
	}
	if t.Fixed == nil || goes(*t.Fixed) == nil {
		var failed error
		if h.carries, failed = t.Get(h.caller.Context(), goes); err == nil {
			err = failed // and else what was decided counts, whatever Get made of it
		}
	}
	switch {
	case h.left:
		h.carries = Credential{}
		return nil
	case err == nil && !isDecided:
		return ErrElsewhere
	}
	return err
}

// onwards returns the caller's request as it goes where a redirect has led. Its URL is spelled as ours are: for a name in letters that
// package idna has yet to map, HTTP/2 of net/http would dial without end.
func (h *hop) onwards() (*http.Request, error) {
	sent := h.caller.WithContext(h.caller.Context())
	sent.Body = h.body
	to, ok := spelled(h.caller.URL)
	switch isMapped := strings.ContainsFunc(h.caller.URL.Host, func(r rune) bool { return r > unicode.MaxASCII }); {
	case ok:
		sent.URL = to
	case isMapped:
		return nil, ErrElsewhere
	}
	return sent, nil
}

// copy returns a request of our own for a hop, with the credential. It shares with the caller's what the caller has yet to fill, body
// and trailers, and what net/http only reads.
func (h *hop) copy() (*http.Request, error) {
	shown := h.caller.WithContext(h.caller.Context())
	shown.URL, shown.Host = h.to, ""
	sent := shown.WithContext(bare{h.caller.Context(), shown})
	to := *h.to
	sent.URL, sent.Body = &to, h.body
	if len(h.carries.Texts) == 0 {
		return sent, nil
	}
	sent.Header = make(http.Header, len(h.caller.Header)+1)
	for name, values := range h.caller.Header {
		sent.Header[name] = values
	}
	return sent, h.carries.put(sent, time.Now())
}
