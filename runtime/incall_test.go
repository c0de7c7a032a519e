package secrets_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// bound returns the client for a call, over the transport of a client for all.
func bound(ctx context.Context, all *http.Client) *http.Client {
	return secrets.Client(secrets.InCall(ctx, all.Transport))
}

// A request without a context belongs to no call, until a client is bound to one: then the call's tool is in the question.
func TestInCall(t *testing.T) {
	s := openSending(t)
	all := s.client()
	if _, err := all.Get(pets); !errors.Is(err, secrets.ErrOutsideCall) {
		t.Fatal(err)
	}
	s.user.Answers(secrets.AllowOnce)
	req, _ := http.NewRequest(http.MethodGet, pets, nil)
	resp, err := bound(s.call(t), all).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil || string(text) != "0" || resp.Request != req {
		t.Errorf("%q, %v", text, err)
	}
	if shown := s.user.Shown(); len(shown) != 1 || !strings.Contains(shown[0].Text(), "Tool: get_pet") {
		t.Errorf("%v", shown)
	}
	if seen := s.take(); len(seen) != 1 || seen[0].Header.Get("Authorization") != "Bearer "+sentValue {
		t.Errorf("%d requests", len(seen))
	}
}

func TestInCallOfNobody(t *testing.T) {
	s := openSending(t)
	if _, err := bound(t.Context(), s.client()).Get(pets); !errors.Is(err, secrets.ErrOutsideCall) {
		t.Error(err)
	}
}

func TestInCallOfTheServerItself(t *testing.T) {
	s := openSending(t)
	s.user.Answers(secrets.AllowOnce)
	resp, err := bound(s.Background(t.Context()), s.client()).Get(pets)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

// A request that brings a call stays in it: it is that call's user who is asked.
func TestInCallOfAnother(t *testing.T) {
	s := openSending(t)
	s.user.Answers(secrets.AllowOnce)
	other, turn := s.Begin(t.Context(), secrets.Call{Kind: "tool", Name: "list_pets", Principal: secrets.Process()}, "", nil)
	defer turn.End()
	if _, _, err := get(other, bound(s.call(t), s.client()), pets); err != nil {
		t.Fatal(err)
	}
	if shown := s.user.Shown()[0].Text(); !strings.Contains(shown, "Tool: list_pets") {
		t.Error(shown)
	}
}

// Redirects lead nowhere else than without InCall.
func TestInCallIsRedirected(t *testing.T) {
	s := openSending(t)
	s.user.Answers(secrets.AllowSession)
	client := bound(s.call(t), s.client())
	for to, carries := range map[string]bool{"/v3/cats": true, "/other": false} {
		resp, err := client.Get(pets + "?to=" + url.QueryEscape(to))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if seen := s.take(); len(seen) != 2 || (seen[1].Header.Get("Authorization") != "") != carries {
			t.Errorf("%s: %d requests", to, len(seen))
		}
	}
}

// waiting is a server whose answer has a beginning, and no end before the request has one.
func waiting(t *testing.T) (address string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(time.Minute): // which nobody waits for, unless what is tested is broken
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// What ends first ends the request, also while its answer is read.
func TestInCallEndsWithEither(t *testing.T) {
	address := waiting(t)
	for name, ends := range map[string]func(call, own context.CancelFunc){
		"the call": func(call, _ context.CancelFunc) { call() },
		"its own":  func(_, own context.CancelFunc) { own() },
	} {
		call, endCall := context.WithCancel(t.Context())
		own, endOwn := context.WithCancel(t.Context())
		req, _ := http.NewRequestWithContext(own, http.MethodGet, address, nil)
		resp, err := secrets.InCall(call, http.DefaultTransport).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		ends(endCall, endOwn)
		if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		resp.Body.Close()
		endCall()
		endOwn()
	}
}

// The limit of time of a client holds, and is the error that it is without InCall.
func TestInCallTimeout(t *testing.T) {
	client := bound(t.Context(), &http.Client{Transport: http.DefaultTransport})
	client.Timeout = 50 * time.Millisecond
	resp, err := client.Get(waiting(t))
	if err == nil { // the headers came
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Error(err)
	}
}

// A countedContext counts what waits for its end.
type countedContext struct {
	context.Context
	done chan struct{}
	n    *int
}

func (c countedContext) Done() <-chan struct{} { return c.done }

func (c countedContext) Value(any) any { return nil } // not of a context that package context knows

func (c countedContext) AfterFunc(func()) (stop func() bool) {
	*c.n++
	return func() bool { *c.n--; return true }
}

// Contexts that never end have nothing left of a request that is over.
func TestInCallLeavesNothing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	var ofCall, ofOwn int
	call := countedContext{context.Background(), make(chan struct{}), &ofCall}
	own := countedContext{context.Background(), make(chan struct{}), &ofOwn}
	for _, address := range []string{server.URL, "http://127.0.0.1:1"} {
		req, _ := http.NewRequestWithContext(own, http.MethodGet, address, nil)
		var waited int
		resp, err := secrets.InCall(call, tripper(func(r *http.Request) (*http.Response, error) {
			waited = ofCall + ofOwn
			return http.DefaultTransport.RoundTrip(r.Clone(context.WithoutCancel(r.Context())))
		})).RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		if waited != 2 || ofCall != 0 || ofOwn != 0 {
			t.Errorf("%s: %d wait, then %d for the call and %d for the request", address, waited, ofCall, ofOwn)
		}
	}
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (tripper) CloseIdleConnections() { panic("closed") }

// Below, a request has the values of both contexts. What turns a client's connections idle reaches the transport.
func TestInCallPassesOn(t *testing.T) {
	type key string
	var got [2]any
	client := bound(context.WithValue(t.Context(), key("call"), 1), &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
		got = [2]any{r.Context().Value(key("call")), r.Context().Value(key("own"))}
		return nil, io.ErrUnexpectedEOF
	})})
	if _, _, err := get(context.WithValue(t.Context(), key("own"), 2), client, "http://127.0.0.1/"); !errors.Is(err, io.ErrUnexpectedEOF) || got != [2]any{1, 2} {
		t.Error(got, err)
	}
	defer func() {
		if recover() != "closed" {
			t.Error("the transport keeps its connections")
		}
	}()
	client.CloseIdleConnections()
}

// After 101 Switching Protocols, a body is the connection.
func TestInCallUpgrades(t *testing.T) {
	body := struct {
		io.ReadCloser
		io.Writer
	}{http.NoBody, io.Discard}
	resp, err := secrets.InCall(t.Context(), tripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusSwitchingProtocols, Body: body}, nil
	})).RoundTrip(httptest.NewRequest(http.MethodGet, "/", nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := resp.Body.(io.Writer); !ok {
		t.Errorf("%T", resp.Body)
	}
}
