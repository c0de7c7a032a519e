package secrets_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// A locked keyring that has a value of the same name, such as an old one whose password nobody knows, takes nothing away: no
// use opens its prompt as long as the value is in an open one.
func TestOtherKeyringIsLocked(t *testing.T) {
	r := openReal(t, desktop.Options{Programs: []string{"secret-tool"}})
	old, err := r.NewKeyring("old")
	r.must(err)
	r.must(r.SetDefaultKeyring(old))
	store := exec.Command("secret-tool", "store", "--label=x", "service", "com.mcp.petstore", "username", "api_key")
	store.Stdin = strings.NewReader(otherKey)
	r.must(store.Run())
	r.must(r.SetDefaultKeyring("/org/freedesktop/secrets/collection/login"))
	r.must(r.LockKeyring(old))

	r.must(r.Manager.Set(r.background(), petstore.KeyAPIKey, goodKey))
	get := r.ask()
	r.presses(questionTitle, r.Keys(desktop.Allow)...)
	if key, err := get(); err != nil || key != goodKey {
		t.Errorf("get: %q, %v", key, err)
	}
	if is, err := r.Manager.Stored(r.background(), petstore.KeyAPIKey); err != nil || !is {
		t.Errorf("stored: %t, %v", is, err)
	}
	r.must(r.tool(r.background(), "secrets_status", ""))
	if names, err := r.Manager.List(r.background()); err != nil || strings.Join(names, " ") != "api_key" {
		t.Errorf("list: %q, %v", names, err)
	}
	r.must(r.Manager.Forget(r.background(), petstore.KeyAPIKey))
	r.must(r.Manager.Set(r.background(), petstore.KeyAPIKey, otherKey))
	r.must(r.Manager.Clear(r.background()))
	r.must(r.WaitNoWindow())
}
