package secrets_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// A locked keychain asks for the user's login password. The tests of this file are for a user who does not want to give it.

// uses are the ways in which the keychain is used.
func (r *real) uses() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"get":          func(ctx context.Context) error { _, err := r.APIKey(ctx, "Read one pet"); return err },
		"group":        func(ctx context.Context) error { _, err := r.Login(ctx, "Say who you are"); return err },
		"another":      func(ctx context.Context) error { _, err := r.Username(ctx, "Say who you are"); return err },
		"stored":       func(ctx context.Context) error { _, err := r.Manager.Stored(ctx, petstore.KeyAPIKey()); return err },
		"set":          func(ctx context.Context) error { return r.Manager.Set(ctx, petstore.KeyAPIKey(), otherKey) },
		"forget":       func(ctx context.Context) error { return r.Manager.Forget(ctx, petstore.KeyAPIKey()) },
		"set tool":     func(ctx context.Context) error { return r.tool(ctx, "secrets_set", "api_key") },
		"forget tool":  func(ctx context.Context) error { return r.tool(ctx, "secrets_forget", "api_key") },
		"forget other": func(ctx context.Context) error { return r.tool(ctx, "secrets_forget", "username") },
	}
}

// tool runs one of the adapters' own tools.
func (r *real) tool(ctx context.Context, name, secret string) error {
	_, err := r.said(ctx, name, secret)
	return err
}

// said is what one of these tools says.
func (r *real) said(ctx context.Context, name, secret string) (any, error) {
	for _, tool := range r.Manager.Inside().Tools() {
		if tool.Name == name {
			return tool.Run(ctx, secret)
		}
	}
	return nil, errors.New("no such tool")
}

// openLocked opens a vault whose keychain has the API key and is locked.
func openLocked(t *testing.T) *real {
	t.Helper()
	r := openReal(t, desktop.Options{})
	r.must(r.Manager.Set(t.Context(), petstore.KeyAPIKey(), goodKey))
	r.must(r.Lock())
	return r
}

// background is a context for the server's own work, bounded by what a person would never wait.
func (r *real) background() context.Context {
	ctx, cancel := context.WithTimeout(r.Manager.Background(r.t.Context()), patience)
	r.t.Cleanup(cancel)
	return ctx
}

// wantNotUnlocked fails unless err says that the user closed the keychain's prompt.
func (r *real) wantNotUnlocked(name string, err error) {
	r.t.Helper()
	var failure *secrets.Error
	if !errors.As(err, &failure) || failure.Failure != "not_unlocked" || !errors.Is(err, secrets.ErrStoreLocked) || !errors.Is(err, secrets.ErrDismissed) ||
		!strings.Contains(err.Error(), "the user closed the window that asks for its password") {
		r.t.Errorf("%s: %v", name, err)
	}
}

// Whatever needs the keychain, a prompt that was closed is closed for all of it, until a refusal is over or the user has unlocked
// the keychain otherwise.
func TestDismissedPromptIsRemembered(t *testing.T) {
	r := openLocked(t)
	get := r.ask()
	r.must(r.DismissPrompt())
	_, err := get()
	r.wantNotUnlocked("first", err)
	for range 2 {
		for name, use := range r.uses() {
			begun := time.Now()
			err := use(r.background())
			r.wantNotUnlocked(name, err)
			if took := time.Since(begun); took > patience/2 {
				t.Errorf("%s took %v", name, took)
			}
			r.must(r.WaitNoWindow())
		}
	}

	lookup := exec.Command("secret-tool", "lookup", "service", "com.mcp.petstore", "username", "api_key")
	r.must(lookup.Start())
	r.must(r.AnswerPrompt(r.Desktop.Password))
	r.must(lookup.Wait())
	get = r.ask() // nothing is refused that needs no prompt
	r.presses(questionTitle, r.Keys(desktop.Allow)...)
	if key, err := get(); err != nil || key != goodKey {
		t.Errorf("unlocked: got %q, %v", key, err)
	}
}

// Calls that come while the prompt is open share it, and what the user does with it.
func TestCallsShareOnePrompt(t *testing.T) {
	r := openLocked(t)
	const calls = 6
	failed := make(chan error, calls)
	for range calls {
		go func() { _, err := r.APIKey(r.background(), "Read one pet"); failed <- err }()
	}
	r.must(r.DismissPrompt())
	for range calls {
		r.wantNotUnlocked("one of several", <-failed)
	}
	r.must(r.WaitNoWindow())
}

// Who has no keyring yet is asked for the password of one before they have typed a value for nothing.
func TestNewKeyringComesFirst(t *testing.T) {
	r := openReal(t, desktop.Options{Keyring: desktop.KeyringFresh})
	get := r.ask()
	r.must(r.DismissPrompt())
	_, err := get()
	r.wantNotUnlocked("get", err)
	r.wantNotUnlocked("set tool", r.tool(r.background(), "secrets_set", "contact"))
	r.must(r.WaitNoWindow())
}

// To look which secrets are set is no reason to ask for a password.
func TestStatusToolNeverPrompts(t *testing.T) {
	r := openLocked(t)
	var failure *secrets.Error
	if err := r.tool(r.background(), "secrets_status", ""); !errors.As(err, &failure) || failure.Failure != "store_locked" {
		t.Errorf("got %v", err)
	}
	r.must(r.WaitNoWindow())
	get := r.ask() // nobody has refused anything
	r.unlocksAndAllows(get, goodKey)
	if err := r.tool(r.background(), "secrets_status", ""); err != nil {
		t.Error(err)
	}
}
