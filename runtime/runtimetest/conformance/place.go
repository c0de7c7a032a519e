package conformance

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/mcpsecrets/mcpsecrets/testdata/inprocess"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// A place has one server, which clients can come to.
type place interface {
	enter(t *testing.T, v visit) *guest
	written() []byte // all that the server has sent so far
}

// A transport makes a place.
type transport struct {
	name string
	open func(*testing.T, world) place
}

var (
	overStdio  = transport{"stdio", func(t *testing.T, w world) place { return startProcess(t, w) }}
	overHTTP   = transport{"http", func(t *testing.T, w world) place { return openHTTP(t, w) }}
	transports = []transport{overStdio, overHTTP}

	// Inside synctest.Test, waiting costs nothing at a place without a network.
	onClock   = transport{"http", func(t *testing.T, w world) place { return openClock(t, w) }}
	inProcess = transport{"in process", func(t *testing.T, w world) place { return openHere(t, w) }}
)

// longest is the answer by which a dialog allows most: over HTTP a client is not that of the person at the dialog.
func longest(over transport) secrets.Answer {
	if over.name == onClock.name {
		return secrets.AllowOnce
	}
	return secrets.AllowSession
}

// lacks reports whether no client of a revision comes by the transport. In one process, an SDK may ask in place on every
// revision: there 2026-07-28 is not special, and the tests are for the SDK to have.
func (tr transport) lacks(version string) bool { return tr.name == inProcess.name && version == modern }

// onEachClock runs a test over HTTP and in the same process, on each revision, on a clock of its own.
func onEachClock(t *testing.T, test func(t *testing.T, over transport, version string)) {
	for _, over := range []transport{onClock, inProcess} {
		for _, version := range versions {
			if over.lacks(version) {
				continue
			}
			t.Run(over.name+" "+version, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { test(t, over, version) })
			})
		}
	}
}

// shopOf returns the server of a place in the test's process.
func shopOf(p place) *shop { return p.(interface{ self() *shop }).self() }

func (s *shop) self() *shop { return s }

// A herePlace has its server and its clients in the test's process.
type herePlace struct {
	*shop
	sent lockedBuffer
}

func openHere(t *testing.T, w world) *herePlace { return &herePlace{shop: openShop(t, w)} }

func openShop(t *testing.T, w world) *shop {
	t.Helper()
	s, err := w.serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func (p *herePlace) enter(t *testing.T, v visit) *guest {
	t.Helper()
	return p.enterBy(t, p.Transport(), v)
}

func (p *herePlace) enterBy(t *testing.T, by sdk.Transport, v visit) *guest {
	t.Helper()
	g, err := v.connect(t.Context(), &sdk.LoggingTransport{Transport: by, Writer: &p.sent})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

// written returns all messages so far, also those of the clients.
func (p *herePlace) written() []byte { return p.sent.bytes() }

// A clockPlace is a webPlace without a network.
type clockPlace struct{ *webPlace }

func openClock(t *testing.T, w world) clockPlace {
	t.Helper()
	p := newWebPlace(t, w)
	p.url = "http://127.0.0.1/mcp"
	return clockPlace{p}
}

func (p clockPlace) enter(t *testing.T, v visit) *guest {
	t.Helper()
	return p.enterAs(t, "ann", v)
}

func (p clockPlace) enterAs(t *testing.T, principal string, v visit) *guest {
	t.Helper()
	return p.enterFrom(t, "127.0.0.1:4000", principal, v)
}

// enterFrom comes from an address.
func (p clockPlace) enterFrom(t *testing.T, peer, principal string, v visit) *guest {
	t.Helper()
	return p.enterBy(t, p.from(peer, principal), v)
}

// send sends a request in a session, which may be somebody else's, and returns the status of the response.
func (p clockPlace) send(t *testing.T, method, token, session, version, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Mcp-Session-Id", session)
	if version != "" {
		r.Header.Set("Mcp-Protocol-Version", version)
	}
	response, err := p.from("127.0.0.1:4001", token).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func (p clockPlace) from(peer, principal string) http.RoundTripper {
	return inprocess.Transport{Handler: p.handler, Peer: peer, Token: principal}
}

// A webPlace has its server in the test's process, over HTTP.
type webPlace struct {
	*shop
	url       string
	handler   http.Handler
	transport http.RoundTripper // what clients come by

	bodies lockedBuffer
}

// anonymous is the token of a caller whom the author's code lets in without a name.
const anonymous = "anonymous"

// named returns the principal of a token: its own text.
func named(token string) string {
	if token == anonymous {
		return ""
	}
	return token
}

// openHTTP serves a world at a port of this computer. The token of a request is its principal.
func openHTTP(t *testing.T, w world) *webPlace {
	t.Helper()
	p := newWebPlace(t, w)
	web := httptest.NewServer(p.handler)
	t.Cleanup(web.Close)
	t.Cleanup(web.CloseClientConnections)
	p.url = web.URL
	return p
}

// openUnix is openHTTP at a Unix socket. A middleware writes remote into RemoteAddr, where it is not "".
func openUnix(t *testing.T, w world, remote string) *webPlace {
	t.Helper()
	p := newWebPlace(t, w)
	dir, err := os.MkdirTemp("", "unix-") // the path of a socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if remote != "" {
			r.RemoteAddr = remote
		}
		p.handler.ServeHTTP(w, r)
	}))
	_ = web.Listener.Close()
	web.Listener = listener
	web.Start()
	t.Cleanup(web.Close)
	t.Cleanup(web.CloseClientConnections)
	p.url = "http://localhost/mcp"
	p.transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	return p
}

func newWebPlace(t *testing.T, w world) *webPlace {
	t.Helper()
	p := &webPlace{shop: openShop(t, w), transport: http.DefaultTransport}
	p.serveBy(p.HTTPHandler(named))
	return p
}

// serveBy has a handler serve the place.
func (p *webPlace) serveBy(handler http.Handler) {
	p.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(recorder{w, &p.bodies}, r)
	})
}

// enter comes as ann.
func (p *webPlace) enter(t *testing.T, v visit) *guest {
	t.Helper()
	return p.enterAs(t, "ann", v)
}

// enterAs comes with the token of a principal, "" for none.
func (p *webPlace) enterAs(t *testing.T, principal string, v visit) *guest {
	t.Helper()
	return p.enterBy(t, bearer{principal, p.transport}, v)
}

func (p *webPlace) enterBy(t *testing.T, by http.RoundTripper, v visit) *guest {
	t.Helper()
	g, err := v.connect(t.Context(), &sdk.StreamableClientTransport{Endpoint: p.url, HTTPClient: &http.Client{Transport: by}, MaxRetries: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

// written returns the bodies of all responses so far.
func (p *webPlace) written() []byte { return p.bodies.bytes() }

// A recorder keeps what is written to a client.
type recorder struct {
	http.ResponseWriter
	bodies *lockedBuffer
}

func (r recorder) Write(b []byte) (int, error) {
	_, _ = r.bodies.Write(b)
	return r.ResponseWriter.Write(b)
}

func (r recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r recorder) Flush() {
	if f, ok := r.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// A bearer adds the token.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	return b.next.RoundTrip(r)
}

// A lockedBuffer is written and read at a time.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.buffer.Bytes())
}
