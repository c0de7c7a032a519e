package secrets_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/testdata/agefile"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// openAge opens a vault of a file with a passphrase, which has the API key.
func openAge(t *testing.T, options desktop.Options) (r *real, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "secrets.age")
	agefile.Write(t, file, "correct horse", `{"format": 1, "servers": {"petstore": {"values": {"api_key": "`+goodKey+`"}}}}`)
	t.Setenv("MCP_SECRETS_STORE", "age:"+file)
	return openReal(t, options), file
}

const passphraseTitle = "petstore asks for a passphrase"

// A real dialog asks for the passphrase of a real file, and again after a wrong one. It is asked for once.
func TestRealPassphraseWindow(t *testing.T) {
	r, file := openAge(t, desktop.Options{})
	get := r.ask()
	r.types(passphraseTitle, "wrong")
	r.says("The program petstore asks for the passphrase of the file " + file + ", in which its secrets are.")
	r.types(passphraseTitle, "correct horse")
	r.says("That was not the passphrase.")
	r.presses(questionTitle, r.Keys(desktop.Allow)...)
	if key, err := get(); err != nil || key != goodKey {
		t.Fatalf("got %q, %v", key, err)
	}
	r.must(r.Manager.Set(r.background(), petstore.KeyAPIKey(), otherKey))
	get = r.ask()
	r.presses(questionTitle, r.Keys(desktop.Allow)...)
	if key, err := get(); err != nil || key != otherKey {
		t.Fatalf("got %q, %v", key, err)
	}
}

// says fails unless the last window said words, in whatever lines.
func (r *real) says(words string) {
	r.t.Helper()
	if !strings.Contains(strings.Join(strings.Fields(r.text), " "), words) {
		r.t.Errorf("the window says %q, and not %q", r.text, words)
	}
}

// Who closes the window has refused, as with the prompt of a keychain.
func TestRealPassphraseWindowIsClosed(t *testing.T) {
	r, _ := openAge(t, desktop.Options{})
	get := r.ask()
	r.presses(passphraseTitle, "Escape")
	for range 2 { // the second time without a window
		_, err := get()
		var failure *secrets.Error
		if !errors.As(err, &failure) || failure.Failure != "not_unlocked" || !errors.Is(err, secrets.ErrDismissed) {
			t.Errorf("%v", err)
		}
		get = func() (string, error) {
			_, err := r.APIKey(r.background(), "Read one pet")
			return "", err
		}
	}
	r.must(r.WaitNoWindow())
}

// Where there is no screen, the file is locked, and the error says so at once.
func TestPassphraseWithoutAScreen(t *testing.T) {
	r, file := openAge(t, desktop.Options{NoDisplay: true})
	_, err := r.APIKey(r.background(), "Read one pet")
	var failure *secrets.Error
	if !errors.As(err, &failure) || failure.Failure != "store_locked" || !strings.Contains(err.Error(), file) {
		t.Errorf("%v", err)
	}
	if err := r.Manager.Set(context.Background(), petstore.KeyAPIKey(), otherKey); !errors.Is(err, secrets.ErrStoreLocked) {
		t.Errorf("Set: %v", err)
	}
}
