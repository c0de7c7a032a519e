package secrets_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	"github.com/mcpsecrets/mcpsecrets/testdata/ratio"
)

// BenchmarkRequest sends a request by TLS with a value that was allowed for the session. Its floor is a program that reads the keychain
// and sends the same by the same base.
func BenchmarkRequest(b *testing.B) {
	desktop.ForTest(b, desktop.Options{NoDisplay: true})
	for name, http2 := range map[string]bool{"HTTP1": false, "HTTP2": true} {
		b.Run(name, func(b *testing.B) {
			store := keychain.Store{System: keychain.New(keychain.Options{})} // which a manager closes
			bare, ours := requests(b, store, http2)
			ratio.Measure(b, 1.1, bare, ours)
		})
	}
}

// BenchmarkRequestFromMemory is the same with a store in memory, where nearly all beside the request is the gate.
func BenchmarkRequestFromMemory(b *testing.B) {
	bare, ours := requests(b, runtimetest.NewStore(), false)
	ratio.MeasureCPU(b, 2, bare, ours)
}

// A request by a transport allocates for the gate, which looks for a permission that was given beforehand too, for the copy and for
// what hides the answer: 46 times beside the base. With -race it is some more, since a sync.Pool then forgets by chance.
func TestRequestAllocatesLittle(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		bare, ours := requests(t, runtimetest.NewStore(), http2)
		if floor, own := testing.AllocsPerRun(200, bare), testing.AllocsPerRun(200, ours); own > floor+55 {
			t.Errorf("HTTP/2 %t: %v, by the base alone %v", http2, own, floor)
		} else {
			t.Logf("HTTP/2 %t: %v, by the base alone %v", http2, own, floor)
		}
	}
}

// requests returns functions that send a request with a value: by reading the store, and by a transport.
func requests(t testing.TB, values store.Store, http2 bool) (bare, ours func()) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	key := secrets.Password("api_key", secrets.Field{Required: true, SentHosts: []string{u.Host}, SentAs: bearer, Unrevealed: true})
	m, err := openWith("petstore", []secrets.AnyKey{key}, secrets.WithStore(values), secrets.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
		secrets.WithPrompter(runtimetest.NewUser(t).Answers(secrets.AllowSession)))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Set(t.Context(), key, sentValue); err != nil {
		t.Fatal(err)
	}
	ctx, turn := m.Begin(context.Background(), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process(), Guarded: true}, "", nil)
	t.Cleanup(func() { turn.End(); _ = m.Close() })
	base := server.Client().Transport.(*http.Transport)
	transport := secrets.Transport(m, bearer, "Read your pets", []secrets.AnyKey{key}, secrets.WithBase(base))
	send := func(rt http.RoundTripper, authorization string) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	bare = func() {
		text, err := values.Get(ctx, store.Scope{Server: "petstore"}, "api_key")
		if err != nil {
			t.Fatal(err)
		}
		send(base, "Bearer "+text)
	}
	ours = func() { send(transport, "") }
	ours() // which asks
	return bare, ours
}
