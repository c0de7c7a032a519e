package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// finish makes the caller's answer of what a hop was answered. It stays the same response, into which net/http writes the trailers.
func (t *transport) finish(resp *http.Response, h *hop) {
	resp.Request = h.caller
	if !h.left {
		locate(resp.Header, h, t.As)
	}
	if resp.Status != strconv.Itoa(resp.StatusCode)+" "+http.StatusText(resp.StatusCode) {
		resp.Status = t.Mask(resp.Status) // whose words are the server's own
	}
	t.maskHeader(resp.Header, h)
	t.maskHeader(resp.Trailer, h) // of which the names are there
	if resp.Body == nil || resp.Body == http.NoBody {
		return
	}
	held := &answer{
		ReadCloser: resp.Body,
		ended:      func() { t.maskHeader(resp.Trailer, h) },
		failure:    func(err error) error { return t.failure(h.caller.Context(), err) },
	}
	resp.Body = &body{func() *answer { return held }}
	if stream, ok := held.ReadCloser.(io.Writer); ok { // after 101 Switching Protocols
		resp.Body = &duplex{body{func() *answer { return held }}, stream.Write, closeWriteOf(stream)}
	}
}

// locate has the Location of an answer lead where the server means: it may be relative to an address that the caller does not know. It
// goes without the parameter that we add to each request ourselves.
func locate(header http.Header, h *hop, as field.SentAs) {
	location := header.Get("Location")
	if location == "" {
		return
	}
	to, err := h.to.Parse(location)
	if err != nil {
		return
	}
	if h.place.isStoodFor(h.caller.URL) {
		to = h.place.named(to)
	}
	if as.Form == field.Query && len(h.carries.Texts) > 0 {
		to.RawQuery = withoutParameter(to.RawQuery, as.Name, func(value string) bool { return value == h.carries.Texts[0] })
	}
	header.Set("Location", to.String())
}

// maskHeader masks what a server sends back of a credential. A name is no text that could be masked: it goes.
func (t *transport) maskHeader(header http.Header, h *hop) {
	if len(header) == 0 {
		return
	}
	var all strings.Builder
	for name, values := range header {
		if t.isIn(name, h.carries) {
			delete(header, name)
			continue
		}
		for _, text := range inCases(name) {
			all.WriteString(text)
			all.WriteByte('\n')
		}
		for _, value := range values {
			all.WriteString(value)
			all.WriteByte('\n')
		}
	}
	if t.Mask(all.String()) == all.String() {
		return
	}
	for name, values := range header {
		if cases := inCases(name); slices.ContainsFunc(cases[:], t.isMasked) {
			delete(header, name)
			continue
		}
		for i, value := range values {
			values[i] = t.Mask(value)
		}
	}
}

func (t *transport) isMasked(text string) bool { return t.Mask(text) != text }

// inCases returns a name as it is, and in the cases in which encodings are written. The case that a server wrote is lost.
func inCases(name string) [3]string {
	return [...]string{name, strings.ToLower(name), strings.ToUpper(name)}
}

// isIn reports whether the name of a header has a value in it that is confidential, whatever the case.
func (t *transport) isIn(name string, c Credential) bool {
	for _, text := range c.Texts {
		if len(text) < shortest || len(text) > len(name) {
			continue
		}
		lower := strings.ToLower(text)
		isThere := strings.Contains(strings.ToLower(name), lower) || strings.Contains(strings.ToLower(decodedOnce(name)), lower)
		if isThere && t.isMasked(text) {
			return true
		}
	}
	return false
}

// shortest is how long a value is that can be told from other text, as in package guard.
const shortest = 8

// An answer is the body of a response.
type answer struct {
	io.ReadCloser
	ended   func() // at its end, when there are trailers
	failure func(error) error
}

// A body has no field that leads to the connection of an answer: its buffer has what was written, the credential too.
type body struct{ held func() *answer }

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	held := b.held()
	n, err := held.ReadCloser.Read(p)
	switch err {
	case nil:
	case io.EOF:
		held.ended()
	default:
		err = held.failure(err)
	}
	return n, err
}

// Close implements [io.Closer].
func (b *body) Close() error { return b.held().ReadCloser.Close() }

// A duplex is the body of an answer by which a connection became one for something else, such as a websocket.
type duplex struct {
	body
	write      func([]byte) (int, error)
	closeWrite func() error
}

// Write implements [io.Writer].
func (d *duplex) Write(p []byte) (int, error) { return d.write(p) }

// CloseWrite ends what is written, as net/http's own does.
func (d *duplex) CloseWrite() error { return d.closeWrite() }

func closeWriteOf(stream io.Writer) func() error {
	if c, ok := stream.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite
	}
	return func() error { return http.ErrNotSupported }
}

// failure returns why a request failed, without what a server may have put into it, or an address that has the credential.
func (t *transport) failure(ctx context.Context, err error) error {
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) { // by a hook of ours
		return t.Fail(ctx, refusal)
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
		return cause // which net/http returns, and our context does not have
	}
	if text := err.Error(); t.Mask(text) != text {
		var timeout interface{ Timeout() bool }
		return &maskedError{t.Mask(text), errors.As(err, &timeout) && timeout.Timeout()}
	}
	return err
}

// A maskedError is one of whose chain nothing is left but the masked text.
type maskedError struct {
	text    string
	timeout bool
}

func (e *maskedError) Error() string { return e.text }
func (e *maskedError) Timeout() bool { return e.timeout }
