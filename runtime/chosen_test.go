package secrets

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// nobody fails the test if a person is asked for a value: there is nobody who could store it.
func nobody(t *testing.T) answers {
	return answers{enter: func(context.Context, Entry) (string, error) {
		t.Error("a dialog opens")
		return "", ErrDismissed
	}, ask: always(AllowOnce)}
}

// openChosen opens the manager of keys as MCP_SECRETS_STORE says.
func openChosen(t *testing.T, choice string, keys []AnyKey, opts ...Option) (*Manager, *bytes.Buffer, error) {
	t.Helper()
	t.Setenv("MCP_SECRETS_STORE", choice)
	var log bytes.Buffer
	m, err := Open(schemaOf(t, keys), append([]Option{WithPrompter(nobody(t)), WithFast(1), WithLogger(slog.New(slog.NewTextHandler(&log, nil)))}, opts...)...)
	if err == nil {
		t.Cleanup(func() { m.Close() })
	}
	return m, &log, err
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func schemaOf(t *testing.T, keys []AnyKey) Schema {
	t.Helper()
	var list []map[string]string
	for _, key := range keys {
		list = append(list, map[string]string{"name": key.Describe().Name, "label": key.Describe().Label})
	}
	manifest, err := json.Marshal(map[string]any{"server": "x", "secrets": list, "sentences": wording.English()})
	if err != nil {
		t.Fatal(err)
	}
	return Schema{Server: "x", Manifest: string(manifest), Keys: keys}
}

func wantFailure(t *testing.T, what string, err error, want error, name, text string) {
	t.Helper()
	var failure *Error
	if !errors.Is(err, want) || !errors.As(err, &failure) || failure.Failure != name || failure.Error() != text {
		t.Errorf("%s: %v\nwant %s", what, err, text)
	}
}

// What is missing where values are only read fails at once, and says where to put it. Nobody is asked for what can't be stored.
func TestMissingWhereValuesAreOnlyRead(t *testing.T) {
	key := Password("api_key", Field{Required: true, Label: "API key", MinLength: 5, Env: []string{"MCPSECRETS_TEST_API_KEY"}})
	other := Text("base_url", Field{Required: true, Label: "URL"})
	dir := t.TempDir()
	m, _, err := openChosen(t, "files:"+dir+",env", []AnyKey{key, other})
	if err != nil {
		t.Fatal(err)
	}
	ctx := m.Background(t.Context())
	const missing = "api_key is not set, and the folder DIR, then the environment is only read here. Ask the user to write it to DIR/api_key, or set the environment variable MCPSECRETS_TEST_API_KEY where the server is started."
	at := func(text string) string { return strings.ReplaceAll(text, "DIR", dir) }
	_, err = Get(ctx, m, key, "Read")
	wantFailure(t, "get", err, ErrReadOnly, "read_only", at(missing))
	wantFailure(t, "set tool", useTool(ctx, m, "secrets_set", "api_key"), ErrReadOnly, "read_only", at(missing))
	wantFailure(t, "set", m.Set(ctx, key, "long enough"), ErrReadOnly, "read_only", at(missing))
	if _, err := GetOptional(ctx, m, Text("base_url", Field{}), "Read"); !errors.Is(err, ErrUnknownKey) {
		t.Error(err)
	}
	if err := m.Forget(ctx, key); err != nil {
		t.Errorf("nothing to forget: %v", err)
	}

	const there = "api_key is in the folder DIR, which is only read here. To change it, ask the user to write it to DIR/api_key."
	writeFile(t, filepath.Join(dir, "api_key"), "k\n") // too short
	_, err = Get(ctx, m, key, "Read")
	wantFailure(t, "a stale one", err, ErrReadOnly, "read_only",
		at("The value that is stored can't be used any more: it must have at least 5 characters. "+there))
	writeFile(t, filepath.Join(dir, "api_key"), "k-0123456789\n") // as echo writes it
	if value, err := Get(ctx, m, key, "Read"); err != nil || value.Reveal() != "k-0123456789" {
		t.Errorf("rotated: %q, %v", value.Reveal(), err)
	}
	wantFailure(t, "set", m.Set(ctx, key, "long enough"), ErrReadOnly, "read_only", at(there))
	wantFailure(t, "set tool", useTool(ctx, m, "secrets_set", "api_key"), ErrReadOnly, "read_only", at(there))
	wantFailure(t, "forget", m.Forget(ctx, key), ErrReadOnly, "read_only", at(there))
	wantFailure(t, "forget tool", useTool(ctx, m, "secrets_forget", "api_key"), ErrReadOnly, "read_only", at(there))

	_ = m.Reject(ctx, key, "the server answered 401")
	_, err = Get(ctx, m, key, "Read")
	if !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), "The value that is stored was rejected: ") {
		t.Errorf("rejected: %v", err)
	}
	writeFile(t, filepath.Join(dir, "api_key"), "k-replaced")
	if value, err := Get(ctx, m, key, "Read"); err != nil || value.Reveal() != "k-replaced" {
		t.Errorf("rotated after a rejection: %q, %v", value.Reveal(), err)
	}
}

// A store that others can read, or that is not there, has a failure of its own. The log names the path, and nobody else is told.
func TestFolderThatCanNotBeUsed(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("who can read a file is not looked at")
	}
	key := Password("api_key", Field{Required: true, Label: "API key"})
	dir := filepath.Join(t.TempDir(), "secrets")
	m, log, err := openChosen(t, "files:"+dir, []AnyKey{key})
	if err != nil {
		t.Fatal(err)
	}
	ctx := m.Background(t.Context())
	_, err = Get(ctx, m, key, "Read")
	wantFailure(t, "no folder", err, ErrNoStore, "no_store", "api_key can't be used: the folder "+dir+" is not there. Ask the user to make it, or to start x with another store.")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "api_key")
	writeFile(t, path, "canary-0123456789")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Get(ctx, m, key, "Read")
	wantFailure(t, "a file for all", err, ErrUnsafe, "unsafe",
		"api_key can't be used: others can read or change what is in the folder "+dir+". The server's log says what, and the way out.")
	if text := log.String(); !strings.Contains(text, "chmod 600 "+path) || strings.Contains(text, "canary") {
		t.Errorf("the log says %s", text)
	}
}

// The choice is the user's among what the author allows, and never passed over.
func TestChoiceOfTheStore(t *testing.T) {
	key := Password("api_key", Field{Required: true, Label: "API key", Env: []string{"MCPSECRETS_TEST_API_KEY"}})
	for _, row := range []struct {
		choice string
		opts   []Option
		want   string // the place, or the error
	}{
		{"", nil, "the keychain"},
		{"env", nil, "the environment"},
		{"files:/run/secrets,keychain", nil, "the folder /run/secrets, then the keychain"},
		{"files:/run/secrets", []Option{WithStores(Files, Env)}, "the folder /run/secrets"},
		{"keychain", []Option{WithStores(Files, Env)}, `secrets: MCP_SECRETS_STORE: this server does not use the store "keychain", but files:DIR or env`},
		{"", []Option{WithStores(Files, Env)}, "secrets: MCP_SECRETS_STORE has to say where this server's secrets are: in files:DIR or env"},
		{"", []Option{WithStores()}, "secrets: no kind of store is allowed"},
		{"vault", nil, `secrets: MCP_SECRETS_STORE: there is no store "vault", but keychain, files:DIR, env or age:FILE; a path has no comma`},
		{"", []Option{WithStore(&memory{})}, "memory"},
		{"env", []Option{WithStore(&memory{})}, "secrets: MCP_SECRETS_STORE is set, and this server keeps its secrets in memory, whatever it says: unset it"},
		{"", []Option{WithStore(&memory{}), WithStores(Env)}, "secrets: WithStore and WithStores exclude each other"},
	} {
		m, _, err := openChosen(t, row.choice, []AnyKey{key}, row.opts...)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = m.values.store.Place()
		}
		if got != row.want {
			t.Errorf("%q: %s, want %s", row.choice, got, row.want)
		}
	}
}

// The keychain's failures say what else there is, but for what the author leaves out.
func TestKeychainsFailuresNameOtherStores(t *testing.T) {
	key := Password("api_key", Field{Required: true, Label: "API key"})
	for _, row := range []struct {
		opts []Option
		want string
	}{
		{nil, "MCP_SECRETS_STORE, which says where its secrets are: files:DIR, env or age:FILE."},
		{[]Option{WithStores(Keychain, Files)}, "MCP_SECRETS_STORE, which says where its secrets are: files:DIR."},
		{[]Option{WithStores(Keychain)}, ""},
	} {
		m, _, err := openChosen(t, "", []AnyKey{key}, row.opts...)
		if err != nil {
			t.Fatal(err)
		}
		for _, cause := range []error{store.ErrNoStore, store.ErrLocked} {
			text := m.fail(t.Context(), cause, key.def).Error()
			if row.want == "" && strings.Contains(text, "MCP_SECRETS_STORE") || !strings.Contains(text, row.want) {
				t.Errorf("%v: %s, want %s", cause, text, row.want)
			}
		}
	}
}

// Those of another store don't: who has chosen one is not told to choose.
func TestFailuresOfAChosenStoreNameNoOther(t *testing.T) {
	key := Password("api_key", Field{Required: true, Label: "API key"})
	m, _, err := openChosen(t, "age:"+filepath.Join(t.TempDir(), "secrets.age"), []AnyKey{key})
	if err != nil {
		t.Fatal(err)
	}
	for _, cause := range []error{store.ErrNoStore, store.ErrLocked} {
		if text := m.fail(t.Context(), cause, key.def).Error(); strings.Contains(text, "MCP_SECRETS_STORE") {
			t.Errorf("%v: %s", cause, text)
		}
	}
}

// The command doctor names the other stores where no keychain answers and no window can open.
func TestDoctorNamesOtherStores(t *testing.T) {
	if goruntime.GOOS == "windows" || goruntime.GOOS == "darwin" {
		t.Skip("they have a keychain wherever they have a user")
	}
	key := Password("api_key", Field{Required: true, Label: "API key"})
	for want, opts := range map[string][]Option{
		"start the server with MCP_SECRETS_STORE, which says where its secrets are: files:DIR, env or age:FILE; or start": nil,
		"start the server with MCP_SECRETS_STORE, which says where its secrets are: files:DIR; or start":                  {WithStores(Keychain, Files)},
		"start gnome-keyring": {WithStores(Keychain)},
	} {
		m, _, err := openChosen(t, "", []AnyKey{key}, opts...)
		if err != nil {
			t.Fatal(err)
		}
		if got := (insider{m}).startWayOut(false); !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
