package secrets_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// A locked keyring that has a value of the same name, such as an old one whose password nobody knows, takes nothing away: no
// use opens its prompt as long as the value is in an open one.
func TestOtherKeyringIsLocked(t *testing.T) {
	r := openReal(t, desktop.Options{Programs: []string{"secret-tool"}})
	_, err := r.LockAway("old", "com.mcp.petstore", "api_key", otherKey)
	r.must(err)

	r.must(r.Manager.Set(r.background(), petstore.KeyAPIKey(), goodKey))
	get := r.ask()
	r.presses(questionTitle, r.Keys(desktop.Allow)...)
	if key, err := get(); err != nil || key != goodKey {
		t.Errorf("get: %q, %v", key, err)
	}
	if is, err := r.Manager.Stored(r.background(), petstore.KeyAPIKey()); err != nil || !is {
		t.Errorf("stored: %t, %v", is, err)
	}
	r.must(r.tool(r.background(), "secrets_status", ""))
	if names, err := r.Manager.List(r.background()); err != nil || strings.Join(names, " ") != "api_key" {
		t.Errorf("list: %q, %v", names, err)
	}
	r.must(r.Manager.Forget(r.background(), petstore.KeyAPIKey()))
	r.must(r.Manager.Set(r.background(), petstore.KeyAPIKey(), otherKey))
	r.must(r.Manager.Clear(r.background()))
	r.must(r.WaitNoWindow())
}

// A value that only a locked keyring has is no reason to say nothing of the others, and to look is none to ask for its password.
func TestOneValueIsInALockedKeyring(t *testing.T) {
	r := openReal(t, desktop.Options{Programs: []string{"secret-tool"}})
	old, err := r.LockAway("old", "com.mcp.petstore", "api_key", otherKey)
	r.must(err)
	r.must(r.Manager.Set(r.background(), petstore.KeyUsername(), "ann"))

	status := func() string {
		t.Helper()
		said, err := r.said(r.background(), "secrets_status", "")
		r.must(err)
		text, err := json.Marshal(said)
		r.must(err)
		return string(text)
	}
	for _, want := range []string{
		`{"name":"api_key","label":"Petstore API key","required":true,"set":null,"problem":"api_key can't be used: the keychain is locked. `,
		`{"name":"username","label":"User name","required":true,"set":true}`,
		`{"name":"password","label":"Password","required":true,"set":false}`,
	} {
		if said := status(); !strings.Contains(said, want) {
			t.Errorf("got %s\nwant %s", said, want)
		}
	}
	if names, err := r.Manager.List(r.background()); err != nil || strings.Join(names, " ") != "username" {
		t.Errorf("list: %q, %v", names, err)
	}
	r.must(r.WaitNoWindow())
	get := r.ask() // which is refused nothing
	r.unlocksAndAllows(get, otherKey)
	if want := `"name":"api_key","label":"Petstore API key","required":true,"set":true}`; !strings.Contains(status(), want) {
		t.Errorf("got %s\nwant %s", status(), want)
	}

	r.must(r.LockKeyring(old))
	r.must(r.Manager.Clear(r.background())) // has the open ones only
	r.must(r.Manager.Set(r.background(), petstore.KeyAPIKey(), goodKey))
	r.must(r.WaitNoWindow())
}
