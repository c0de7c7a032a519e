package secrets_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// failures counts the lines of a log that say why the store failed.
func failuresIn(log string) int { return strings.Count(log, `msg="the store failed"`) }

// A program without the terminal command would serve MCP on the terminal: no error sends a user there.
func TestTerminalCommandIsNamedOnlyWhereThereIsOne(t *testing.T) {
	for _, failure := range []error{secrets.ErrNoDisplay, secrets.ErrNoDialog} {
		said := func(hasTerminal bool) string {
			b := open(t)
			if hasTerminal {
				b.Manager.Inside().HasTerminal()
			}
			b.user.Fails(true, failure)
			return b.wantError(t, failure).Error()
		}
		without, with := said(false), said(true)
		if strings.Contains(without, " secrets ") || !strings.HasPrefix(with, without+" ") || !strings.Contains(with, " secrets set api_key\"") {
			t.Errorf("without: %s\nwith: %s", without, with)
		}
	}
}

// The server's log says why the store of its author failed, and nothing else does: the text may hold a value.
func TestCauseOfAStoresFailureIsInTheLogAlone(t *testing.T) {
	for name, row := range map[string]struct {
		cause   error
		want    error
		failure string
	}{
		"of its own": {errors.New("the vault said 403: " + goodKey), secrets.ErrStore, "store_failed"},
		"wrapped":    {fmt.Errorf("the vault said 403 to %s: %w", goodKey, secrets.ErrStoreLocked), secrets.ErrStoreLocked, "store_locked"},
		"joined":     {errors.Join(errors.New("the vault said 403: "+goodKey), secrets.ErrNoStore), secrets.ErrNoStore, "no_store"},
	} {
		for way, use := range map[string]func(bench) error{
			"get":    func(b bench) error { _, err := b.key(t, t.Context()); return err },
			"group":  func(b bench) error { _, err := b.Login(b.background(t.Context()), "Read"); return err },
			"stored": func(b bench) error { _, err := b.Manager.Stored(t.Context(), petstore.KeyAPIKey()); return err },
			"set":    func(b bench) error { return b.Manager.Set(t.Context(), petstore.KeyAPIKey(), otherKey) },
			"forget": func(b bench) error { return b.Manager.Forget(t.Context(), petstore.KeyAPIKey()) },
		} {
			option, log := logging()
			b := stored(t, option)
			b.user.Answers(secrets.AllowOnce)
			b.wantKey(t, goodKey) // the guard knows it from here on
			log.Reset()
			b.store.Fail(row.cause)
			err := use(b)
			var failure *secrets.Error
			if !errors.Is(err, row.want) || !errors.As(err, &failure) || failure.Failure != row.failure {
				t.Errorf("%s, %s: %v", name, way, err)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				if strings.Contains(e.Error(), "403") || strings.Contains(e.Error(), goodKey) {
					t.Errorf("%s, %s: the error has the cause: %v", name, way, e)
				}
			}
			if said := log.String(); failuresIn(said) != 1 || !strings.Contains(said, "the vault said 403") || !strings.Contains(said, "[redacted]") || strings.Contains(said, goodKey) {
				t.Errorf("%s, %s: the log says\n%s", name, way, said)
			}
		}
	}
}

// A cause that says no more than its name is in the audit already.
func TestCauseThatSaysNoMoreIsNotLogged(t *testing.T) {
	for _, cause := range []error{secrets.ErrNoStore, secrets.ErrStoreLocked, secrets.ErrStoreTimeout, secrets.ErrStore} {
		option, log := logging()
		b := stored(t, option)
		b.store.Fail(cause)
		b.wantError(t, cause)
		if said := log.String(); failuresIn(said) != 0 || strings.Count(said, "outcome=refused") != 1 {
			t.Errorf("%v: the log says\n%s", cause, said)
		}
	}
}

// A value that is just being stored was handed out to nobody, and the store's error may repeat it.
func TestValueThatIsJustStoredIsNotInTheLog(t *testing.T) {
	for name, store := range map[string]func(b bench, vault *petstore.Secrets) error{
		"by the program": func(_ bench, vault *petstore.Secrets) error {
			return vault.Manager.Set(t.Context(), petstore.KeyAPIKey(), goodKey)
		},
		"by the user": func(b bench, vault *petstore.Secrets) error {
			b.user.Types("API key", goodKey)
			_, err := vault.APIKey(vault.Manager.Background(t.Context()), "Read")
			return err
		},
	} {
		option, log := logging()
		b := open(t)
		vault, err := petstore.OpenSecrets(secrets.WithStore(&failingStore{Store: b.store, failOn: "api_key"}), secrets.WithPrompter(b.user), option)
		if err != nil {
			t.Fatal(err)
		}
		if err := store(b, vault); !errors.Is(err, secrets.ErrStore) || strings.Contains(err.Error(), goodKey) {
			t.Errorf("%s: %v", name, err)
		}
		if err := vault.Manager.Close(); err != nil {
			t.Error(err)
		}
		if said := log.String(); failuresIn(said) != 1 || !strings.Contains(said, "can't set api_key to [redacted]") || strings.Contains(said, "0123456789") {
			t.Errorf("%s: the log says\n%s", name, said)
		}
	}
}

// Nobody refused anything where a store of the author's own fails: once it works again, the user is asked again.
func TestStoresFailureIsNobodysRefusal(t *testing.T) {
	b := open(t)
	failing := &failingStore{Store: b.store, failOn: "api_key"}
	vault, err := petstore.OpenSecrets(secrets.WithStore(failing), secrets.WithPrompter(b.user))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = vault.Manager.Close() }()
	ctx := vault.Manager.Background(t.Context())
	b.user.Types("API key", goodKey)
	if _, err := vault.APIKey(ctx, "Read"); !errors.Is(err, secrets.ErrStore) {
		t.Fatal(err)
	}
	failing.failOn = ""
	b.user.Types("API key", goodKey).Answers(secrets.AllowOnce)
	if key, err := vault.APIKey(ctx, "Read"); err != nil || key.Reveal() != goodKey {
		t.Errorf("got %q, %v", key.Reveal(), err)
	}
}

// A call that ended is no failure of the store.
func TestEndOfTheCallIsNotLoggedAsAFailure(t *testing.T) {
	option, log := logging()
	b := stored(t, option)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b.store.Fail(fmt.Errorf("asking the vault: %w", context.Canceled))
	if err := b.Manager.Forget(ctx, petstore.KeyAPIKey()); !errors.Is(err, context.Canceled) || err.Error() != "secrets: context canceled" {
		t.Error(err)
	}
	if said := log.String(); failuresIn(said) != 0 {
		t.Errorf("the log says\n%s", said)
	}
}

// What a getter returns is one Error, which is about the secrets that failed and not about all that were wanted.
func TestErrorNamesWhatItIsAbout(t *testing.T) {
	group := func(b bench, bindings ...secrets.Binding) error {
		return secrets.GetGroup(b.background(t.Context()), b.Manager, "Read", bindings...)
	}
	var key secrets.Secret
	var text string
	for name, row := range map[string]struct {
		fail    func(bench) error
		secrets []string
		failure string
	}{
		"of a group, what is denied": {func(b bench) error {
			b.store.Put("petstore", "contact", "ann@example.com")
			b.user.Answers(secrets.AllowSession)
			b.wantKey(t, goodKey) // is granted
			b.user.Answers(secrets.Deny)
			return group(b, petstore.KeyAPIKey().Into(&key), petstore.KeyContact().Into(&text))
		}, []string{"contact"}, "denied"},
		"of a group, what was refused lately": {func(b bench) error {
			b.store.Put("petstore", "contact", "ann@example.com")
			b.user.Answers(secrets.Deny)
			_ = group(b, petstore.KeyContact().Into(&text))
			return group(b, petstore.KeyAPIKey().Into(&key), petstore.KeyContact().Into(&text))
		}, []string{"api_key", "contact"}, "denied"},
		"of a group, what is not set": {func(b bench) error {
			return group(b, petstore.KeyAPIKey().Into(&key), petstore.KeyContact().Into(&text))
		}, []string{"contact"}, "not_set"},
		"of a group, what nobody typed": {func(b bench) error {
			b.user.Dismisses("User name")
			return group(b, petstore.KeyAPIKey().Into(&key), petstore.KeyUsername().Into(&text))
		}, []string{"username"}, "dismissed"},
		"where it goes": {func(b bench) error {
			b.user.Answers(secrets.AllowOnce)
			b.wantKey(t, goodKey)
			b.store.Put("petstore", "base_url", "no url")
			b.user.Fails(true, secrets.ErrNoDialog)
			_, err := b.key(t, t.Context())
			return err
		}, []string{"base_url"}, "no_dialog"},
		"nobody to ask": {func(b bench) error {
			b.user.Fails(false, secrets.ErrNoDisplay)
			_, err := b.key(t, t.Context())
			return err
		}, []string{"api_key"}, "nobody_to_ask"},
		"invalid": {func(b bench) error {
			return b.Manager.Set(t.Context(), petstore.KeyAPIKey(), "short")
		}, []string{"api_key"}, "invalid"},
		"rejected": {func(b bench) error {
			return b.Manager.Reject(t.Context(), petstore.KeyAPIKey(), "It answered 401.")
		}, []string{"api_key"}, "rejected"},
		"of another schema": {func(b bench) error {
			return group(b, petstore.KeyAPIKey().Into(&key), secrets.Password("api_key", secrets.Field{}).Into(&key))
		}, nil, "unknown_key"},
		"closed": {func(b bench) error {
			_ = b.Manager.Close()
			return group(b, petstore.KeyUsername().Into(&text), petstore.KeyAPIKey().Into(&key))
		}, []string{"username", "api_key"}, "closed"},
	} {
		b := stored(t)
		err := row.fail(b)
		var failure *secrets.Error
		if !errors.As(err, &failure) {
			t.Errorf("%s: %v is no Error", name, err)
			continue
		}
		if !slices.Equal(failure.Secrets, row.secrets) || failure.Failure != row.failure {
			t.Errorf("%s: about %q, %s", name, failure.Secrets, failure.Failure)
		}
		var second *secrets.Error
		if errors.As(failure.Unwrap(), &second) {
			t.Errorf("%s: made twice: %v in %v", name, second, failure)
		}
		for _, secret := range failure.Secrets {
			if !strings.Contains(err.Error(), secret) && row.failure != "closed" {
				t.Errorf("%s: the text does not name %s: %v", name, secret, err)
			}
		}
	}
}

func TestErrorNamesWhatCouldNotBeRead(t *testing.T) {
	for _, secret := range []string{"username", "base_url"} { // the second says where the key goes
		b := filled(t)
		vault, err := petstore.OpenSecrets(secrets.WithStore(secrets.FailsForOne{Store: b.store, Account: secret, Err: secrets.ErrStoreLocked}), secrets.WithPrompter(b.user))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = vault.Manager.Close() }()
		var key secrets.Secret
		var name string
		err = secrets.GetGroup(vault.Manager.Background(t.Context()), vault.Manager, "Read", petstore.KeyAPIKey().Into(&key), petstore.KeyUsername().Into(&name))
		var failure *secrets.Error
		if !errors.Is(err, secrets.ErrStoreLocked) || !errors.As(err, &failure) || !slices.Equal(failure.Secrets, []string{secret}) {
			t.Errorf("%s: %v, about %+v", secret, err, failure)
		}
	}
}

// The call that joins a collection is told what that was about.
func TestErrorOfAJoinedCollectionNamesItsSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		b.user.Types("User name", "ann").During(func() { time.Sleep(time.Minute) }).Dismisses("Password")
		go func() { _, _ = b.Login(b.background(t.Context()), "Say who you are") }()
		synctest.Wait()
		time.Sleep(30 * time.Second)
		var text string
		err := secrets.GetGroup(b.background(t.Context()), b.Manager, "Read", petstore.KeyUsername().Into(&text))
		var failure *secrets.Error
		if !errors.Is(err, secrets.ErrDismissed) || !errors.As(err, &failure) || !slices.Equal(failure.Secrets, []string{"username", "password"}) {
			t.Errorf("%v, about %+v", err, failure)
		}
	})
}

// A store has deadlines of its own. They are neither the end of the call nor a window that stayed open for too long.
func TestStoresOwnTimeoutIsNobodysRefusal(t *testing.T) {
	for _, ended := range []error{context.DeadlineExceeded, context.Canceled} {
		cause := fmt.Errorf("vault: Client.Timeout exceeded: %w", ended)
		b := stored(t)
		b.store.Fail(cause)
		var failure *secrets.Error
		if _, err := b.key(t, t.Context()); !errors.Is(err, secrets.ErrStore) || !errors.As(err, &failure) || failure.Failure != "store_failed" {
			t.Errorf("read: %v", err)
		}
		b = open(t)
		b.user.Types("API key", goodKey).During(func() { b.store.Fail(cause) })
		if _, err := b.key(t, t.Context()); !errors.Is(err, secrets.ErrStore) {
			t.Errorf("write: %v", err)
		}
		b.store.Fail(nil)
		b.user.Types("API key", goodKey).Answers(secrets.AllowOnce)
		if _, err := b.key(t, t.Context()); err != nil {
			t.Errorf("after that: %v", err)
		}
	}
}

// A brokenPrompter fails with an error of its own, after its lock or instead of it.
type brokenPrompter struct {
	secrets.Prompter
	lock error
}

var errHardware = errors.New("the panel is unplugged")

func (p brokenPrompter) Lock(context.Context) (func(), error) { return func() {}, p.lock }
func (brokenPrompter) Enter(context.Context, secrets.Entry) (string, error) {
	return "", errHardware
}
func (brokenPrompter) Ask(context.Context, secrets.Question) (secrets.Answer, error) {
	return secrets.AllowOnce, errHardware
}

// What an author's own prompter says is no failure of the keychain, and nobody's refusal.
func TestPrompterOfSomebodyElseFails(t *testing.T) {
	for name, lock := range map[string]error{"lock": errHardware, "window": nil} {
		var log bytes.Buffer
		b := stored(t, secrets.WithPrompter(brokenPrompter{lock: lock}), secrets.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		for range 2 { // the second would be told of a refusal
			log.Reset()
			_, err := b.key(t, t.Context())
			var failure *secrets.Error
			if !errors.As(err, &failure) || failure.Failure != "dialog_failed" || strings.Contains(err.Error(), "panel") {
				t.Errorf("%s: got %v", name, err)
			}
			if !strings.Contains(log.String(), "the panel is unplugged") {
				t.Errorf("%s: the log does not say why: %s", name, &log)
			}
		}
	}
}
