package secrets_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// verify registers a check of the API key, which gets the key.
func (b bench) verify(t *testing.T, check func(ctx context.Context, key string) error) {
	t.Helper()
	err := b.Manager.Verify(func(ctx context.Context) error {
		key, err := b.APIKey(ctx, "Read one pet")
		if err != nil {
			return err
		}
		return check(ctx, key.Reveal())
	}, petstore.KeyAPIKey())
	if err != nil {
		t.Fatal(err)
	}
}

// A wrong key is found when it is typed: the check gets it before it is stored, without a question, and the dialog opens again.
func TestWrongValueIsAskedForAgain(t *testing.T) {
	option, log := logging()
	b := open(t, option)
	b.verify(t, func(_ context.Context, key string) error {
		if stored, isStored := b.store.Value("petstore", "api_key"); isStored {
			t.Errorf("%q is stored before it is checked", stored)
		}
		if key == otherKey {
			return fmt.Errorf("%w: the pet store\ndoes not know %s", secrets.ErrRejected, key)
		}
		return nil
	})
	b.user.Types("Petstore API key", otherKey).
		Types("Please try again: the server has checked what was typed, and it is wrong: the pet store", goodKey).
		Answers(secrets.AllowOnce)
	b.wantKey(t, goodKey)
	if got, _ := b.store.Value("petstore", "api_key"); got != goodKey {
		t.Errorf("%q is stored", got)
	}
	shown := b.user.Shown()[1].Text()
	if strings.Contains(shown, otherKey) || !strings.Contains(shown, "the pet store does not know [") {
		t.Errorf("the dialog shows\n%s", shown)
	}
	if said := log.String(); strings.Contains(said, "fedcba") || strings.Count(said, `how="checked when it was typed"`) != 2 {
		t.Errorf("not two uses are logged:\n%s", said)
	}
}

// A value that can't be checked is kept, whatever keeps it from being checked, and the log says so.
func TestValueThatCannotBeCheckedIsKept(t *testing.T) {
	for name, check := range map[string]func(context.Context, string) error{
		"an error": func(_ context.Context, key string) error { return errors.New("no route to host with " + key) },
		"too slow": func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() },
		"deaf":     func(context.Context, string) error { time.Sleep(time.Hour); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				option, log := logging()
				b := open(t, option, secrets.WithFast(-1))
				b.verify(t, check)
				b.user.Types("Petstore API key", goodKey).Answers(secrets.AllowOnce)
				begun := time.Now()
				b.wantKey(t, goodKey)
				if waited := time.Since(begun); waited > 11*time.Second {
					t.Errorf("a person waits for %s", waited)
				}
				time.Sleep(2 * time.Hour) // until the deaf one has ended
				if said := log.String(); !strings.Contains(said, "could not be verified") || strings.Contains(said, goodKey) {
					t.Errorf("the log says %s", said)
				}
			})
		})
	}
}

// A check that is broken lets nothing be stored.
func TestBrokenCheckStoresNothing(t *testing.T) {
	for name, check := range map[string]func(context.Context, string) error{
		"panics":             func(_ context.Context, key string) error { panic("what to do with " + key) },
		"panics by itself":   func(context.Context, string) error { var none *secrets.Error; return errors.New(none.Failure) },
		"ends its goroutine": func(context.Context, string) error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			option, log := logging()
			b := open(t, option)
			b.verify(t, check)
			b.user.Types("Petstore API key", goodKey)
			_, err := b.key(t, t.Context())
			failure := (*secrets.Error)(nil)
			if !errors.As(err, &failure) || failure.Failure != "check_broken" || strings.Contains(err.Error(), goodKey) {
				t.Errorf("the error is %v", err)
			}
			if _, isStored := b.store.Value("petstore", "api_key"); isStored {
				t.Error("the value is stored")
			}
			if said := log.String(); strings.Contains(said, goodKey) || !strings.Contains(said, "a check of values panicked") {
				t.Errorf("the log says %s", said)
			}
		})
	}
}

// Whatever a check says, the dialog shows one short line without the value; of a value that is too short to be masked, nothing.
func TestCheckShowsNoValue(t *testing.T) {
	short := secrets.Password("pin", secrets.Field{Label: "PIN", Required: true})
	long := secrets.Password("api_key", secrets.Field{Label: "API key", Required: true})
	for _, row := range []struct {
		typed, says, want string
	}{
		{goodKey, "with " + goodKey[:10] + "\x00" + goodKey[10:], "wrong: with ["},
		{goodKey, "with " + goodKey[:10] + "\u200b" + goodKey[10:], "wrong: with ["},
		{goodKey, strings.Repeat("long ", 1000), "wrong: long long"},
		{goodKey, "\x1b[31m" + "code YXbc\u202e", "wrong: [31mcode YXbc"},
		{goodKey, "", "and it is wrong.\n"},
		{"1234", "no such PIN: 1234", "and it is wrong.\n"},
		{"1234", "no such PIN: 4321, MTIzNA==", "and it is wrong.\n"},
	} {
		key := long
		store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
		if row.typed != goodKey {
			key = short
		}
		m, err := openWith("test", []secrets.AnyKey{key}, secrets.WithStore(store), secrets.WithPrompter(user))
		if err != nil {
			t.Fatal(err)
		}
		tries := 0
		err = m.Verify(func(context.Context) error {
			if tries++; tries == 2 {
				return nil
			}
			return fmt.Errorf("%w: %s", secrets.ErrRejected, row.says)
		}, key)
		if err != nil {
			t.Fatal(err)
		}
		label := key.Describe().Label
		user.Types(label, row.typed).Types(label, row.typed).Answers(secrets.AllowOnce)
		if _, err := secrets.Get(m.Background(t.Context()), m, key, ""); err != nil {
			t.Fatal(err)
		}
		shown := user.Shown()[1].Text()
		if !strings.Contains(shown+"\n", row.want) || strings.Contains(shown, row.typed) || strings.Contains(shown, goodKey[10:]) || strings.Contains(shown, "MTIz") {
			t.Errorf("%q: the dialog shows\n%s", row.says, shown)
		}
		if len(shown) > 400 || strings.ContainsAny(shown, "\x00\x1b\u202e") {
			t.Errorf("%q: the dialog shows %q", row.says, shown)
		}
	}
}

// A user name and its password are checked together, asked for again together, and stored together.
func TestValuesAreCheckedTogether(t *testing.T) {
	b := open(t)
	checks := 0
	err := b.Manager.Verify(func(ctx context.Context) error {
		checks++
		login, err := b.Login(ctx, "Say who you are")
		if err == nil && login.Password.Reveal() != "feed-the-axolotl" {
			err = b.Manager.Reject(ctx, petstore.KeyPassword(), "The store does not know this key.")
		}
		return err
	}, petstore.KeyUsername(), petstore.KeyPassword())
	if err != nil {
		t.Fatal(err)
	}
	b.user.Types("User name", "keeper").Types("Password", "wrong-password").
		Types("Password", "feed-the-axolotl").Answers(secrets.AllowOnce) // Reject says which of them is wrong
	login, err := b.Login(b.background(t.Context()), "Say who you are")
	if err != nil || login.Username != "keeper" || checks != 2 {
		t.Errorf("%v, %v, after %d checks", login, err, checks)
	}
}

// A password that is wrong is typed again, and looked at again, with the user name that is stored. Of that nobody knows that it is wrong.
func TestTypedValueIsCheckedWithStoredSettings(t *testing.T) {
	b := open(t)
	b.store.Put("petstore", "username", "keeper")
	var checked []string
	err := b.Manager.Verify(func(ctx context.Context) error {
		login, err := b.Login(ctx, "Say who you are")
		checked = append(checked, login.Username+" "+login.Password.Reveal())
		if err == nil && login.Password.Reveal() != "feed-the-axolotl" {
			err = secrets.ErrRejected
		}
		return err
	}, petstore.KeyUsername(), petstore.KeyPassword())
	if err != nil {
		t.Fatal(err)
	}
	b.user.Types("Password", "wrong-password").Types("and it is wrong.", "feed-the-axolotl").Answers(secrets.AllowOnce)
	if _, err := b.Login(b.background(t.Context()), "Say who you are"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"keeper wrong-password", "keeper feed-the-axolotl"}; !slices.Equal(checked, want) {
		t.Errorf("checked: %q", checked)
	}
}

// Where it is not said which value is wrong, all are asked for again.
func TestAllThatIsCheckedTogetherIsAskedForAgain(t *testing.T) {
	b := open(t)
	tries := 0
	err := b.Manager.Verify(func(ctx context.Context) error {
		if tries++; tries == 1 {
			return secrets.ErrRejected
		}
		return nil
	}, petstore.KeyUsername(), petstore.KeyPassword())
	if err != nil {
		t.Fatal(err)
	}
	b.user.Types("User name", "keeper").Types("Password", "wrong-password").
		Types("and it is wrong.", "keeper2").Types("and it is wrong.", "feed-the-axolotl").Answers(secrets.AllowOnce)
	login, err := b.Login(b.background(t.Context()), "Say who you are")
	if err != nil || login.Username != "keeper2" {
		t.Errorf("%v, %v", login, err)
	}
}

// A person who types a wrong value again and again has refused.
func TestWrongValuesEnd(t *testing.T) {
	b := open(t)
	b.verify(t, func(context.Context, string) error { return secrets.ErrRejected })
	for range 10 {
		b.user.Types("Petstore API key", otherKey)
	}
	b.wantError(t, secrets.ErrRejected)
	b.wantError(t, secrets.ErrRejected) // no dialog
}

// A check gets what was typed for its keys, and settings. Nothing else, nothing later, and nobody is asked.
func TestCheckGetsNothingElse(t *testing.T) {
	b := open(t)
	b.store.Put("petstore", "username", "keeper")
	b.store.Put("petstore", "password", "feed-the-axolotl")
	var late context.Context
	if err := b.store.Set(t.Context(), store.Scope{Server: "petstore", Account: "work"}, "base_url", "https://work.example"); err != nil {
		t.Fatal(err)
	}
	b.verify(t, func(ctx context.Context, key string) error {
		late = ctx
		if _, err := b.Login(ctx, "Say who you are"); !errors.Is(err, secrets.ErrOutsideCall) {
			t.Errorf("the check gets the login: %v", err)
		}
		if base, err := b.BaseURL(ctx); err != nil || base.Host != "petstore.example" {
			t.Errorf("the check gets no setting: %v, %v", base, err)
		}
		work, err := b.Manager.Account(ctx, "work")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.BaseURL(work); !errors.Is(err, secrets.ErrOutsideCall) {
			t.Errorf("the check gets what is of another account: %v", err)
		}
		if s := fmt.Sprintf("%v %+v %s", ctx, ctx, ctx); strings.Contains(s, key) {
			t.Errorf("the context shows %s", s)
		}
		return nil
	})
	b.user.Types("Petstore API key", goodKey).Answers(secrets.AllowOnce)
	b.wantKey(t, goodKey)
	if _, err := b.APIKey(late, "Read one pet"); !errors.Is(err, secrets.ErrOutsideCall) {
		t.Errorf("after the check: %v", err)
	}
}

// Who types another address has not typed the key: it is not sent there by a check, and no check runs.
func TestStoredValueIsNotCheckedByADialog(t *testing.T) {
	b := stored(t)
	b.verify(t, func(context.Context, string) error { t.Error("the stored key is checked"); return nil })
	b.user.Types("API endpoint", "https://thief.example")
	for _, tool := range b.Manager.Inside().Tools() {
		if tool.Name != "secrets_set" {
			continue
		}
		if _, err := tool.Run(b.toolCall(t, "secrets_set"), "base_url"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVerifyTakesKeysOfItsSchema(t *testing.T) {
	b := open(t)
	check := func(context.Context) error { return nil }
	for _, keys := range [][]secrets.AnyKey{nil, {secrets.Key[string]{}}, {lone}, {petstore.KeyAPIKey(), lone}} {
		if err := b.Manager.Verify(check, keys...); !errors.Is(err, secrets.ErrUnknownKey) {
			t.Errorf("%v: %v", keys, err)
		}
	}
}

// What is only sent is checked by a request: the status says that it is wrong, and no text gets out.
func TestVerifyOfWhatIsOnlySent(t *testing.T) {
	s := openSending(t)
	if err := s.Forget(t.Context(), sentKey); err != nil {
		t.Fatal(err)
	}
	s.bad["Bearer "+sentValue] = true
	client := secrets.Client(secrets.Transport(s.Manager, bearer, "", []secrets.AnyKey{sentKey}, secrets.WithBase(s.base)))
	err := s.Verify(func(ctx context.Context) error {
		if _, err := secrets.Get(ctx, s.Manager, sentKey, ""); !errors.Is(err, secrets.ErrSentOnly) {
			t.Errorf("a getter gives it out: %v", err)
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://base_url.invalid/whoami", nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		if got := fmt.Sprint(response.Header, response.Request.Header); strings.Contains(got, sentValue) {
			t.Errorf("the answer has it: %s", got)
		}
		return response.Body.Close() // what a careless author forgets: the status
	}, sentKey)
	if err != nil {
		t.Fatal(err)
	}
	s.user.Types("API key", sentValue).
		Types("and it is wrong: it was answered with 401 Unauthorized.", otherValue).Answers(secrets.AllowOnce)
	request, _ := http.NewRequestWithContext(s.Background(t.Context()), http.MethodGet, "https://base_url.invalid/pets", nil)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	var sent []string
	for _, r := range s.seen {
		sent = append(sent, r.URL.Path+" "+r.Header.Get("Authorization"))
	}
	want := []string{"/v3/whoami Bearer " + sentValue, "/v3/whoami Bearer " + otherValue, "/v3/pets Bearer " + otherValue}
	if !slices.Equal(sent, want) {
		t.Errorf("sent: %q", sent)
	}
}

// What is stored is checked where the user asks for that, and a value that is found wrong then is rejected.
func TestStoredValueThatIsWrongIsRejected(t *testing.T) {
	b := stored(t)
	b.verify(t, func(context.Context, string) error { return fmt.Errorf("%w: it has expired", secrets.ErrRejected) })
	outcomes, err := b.Manager.Inside().VerifyStored(t.Context(), "")
	if err != nil || len(outcomes) != 1 || outcomes[0].Why != "it has expired" {
		t.Fatal(outcomes, err)
	}
	b.user.Types("The value that is stored was rejected: it has expired", otherKey)
	for range 9 {
		b.user.Types("and it is wrong: it has expired", otherKey)
	}
	b.wantError(t, secrets.ErrRejected)
}
