package secrets_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

const (
	goodKey  = "pets-0123456789abcdef"
	otherKey = "pets-fedcba9876543210"
)

// A bench is a vault on an in-memory store with a scripted user.
type bench struct {
	*petstore.Secrets
	store *runtimetest.Store
	user  *runtimetest.User
}

func open(t *testing.T, options ...secrets.Option) bench {
	t.Helper()
	b := bench{store: runtimetest.NewStore(), user: runtimetest.NewUser(t)}
	options = append([]secrets.Option{
		secrets.WithStore(b.store), secrets.WithPrompter(b.user), secrets.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	}, options...)
	vault, err := petstore.OpenSecrets(options...)
	if err != nil {
		t.Fatal(err)
	}
	b.Secrets = vault
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return b
}

// stored opens a bench in which the API key is set.
func stored(t *testing.T, options ...secrets.Option) bench {
	b := open(t, options...)
	b.store.Put("petstore", "api_key", goodKey)
	return b
}

// key gets the API key: in the call of ctx, or else for the server itself.
func (b bench) key(t *testing.T, ctx context.Context) (string, error) {
	t.Helper()
	key, err := b.APIKey(b.background(ctx), "Read one pet")
	if err != nil && !key.IsZero() {
		t.Errorf("an error comes with a value: %v", err)
	}
	return key.Reveal(), err
}

func (b bench) background(ctx context.Context) context.Context { return b.Manager.Background(ctx) }

func (b bench) wantKey(t *testing.T, want string) {
	t.Helper()
	if got, err := b.key(t, t.Context()); err != nil || got != want {
		t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}

func (b bench) wantError(t *testing.T, want error) error {
	t.Helper()
	_, err := b.key(t, t.Context())
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
	if strings.Contains(err.Error(), "0123456789") || !strings.Contains(err.Error(), "api_key") {
		t.Errorf("the error must name the secret and hold no value: %q", err)
	}
	return err
}

func TestAllowOnceIsForOneUse(t *testing.T) {
	b := stored(t)
	b.user.Answers(secrets.AllowOnce).Answers(secrets.AllowOnce)
	b.wantKey(t, goodKey)
	b.wantKey(t, goodKey)
}

// toolCall is the context of a call to a tool by a client that can't be asked.
func (b bench) toolCall(t *testing.T, name string) context.Context {
	t.Helper()
	ctx, turn := b.Manager.Begin(t.Context(), secrets.Call{Kind: "tool", Name: name, Principal: secrets.Process()}, "", nil)
	t.Cleanup(func() { turn.End() })
	return ctx
}

func TestAllowOnceCoversOneToolCall(t *testing.T) {
	b := stored(t)
	b.user.Answers(secrets.AllowOnce).Answers(secrets.Deny)
	ctx := b.toolCall(t, "get_pet")
	for range 4 {
		if _, err := b.key(t, ctx); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(b.user.Shown()[0].Text(), "Tool: get_pet") {
		t.Errorf("the question does not name the tool:\n%s", b.user.Shown()[0].Text())
	}
	if _, err := b.key(t, b.toolCall(t, "get_pet")); !errors.Is(err, secrets.ErrDenied) { // another call
		t.Fatal(err)
	}
}

func TestAllowForSessionLastsUntilRevoked(t *testing.T) {
	b := stored(t)
	b.user.Answers(secrets.AllowSession)
	b.wantKey(t, goodKey)
	b.wantKey(t, goodKey)
	if grants := b.Manager.Grants(); !slices.Equal(grants, []secrets.Grant{{Secret: "api_key"}}) {
		t.Errorf("grants %v", grants)
	}
	if err := b.Manager.Revoke(petstore.KeyAPIKey()); err != nil || len(b.Manager.Grants()) != 0 {
		t.Fatal(err, b.Manager.Grants())
	}
	b.user.Answers(secrets.Deny)
	b.wantError(t, secrets.ErrDenied)
}

func TestGrantEndsWithItsValue(t *testing.T) {
	for name, change := range map[string]func(bench) error{
		"set":               func(b bench) error { return b.Manager.Set(t.Context(), petstore.KeyAPIKey(), otherKey) },
		"set to the same":   func(b bench) error { return b.Manager.Set(t.Context(), petstore.KeyAPIKey(), goodKey) },
		"another program":   func(b bench) error { b.store.Put("petstore", "api_key", otherKey); return nil },
		"sent_to elsewhere": func(b bench) error { b.store.Put("petstore", "base_url", "https://evil.example"); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			b := stored(t)
			b.user.Answers(secrets.AllowSession)
			b.wantKey(t, goodKey)
			if err := change(b); err != nil {
				t.Fatal(err)
			}
			b.user.Answers(secrets.Deny)
			b.wantError(t, secrets.ErrDenied)
		})
	}
}

func TestQuestionShowsWhereTheValueGoes(t *testing.T) {
	b := stored(t)
	b.store.Put("petstore", "base_url", "http://127.0.0.1:8080/v3")
	b.user.Answers(secrets.AllowOnce)
	b.wantKey(t, goodKey)
	if text := b.user.Shown()[0].Text(); !strings.Contains(text, "\nPetstore API key goes to http://127.0.0.1:8080\n") {
		t.Errorf("the question does not show the host:\n%s", text)
	}
}

func TestRefusalsAreRememberedWithBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := stored(t)
		for i, pause := range []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 30 * time.Minute} {
			b.user.Answers(secrets.Deny)
			b.wantError(t, secrets.ErrDenied)
			b.wantError(t, secrets.ErrDenied) // nobody is asked
			time.Sleep(pause - time.Second)
			b.wantError(t, secrets.ErrDenied)
			time.Sleep(2 * time.Second)
			if got := len(b.user.Shown()); got != i+1 {
				t.Fatalf("%d questions after %d refusals", got, i+1)
			}
		}
		b.user.Answers(secrets.AllowOnce)
		b.wantKey(t, goodKey)
		b.user.Answers(secrets.Deny) // the first again
		b.wantError(t, secrets.ErrDenied)
		time.Sleep(time.Minute + time.Second)
		b.user.Answers(secrets.AllowOnce)
		b.wantKey(t, goodKey)
	})
}

func TestDismissedDialogIsRemembered(t *testing.T) {
	b := open(t)
	b.user.Dismisses("Petstore API key")
	b.wantError(t, secrets.ErrDismissed)
	b.wantError(t, secrets.ErrDismissed) // no dialog
	// A value that was set elsewhere meanwhile is found at once.
	b.store.Put("petstore", "api_key", goodKey)
	b.user.Answers(secrets.AllowOnce)
	b.wantKey(t, goodKey)
}

func TestWhereNoWindowCouldOpenNothingIsRemembered(t *testing.T) {
	b := open(t)
	b.Manager.Inside().HasTerminal()
	b.user.Fails(true, secrets.ErrNoDisplay)
	if err := b.wantError(t, secrets.ErrNoDisplay); !strings.Contains(err.Error(), "secrets set api_key") {
		t.Errorf("the error does not say the way out: %v", err)
	}
	b.user.Types("API key", goodKey).Fails(false, secrets.ErrNoDialog)
	if err := b.wantError(t, secrets.ErrNoDialog); !strings.Contains(err.Error(), "permission") {
		t.Errorf("the error does not say what nobody could be asked for: %v", err)
	}
	b.user.Answers(secrets.AllowOnce)
	b.wantKey(t, goodKey)
}

func TestWrongInputIsAskedAgainWithTheReason(t *testing.T) {
	b := open(t)
	b.user.Types("User name", "ann").
		Types("Password", "two\nlines").
		Types("without control characters", "hunter22").
		Answers(secrets.AllowOnce)
	login, err := b.Login(b.background(t.Context()), "Say who you are")
	if err != nil || login.Username != "ann" || login.Password.Reveal() != "hunter22" {
		t.Fatal(login, err)
	}
	shown := b.user.Shown()
	if !strings.Contains(shown[0].Text(), "Value 1 of 2") || !strings.Contains(shown[2].Text(), "Value 2 of 2") {
		t.Errorf("the dialogs do not count:\n%s\n%s", shown[0].Text(), shown[2].Text())
	}
	if shown[1].Entry.Prefill != "" || shown[2].Entry.Prefill != "" {
		t.Error("a password was offered again: it would be in the process list")
	}
}

func TestAllOfAGroupIsStoredOrNone(t *testing.T) {
	b := open(t)
	b.user.Types("User name", "ann").Dismisses("Password")
	if _, err := b.Login(b.background(t.Context()), "Say who you are"); !errors.Is(err, secrets.ErrDismissed) {
		t.Fatal(err)
	}
	if value, ok := b.store.Value("petstore", "username"); ok {
		t.Errorf("%q was stored", value)
	}
}

func TestGroupIsTakenBackWhereTheStoreFails(t *testing.T) {
	b := open(t)
	store := &failingStore{Store: b.store, failOn: "password"}
	vault, err := petstore.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(b.user))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = vault.Manager.Close() }()
	b.user.Types("User name", "ann").Types("Password", "hunter22")
	if _, err := vault.Login(vault.Manager.Background(t.Context()), "Say who you are"); !errors.Is(err, secrets.ErrStore) || strings.Contains(err.Error(), "hunter22") {
		t.Fatal(err)
	}
	if value, ok := b.store.Value("petstore", "username"); ok {
		t.Errorf("%q was kept", value)
	}
}

// failingStore fails to set one account, with an error that holds the value, as a careless store's might.
type failingStore struct {
	store.Store
	failOn string
}

func (s *failingStore) Set(ctx context.Context, in store.Scope, name, value string) error {
	if name == s.failOn {
		return errors.New("can't set " + name + " to " + value)
	}
	return s.Store.Set(ctx, in, name, value)
}

func TestStoredValueThatBreaksARuleIsAskedForAgain(t *testing.T) {
	b := open(t)
	b.store.Put("petstore", "api_key", "short")
	b.user.Dismisses("can't be used any more: it must have at least 16 characters")
	b.wantError(t, secrets.ErrDismissed)
	if value, _ := b.store.Value("petstore", "api_key"); value != "short" {
		t.Errorf("the old value is gone before a new one is there: %q", value)
	}
}

// Reading changes no value that another program has stored: it is handed out as it is, or asked for again.
func TestStoredValueIsNotChangedByReading(t *testing.T) {
	b := open(t)
	const around = goodKey + " "
	b.store.Put("petstore", "api_key", around)
	b.user.Answers(secrets.AllowOnce)
	b.wantKey(t, around)
	for unseen, place := range map[string]string{
		goodKey + "\u200b": "it must not have a zero-width space (U+200B) after the 21st character",
		"\ufeff" + goodKey: "it must not have a byte order mark (U+FEFF) at the beginning",
		goodKey + "\n":     "it must be one line",
	} {
		b := open(t)
		b.store.Put("petstore", "api_key", unseen)
		b.user.Dismisses(place)
		b.wantError(t, secrets.ErrDismissed)
		if value, _ := b.store.Value("petstore", "api_key"); value != unseen {
			t.Errorf("%+q is now %+q", unseen, value)
		}
	}
}

// Set is the user's own hand, and takes what a dialog takes.
func TestSetTakesOffWhatComesAlong(t *testing.T) {
	b := open(t)
	if err := b.Manager.Set(t.Context(), petstore.KeyAPIKey(), "\ufeff"+goodKey+"\r\n"); err != nil {
		t.Fatal(err)
	}
	if value, _ := b.store.Value("petstore", "api_key"); value != goodKey {
		t.Errorf("stored: %+q", value)
	}
}

func TestRejectAsksForAnotherValueAndSaysWhy(t *testing.T) {
	b := stored(t)
	b.user.Answers(secrets.AllowSession)
	b.wantKey(t, goodKey)
	err := b.Manager.Reject(t.Context(), petstore.KeyAPIKey(), "The store answered 401.")
	if !errors.Is(err, secrets.ErrRejected) || !strings.Contains(err.Error(), "The store answered 401.") {
		t.Fatal(err)
	}
	b.user.Types("was rejected: The store answered 401.", otherKey).Answers(secrets.AllowOnce)
	b.wantKey(t, otherKey)
	b.user.Answers(secrets.AllowOnce)
	b.wantKey(t, otherKey)
}

func TestRejectMeansTheValueOfItsCall(t *testing.T) {
	b := stored(t)
	b.user.Answers(secrets.AllowOnce)
	ctx := b.toolCall(t, "get_pet")
	if _, err := b.key(t, ctx); err != nil {
		t.Fatal(err)
	}
	// The user replaces the value while the upstream server looks at the old one.
	if err := b.Manager.Set(ctx, petstore.KeyAPIKey(), otherKey); err != nil {
		t.Fatal(err)
	}
	if err := b.Manager.Reject(ctx, petstore.KeyAPIKey(), "The store answered 401."); !errors.Is(err, secrets.ErrRejected) {
		t.Fatal(err)
	}
	b.user.Answers(secrets.AllowOnce)
	b.wantKey(t, otherKey) // nobody is asked for a value
}

func TestFiftyCallsThatMissTheSameSecretMakeOneDialogAndOneQuestion(t *testing.T) {
	b := open(t)
	started := make(chan struct{})
	b.user.Types("API key", goodKey).During(func() { <-started }).Answers(secrets.AllowSession)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			if got, err := b.key(t, context.Background()); err != nil || got != goodKey {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	close(started)
	wait.Wait()
	if got := len(b.user.Shown()); got != 2 {
		t.Errorf("%d dialogs, want 2", got)
	}
}

func TestOnceIsForOneOfSeveralCallsThatWait(t *testing.T) {
	b := stored(t)
	for range 3 {
		b.user.Answers(secrets.AllowOnce)
	}
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			if got, err := b.key(t, context.Background()); err != nil || got != goodKey {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	wait.Wait()
}

func TestCallThatGivesUpAndComesAgainIsAskedNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		b.user.Types("API key", goodKey).During(func() { time.Sleep(time.Minute) }).
			Answers(secrets.AllowOnce).During(func() { time.Sleep(time.Minute) })
		b.wantError(t, secrets.ErrPending) // the value is being typed
		time.Sleep(30 * time.Second)
		if value, _ := b.store.Value("petstore", "api_key"); value != goodKey {
			t.Fatal("what was typed after the call had gone was lost")
		}
		b.wantError(t, secrets.ErrPending) // the question is open
		time.Sleep(30 * time.Second)
		b.wantKey(t, goodKey)
	})
}

func TestCancelledCallLeavesTheDialogOpen(t *testing.T) {
	b := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	typed := make(chan struct{})
	b.user.Types("API key", goodKey).During(func() { cancel(); <-typed }).Answers(secrets.AllowOnce)
	if _, err := b.key(t, ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	close(typed)
	b.wantKey(t, goodKey)
}

func TestCloseEndsWhatIsOpen(t *testing.T) {
	b := open(t)
	b.user.Types("API key", goodKey).During(func() { go func() { _ = b.Manager.Close() }(); time.Sleep(10 * time.Millisecond) })
	if _, err := b.key(t, t.Context()); err == nil {
		t.Fatal("a value after Close")
	}
	_ = b.Manager.Close()
	b.wantError(t, secrets.ErrClosed)
}

func TestUnknownKeysFailClosed(t *testing.T) {
	b := stored(t)
	foreign := secrets.Password("api_key", secrets.Field{}) // same name, another schema's key
	for name, key := range map[string]secrets.Key[secrets.Secret]{"zero": {}, "foreign": foreign} {
		if v, err := secrets.Get(b.background(t.Context()), b.Manager, key, "x"); !errors.Is(err, secrets.ErrUnknownKey) || !v.IsZero() {
			t.Errorf("%s: Get: %v", name, err)
		}
		if _, err := b.Manager.Stored(t.Context(), key); !errors.Is(err, secrets.ErrUnknownKey) {
			t.Errorf("%s: Stored: %v", name, err)
		}
		for method, err := range map[string]error{
			"Set": b.Manager.Set(t.Context(), key, goodKey), "Forget": b.Manager.Forget(t.Context(), key),
			"Reject": b.Manager.Reject(t.Context(), key, "x"), "Revoke": b.Manager.Revoke(key),
		} {
			if !errors.Is(err, secrets.ErrUnknownKey) {
				t.Errorf("%s: %s: %v", name, method, err)
			}
		}
	}
	if _, err := secrets.Validate(secrets.Key[secrets.Secret]{}, goodKey); !errors.Is(err, secrets.ErrUnknownKey) {
		t.Errorf("zero: Validate: %v", err)
	}
}

func TestGroupBindsAllOrNothing(t *testing.T) {
	b := stored(t)
	key, contact := secrets.NewSecret("before"), "before"
	err := secrets.GetGroup(b.background(t.Context()), b.Manager, "x", petstore.KeyAPIKey().Into(&key), petstore.KeyContact().Into(&contact))
	if !errors.Is(err, secrets.ErrNotSet) || key.Reveal() != "before" || contact != "before" {
		t.Fatal(err, key.Reveal(), contact)
	}
}

func TestSetForgetStored(t *testing.T) {
	b := open(t)
	if err := b.Manager.Set(t.Context(), petstore.KeyAPIKey(), "short"); !errors.Is(err, secrets.ErrInvalid) || !strings.Contains(err.Error(), "at least 16") {
		t.Fatal(err)
	}
	b.store.Put("petstore", "petstore_key", otherKey) // the former name
	if ok, err := b.Manager.Stored(t.Context(), petstore.KeyAPIKey()); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := b.Manager.Set(t.Context(), petstore.KeyAPIKey(), goodKey); err != nil {
		t.Fatal(err)
	}
	if _, ok := b.store.Value("petstore", "petstore_key"); ok {
		t.Error("the value under the former name is still there")
	}
	for range 2 { // the second finds nothing, which is no error
		if err := b.Manager.Forget(t.Context(), petstore.KeyAPIKey()); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := b.Manager.Stored(t.Context(), petstore.KeyAPIKey()); err != nil || ok {
		t.Fatal(ok, err)
	}
}

// A keychain that was killed may leave an empty entry.
func TestEmptyValueIsNone(t *testing.T) {
	b := open(t)
	b.store.Put("petstore", "contact", "")
	if contact, err := b.Contact(b.background(t.Context()), "Say who you are"); err != nil || contact.IsSet() {
		t.Errorf("got %v, %v", contact, err)
	}
	b.store.Put("petstore", "api_key", "")
	if ok, err := b.Manager.Stored(t.Context(), petstore.KeyAPIKey()); err != nil || ok {
		t.Error(ok, err)
	}
	b.store.Put("petstore", "petstore_key", goodKey) // the former name
	if ok, err := b.Manager.Stored(t.Context(), petstore.KeyAPIKey()); err != nil || !ok {
		t.Error(ok, err)
	}
}

func TestStoreFailuresHaveNames(t *testing.T) {
	for _, want := range []error{secrets.ErrNoStore, secrets.ErrStoreLocked, secrets.ErrStoreTimeout, secrets.ErrStore} {
		b := stored(t)
		b.store.Fail(want)
		b.wantError(t, want)
	}
}

func TestStorageClear(t *testing.T) {
	t.Setenv("SECRETS_STORAGE_CLEAR", "true")
	b := stored(t)
	b.store.Put("other", "api_key", otherKey)
	b.store.Fail(secrets.ErrStoreLocked)
	b.wantError(t, secrets.ErrStoreLocked) // not cleared, so nothing is handed out
	b.store.Fail(nil)
	b.user.Types("API key", otherKey).Answers(secrets.AllowOnce)
	b.wantKey(t, otherKey)
	b.user.Answers(secrets.AllowOnce)
	b.wantKey(t, otherKey) // cleared once
	if _, ok := b.store.Value("other", "api_key"); !ok {
		t.Error("another server's values were cleared")
	}
}

// A server clears at its start, also if no secret is ever used, and before it ends if it is stopped at once.
func TestStorageClearAtStart(t *testing.T) {
	t.Setenv("SECRETS_STORAGE_CLEAR", "TRUE")
	var log bytes.Buffer
	b := stored(t, secrets.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	b.Manager.Inside().Serving()
	if err := b.Manager.Close(); err != nil {
		t.Fatal(err)
	}
	if got, ok := b.store.Value("petstore", "api_key"); ok {
		t.Errorf("%s is still there", got)
	}
	b = stored(t, secrets.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	b.store.Fail(secrets.ErrStoreLocked)
	b.Manager.Inside().Serving()
	if err := b.Manager.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "the secrets could not be removed at the start") {
		t.Errorf("the log does not say what was not done: %s", &log)
	}
	b = stored(t)
	t.Setenv("SECRETS_STORAGE_CLEAR", "false")
	b.Manager.Inside().Serving()
	b.user.Answers(secrets.AllowOnce)
	b.wantKey(t, goodKey)
}

func TestOpenRefusesKeysThatTheGeneratorWouldRefuse(t *testing.T) {
	for name, key := range map[string]secrets.AnyKey{
		"name":            secrets.Text("Not A Name", secrets.Field{}),
		"default":         secrets.Password("x", secrets.Field{Default: "committed"}),
		"ungated":         secrets.Password("x", secrets.Field{Permission: secrets.NoAsking}),
		"ungated file":    secrets.Multiline("x", secrets.Field{Permission: secrets.NoAsking}),
		"permission":      secrets.Text("x", secrets.Field{Permission: field.Permission("sometimes")}),
		"scope":           secrets.Text("x", secrets.Field{Scope: field.Scope("world")}),
		"pattern":         secrets.Text("x", secrets.Field{Pattern: "("}),
		"default's rules": secrets.Integer("x", secrets.Field{Default: "0", Range: secrets.Between(1, math.MaxInt64)}),
		"choices alike": secrets.Choice[string]("x", secrets.Field{
			Choices: []string{"eu", "uk", "us"}, ChoiceLabels: map[string]string{"eu": "Europe", "uk": "Europe"}}),
		"a choice like another": secrets.Choice[string]("x", secrets.Field{
			Choices: []string{"eu", "us"}, ChoiceLabels: map[string]string{"eu": "us", "us": "America"}}),
		"sent_to": secrets.Text("x", secrets.Field{SentTo: "y"}),
	} {
		if err := openKeys(key); err == nil {
			t.Errorf("%s: opens", name)
		}
	}
	if err := openKeys(secrets.Text("x", secrets.Field{})); err != nil {
		t.Error(err)
	}
	if err := openKeys(secrets.Text("x", secrets.Field{}), secrets.Text("x", secrets.Field{})); err == nil {
		t.Error("two keys of one name open")
	}
}

// A prompter of somebody else may answer anything. It is not asked again and again.
func TestAnswerThatIsNoneIsANo(t *testing.T) {
	b := stored(t)
	b.user.Answers(secrets.Answer(7))
	b.wantError(t, secrets.ErrDenied)
}

// An answer that no call has fetched ends with the grants.
func TestRevokeEndsAnAnswerThatNobodyFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := stored(t)
		b.user.Answers(secrets.AllowOnce).During(func() { time.Sleep(time.Minute) })
		if _, err := b.key(t, t.Context()); !errors.Is(err, secrets.ErrPending) {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if err := b.Manager.Revoke(petstore.KeyAPIKey()); err != nil {
			t.Fatal(err)
		}
		b.user.Answers(secrets.Deny)
		if _, err := b.key(t, t.Context()); !errors.Is(err, secrets.ErrDenied) {
			t.Errorf("after Revoke: %v", err)
		}
	})
}

// The log does not say of a value that it was removed while it is still there.
func TestRemovalThatFailsIsNotInTheLog(t *testing.T) {
	option, log := logging()
	b := stored(t, option)
	b.user.Answers(secrets.AllowOnce).During(func() { b.store.Fail(secrets.ErrStore) })
	for _, tool := range b.Manager.Inside().Tools() {
		if tool.Name != "secrets_forget" {
			continue
		}
		if _, err := tool.Run(b.background(t.Context()), "api_key"); !errors.Is(err, secrets.ErrStore) {
			t.Error(err)
		}
	}
	if strings.Contains(log.String(), "secret removed") {
		t.Errorf("the log says\n%s", log)
	}
}
