package guard

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// get serves one request with a handler behind the guard.
func get(t *testing.T, method string, h http.HandlerFunc) (*http.Response, string) {
	t.Helper()
	server := httptest.NewServer(learn(stripe).Handler(h))
	t.Cleanup(server.Close)
	request, _ := http.NewRequest(method, server.URL, nil)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func TestHandler(t *testing.T) {
	large := `{"text":"` + strings.Repeat("many words ", 300_000)
	tests := []struct {
		name    string
		handler http.HandlerFunc
		status  int
		want    string
	}{
		{"JSON", func(w http.ResponseWriter, r *http.Request) {
			body := `{"jsonrpc":"2.0","id":1,"result":"` + stripe + `"}`
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, body)
		}, 202, `{"jsonrpc":"2.0","id":1,"result":"[redacted]"}`},
		{"in parts, flushed, without a status", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, `"`+stripe[:12])
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, stripe[12:]+`"`)
		}, 200, `"[redacted]"`},
		{"an error text", func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "no "+stripe, http.StatusBadGateway)
		}, 502, "no [redacted]\n"},
		{"large", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, large+stripe+`"}`)
		}, 200, large + `[redacted]"}`},
		{"nothing", func(http.ResponseWriter, *http.Request) {}, 200, ""},
		{"a status alone", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }, 204, ""},
		{"early hints", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusTeapot)
			w.WriteHeader(http.StatusOK)
		}, 418, ""},
		{"the rest of a stream", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "data: "+stripe)
		}, 200, "data: [redacted]\n\n"},
	}
	for _, test := range tests {
		response, body := get(t, "GET", test.handler)
		if response.StatusCode != test.status || body != test.want {
			t.Errorf("%s: %d %.100s", test.name, response.StatusCode, body)
		}
		if response.ContentLength >= 0 && response.ContentLength != int64(len(body)) {
			t.Errorf("%s: Content-Length %d", test.name, response.ContentLength)
		}
	}
}

func TestHandlerLeavesTheLengthOfHEAD(t *testing.T) {
	response, _ := get(t, "HEAD", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1234")
		w.WriteHeader(http.StatusOK)
	})
	if response.ContentLength != 1234 {
		t.Error(response.ContentLength)
	}
}

func TestHandlerStreams(t *testing.T) {
	received := make(chan bool)
	late := make(chan error, 1)
	server := httptest.NewServer(learn(stripe).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.Header().Set("Content-Length", "5")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		for _, part := range []string{"id: 7\nevent: message\nda", "ta: {\"result\":\ndata: \"" + stripe[:12], stripe[12:] + "\"}\n", "\n"} {
			_, _ = io.WriteString(w, part)
			w.(http.Flusher).Flush()
		}
		select { // the client has the event while this handler runs
		case <-received:
		case <-time.After(time.Minute):
			t.Error("the event did not arrive")
		}
		_, _ = io.WriteString(w, "data: {\"n\": 1}\r\n\r\n: "+stripe+"\r\n\r\n")
		go func() {
			time.Sleep(50 * time.Millisecond)
			_, err := io.WriteString(w, "data: late\n\n")
			late <- err
		}()
	})))
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	var first string
	for !strings.HasSuffix(first, "\n\n") {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		first += line
	}
	close(received)
	if want := "id: 7\nevent: message\ndata: {\"result\":\ndata: \"[redacted]\"}\n\n"; first != want {
		t.Errorf("got %q", first)
	}
	rest, err := io.ReadAll(lines)
	if want := "data: {\"n\": 1}\r\n\r\n: [redacted]\n\n"; err != nil || string(rest) != want {
		t.Errorf("got %q, %v", rest, err)
	}
	if err := <-late; err == nil {
		t.Error("a write after the end was taken")
	}
}

func TestHandlerSendsNothingAfterAPanic(t *testing.T) {
	server := httptest.NewServer(learn(stripe).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"half":`)
		panic(http.ErrAbortHandler)
	})))
	defer server.Close()
	if response, err := http.Get(server.URL); err == nil {
		response.Body.Close()
		t.Error(response.Status)
	}
}

func TestHandlerHasNoWayAround(t *testing.T) {
	get(t, "GET", func(w http.ResponseWriter, r *http.Request) {
		if _, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok {
			t.Error("Unwrap leads around the guard")
		}
		if _, _, err := http.NewResponseController(w).Hijack(); err == nil {
			t.Error("Hijack leads around the guard")
		}
	})
}

func TestEvent(t *testing.T) {
	g := learn(stripe)
	for in, want := range map[string]string{
		"data: {\"a\":1}\n\n":                 "data: {\"a\":1}\n\n",
		"\r\n":                                "\r\n",
		": ping\n\n":                          ": ping\n\n",
		"data:" + stripe + "\r\r":             "data: [redacted]\n\n",
		"id: 1\rdata: \"" + stripe + "\"\r\r": "id: 1\ndata: \"[redacted]\"\n\n",
		"event: endpoint\ndata: /m?s=" + stripe + "\r\n\r\n": "event: endpoint\ndata: /m?s=[redacted]\n\n",
	} {
		if got := string(g.event([]byte(in))); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
