package secrets_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// An absentee opens no dialogs, and notes what the last question was.
type absentee struct{ asked string }

func (a *absentee) Enter(context.Context, secrets.Entry) (string, error) {
	return "", secrets.ErrNoDisplay
}

func (a *absentee) Ask(_ context.Context, q secrets.Question) (secrets.Answer, error) {
	a.asked = q.Text
	return secrets.Deny, secrets.ErrNoDisplay
}

func (a *absentee) Lock(context.Context) (func(), error) { return func() {}, nil }

// openForFuzzing opens the pet store with a key that is stored. The values are others that are stored, each after its name.
func openForFuzzing(t *testing.T, values ...string) (*petstore.Secrets, *absentee) {
	t.Helper()
	store, person := runtimetest.NewStore(), &absentee{}
	store.Put("petstore", "api_key", goodKey)
	for i := 0; i+1 < len(values); i += 2 {
		store.Put("petstore", values[i], values[i+1])
	}
	vault, err := petstore.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(person), secrets.WithFast(-1),
		secrets.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return vault, person
}

// FuzzSentTo holds: the question for permission names the host of the url that the handler gets to send the value to, whole.
func FuzzSentTo(f *testing.F) {
	long := strings.Repeat("good.example.", 15) + "evil.example"
	for _, text := range []string{"https://good.example", "http://good.example:8080/x?y#z", "https://GOOD.example.",
		"https://[::1]:8443/", "https://a@evil.example",
		"", "https://" + long, "http://" + long + ":8080/x", "https://good.example\\@evil.example", "https://127.1",
		"https://g\u043e\u043ed.example", "\u202ehttps://x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		vault, person := openForFuzzing(t, "base_url", text)
		ctx := vault.Manager.Background(t.Context())
		_, _ = vault.APIKey(ctx, "Read one pet of your store")
		_, shown, ok := strings.Cut(person.asked, "Petstore API key goes to")
		if !ok {
			if person.asked != "" {
				t.Errorf("%q: asked without a host:\n%s", text, person.asked)
			}
			return
		}
		shown, _, _ = strings.Cut(shown, "\n\n")
		shown = strings.Join(strings.Fields(shown), "") // a long one is broken
		u, err := vault.BaseURL(ctx)                    // what the handler sends to
		if err != nil {
			t.Fatalf("%q: asked for what is not handed out: %v", text, err)
		}
		host := u.Host
		if u.Scheme != "https" {
			host = u.Scheme + "://" + host
		}
		if shown != host {
			t.Errorf("%q: shown as %q", text, shown)
		}
	})
}
