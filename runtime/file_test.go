package secrets_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	files "github.com/mcpsecrets/mcpsecrets/testdata/golden/files/want"
)

type filesBench struct {
	*files.Secrets
	store *runtimetest.Store
	user  *runtimetest.User
	ctx   context.Context
	home  string
}

func openFiles(t *testing.T) filesBench {
	t.Helper()
	b := filesBench{store: runtimetest.NewStore(), user: runtimetest.NewUser(t), home: t.TempDir()}
	t.Setenv("HOME", b.home)
	t.Setenv("USERPROFILE", b.home)
	vault, err := files.OpenSecrets(secrets.WithStore(b.store), secrets.WithPrompter(b.user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	b.Secrets, b.ctx = vault, vault.Manager.Background(t.Context())
	return b
}

// write writes a file below the user's home, and returns its path.
func (b filesBench) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(b.home, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// What is stored is the path, and what is handed out is the content at each use. The grant is for the file.
func TestFileIsReadAtEachUse(t *testing.T) {
	b := openFiles(t)
	path := b.write(t, "key.pem", "s3cr3t-before-the-change\n")
	b.user.Types("Private key", path).Answers(secrets.AllowSession)
	for _, text := range []string{"s3cr3t-before-the-change\n", "s3cr3t-behind-the-change\n"} {
		b.write(t, "key.pem", text)
		got, err := b.KeyFile(b.ctx, "")
		if err != nil || got.Reveal() != text {
			t.Fatalf("%v: got %q, want %q", err, got.Reveal(), text)
		}
		if masked := string(b.Manager.MaskJSON([]byte(`"it is ` + strings.TrimSpace(text) + `"`))); strings.Contains(masked, "s3cr3t") {
			t.Errorf("a result has %s", masked)
		}
	}
	if stored, _ := b.store.Value("files", "key_file"); stored != path {
		t.Errorf("stored is %q", stored)
	}
	shown := b.user.Shown()
	if e := shown[0].Entry; e.Kind != "path" || !strings.Contains(strings.ReplaceAll(e.Text, "\n", " "), "stays where it is and is read at each use") {
		t.Errorf("asked for as %s: %s", e.Kind, e.Text)
	}
	if setting, err := b.Manager.Inside().Setting(t.Context(), "key_file"); err != nil || setting != path {
		t.Errorf("the setting is %q, %v", setting, err)
	}
}

// A default path serves while the file is there; one that is gone is asked for, with the path to correct.
func TestDefaultPath(t *testing.T) {
	b := openFiles(t)
	b.write(t, ".kube/config", "clusters: []\n")
	b.user.Answers(secrets.AllowOnce)
	if got, err := b.Kubeconfig(b.ctx, ""); err != nil || got.Reveal() != "clusters: []\n" {
		t.Fatal(got, err)
	}
	if err := os.Remove(filepath.Join(b.home, ".kube/config")); err != nil {
		t.Fatal(err)
	}
	other := b.write(t, "other", "clusters: [a]\n")
	b.user.Types("is there and that can be read", "~/nowhere").Types("is there and that can be read", other).Answers(secrets.AllowOnce)
	if got, err := b.Kubeconfig(b.ctx, ""); err != nil || got.Reveal() != "clusters: [a]\n" {
		t.Fatal(got, err)
	}
	e := b.user.Shown()[1].Entry
	if e.Kind != "line" || e.Prefill != "~/.kube/config" {
		t.Errorf("asked for as %s, offered %q", e.Kind, e.Prefill)
	}
	says := strings.ReplaceAll(e.Text, "\n", " ")
	if !strings.Contains(says, "The content of the file must be YAML") || strings.Contains(says, "must be a full path") ||
		!strings.Contains(says, "The default can't be used: it must be the path of a file that is there") || strings.Contains(says, "is stored") {
		t.Errorf("the dialog says %s", says)
	}
}

// The content is checked by format and rules, when it is entered and when it is read, and no problem tells what it is.
func TestContentOfAFileIsChecked(t *testing.T) {
	b := openFiles(t)
	wrong := b.write(t, "wrong.json", `{"other": "s3cr3t"}`)
	right := b.write(t, "right.json", `{"private_key": "s3cr3t-of-the-account"}`)
	b.user.Types("Service account", wrong).Types("keys private_key", right).Answers(secrets.AllowOnce)
	got, err := b.Account(b.ctx, "")
	if err != nil || string(got.Reveal()) != `{"private_key": "s3cr3t-of-the-account"}` {
		t.Fatal(got, err)
	}
	b.write(t, "right.json", `{}`)
	b.user.Types("can't be used any more", wrong).Types("keys private_key", b.write(t, "third.json", `{"private_key": 1}`)).Answers(secrets.AllowOnce)
	if _, err := b.Account(b.ctx, ""); err != nil {
		t.Fatal(err)
	}
	for _, shown := range b.user.Shown() {
		if shown.Entry != nil && strings.Contains(shown.Entry.Text, "s3cr3t") {
			t.Errorf("a dialog says %s", shown.Entry.Text)
		}
	}
	if err := b.Manager.Set(t.Context(), files.KeyAccount(), wrong); !errors.Is(err, secrets.ErrInvalid) {
		t.Errorf("it is set: %v", err)
	}
	if v, err := files.ValidateAccount(`{"private_key": 1}`); err != nil || string(v.Reveal()) != `{"private_key": 1}` {
		t.Errorf("a validator takes a content: %v", err)
	}
}

// A rejected content is asked for anew, until the file has another one.
func TestRejectedFile(t *testing.T) {
	b := openFiles(t)
	path := b.write(t, "key", "first")
	b.store.Put("files", "key_file", path)
	b.user.Answers(secrets.AllowSession)
	if _, err := b.KeyFile(b.ctx, ""); err != nil {
		t.Fatal(err)
	}
	if err := b.Manager.Reject(b.ctx, files.KeyKeyFile(), ""); !errors.Is(err, secrets.ErrRejected) {
		t.Fatal(err)
	}
	b.write(t, "key", "second")
	if got, err := b.KeyFile(b.ctx, ""); err != nil || got.Reveal() != "second" {
		t.Fatal(got, err)
	}
	b.write(t, "key", "first")
	b.user.Types("Private key", b.write(t, "other", "third"))
	b.user.Answers(secrets.AllowOnce)
	if got, err := b.KeyFile(b.ctx, ""); err != nil || got.Reveal() != "third" {
		t.Fatal(got, err)
	}
}

// A public file is a string, or what its format says; nobody is asked.
func TestPublicFile(t *testing.T) {
	b := openFiles(t)
	b.write(t, ".ssh/known_hosts", "a.example ssh-ed25519 AAAA\n")
	if got, err := b.KnownHosts(b.ctx); err != nil || got != "a.example ssh-ed25519 AAAA\n" {
		t.Fatal(got, err)
	}
	if got, err := b.Authority(b.ctx); err != nil || got.IsSet() {
		t.Fatal(got, err)
	}
	for name, key := range map[string]secrets.AnyKey{
		"a default": secrets.File("a", secrets.Field{Default: "~/x"}), "a public file": secrets.Shown(secrets.File("a", secrets.Field{Permission: secrets.NoAsking})),
	} {
		if err := openOne(key); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, key := range map[string]secrets.AnyKey{
		"a relative default": secrets.File("a", secrets.Field{Default: "x"}), "no permission": secrets.File("a", secrets.Field{Permission: field.None}),
	} {
		if err := openOne(key); err == nil {
			t.Errorf("%s opens", name)
		}
	}
}
