package wire_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/reach"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/wire"
)

// redirects answers with the redirect that the address names, or with "ok".
func redirects(rw http.ResponseWriter, r *http.Request) {
	if to := r.URL.Query().Get("to"); to != "" {
		rw.Header().Set("Location", to)
		rw.WriteHeader(http.StatusTemporaryRedirect)
		return
	}
	ok(rw, r)
}

func via(first string, then ...string) string {
	if len(then) == 0 {
		return first
	}
	return first + "?to=" + url.QueryEscape(via(then[0], then[1:]...))
}

// A redirect elsewhere goes on and carries nothing, and nor does what follows it.
func TestRedirects(t *testing.T) {
	w := newWorld(t)
	w.serve(redirects, "https://api.example.com", "https://api.example.com:8443", "https://evil.net", "https://evilapi.example.com", "https://example.com",
		"https://www.api.example.com", "https://localhost:8080")
	w.serve(redirects, "http://api.example.com", "http://localhost:9090", "http://evil.net")
	const api = "https://api.example.com/x"
	place := wire.Place{Hosts: []string{"api.example.com", "localhost:8080", "localhost:9090"}}
	for _, c := range []struct {
		hops    []string
		carried int // how many of the first ones carry the value
	}{
		{[]string{api, "/relative"}, 2},
		{[]string{api, "HTTPS://API.example.com.:443/y"}, 2},
		{[]string{api, "//api.example.com/y"}, 2},
		{[]string{api, api, api, api}, 4},
		{[]string{api, "https://evil.net/"}, 1},
		{[]string{api, "//evil.net/"}, 1},
		{[]string{api, "http://api.example.com/"}, 1},
		{[]string{api, "https://api.example.com:8443/"}, 1},
		{[]string{api, "https://evilapi.example.com/"}, 1},
		{[]string{api, "https://www.api.example.com/"}, 1},
		{[]string{api, "https://example.com/"}, 1},
		{[]string{api, "https://user:password@evil.net/"}, 1},
		{[]string{api, "https://evil.net/", api}, 1},
		{[]string{api, "https://evil.net/", "https://evil.net/", api, api}, 1},
		{[]string{api, "http://api.example.com/", api}, 1},
		{[]string{api, "https://localhost:8080/", "http://localhost:9090/"}, 2},
		{[]string{api, "https://localhost:8080/", "http://localhost:9090/", api}, 2},
		{[]string{"http://localhost:9090/", "http://localhost:9090/", api, api}, 4},
	} {
		client := &http.Client{Transport: wire.New(w.config(field.SentAs{Form: field.Bearer}, place, value))}
		resp, err := client.Post(via(c.hops[0], c.hops[1:]...), "text/plain", strings.NewReader("body"))
		if err != nil {
			t.Errorf("%q: %v", c.hops, err)
			continue
		}
		readAll(t, resp)
		seen := w.take()
		if len(seen) != len(c.hops) {
			t.Errorf("%q: the servers saw %d requests", c.hops, len(seen))
		}
		for i, s := range seen {
			if carries(s.text) != (i < c.carried) {
				t.Errorf("%q: hop %d at %s: carries it: %t", c.hops, i, s.at, carries(s.text))
			}
		}
	}
}

// A redirect may lead to a name that is mapped before it is looked up. net/http dials without end for one, with HTTP/2.
func TestRedirectToANameThatIsMapped(t *testing.T) {
	w := newWorld(t)
	w.serve(redirects, "https://api.example.com", "https://xn--bcher-kva.example.net")
	client := &http.Client{Transport: wire.New(w.bearer())}
	for _, host := range []string{"bücher。example．net", "BÜCHER.example.net."} {
		resp, err := client.Get(via("https://api.example.com/", "https://"+host+"/"))
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, resp)
		if seen := w.take(); len(seen) != 2 || seen[1].at != "https://xn--bcher-kva.example.net" || carries(seen[1].text) {
			t.Errorf("%q", seen)
		}
	}
}

// Nor does it go where such letters stand for no name.
func TestRedirectToANameThatIsMappedToNone(t *testing.T) {
	w := newWorld(t)
	w.serve(redirects, "https://api.example.com", "https://10.1.2.3")
	client := &http.Client{Transport: wire.New(w.bearer())}
	if _, err := client.Get(via("https://api.example.com/", "https://10。1.2.3/")); !errors.Is(err, wire.ErrElsewhere) {
		t.Error(err)
	}
}

// What a redirect of our own host leads to is checked as any request is.
func TestRedirectToOurselvesInDisguise(t *testing.T) {
	w := newWorld(t)
	w.serve(redirects, "https://api.example.com")
	client := &http.Client{Transport: wire.New(w.bearer())}
	_, err := client.Get(via("https://api.example.com/", "https://user:password@api.example.com/"))
	if seen := w.take(); !errors.Is(err, wire.ErrUserInfo) || len(seen) != 1 {
		t.Errorf("%v, %q", err, seen)
	}
}

// A relative Location is relative to the address that was asked, also where the caller has asked for another.
func TestRedirectBelowAStoredURL(t *testing.T) {
	w := newWorld(t)
	w.serve(redirects, "https://api.example.com")
	base, _ := url.Parse("https://api.example.com/v3")
	client := &http.Client{Transport: wire.New(w.config(field.SentAs{Form: field.Bearer}, wire.Place{Base: base, Name: "base_url"}, value))}
	for location, want := range map[string]string{
		"/v3/y": "/v3/y", "y": "/v3/y", "https://api.example.com/v3/y": "/v3/y", "https://base_url.invalid/y": "/v3/y", "HTTPS://API.example.com:443/v3": "/v3",
		"//api.example.com/v3/": "/v3/", "/v3/a%2Fb?c=%20d": "/v3/a%2Fb?c=%20d", "?a=b": "/v3/x?a=b",
	} {
		resp, err := client.Get(via("https://base_url.invalid/x", location))
		if err != nil {
			t.Fatal(location, err)
		}
		readAll(t, resp)
		if seen := w.take(); len(seen) != 2 || !strings.HasPrefix(seen[1].text, "GET "+want+"\n") || !carries(seen[1].text) {
			t.Errorf("%s: %q", location, seen)
		}
		if resp.Request.URL.Host != "base_url.invalid" {
			t.Errorf("%s: the caller is told of %s", location, resp.Request.URL)
		}
	}
	resp, err := client.Get(via("https://base_url.invalid/x", "/other"))
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, resp)
	if seen := w.take(); len(seen) != 2 || carries(seen[1].text) {
		t.Errorf("outside the path: %q", seen)
	}
}

// The caller's own credential is not replaced, nor sent beside ours.
func TestSlotIsTaken(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	place := wire.Place{Hosts: []string{"api.example.com"}}
	for _, c := range []struct {
		as     field.SentAs
		header string
		query  string
		want   error
	}{
		{field.SentAs{Form: field.Bearer}, "Authorization", "", wire.ErrTaken},
		{field.SentAs{Form: field.Bearer}, "authorization", "", wire.ErrTaken},
		{field.SentAs{Form: field.Bearer}, "X-Api-Key", "key=1", nil},
		{field.SentAs{Form: field.Header, Name: "X-API-Key", Format: "{value}"}, "X-Api-Key", "", wire.ErrTaken},
		{field.SentAs{Form: field.Header, Name: "X-API-Key", Format: "{value}"}, "x-aPI-key", "", wire.ErrTaken},
		{field.SentAs{Form: field.Header, Name: "X-API-Key", Format: "{value}"}, "Authorization", "", nil},
		{field.SentAs{Form: field.Query, Name: "key"}, "X", "key=1", wire.ErrTaken},
		{field.SentAs{Form: field.Query, Name: "key"}, "X", "a=b&KEY", wire.ErrTaken},
		{field.SentAs{Form: field.Query, Name: "key"}, "X", "%6bey=1", wire.ErrTaken},
		{field.SentAs{Form: field.Query, Name: "key"}, "X", "keys=1&a=key&;%zz", nil},
		{field.SentAs{Form: field.SigV4, Service: "s3"}, "X-Amz-Date", "", wire.ErrTaken},
		{field.SentAs{Form: field.SigV4, Service: "s3"}, "X-Amz-Security-Token", "", wire.ErrTaken},
		{field.SentAs{Form: field.SigV4, Service: "s3"}, "X-Amz-Acl", "", nil},
	} {
		rt := wire.New(w.config(c.as, place, value, value, "eu-central-1"))
		req := get(t, "https://api.example.com/?"+c.query)
		req.Header[c.header] = []string{"mine"}
		resp, err := rt.RoundTrip(req)
		if err == nil {
			readAll(t, resp)
		}
		if seen := w.take(); !errors.Is(err, c.want) || c.want != nil && len(seen) > 0 {
			t.Errorf("%v, %q, %q: %v", c.as, c.header, c.query, err)
		}
	}
}

// What a caller holds leads to no credential: not its request, nor the answer, nor the round tripper itself.
func TestNothingTheCallerHoldsHasTheValue(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Trailer", "X-End")
		_, _ = io.WriteString(rw, strings.Repeat("x", 1<<20)) // more than the buffers hold
		rw.Header().Set("X-End", "1")
	}, "https://api.example.com")
	w.serve(ok, "http://localhost:8080")
	for _, as := range []field.SentAs{
		{Form: field.Bearer}, {Form: field.Header, Name: "X-API-Key", Format: "Token {value}"}, {Form: field.Query, Name: "key"}, {Form: field.Basic},
		{Form: field.SigV4, Service: "s3"},
	} {
		for _, address := range []string{"https://api.example.com/x?a=b", "http://localhost:8080/x"} {
			for _, http2 := range []bool{false, true} {
				c := w.config(as, wire.Place{Hosts: []string{"api.example.com", "localhost:8080"}}, value, value, "eu", value)
				if as.Form == field.Basic {
					c = w.config(as, wire.Place{Hosts: []string{"api.example.com", "localhost:8080"}}, value, value)
				}
				c.Base.ForceAttemptHTTP2 = http2
				rt := wire.New(c)
				req := get(t, address)
				resp, err := rt.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				if resp.Request != req {
					t.Error("the answer is that of another request")
				}
				for name, held := range map[string]any{"round tripper": rt, "answer": resp, "request": req} {
					if path := reach.Text(held, carries); path != "" {
						t.Errorf("%v, %s: the %s has it: %s", as, address, name, path)
					}
				}
				_, _ = io.CopyN(io.Discard, resp.Body, 2) // and while it is read
				if path := reach.Text(resp, carries); path != "" {
					t.Errorf("%v, %s: has it: %s", as, address, path)
				}
				readAll(t, resp)
				if seen := w.take(); len(seen) != 1 || as.Form != field.SigV4 && !carries(seen[0].text) {
					t.Errorf("%v: the value was not sent: %q", as, seen)
				}
			}
		}
	}
}

// What finds nothing proves nothing until it was seen to find: a transport such as most programs have.
func TestReach(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "http://localhost:8080")
	base := w.base()
	req := get(t, "http://localhost:8080/")
	req.Header.Set("Authorization", "Bearer "+value)
	resp, err := base.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Request = nil // where anybody would look
	type key struct{}
	for name, held := range map[string]any{"request": req, "answer": resp, "context": context.WithValue(t.Context(), key{}, []byte(value))} {
		if reach.Text(held, carries) == "" {
			t.Errorf("does not find it in the %s", name)
		}
	}
	readAll(t, resp)
}

// Hooks of the caller's are told nothing: those of httptrace are not called, and those of the base see a request that carries nothing.
func TestHooks(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	var mu sync.Mutex
	var told []string
	tell := func(what string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, what+fmt.Sprintf(" %+v", args))
		for _, arg := range args {
			if path := reach.Text(arg, carries); path != "" {
				t.Errorf("%s is told: %s", what, path)
			}
		}
	}
	for _, as := range []field.SentAs{{Form: field.Bearer}, {Form: field.Query, Name: "key"}} {
		c := w.config(as, wire.Place{Hosts: []string{"api.example.com"}}, value)
		type key struct{}
		c.Base.Proxy = func(r *http.Request) (*url.URL, error) {
			tell("proxy", r, r.URL.String(), r.Header)
			if r.URL.String() != "https://api.example.com/x?a=b" || r.Header.Get("X-Own") != "1" || r.Context().Value(key{}) != "mine" {
				t.Errorf("the proxy's hook is shown %v %v", r.URL, r.Header)
			}
			return nil, nil
		}
		dial := c.Base.DialContext
		c.Base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			tell("dial", ctx, network, address)
			return dial(ctx, network, address)
		}
		c.Base.TLSClientConfig.VerifyConnection = func(state tls.ConnectionState) error { tell("verify", state); return nil }
		traced := func(what string) { t.Errorf("the trace is told: %s", what) }
		ctx := httptrace.WithClientTrace(context.WithValue(t.Context(), key{}, "mine"), &httptrace.ClientTrace{
			GetConn: func(string) { traced("GetConn") }, GotConn: func(httptrace.GotConnInfo) { traced("GotConn") },
			WroteHeaderField:     func(name string, v []string) { traced(name + fmt.Sprint(v)) },
			WroteRequest:         func(httptrace.WroteRequestInfo) { traced("WroteRequest") },
			Got1xxResponse:       func(int, textproto.MIMEHeader) error { traced("Got1xxResponse"); return nil },
			GotFirstResponseByte: func() { traced("GotFirstResponseByte") }, ConnectStart: func(string, string) { traced("ConnectStart") },
			TLSHandshakeStart: func() { traced("TLSHandshakeStart") }, DNSStart: func(httptrace.DNSStartInfo) { traced("DNSStart") },
		})
		req := get(t, "https://api.example.com/x?a=b").WithContext(ctx)
		req.Header.Set("X-Own", "1")
		do(t, wire.New(c), req)
		if seen := w.take(); len(seen) != 1 || !carries(seen[0].text) {
			t.Errorf("%q", seen)
		}
	}
	if !slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, "proxy") }) || !slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, "dial") }) {
		t.Errorf("told: %q", told)
	}
}

// In plain http, a connection of the caller's own would be shown the value. Over TLS it sees what nobody can read.
func TestConnectionsOfTheCaller(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	w.serve(redirects, "http://localhost:8080", "http://api.example.com:8080", "http://evil.net")
	place := wire.Place{Hosts: []string{"api.example.com", "localhost:8080", "api.example.com:8080"}, Insecure: true}
	for address, want := range map[string]error{
		"https://api.example.com/": nil, "http://localhost:8080/": wire.ErrDialer, "http://api.example.com:8080/": wire.ErrDialer,
	} {
		c := w.config(field.SentAs{Form: field.Bearer}, place, value)
		var shown bytes.Buffer
		dial := c.Base.DialContext
		c.Base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return &watching{conn, &shown}, err
		}
		resp, err := wire.New(c).RoundTrip(get(t, address))
		if err == nil {
			readAll(t, resp)
		}
		if !errors.Is(err, want) || carries(shown.String()) || (want == nil) != (len(w.take()) == 1) {
			t.Errorf("%s: %v", address, err)
		}
	}
	// By whatever way a connection is the caller's, and none of package net.
	c := w.config(field.SentAs{Form: field.Bearer}, place, value)
	dial := c.Base.DialContext
	c.Base.DialContext = nil
	//lint:ignore SA1019 Dial still works
	c.Base.Dial = func(network, address string) (net.Conn, error) {
		conn, err := dial(t.Context(), network, address)
		return struct{ *net.TCPConn }{conn.(*net.TCPConn)}, err
	}
	if _, err := wire.New(c).RoundTrip(get(t, "http://localhost:8080/")); !errors.Is(err, wire.ErrDialer) || len(w.take()) > 0 {
		t.Error(err)
	}
	// Where a redirect has led, nothing is carried.
	c = w.bearer()
	dial = c.Base.DialContext
	w.serve(redirects, "https://api.example.com")
	c.Base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &watching{conn, io.Discard}, err
	}
	resp, err := (&http.Client{Transport: wire.New(c)}).Get(via("https://api.example.com/", "http://evil.net/"))
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, resp)
	if seen := w.take(); len(seen) != 2 || carries(seen[1].text) {
		t.Errorf("%q", seen)
	}
}

// A watching connection shows somebody what is written to it.
type watching struct {
	net.Conn
	to io.Writer
}

func (w *watching) Write(p []byte) (int, error) { _, _ = w.to.Write(p); return w.Conn.Write(p) }

// A header in a spelling that net/http does not heed frames the request a second time: another virtual host would get the value, or
// what stands in a body would be read as the next request.
func TestHeadersThatFrame(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	w.serve(ok, "http://localhost:8080")
	place := wire.Place{Hosts: []string{"api.example.com", "localhost:8080"}}
	for _, address := range []string{"https://api.example.com/", "http://localhost:8080/"} {
		for name, want := range map[string]error{
			"host": wire.ErrFraming, "HOST": wire.ErrFraming, "transfer-encoding": wire.ErrFraming, "Transfer-encoding": wire.ErrFraming, "content-length": wire.ErrFraming,
			"trailer": wire.ErrFraming, "X-Host": nil, "x-own": nil, "Host": nil, "Content-Length": nil, // the last two net/http leaves out
		} {
			req := get(t, address)
			req.Header[name] = []string{"evil.net"}
			resp, err := wire.New(w.config(field.SentAs{Form: field.Bearer}, place, value)).RoundTrip(req)
			if err == nil {
				readAll(t, resp)
			}
			if seen := w.take(); !errors.Is(err, want) || (want == nil) != (len(seen) == 1) || len(seen) == 1 && strings.Contains(seen[0].at, "evil") {
				t.Errorf("%s, %s: %v, %q", address, name, err, seen)
			}
		}
	}
}

// In plain http a proxy would read the value; over TLS it sees the host.
func TestProxies(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	w.serve(ok, "http://localhost:8080", "http://api.example.com:8080")
	var tunnelled atomic.Int32
	w.serve(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			return
		}
		tunnelled.Add(1)
		there, err := w.dial(r.Context(), "tcp", r.Host)
		if err != nil {
			rw.WriteHeader(http.StatusBadGateway)
			return
		}
		here, _, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(there, here); there.Close() }()
		_, _ = io.Copy(here, there)
		here.Close()
	}, "http://relay.example:3128")
	proxy, _ := url.Parse("http://relay.example:3128")
	place := wire.Place{Hosts: []string{"api.example.com", "localhost:8080", "api.example.com:8080"}, Insecure: true}
	c := w.config(field.SentAs{Form: field.Bearer}, place, value)
	c.Base.Proxy = http.ProxyURL(proxy)
	for address, want := range map[string]error{
		"https://api.example.com/": nil, "http://localhost:8080/": wire.ErrProxy, "http://api.example.com:8080/": wire.ErrProxy,
	} {
		resp, err := wire.New(c).RoundTrip(get(t, address))
		if err == nil {
			readAll(t, resp)
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", address, err, want)
		}
		for _, s := range w.take() {
			if strings.Contains(s.at, "proxy") && carries(s.text) {
				t.Errorf("%s: the proxy was told: %q", address, s)
			}
		}
	}
	if tunnelled.Load() != 1 {
		t.Errorf("%d tunnels", tunnelled.Load())
	}
	failing := errors.New("no proxy today")
	c.Base.Proxy = func(*http.Request) (*url.URL, error) { return nil, failing }
	if _, err := wire.New(c).RoundTrip(get(t, "https://api.example.com/")); !errors.Is(err, failing) {
		t.Errorf("the proxy's own error: %v", err)
	}
}

// Where a redirect has led, a proxy serves plain http too: nothing is carried.
func TestProxyAfterARedirectElsewhere(t *testing.T) {
	w := newWorld(t)
	w.serve(redirects, "https://api.example.com")
	w.serve(ok, "http://relay.example:3128")
	c := w.bearer()
	proxy, _ := url.Parse("http://relay.example:3128")
	c.Base.Proxy = func(r *http.Request) (*url.URL, error) {
		if r.URL.Scheme == "https" {
			return nil, nil
		}
		return proxy, nil
	}
	client := &http.Client{Transport: wire.New(c)}
	resp, err := client.Get(via("https://api.example.com/", "http://evil.net/x"))
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, resp)
	if seen := w.take(); len(seen) != 2 || !carries(seen[0].text) || carries(seen[1].text) || !strings.HasPrefix(seen[1].text, "GET http://evil.net/x") {
		t.Errorf("%q", seen)
	}
}

// A base is refused that does not check who answers, or lets others read.
func TestUnsafeBases(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	for name, spoil := range map[string]func(*http.Transport){
		"skips verification": func(b *http.Transport) { b.TLSClientConfig.InsecureSkipVerify = true },
		"verifies by itself": func(b *http.Transport) {
			b.TLSClientConfig.InsecureSkipVerify = true
			b.TLSClientConfig.VerifyConnection = func(tls.ConnectionState) error { return nil }
		},
		"key log":     func(b *http.Transport) { b.TLSClientConfig.KeyLogWriter = io.Discard },
		"chance":      func(b *http.Transport) { b.TLSClientConfig.Rand = strings.NewReader(strings.Repeat("x", 1<<20)) },
		"server name": func(b *http.Transport) { b.TLSClientConfig.ServerName = "api.example.com" },
		"TLS dialer":  func(b *http.Transport) { b.DialTLSContext = w.dial },
		"older TLS dialer": func(b *http.Transport) {
			//lint:ignore SA1019 it still works
			b.DialTLS = func(network, address string) (net.Conn, error) { return w.dial(context.Background(), network, address) }
		},
		"own HTTP/2": func(b *http.Transport) {
			b.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{"h2": func(string, *tls.Conn) http.RoundTripper { return nil }}
		},
	} {
		c := w.bearer()
		spoil(c.Base)
		asked := false
		c.Get = func(context.Context, func(wire.Place) error) (wire.Credential, error) {
			asked = true
			return wire.Credential{}, nil
		}
		rt := wire.New(c)
		for _, address := range []string{"https://api.example.com/", "https://evil.net/"} {
			if _, err := rt.RoundTrip(get(t, address)); !errors.Is(err, wire.ErrBase) || asked {
				t.Errorf("%s: %v, asked %t", name, err, asked)
			}
		}
	}
	if seen := w.take(); len(seen) > 0 || len(w.dials) > 0 {
		t.Errorf("%q, %q", seen, w.dials)
	}
}

// What a caller does to the base afterwards changes nothing, nor what it had beside its fields.
func TestBaseIsCloned(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	c := w.bearer()
	sessions := &spy{}
	c.Base.TLSClientConfig.ClientSessionCache = sessions
	c.Base.ForceAttemptHTTP2 = false // which would have a protocol of its own
	c.Base.RegisterProtocol("https", refusing{t})
	rt := wire.New(c)
	c.Base.TLSClientConfig.InsecureSkipVerify = true
	c.Base.DialTLSContext = func(context.Context, string, string) (net.Conn, error) {
		t.Error("the changed base dials")
		return nil, io.EOF
	}
	for range 3 {
		do(t, rt, get(t, "https://api.example.com/"))
		rt.(interface{ CloseIdleConnections() }).CloseIdleConnections()
	}
	if len(w.take()) != 3 || sessions.puts.Load() > 0 {
		t.Errorf("%d sessions went to the caller", sessions.puts.Load())
	}
	w2 := newWorld(t) // whose certificates the clone does not know
	w2.serve(ok, "https://api.example.com")
	w.mu.Lock()
	w.at = w2.at
	w.mu.Unlock()
	if _, err := rt.RoundTrip(get(t, "https://api.example.com/")); err == nil || len(w2.take()) > 0 {
		t.Errorf("a server that nobody knows: %v", err)
	}
}

// Nor does an authority that the caller's pool gets later.
func TestAuthoritiesAreTheFirstOnes(t *testing.T) {
	w, evil := newWorld(t), newWorld(t)
	evil.serve(ok, "https://api.example.com")
	c := w.bearer()
	c.Base.DialContext = evil.dial
	rt := wire.New(c)
	w.roots.AddCert(evil.ca)
	if _, err := rt.RoundTrip(get(t, "https://api.example.com/")); err == nil || len(evil.take()) > 0 {
		t.Error("a server of an authority that came later got the value")
	}
}

type spy struct{ puts atomic.Int32 }

func (s *spy) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (s *spy) Put(string, *tls.ClientSessionState)        { s.puts.Add(1) }

type refusing struct{ t *testing.T }

func (r refusing) RoundTrip(*http.Request) (*http.Response, error) {
	r.t.Error("the caller's own protocol gets the request")
	return nil, io.EOF
}

// Verification of the caller's own can be added to the usual one, in whose place it can't stand.
func TestVerificationIsAdded(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	pinned := errors.New("another key")
	c := w.bearer()
	c.Base.TLSClientConfig.VerifyConnection = func(tls.ConnectionState) error { return pinned }
	if _, err := wire.New(c).RoundTrip(get(t, "https://api.example.com/")); !errors.Is(err, pinned) || len(w.take()) > 0 {
		t.Error(err)
	}
}

// HTTP/2 is used as the base would: by itself, where nothing is set, and else where it says so.
func TestHTTP2IsAsWithTheBase(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	for force, want := range map[bool]string{true: "HTTP/2.0", false: "HTTP/1.1"} {
		c := w.bearer()
		c.Base.ForceAttemptHTTP2 = force
		do(t, wire.New(c), get(t, "https://api.example.com/"))
		if seen := w.take(); seen[0].proto != want {
			t.Errorf("force %t: %s", force, seen[0].proto)
		}
	}
	t.Setenv("GODEBUG", "http2debug=2") // with which net/http would log headers
	do(t, wire.New(w.bearer()), get(t, "https://api.example.com/"))
	if seen := w.take(); seen[0].proto != "HTTP/1.1" {
		t.Errorf("while HTTP/2 is logged: %s", seen[0].proto)
	}
}

// A name that leads to another computer than before gets nothing: over TLS it has no certificate, and in plain http a name of this
// computer leads to no other.
func TestRebinding(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	c := w.config(field.SentAs{Form: field.Bearer}, wire.Place{Hosts: []string{"api.example.com", "localhost:8080"}}, value)
	rt := wire.New(c)
	do(t, rt, get(t, "https://api.example.com/"))
	w.take()
	rt.(interface{ CloseIdleConnections() }).CloseIdleConnections()

	evil := newWorld(t) // with an authority of its own
	evil.serve(ok, "https://api.example.com", "https://evil.net")
	w.mu.Lock()
	w.at["api.example.com:443"] = evil.at["evil.net:443"]
	w.mu.Unlock()
	if _, err := rt.RoundTrip(get(t, "https://api.example.com/")); err == nil || len(evil.take()) > 0 {
		t.Errorf("rebound over TLS: %v", err)
	}

	other := httpOnAnotherAddress(t, evil)
	w.mu.Lock()
	w.at["localhost:8080"] = other
	w.mu.Unlock()
	if _, err := rt.RoundTrip(get(t, "http://localhost:8080/")); !errors.Is(err, wire.ErrRebound) || len(evil.take()) > 0 {
		t.Errorf("rebound in plain http: %v, %q", err, evil.seen)
	}
}

// httpOnAnotherAddress serves plain http at an address of this computer that is none of its loopback interface.
func httpOnAnotherAddress(t *testing.T, w *world) string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		ip, isIP := a.(*net.IPNet)
		if !isIP || ip.IP.IsLoopback() || ip.IP.To4() == nil {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort(ip.IP.String(), "0"))
		if err != nil {
			continue
		}
		s := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { w.see(r) })}
		go func() { _ = s.Serve(l) }()
		t.Cleanup(func() { s.Close() })
		return l.Addr().String()
	}
	t.Skip("this computer has no address but those of its loopback interface")
	return ""
}

// A cookie jar keeps what a server sets, without the value, for the host that the caller has named.
func TestCookieJar(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, r *http.Request) {
		http.SetCookie(rw, &http.Cookie{Name: "session", Value: "abc", Path: "/"})
		http.SetCookie(rw, &http.Cookie{Name: "echo", Value: strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), Path: "/"})
		redirects(rw, r)
	}, "https://api.example.com")
	w.serve(ok, "https://evil.net")
	base, _ := url.Parse("https://api.example.com/")
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Transport: wire.New(w.config(field.SentAs{Form: field.Bearer}, wire.Place{Base: base, Name: "base_url"}, value)), Jar: jar}
	for _, address := range []string{"https://base_url.invalid/", via("https://base_url.invalid/", "https://evil.net/")} {
		resp, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, resp)
	}
	if path := reach.Text(jar, carries); path != "" {
		t.Errorf("the jar has it: %s", path)
	}
	seen := w.take()
	if len(seen) != 3 || !strings.Contains(seen[1].text, "session=abc") || carries(seen[2].text) || strings.Contains(seen[2].text, "session=abc") {
		t.Errorf("%q", seen)
	}
}
