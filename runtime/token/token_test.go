package token_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/oauth2"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/token"
	vault "github.com/mcpsecrets/mcpsecrets/testdata/golden/host-bound/want"
)

const value = "4eC39HqLyjWDarjtT1zdp7dc"

type house struct {
	*vault.Secrets
	store *runtimetest.Store
	user  *runtimetest.User
}

func open(t *testing.T) house {
	t.Helper()
	h := house{store: runtimetest.NewStore(), user: runtimetest.NewUser(t)}
	h.store.Put("host-bound", "relay_key", value)
	h.store.Put("host-bound", "api_key", value)
	v, err := vault.OpenSecrets(secrets.WithStore(h.store), secrets.WithPrompter(h.user), secrets.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Manager.Close() })
	h.Secrets = v
	return h
}

func (h house) call(t *testing.T) context.Context {
	ctx, turn := h.Manager.Begin(t.Context(), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process()}, "", nil)
	t.Cleanup(func() { turn.End() })
	return ctx
}

// Each token is one use: what keeps tokens keeps none of these, so that a value that was changed, forgotten or refused is not used on.
func TestTokensAreNotKept(t *testing.T) {
	h := open(t)
	h.user.Answers(secrets.AllowSession).Answers(secrets.AllowSession) // of one value, and of the next
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.Header.Get("Authorization")) }))
	defer server.Close()
	source := token.Source(h.call(t), h.Manager, vault.KeyRelayKey(), "Read your pets")
	client := oauth2.NewClient(t.Context(), oauth2.ReuseTokenSource(nil, source))
	get := func() error {
		resp, err := client.Get(server.URL)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	}
	if err := get(); err != nil {
		t.Fatal(err)
	}
	h.store.Put("host-bound", "relay_key", "Zx81QmT7wLpN0vRk2BhYs5Ua")
	if err := get(); err != nil {
		t.Fatal(err)
	}
	if err := h.Manager.Revoke(vault.KeyRelayKey()); err != nil {
		t.Fatal(err)
	}
	h.user.Answers(secrets.Deny)
	if err := get(); !errors.Is(err, secrets.ErrDenied) {
		t.Error(err)
	}
	if len(seen) != 2 || seen[0] != "Bearer "+value || seen[1] != "Bearer Zx81QmT7wLpN0vRk2BhYs5Ua" {
		t.Errorf("%q", seen)
	}
	if text := []byte(`"` + value + `"`); string(h.Manager.MaskJSON(text)) == string(text) {
		t.Error("the guard has not learned what was handed out")
	}
}

// A source is subject to the gate of a getter.
func TestSourceWalksTheGate(t *testing.T) {
	h := open(t)
	for name, c := range map[string]struct {
		ctx  context.Context
		key  secrets.Key[secrets.Secret]
		want error
	}{
		"outside any call": {t.Context(), vault.KeyRelayKey(), secrets.ErrOutsideCall},
		"not revealed":     {h.call(t), vault.KeyAPIKey(), secrets.ErrSentOnly},
		"no key":           {h.call(t), secrets.Key[secrets.Secret]{}, secrets.ErrUnknownKey},
	} {
		if got, err := token.Source(c.ctx, h.Manager, c.key, "Read your pets").Token(); got != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if len(h.user.Shown()) > 0 {
		t.Error("somebody was asked")
	}
}
