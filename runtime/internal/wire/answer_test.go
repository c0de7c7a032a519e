package wire_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/reach"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/wire"
)

// raw serves plain http at localhost:8080 by a function that writes the answer itself.
func (w *world) raw(t *testing.T, serve func(net.Conn, *http.Request)) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w.at["localhost:8080"] = l.Addr().String()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					serve(conn, r)
				}
			}()
		}
	}()
}

var local = wire.Place{Hosts: []string{"localhost:8080"}}

// What a server sends back of a credential is masked before the caller sees it: in headers, their names, the status and the trailers.
func TestEchoIsMasked(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, r *http.Request) {
		sent := r.Header.Get("Authorization")
		text, isBearer := strings.CutPrefix(sent, "Bearer ")
		rw.Header().Set("Trailer", "X-Announced")
		rw.Header().Set("X-Debug", "got "+sent)
		rw.Header().Add("Set-Cookie", "a="+text+"; Path=/")
		rw.Header().Add("Set-Cookie", "b=harmless")
		rw.Header().Set("Www-Authenticate", `Bearer error="`+url.QueryEscape(text)+`"`)
		rw.Header().Set("Location", "https://evil.net/?token="+text)
		if isBearer {
			rw.Header()["X-"+text] = []string{"1"}
			rw.Header()[strings.ToUpper(text)] = []string{"1"}
		}
		rw.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(rw, "ok")
		rw.Header().Set("X-Announced", sent)
		rw.Header().Set(http.TrailerPrefix+"X-Late", sent)
	}, "https://api.example.com")
	place := wire.Place{Hosts: []string{"api.example.com"}}
	for _, http2 := range []bool{false, true} {
		for _, c := range []wire.Config{w.bearer(), w.config(field.SentAs{Form: field.Basic}, place, "somebody", value)} {
			c.Base.ForceAttemptHTTP2 = http2
			resp := do(t, wire.New(c), get(t, "https://api.example.com/"))
			if path := reach.Text(resp, carries); path != "" {
				t.Errorf("HTTP/2 %t, %v: %s", http2, c.As, path)
			}
			var text bytes.Buffer
			_ = resp.Header.Write(&text)
			_ = resp.Trailer.Write(&text)
			if strings.Contains(strings.ToLower(text.String()), strings.ToLower(value)) {
				t.Errorf("HTTP/2 %t: %s", http2, text.String())
			}
			for _, name := range []string{"X-Announced", "X-Late"} {
				if !strings.Contains(resp.Trailer.Get(name), "redacted") {
					t.Errorf("HTTP/2 %t: trailer %s: %q", http2, name, resp.Trailer)
				}
			}
			if !strings.Contains(resp.Header.Get("X-Debug"), "redacted") || !strings.Contains(text.String(), "b=harmless") {
				t.Errorf("HTTP/2 %t: %s", http2, text.String())
			}
		}
	}
}

// The names of headers and trailers come in any case, and a trailer's is there before the trailer: what an encoding of the value in
// them says is gone, before the body is read, after, and where nobody reads it.
func TestEchoInNames(t *testing.T) {
	w := newWorld(t)
	encodings := map[string]func(string) string{
		"plain": func(text string) string { return text },
		"hex":   func(text string) string { return hex.EncodeToString([]byte(text)) },
		"base32": func(text string) string {
			return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(text))
		},
		"percent": func(text string) string { return strings.ReplaceAll(fmt.Sprintf("% x", text), " ", "%") },
	}
	for encoding, encoded := range encodings {
		w.serve(func(rw http.ResponseWriter, r *http.Request) {
			name := "x-" + encoded(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			rw.Header()[name] = []string{"1"}
			rw.Header().Set("Trailer", name+"-t")
			if r.URL.Path == "/empty" {
				return
			}
			_, _ = io.WriteString(rw, "ok")
			rw.Header().Set(name+"-t", "1")
		}, "https://api.example.com")
		echoed := strings.ToLower(encoded(value))
		isEchoed := func(text string) bool { return strings.Contains(strings.ToLower(text), echoed) }
		for _, http2 := range []bool{false, true} {
			for _, end := range []func(*http.Response){
				func(*http.Response) {}, func(resp *http.Response) { _, _ = io.Copy(io.Discard, resp.Body) }, func(resp *http.Response) { resp.Body.Close() },
			} {
				for _, path := range []string{"/", "/empty"} {
					c := w.bearer()
					c.Base.ForceAttemptHTTP2 = http2
					resp, err := wire.New(c).RoundTrip(get(t, "https://api.example.com"+path))
					if err != nil {
						t.Fatal(err)
					}
					end(resp)
					if way := reach.Text(resp, isEchoed); way != "" {
						t.Errorf("%s, HTTP/2 %t, %s: %s: %v %v", encoding, http2, path, way, resp.Header, resp.Trailer)
					}
					resp.Body.Close()
				}
			}
		}
	}
}

// What is no secret takes no header away: a user may have the name of one.
func TestUserWithTheNameOfAHeader(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Location", "/pets/1")
		rw.Header().Set("X-Eu-Central-1", "here")
		rw.WriteHeader(http.StatusCreated)
	}, "https://api.example.com")
	place := wire.Place{Hosts: []string{"api.example.com"}}
	for _, c := range []wire.Config{
		w.config(field.SentAs{Form: field.Basic}, place, "location", value),
		w.config(field.SentAs{Form: field.SigV4, Service: "s3"}, place, "key-id-"+value, value, "eu-central-1"),
	} {
		g := &guard.Guard{} // which knows what is confidential
		g.Learn(value, "")
		c.Mask = g.Text
		resp := do(t, wire.New(c), get(t, "https://api.example.com/pets"))
		if resp.Header.Get("Location") == "" || resp.Header.Get("X-Eu-Central-1") == "" {
			t.Errorf("%v: %v", c.As, resp.Header)
		}
	}
}

// Nor has the line with the status, or an error that quotes what a server says.
func TestEchoInWhatIsNoHeader(t *testing.T) {
	w := newWorld(t)
	for name, answer := range map[string]string{
		"status":      "HTTP/1.1 200 %s\r\nContent-Length: 0\r\n\r\n",
		"no answer":   "%s\r\n\r\n",
		"version":     "HTTP/%s 200 OK\r\n\r\n",
		"code":        "HTTP/1.1 %s OK\r\n\r\n",
		"header line": "HTTP/1.1 200 OK\r\n%s\r\n\r\n",
		"length":      "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
		"encoding":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n",
		"chunk":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n",
		"trailer":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n0\r\nA: %s\r\n\r\n",
		"location":    "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: https://%s\r\n\r\n",
		"bad one":     "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %%zz%s\r\n\r\n",
	} {
		w.raw(t, func(conn net.Conn, r *http.Request) {
			fmt.Fprintf(conn, answer, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		})
		client := &http.Client{Transport: wire.New(w.config(field.SentAs{Form: field.Bearer}, local, value))}
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		resp, err := client.Get("http://localhost:8080/")
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
		}
		if path := reach.Text([]any{resp, err}, carries); path != "" {
			t.Errorf("%s: %s", name, path)
		}
		if err != nil && carries(fmt.Sprintf("%v %+v %#v", err, err, err)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A value in the query is not in what the caller asks for, nor in the redirect that a server makes of that.
func TestQuery(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			rw.Header().Set("Location", "/new?"+r.URL.RawQuery)
			rw.WriteHeader(http.StatusFound)
			return
		}
		if r.URL.Path == "/elsewhere" {
			rw.Header().Set("Location", "https://evil.net/?"+r.URL.RawQuery)
			rw.WriteHeader(http.StatusFound)
			return
		}
		ok(rw, r)
	}, "https://api.example.com")
	w.serve(ok, "https://evil.net")
	place := wire.Place{Hosts: []string{"api.example.com"}}
	client := &http.Client{Transport: wire.New(w.config(field.SentAs{Form: field.Query, Name: "key"}, place, value))}
	for address, want := range map[string][]string{
		"https://api.example.com/x":              {"GET /x?key=" + value},
		"https://api.example.com/x?a=b&c=%2F;d":  {"GET /x?a=b&c=%2F;d&key=" + value},
		"https://api.example.com/old?a=b":        {"GET /old?a=b&key=" + value, "GET /new?a=b&key=" + value},
		"https://api.example.com/elsewhere?a=b":  {"GET /elsewhere?a=b&key=" + value, "GET /?a=b"},
		"https://api.example.com/elsewhere?a=%2": {"GET /elsewhere?a=%2&key=" + value, "GET /?a=%2"},
	} {
		resp, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, resp)
		if path := reach.Text(resp, carries); path != "" {
			t.Errorf("%s: %s", address, path)
		}
		seen := w.take()
		for i, s := range seen {
			if line, _, _ := strings.Cut(s.text, "\n"); i >= len(want) || line != want[i] || strings.Contains(s.text, "Referer") && carries(s.text[strings.Index(s.text, "Referer"):]) {
				t.Errorf("%s: hop %d is %s", address, i, s.text)
			}
		}
	}
	w.mu.Lock()
	clear(w.at)
	w.mu.Unlock()
	client.CloseIdleConnections()
	if _, err := client.Get("https://api.example.com/x"); err == nil || carries(err.Error()) {
		t.Errorf("%v", err)
	}
}

// Statuses of a rejection are told for what was sent, and for nothing else.
func TestRejection(t *testing.T) {
	w := newWorld(t)
	good := "good" + value
	var status atomic.Int32
	status.Store(http.StatusUnauthorized)
	handler := func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/elsewhere" {
			rw.Header().Set("Location", "https://evil.net/")
			rw.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+good {
			rw.WriteHeader(int(status.Load()))
		}
		fmt.Fprintf(rw, "%s %d", r.Method, len(body))
	}
	w.serve(handler, "https://api.example.com")
	w.serve(handler, "https://evil.net")
	place := wire.Place{Hosts: []string{"api.example.com"}}
	for _, c := range []struct {
		name     string
		path     string
		body     io.Reader
		retry    bool
		reject   []int
		next     string
		rejected int
		status   int
		answer   string
	}{
		{"told", "/", nil, false, []int{401}, good, 1, 401, "GET 0"},
		{"another status", "/", nil, false, []int{403}, good, 0, 401, "GET 0"},
		{"never", "/", nil, true, nil, good, 0, 401, "GET 0"},
		{"again", "/", nil, true, []int{401}, good, 1, 200, "GET 0"},
		{"again, with its body", "/", strings.NewReader("12345"), true, []int{401}, good, 1, 200, "GET 5"},
		{"again, with no body", "/", http.NoBody, true, []int{401}, good, 1, 200, "GET 0"},
		{"once only", "/", nil, true, []int{401}, value, 2, 401, "GET 0"},
		{"a body that is gone", "/", io.MultiReader(strings.NewReader("12345")), true, []int{401}, good, 1, 401, "GET 5"},
		{"elsewhere", "/elsewhere", nil, true, []int{401}, good, 0, 401, "GET 0"},
	} {
		config := w.config(field.SentAs{Form: field.Bearer}, place, value)
		var gets, rejected atomic.Int32
		config.Get = func(_ context.Context, goes func(wire.Place) error) (wire.Credential, error) {
			if err := goes(place); err != nil {
				return wire.Credential{}, err
			}
			text := value
			if gets.Add(1) > 1 {
				text = c.next
			}
			return wire.Credential{As: config.As, Texts: []string{text}}, nil
		}
		config.Reject = func(_ context.Context, used wire.Credential, status int) {
			if rejected.Add(1); used.Texts[0] == good || status != 401 {
				t.Errorf("%s: the good one was rejected", c.name)
			}
		}
		config.Retry, config.RejectOn = c.retry, c.reject
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com"+c.path, c.body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: wire.New(config)}).Do(req)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if answer := readAll(t, resp); resp.StatusCode != c.status || answer != c.answer || int(rejected.Load()) != c.rejected {
			t.Errorf("%s: %d, %q, rejected %d times", c.name, resp.StatusCode, answer, rejected.Load())
		}
	}
}

// What was not allowed is not sent, and the body is closed all the same.
func TestRefusal(t *testing.T) {
	w := newWorld(t)
	w.serve(ok, "https://api.example.com")
	denied := errors.New("denied")
	c := w.bearer()
	c.Get = func(context.Context, func(wire.Place) error) (wire.Credential, error) {
		return wire.Credential{}, denied
	}
	c.Fail = func(_ context.Context, err error) error { return fmt.Errorf("failed: %w", err) }
	forgetful := c
	forgetful.Get = func(context.Context, func(wire.Place) error) (wire.Credential, error) {
		return wire.Credential{As: c.As, Texts: []string{value}}, nil // without a word on where it goes
	}
	for _, r := range []struct {
		config  wire.Config
		address string
		want    error
	}{
		{c, "https://api.example.com/", denied}, {w.bearer(), "https://evil.net/", wire.ErrElsewhere}, {forgetful, "https://api.example.com/", wire.ErrElsewhere},
	} {
		body := &closing{Reader: strings.NewReader("x")}
		req := get(t, r.address)
		req.Body = body
		_, err := wire.New(r.config).RoundTrip(req)
		if !errors.Is(err, r.want) || !body.isClosed.Load() {
			t.Errorf("%v, closed %t", err, body.isClosed.Load())
		}
	}
	asked := false
	c.Fixed = &wire.Place{Hosts: []string{"api.example.com"}}
	c.Get = func(context.Context, func(wire.Place) error) (wire.Credential, error) {
		asked = true
		return wire.Credential{}, denied
	}
	if _, err := wire.New(c).RoundTrip(get(t, "https://evil.net/")); !errors.Is(err, wire.ErrElsewhere) || asked || !strings.HasPrefix(err.Error(), "failed: ") {
		t.Errorf("where the place is known beforehand: %v, asked %t", err, asked)
	}
	if seen := w.take(); len(seen) > 0 {
		t.Errorf("%q", seen)
	}
}

type closing struct {
	io.Reader
	isClosed atomic.Bool
}

func (c *closing) Close() error { c.isClosed.Store(true); return nil }

// An optional value that is not set leaves the request as it is, for the same hosts.
func TestNothingIsSet(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusUnauthorized) }, "https://api.example.com")
	c := w.config(field.SentAs{Form: field.Bearer}, wire.Place{Hosts: []string{"api.example.com"}})
	c.RejectOn = []int{401}
	c.Reject = func(context.Context, wire.Credential, int) { t.Error("nothing was sent that could be rejected") }
	do(t, wire.New(c), get(t, "https://api.example.com/"))
	if seen := w.take(); len(seen) != 1 || strings.Contains(seen[0].text, "Authorization") {
		t.Errorf("%q", seen)
	}
	if _, err := wire.New(c).RoundTrip(get(t, "https://evil.net/")); !errors.Is(err, wire.ErrElsewhere) {
		t.Error(err)
	}
}

// Bodies are streamed both ways, as they come.
func TestStreams(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(rw).EnableFullDuplex()
		rw.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(rw).Flush()
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			fmt.Fprintf(rw, "%s!\n", lines.Text())
			_ = http.NewResponseController(rw).Flush()
		}
		_ = r.Trailer // which is filled by now
		fmt.Fprintf(rw, "trailer %s\n", r.Trailer.Get("X-Sum"))
	}, "https://api.example.com")
	for _, http2 := range []bool{false, true} {
		c := w.bearer()
		c.Base.ForceAttemptHTTP2 = http2
		out, in := io.Pipe()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.example.com/", out)
		if err != nil {
			t.Fatal(err)
		}
		req.Trailer = http.Header{"X-Sum": nil}
		resp, err := wire.New(c).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(resp.Body)
		for _, word := range []string{"one", "two"} {
			fmt.Fprintln(in, word)
			if !lines.Scan() || lines.Text() != word+"!" {
				t.Fatalf("HTTP/2 %t: %q, %v", http2, lines.Text(), lines.Err())
			}
		}
		req.Trailer.Set("X-Sum", "12") // as net/http has it: before the body ends
		in.Close()
		if !lines.Scan() || lines.Text() != "trailer 12" {
			t.Errorf("HTTP/2 %t: %q", http2, lines.Text())
		}
		resp.Body.Close()
	}
}

// A server that has not said to continue gets no body.
func TestExpectContinue(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			rw.WriteHeader(http.StatusExpectationFailed)
			return
		}
		_, _ = io.Copy(rw, r.Body)
	}, "https://api.example.com")
	for path, want := range map[string]string{"/yes": "body", "/no": ""} {
		read := &reading{Reader: strings.NewReader("body")}
		c := w.bearer()
		c.Base.ForceAttemptHTTP2 = false
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.example.com"+path, read)
		req.Header.Set("Expect", "100-continue")
		resp, err := wire.New(c).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if text := readAll(t, resp); text != want || read.isRead.Load() != (want != "") {
			t.Errorf("%s: %q, read %t", path, text, read.isRead.Load())
		}
	}
}

type reading struct {
	io.Reader
	isRead atomic.Bool
}

func (r *reading) Read(p []byte) (int, error) { r.isRead.Store(true); return r.Reader.Read(p) }

// A connection that was upgraded is written and read as with net/http, and ends on one side first.
func TestUpgrade(t *testing.T) {
	w := newWorld(t)
	w.raw(t, func(conn net.Conn, r *http.Request) {
		if !carries(r.Header.Get("Authorization")) {
			t.Error("without the value")
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.Copy(conn, conn)
		_, _ = io.WriteString(conn, "end")
	})
	req := get(t, "http://localhost:8080/")
	req.Header.Set("Connection", "upgrade")
	req.Header.Set("Upgrade", "echo")
	resp, err := wire.New(w.config(field.SentAs{Form: field.Bearer}, local, value)).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	stream, ok := resp.Body.(interface {
		io.ReadWriteCloser
		CloseWrite() error
	})
	if !ok || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%d: the body is a %T", resp.StatusCode, resp.Body)
	}
	if path := reach.Text(resp, carries); path != "" {
		t.Error(path)
	}
	_, _ = io.WriteString(stream, "hello")
	text := make([]byte, 5)
	if _, err := io.ReadFull(stream, text); err != nil || string(text) != "hello" {
		t.Errorf("%q, %v", text, err)
	}
	if err := stream.CloseWrite(); err != nil {
		t.Error(err)
	}
	if text, err := io.ReadAll(stream); string(text) != "end" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if err := stream.Close(); err != nil {
		t.Error(err)
	}
}

// A context that ends, ends the request, at each point, with its own cause.
func TestCancellation(t *testing.T) {
	w := newWorld(t)
	began, end := make(chan struct{}, 1), make(chan struct{})
	w.serve(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_ = http.NewResponseController(rw).Flush()
		}
		began <- struct{}{}
		<-end // and not when the client has gone, which could still see the end of an answer
	}, "https://api.example.com")
	t.Cleanup(func() { close(end) })
	cause := errors.New("the user left")
	for _, http2 := range []bool{false, true} {
		for _, path := range []string{"/headers", "/body"} {
			ctx, cancel := context.WithCancelCause(t.Context())
			c := w.bearer()
			c.Base.ForceAttemptHTTP2 = http2
			if path == "/headers" {
				go func() { <-began; cancel(cause) }()
			}
			resp, err := wire.New(c).RoundTrip(get(t, "https://api.example.com"+path).WithContext(ctx))
			if err == nil && path == "/body" {
				<-began
				cancel(cause)
				_, err = io.ReadAll(resp.Body)
				resp.Body.Close()
			}
			if !errors.Is(err, cause) {
				t.Errorf("HTTP/2 %t, %s: %v", http2, path, err)
			}
			cancel(nil)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := wire.New(w.bearer()).RoundTrip(get(t, "https://api.example.com/headers").WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("at a deadline: %v", err)
	}
}

// A client's own limit of time works, and its error says so.
func TestTimeout(t *testing.T) {
	w := newWorld(t)
	w.serve(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "https://api.example.com")
	client := &http.Client{Transport: wire.New(w.bearer()), Timeout: 50 * time.Millisecond}
	var failure *url.Error
	if _, err := client.Get("https://api.example.com/"); !errors.As(err, &failure) || !failure.Timeout() {
		t.Error(err)
	}
}

// What is gzipped on the way is not for the caller, as with net/http, unless it asks for that.
func TestGzip(t *testing.T) {
	w := newWorld(t)
	w.serve(func(rw http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("does not accept gzip")
		}
		ok(rw, r)
	}, "https://api.example.com")
	do(t, wire.New(w.bearer()), get(t, "https://api.example.com/"))
}

// Without a base there are limits of time for all but the body.
func TestOwnBase(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(ok))
	defer s.Close()
	u, _ := url.Parse(s.URL)
	w := newWorld(t)
	c := w.config(field.SentAs{Form: field.Bearer}, wire.Place{Hosts: []string{u.Host}}, value)
	c.Base = nil
	do(t, wire.New(c), get(t, s.URL))
}
