package serve

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// echo answers with the body.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(Body(r)) })

func TestBodiesAreBounded(t *testing.T) {
	for name, row := range map[string]struct {
		max, size int64
		chunked   bool
		want      int
	}{
		"default":                 {0, MaxBody, false, 200},
		"default, chunked":        {0, MaxBody, true, 200},
		"over the default":        {0, MaxBody + 1, false, 413},
		"over it, chunked":        {0, MaxBody + 1, true, 413},
		"the author's":            {100, 100, false, 200},
		"over the author's":       {100, 101, false, 413},
		"over it, in chunks":      {100, 101, true, 413},
		"more than the default":   {2 * MaxBody, 2 * MaxBody, false, 200},
		"the author wants no end": {-1, 2 * MaxBody, true, 200},
	} {
		t.Run(name, func(t *testing.T) {
			web := httptest.NewServer(Bounded(echo, row.max))
			defer web.Close()
			body := io.Reader(strings.NewReader(strings.Repeat("x", int(row.size))))
			if row.chunked {
				body = io.MultiReader(body) // whose length http.NewRequest does not know
			}
			response, err := http.Post(web.URL, "application/json", body)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = response.Body.Close() }()
			text, err := io.ReadAll(response.Body)
			if response.StatusCode != row.want || err != nil {
				t.Fatalf("%d %.60s, %v", response.StatusCode, text, err)
			}
			if row.want == 200 && int64(len(text)) != row.size {
				t.Errorf("%d bytes of %d came", len(text), row.size)
			}
		})
	}
}

// A request whose answer may have no end keeps no long body, whatever the author's bound, and however it is spelled.
func TestBodiesOfStreamsAreBounded(t *testing.T) {
	padding := strings.Repeat(" ", maxLasting)
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for name, row := range map[string]struct {
		method, body string
		want         int
	}{
		"short":         {"POST", `{"method":"subscriptions/listen"}`, 200},
		"subscription":  {"POST", `{"method":"subscriptions/listen"}` + padding, 413},
		"after it":      {"POST", `{"pad":"` + padding + `","method":"subscriptions/listen"}`, 413},
		"escaped":       {"POST", `{"m\u0065thod":"subscriptions\/listen"}` + padding, 413},
		"twice":         {"POST", `{"method":"subscriptions/listen","method":"ping"}` + padding, 413},
		"twice, turned": {"POST", `{"method":"ping","method":"subscriptions/listen"}` + padding, 413},
		"case":          {"POST", `{"method":"subscriptions/listen","Method":"ping"}` + padding, 413},
		"no method":     {"POST", `{"method":"subscriptions/listen","method":5}` + padding, 413},
		"batch":         {"POST", `[5,{"method":"ping"},{"method":"subscriptions/listen"}]` + padding, 413},
		"spaces":        {"POST", padding + "\n{\"method\":\"subscriptions/listen\"}", 413},
		"task":          {"POST", `{"method":"tasks/result"}` + padding, 413},
		"deep":          {"POST", `{"method":"subscriptions/listen","pad":` + deep + `}` + padding, 400},
		"a call":        {"POST", `{"method":"tools/call","params":{"method":"subscriptions/listen"}}` + padding, 200},
		"an answer":     {"POST", `{"id":1,"result":{}}` + padding, 200},
		"event stream":  {"GET", padding + " ", 413},
	} {
		for _, bound := range []int64{0, -1} {
			r := httptest.NewRequest(row.method, "http://localhost/mcp", strings.NewReader(row.body))
			w := httptest.NewRecorder()
			Bounded(echo, bound).ServeHTTP(w, r)
			if w.Code != row.want {
				t.Errorf("%s, bound %d: %d, want %d", name, bound, w.Code, row.want)
			}
		}
	}
}

// A body is kept until it is read, and not for as long as the answer lasts.
func TestBodyThatWasReadIsNotKept(t *testing.T) {
	Bounded(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if text := string(Body(r)); text != "{}" {
			t.Errorf("before: %q", text)
		}
		if text, err := io.ReadAll(r.Body); string(text) != "{}" || err != nil {
			t.Errorf("read: %q, %v", text, err)
		}
		if n, err := r.Body.Read(make([]byte, 1)); n != 0 || err != io.EOF || Body(r) != nil {
			t.Errorf("afterwards: %d, %v, %q", n, err, Body(r))
		}
	}), 0).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "http://localhost/mcp", strings.NewReader("{}")))
}

func TestHeadersAreBounded(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"protocol version": func(r *http.Request) { r.Header.Set("Mcp-Protocol-Version", strings.Repeat("1", maxHeader)) },
		"session":          func(r *http.Request) { r.Header.Set("Mcp-Session-Id", strings.Repeat("1", maxHeader)) },
		"many": func(r *http.Request) {
			for i := range 10_000 {
				r.Header.Set(fmt.Sprintf("X-%d", i), "1234567890")
			}
		},
		"name":  func(r *http.Request) { r.Header.Set(strings.Repeat("X", maxHeader), "") },
		"path":  func(r *http.Request) { r.URL.Path = "/" + strings.Repeat("a", maxHeader) },
		"query": func(r *http.Request) { r.URL.RawQuery = strings.Repeat("a", maxHeader) },
		"host":  func(r *http.Request) { r.Host = strings.Repeat("a", maxHeader) },
	} {
		t.Run(name, func(t *testing.T) {
			web := httptest.NewServer(Bounded(echo, 0)) // whose own bound is a megabyte
			defer web.Close()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			change(r)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Error(response.Status)
			}
		})
	}
}

// begin sends what has no end, and returns the connection.
func begin(t *testing.T, address, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_, _ = io.WriteString(c, text) // it may have been closed for another one
	return c
}

// A client that reads nothing before it has sent everything sees the status all the same.
func TestRefusalReachesWhoSendsFirst(t *testing.T) {
	web := httptest.NewServer(Bounded(echo, 100))
	defer web.Close()
	const size = 16 << 20
	for name, header := range map[string]string{"length": fmt.Sprintf("Content-Length: %d", size), "chunks": "Transfer-Encoding: chunked"} {
		c := begin(t, web.Listener.Addr().String(), "POST /mcp HTTP/1.1\r\nHost: localhost\r\n"+header+"\r\n\r\n")
		body := strings.Repeat("x", size)
		if name == "chunks" {
			body = fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", size, body)
		}
		if _, err := io.WriteString(c, body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := ends(t, c); got != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d", name, got)
		}
	}
}

const endless = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"

// ends returns the status by which a connection ends, or 0 if it just ends.
func ends(t *testing.T, c net.Conn) int {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, response.Body)
	if n, err := c.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("the connection goes on: %d, %v", n, err)
	}
	return response.StatusCode
}

// A body that takes too long ends, whatever the method; a whole one has all the time for its answer.
func TestBodiesThatNeverEnd(t *testing.T) {
	answer := make(chan struct{})
	b := &bounded{maxBody: MaxBody, time: 100 * time.Millisecond, reading: reading{limit: 2}, next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-answer:
		case <-r.Context().Done():
			w.WriteHeader(http.StatusTeapot)
		}
	})}
	web := httptest.NewServer(b)
	defer web.Close()
	address := web.Listener.Addr().String()
	whole := begin(t, address, strings.Replace(endless, "1000", "1", 1))
	for _, method := range []string{"POST", "GET", "DELETE", "BREW"} {
		if got := ends(t, begin(t, address, strings.Replace(endless, "POST", method, 1))); got != http.StatusRequestTimeout {
			t.Errorf("%s: %d", method, got)
		}
	}
	close(answer)
	if response, err := http.ReadResponse(bufio.NewReader(whole), nil); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("the one that waited for its answer: %v, %v", response, err)
	}
}

// The oldest body is given up for one more.
func TestBodiesAtATime(t *testing.T) {
	b := &bounded{maxBody: MaxBody, time: time.Hour, reading: reading{limit: 2}, next: echo}
	web := httptest.NewServer(b)
	defer web.Close()
	var all []net.Conn
	for n := range 5 {
		all = append(all, begin(t, web.Listener.Addr().String(), endless))
		if n < 2 {
			eventually(t, func() bool { b.reading.mu.Lock(); defer b.reading.mu.Unlock(); return len(b.reading.open) == n+1 })
			continue
		}
		if got := ends(t, all[n-2]); got != http.StatusRequestTimeout {
			t.Errorf("the oldest: %d", got)
		}
	}
	response, err := http.Post(web.URL, "application/json", strings.NewReader("{}"))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("another: %v, %v", response, err)
	}
	for _, c := range all { // which web would wait for
		_ = c.Close()
	}
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not in time")
		}
	}
}

// opened serves a handler behind a gate.
func opened(t *testing.T, perPeer, total int, handler http.Handler) (*gate, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	g := newGate(listener)
	g.perPeer, g.total = perPeer, total
	go func() { ended <- serveOn(ctx, g, handler, func() error { return nil }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return g, listener.Addr().String()
}

// Connections from which no whole request has come keep nobody out, of the same address or another.
func TestConnectionsThatSayNothingGiveWay(t *testing.T) {
	for name, row := range map[string]struct {
		text           string
		perPeer, total int
	}{
		"no word":                 {"", 4, 100},
		"no word, of any address": {"", 100, 4},
		"headers without end":     {"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-", 4, 100},
		"bodies without end":      {endless, 4, 100},
		"and nobody reads them":   {strings.Replace(endless, "/mcp", "/refused", 1), 4, 100},
		"idle":                    {"GET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n", 4, 100},
	} {
		t.Run(name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.Handle("/mcp", Bounded(echo, 0))
			mux.HandleFunc("/refused", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
			g, address := opened(t, row.perPeer, row.total, mux)
			for range 100 {
				begin(t, address, row.text)
			}
			client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
			response, err := client.Post("http://"+address+"/mcp", "application/json", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			g.mu.Lock()
			defer g.mu.Unlock()
			if len(g.open) > 4 {
				t.Errorf("%d connections are open", len(g.open))
			}
		})
	}
}

// A client whose headers are too long sees the status, and not just a broken connection.
func TestRefusalOfHeadersIsRead(t *testing.T) {
	_, address := opened(t, 4, 100, Bounded(echo, 0))
	c := begin(t, address, "GET /mcp HTTP/1.1\r\nHost: localhost\r\nX-Long: "+strings.Repeat("x", maxHeader+8192)+"\r\n\r\n")
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	answer, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 431 ") {
		t.Errorf("%q, %v", answer, err)
	}
}

// A connection that is being served is closed for nobody: the one too many is.
func TestConnectionsThatAreServedStay(t *testing.T) {
	answer := make(chan struct{})
	var waiting atomic.Int32
	_, address := opened(t, 2, 100, Bounded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			waiting.Add(1)
			<-answer
		}
	}), 0))
	wait := "POST /wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
	served := []net.Conn{begin(t, address, wait), begin(t, address, strings.Replace(wait, "Content-Length: 2\r\n\r\n{}", "\r\n", 1))}
	eventually(t, func() bool { return waiting.Load() == 2 })
	if got := ends(t, begin(t, address, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")); got != 0 {
		t.Errorf("the one too many: %d", got)
	}
	close(answer)
	for _, c := range served {
		if response, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("one that was served: %v, %v", response, err)
		}
	}
}
