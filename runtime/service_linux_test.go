package secrets_test

import (
	"errors"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// No name of a server is made of another's, so that two servers never share an entry of the keychain.
func TestServersShareNoEntry(t *testing.T) {
	desktop.ForTest(t, desktop.Options{NoDisplay: true})
	key := secrets.Password("api_key", secrets.Field{Label: "Key"})
	servers := map[string]*secrets.Manager{}
	for _, server := range []string{"shop", "shop.eu", "shop.eu.west", "Shop", "shop eu", "shop@eu", "my.shop", "shop."} {
		m, err := openServer(server, key)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = m.Close() })
		servers[server] = m
	}
	stored := func(server string) bool {
		t.Helper()
		ok, err := servers[server].Stored(t.Context(), key)
		if err != nil {
			t.Fatalf("%s: %v", server, err)
		}
		return ok
	}
	for server, m := range servers {
		if err := m.Set(t.Context(), key, "of-"+server); err != nil {
			t.Fatalf("%s: %v", server, err)
		}
	}
	for server, m := range servers {
		if err := errors.Join(m.Forget(t.Context(), key), m.Inside().Clear(t.Context())); err != nil {
			t.Fatalf("%s: %v", server, err)
		}
		delete(servers, server)
		for other := range servers {
			if !stored(other) {
				t.Fatalf("%s removed what %s has", server, other)
			}
		}
	}
}
