package usercmd_test

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	alternatives "github.com/mcpsecrets/mcpsecrets/testdata/golden/alternatives/want"
)

func openAlternatives(t *testing.T) (*secrets.Manager, *runtimetest.Store) {
	t.Helper()
	store := runtimetest.NewStore()
	vault, err := alternatives.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(runtimetest.NewUser(t)), secrets.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return vault.Manager, store
}

func wantValues(t *testing.T, store *runtimetest.Store, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got, _ := store.Value("alternatives", name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

// Which one is asked first, then its members; nothing is stored before all is typed. A change of mind is the same command.
func TestCommandSetsAlternatives(t *testing.T) {
	m, store := openAlternatives(t)
	sitDown(t, m, "set", "auth").
		waits("How do you sign in?\r\nYour administrator knows which.\r\n").
		waits("One of: token (Service account token), basic (User name and password)\r\nauth: ").types("basic\n").
		waits("username: ").types("ann\n").
		waits("password: ").types("\x03").
		leaves(1, "")
	wantValues(t, store, map[string]string{"auth": "", "username": "", "password": ""})
	sitDown(t, m, "set", "auth").
		waits("auth: ").types("User name and password\n"). // as the dialog shows it
		waits("username: ").types("ann\n").
		waits("password: ").types("hunter2\r").
		leaves(0, "auth is set.\nusername is set.\npassword is set.\n")
	wantValues(t, store, map[string]string{"auth": "basic", "username": "ann", "password": "hunter2"})
	sitDown(t, m, "set", "auth").
		waits("auth [basic (User name and password)]: ").types("token\n").
		waits("service_account_token: ").types("token-0123456789\r").
		leaves(0, "auth is set.\nservice_account_token is set.\n")
	wantValues(t, store, map[string]string{"auth": "token", "username": "ann", "password": "hunter2", "service_account_token": "token-0123456789"})
}

func TestCommandStatusOfAlternatives(t *testing.T) {
	m, store := openAlternatives(t)
	store.Put("alternatives", "username", "ann")
	for name, want := range map[string]string{
		"auth": "How do you sign in? not set, required", "service_account_token": "Service account token not set, for auth: token (Service account token)",
		"username": "User name set: ann", "password": "Password not set, for auth: basic (User name and password)", "passphrase": "Passphrase not set, for signing: passphrase",
		"client_cert": "Client certificate not set, optional",
	} {
		wantStatus(t, m, name, want)
	}
	store.Put("alternatives", "auth", "basic")
	store.Put("alternatives", "client_key", "key-12345678")
	store.Put("alternatives", "auth_mode", "cloud")
	for name, want := range map[string]string{
		"auth": "How do you sign in? set: basic (User name and password)", "service_account_token": "Service account token not set, for auth: token (Service account token)",
		"password": "Password not set, required", "client_cert": "Client certificate not set, required", "email": "Mail address not set, required",
	} {
		wantStatus(t, m, name, want)
	}
}

// wantStatus fails unless the line of a secret says words, whatever is between the columns.
func wantStatus(t *testing.T, m *secrets.Manager, name, want string) {
	t.Helper()
	got := run(t, m, "", "status").out
	for line := range strings.Lines(got) {
		if words := strings.Fields(line); words[0] == name {
			if text := strings.Join(words[1:], " "); text != want {
				t.Errorf("%s: %q, want %q", name, text, want)
			}
			return
		}
	}
	t.Errorf("no line of %s in\n%s", name, got)
}

func TestCommandForgetsAlternatives(t *testing.T) {
	m, store := openAlternatives(t)
	for _, name := range []string{"username", "password", "service_account_token"} {
		store.Put("alternatives", name, "value-12345")
	}
	run(t, m, "", "forget", "auth").want(t, 0, "auth is forgotten.\n", "")
	wantValues(t, store, map[string]string{"auth": "", "username": "", "password": "", "service_account_token": ""})
}
