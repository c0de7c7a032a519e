package usercmd_test

import (
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	derived "github.com/mcpsecrets/mcpsecrets/testdata/golden/derived/want"
	lists "github.com/mcpsecrets/mcpsecrets/testdata/golden/lists/want"
)

// TestListsInATerminal: a list is typed with commas or comes from a file with lines, and a wrong item is named by its place.
func TestListsInATerminal(t *testing.T) {
	store := runtimetest.NewStore()
	vault, err := lists.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(runtimetest.NewUser(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	sitDown(t, vault.Manager, "set", "ports").
		waits("It is a list: write commas between its items. Each item must be a whole number").
		waits("ports [443, 8443]: ").types("80,x\n").
		waits("the value is a list whose 2nd item must be a whole number").types("80 , 81\n").
		leaves(0, "ports is set.\n")
	sitDown(t, vault.Manager, "set", "scopes").
		waits(`Any of: ["read","write","admin, all"]`).types("[\"admin, all\"]\n").
		leaves(0, "scopes is set.\n")
	run(t, vault.Manager, "OPS\r\nWEB\r\n", "set", "projects").want(t, 0, "projects is set.\n", "")
	run(t, vault.Manager, "OPS\nweb", "set", "projects").want(t, 1, "", "the value is a list whose 2nd item must match the pattern")
	run(t, vault.Manager, "tok_0123456789ab\ntok_ba9876543210\n", "set", "tokens").want(t, 0, "tokens is set.\n", "")
	for name, want := range map[string]string{
		"ports": "80, 81", "scopes": `["admin, all"]`, "projects": "OPS, WEB", "tokens": "tok_0123456789ab, tok_ba9876543210",
	} {
		if got, _ := store.Value("lists", name); got != want {
			t.Errorf("%s: %q is stored, want %q", name, got, want)
		}
	}
	status := run(t, vault.Manager, "", "status")
	status.want(t, 0, "set: OPS, WEB\n", "")
	status.want(t, 0, "set: [\"admin, all\"]\n", "")
}

// TestDerivedInATerminal: what is made of others has no place of its own.
func TestDerivedInATerminal(t *testing.T) {
	vault, err := derived.OpenSecrets(secrets.WithStore(runtimetest.NewStore()), secrets.WithPrompter(runtimetest.NewUser(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	for _, do := range []string{"set", "forget"} {
		run(t, vault.Manager, "postgres://x", do, "dsn").want(t, 2, "", "dsn is made of user, password, host, port, database, ssl_mode, and kept nowhere: name one of those")
	}
	run(t, vault.Manager, "", "status").want(t, 0, "made of token\n", "")
}
