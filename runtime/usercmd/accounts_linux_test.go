package usercmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// in reads what is stored in an account.
func (b bench) in(t *testing.T, account, name string) string {
	t.Helper()
	value, _ := b.store.Get(t.Context(), store.Scope{Server: "petstore", Account: account}, name)
	return value
}

func TestAccountsAreSetShownAndRemoved(t *testing.T) {
	b := stored(t)
	run(t, b.Manager, "", "accounts").want(t, 0, "", `"petstore secrets set NAME --account work" makes one`)
	run(t, b.Manager, otherKey, "set", "api_key", "--account", "work").want(t, 0, "api_key is set in the account work.\n", "")
	run(t, b.Manager, "me@example.com", "set", "--account=eu", "contact").want(t, 0, "contact is set in the account eu.\n", "")
	if b.in(t, "work", "api_key") != otherKey || b.in(t, "", "api_key") != goodKey {
		t.Error("the value is in another account")
	}
	run(t, b.Manager, "", "accounts").want(t, 0, "eu\nwork\n", "")

	all := run(t, b.Manager, "", "status")
	all.want(t, 0, "Other accounts: eu, work (\"petstore secrets status --account NAME\" shows one)\n", "")
	if strings.Contains(all.out, "Account:") || strings.Contains(all.out, "me@example.com") {
		t.Errorf("the account without a name is shown as\n%s", all.out)
	}
	eu := run(t, b.Manager, "", "status", "--account", "eu")
	eu.want(t, 0, "\nAccount: eu\n", "")
	for _, want := range []string{"set: me@example.com", "not set, required", "Other accounts: work ("} {
		if !strings.Contains(eu.out, want) {
			t.Errorf("%q is not in\n%s", want, eu.out)
		}
	}

	run(t, b.Manager, "", "forget", "api_key", "--account", "eu").want(t, 0, "api_key was not set in the account eu.\n", "")
	run(t, b.Manager, "", "forget", "api_key", "--account", "work").want(t, 0, "api_key is forgotten in the account work.\n", "")
	if b.in(t, "work", "api_key") != "" || b.in(t, "", "api_key") != goodKey {
		t.Error("forget removed another account's value, or none")
	}
	run(t, b.Manager, otherKey, "set", "api_key", "--account", "work").want(t, 0, "api_key is set in the account work.\n", "")
	run(t, b.Manager, "", "clear", "--account", "work", "--yes").want(t, 0, "Removed from memory in the account work: api_key\n", "")
	run(t, b.Manager, "", "clear", "--account", "work", "--yes").want(t, 0, "Nothing is stored in memory in the account work.\n", "")
	run(t, b.Manager, "", "clear", "--yes").want(t, 0, "Removed from memory: api_key, contact in the account eu\n", "")
	if b.in(t, "eu", "contact") != "" || b.in(t, "", "api_key") != "" {
		t.Error("clear left something")
	}
}

func TestNamesThatAreNoAccounts(t *testing.T) {
	b := stored(t)
	for _, args := range [][]string{
		{"set", "api_key", "--account"}, {"set", "api_key", "--account", "Work"}, {"set", "api_key", "--account", "a b"},
		{"set", "api_key", "--account", "_x"}, {"set", "api_key", "--account=" + strings.Repeat("w", 33)}, {"status", "--account", "../x"},
	} {
		run(t, b.Manager, goodKey, args...).want(t, 2, "", "say the name of an account behind --account")
	}
	run(t, b.Manager, "", "accounts", "--account", "work").want(t, 2, "", "take --account")
	run(t, b.Manager, "", "doctor", "--account", "work").want(t, 2, "", "take --account")
	run(t, b.Manager, "", "set", "api_key=x", "--account", "work").want(t, 2, "", `run "petstore secrets set api_key --account work" and type it`)
}

// What docs/accounts.md has people paste works. Its code is that of the pet store.
func TestDocsOfAccounts(t *testing.T) {
	text, err := os.ReadFile("../../docs/accounts.md")
	if err != nil {
		t.Fatal(err)
	}
	c := newComputer(t)
	c.file(goodKey+"\n", "work.key")
	c.file(goodKey+"\n", "eu.key") // the pet store knows no other
	block, _ := shellLines(string(text))
	out := c.shell(block, "MCP_SECRETS_STORE=age:"+filepath.Join(c.home, "secrets.age"))
	shown := out
	for _, want := range []string{
		"api_key is set in the account work.\napi_key is set in the account eu.\neu\nwork\n", "\nAccount: work\n", "Other accounts: eu (",
		"api_key is forgotten in the account eu.\nwork\n",
	} {
		_, behind, found := strings.Cut(shown, want)
		if !found {
			t.Fatalf("%q is not in its place in\n%s", want, out)
		}
		shown = behind
	}
	var code string
	for _, name := range []string{"tools.go", "gosdk/tools.go"} {
		source, err := os.ReadFile("../../examples/petstore/" + name)
		if err != nil {
			t.Fatal(err)
		}
		code += strings.ReplaceAll(string(source), "\n\t", "\n")
	}
	for i, behind := range strings.Split(string(text), "\n```go\n")[1:] {
		shown, _, _ := strings.Cut(behind, "\n```\n")
		if !strings.Contains(code, shown) {
			t.Errorf("code %d is not that of the pet store:\n%s", i+1, shown)
		}
	}
}

// In the keychain, the entry of an account bears its name.
func TestRealAccount(t *testing.T) {
	r := openReal(t, desktop.Options{NoDisplay: true})
	sitDown(t, r.Manager, "set", "api_key", "--account", "work").waits("Account: work\r\n").waits("api_key: ").types(goodKey+"\r").leaves(0, "api_key is set in the account work.\n")
	if got := r.output("secret-tool", "lookup", "service", "com.mcp.petstore", "username", "api_key@work"); got != goodKey {
		t.Errorf("the keychain has %q", got)
	}
	if _, err := exec.Command("secret-tool", "lookup", "service", "com.mcp.petstore", "username", "api_key").Output(); err == nil {
		t.Error("the account without a name has a value")
	}
	run(t, r.Manager, "", "accounts").want(t, 0, "work\n", "")
	ctx, err := r.Manager.Account(t.Context(), "work")
	if err != nil {
		t.Fatal(err)
	}
	if names, err := r.Manager.List(ctx); err != nil || len(names) != 1 || names[0] != "api_key" {
		t.Error(names, err)
	}
	run(t, r.Manager, "", "doctor").want(t, 0, "answers, is not locked", "")
}
