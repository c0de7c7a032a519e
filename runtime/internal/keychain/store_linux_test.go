package keychain_test

import (
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

func TestRealKeychainIsAStore(t *testing.T) {
	runtimetest.TestStore(t, func(t testing.TB) store.Store {
		desktop.ForTest(t, desktop.Options{NoDisplay: true})
		s := keychain.Store{System: keychain.New(keychain.Options{})}
		t.Cleanup(func() { _ = s.Close() })
		return s
	})
}
