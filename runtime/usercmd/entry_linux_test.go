package usercmd_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	everytype "github.com/mcpsecrets/mcpsecrets/testdata/golden/every-type/want"
)

// The tests of this file are about the three ways in which a person enters a value: a dialog, a terminal and a file.

// entries are values with what comes along when they are copied, and what is stored of them; "" is nothing.
var entries = []struct{ secret, text, want string }{
	{"password_required", "hunter2", "hunter2"},
	{"password_required", "hunter2\n", "hunter2"},
	{"password_required", "hunter2\r\n", "hunter2"},
	{"password_required", "\r\n\r\nhunter2\r\n", "hunter2"},
	{"password_required", " \thunter2 ", "hunter2"},
	{"password_required", "\ufeffhunter2", "hunter2"},
	{"password_required", "\u200b\u00a0hunter2\u00a0\u2060", "hunter2"},
	{"password_required", "\x1b[200~hunter2\x1b[201~", "hunter2"},
	{"password_required", "\x1b[200~\nhunter2\n\x1b[201~", "hunter2"},
	{"password_required", "\x1b[200~hunter2\r\n\x1b[201~\r\n", "hunter2"},
	{"password_required", "^[[200~hunter2^[[201~", "hunter2"},
	{"password_required", "hunt\u200ber2", ""},
	{"password_required", "hunt\u00a0er2", ""},
	{"password_required", "hunter2\nhunter3", ""},
	{"password_required", "\u200b", ""},
	{"multiline_required", "a\nb\n", "a\nb\n"},
	{"multiline_required", "a\r\nb\r\n", "a\nb\n"},
	{"multiline_required", "a\rb\r", "a\nb\n"},
	{"multiline_required", "a\r\n\r\nb", "a\n\nb"},
	{"multiline_required", "\ufeffa\n", "a\n"},
	{"multiline_required", " a\n\n", " a\n\n"},
	{"multiline_required", "\x1b[200~a\r\nb\r\n\x1b[201~", "a\nb\n"},
	{"multiline_required", "{\"a\": \"\u00a0\"}\n", "{\"a\": \"\u00a0\"}\n"},
	{"multiline_required", "a\u200b\nb\n", ""},
	{"url_required", "https://a.example/\n", "https://a.example/"},
	{"url_required", "\ufeff https://a.example/\u200b", "https://a.example/"},
	{"url_required", "\x1b[200~https://a.example/\n\x1b[201~", "https://a.example/"},
	{"url_required", "https://a.exa\u200bmple/", ""},
	{"url_required", "https://app:12/34@db.example.com/", ""},
	{"text_required", " 山田\u3000太郎 ", "山田\u3000太郎"},
	{"text_required", "New\u00a0York", ""},
	{"integer_required", "\u00a07\n", "7"},
	{"choice_required", "eu\n", "eu"},
	{"choice_required", "us", "us"},
	{"choice_required", "\ufeffUnited States\r\n", "us"},
	{"choice_required", "united states", ""},
}

func TestThreeWaysTakeTheSame(t *testing.T) {
	for _, e := range entries {
		for way, enter := range ways {
			if got := enter(t, e.secret, e.text); got != e.want {
				t.Errorf("%s of %s: %+q is stored as %+q, want %+q", way, e.secret, e.text, got, e.want)
			}
		}
	}
}

// Whatever comes along, in whatever order, the three ways store the same, or nothing.
func TestThreeWaysTakeTheSameOfAnyText(t *testing.T) {
	pieces := []string{"hunter2", "a", " ", "\n", "\r\n", "\r", "\t", "\ufeff", "\u200b", "\u00a0", "\u2028", "é", "山", "\u200d",
		"\x1b[200~", "\x1b[201~", "^[[200~", "^[[201~", "{\"a\": \"b\"}"}
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	for range 40 {
		var text strings.Builder
		for range 1 + random.IntN(6) {
			text.WriteString(pieces[random.IntN(len(pieces))])
		}
		for _, secret := range []string{"password_required", "multiline_required"} {
			got := map[string]string{}
			for way, enter := range ways {
				got[way] = enter(t, secret, text.String())
			}
			if got["dialog"] != got["file"] || got["dialog"] != got["terminal"] {
				t.Errorf("%s: %+q is stored as %+q", secret, text.String(), got)
			}
		}
	}
}

// ways enter a text as the value of a secret, and return what is stored then.
var ways = map[string]func(t *testing.T, secret, text string) string{
	"dialog": func(t *testing.T, secret, text string) string {
		store, user := runtimetest.NewStore(), &patientOnce{text: text}
		vault, err := everytype.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user),
			secrets.WithLogger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		defer vault.Manager.Close()
		tools := vault.Manager.Inside().Tools()
		set := slices.IndexFunc(tools, func(tool inside.Tool) bool { return tool.Name == "secrets_set" })
		_, _ = tools[set].Run(vault.Manager.Background(context.Background()), secret)
		return storedAs(store, secret)
	},
	"file": func(t *testing.T, secret, text string) string {
		store := runtimetest.NewStore()
		run(t, openEveryType(t, store), text, "set", secret)
		return storedAs(store, secret)
	},
	"terminal": func(t *testing.T, secret, text string) string {
		store := runtimetest.NewStore()
		end := "\r"
		if secret == "multiline_required" {
			end = "\x04"
		}
		sitDown(t, openEveryType(t, store), "set", secret).waits(secret + ": ").types(text).finishes(end)
		return storedAs(store, secret)
	},
}

// patientOnce enters a text in the first dialog, and closes the next.
type patientOnce struct {
	secrets.Prompter
	text    string
	entered bool
}

func (u *patientOnce) Enter(context.Context, secrets.Entry) (string, error) {
	if u.entered {
		return "", secrets.ErrDismissed
	}
	u.entered = true
	return u.text, nil
}

func (u *patientOnce) Lock(context.Context) (unlock func(), err error) { return func() {}, nil }

// finishes presses a key until the command ends, and gives up at once if it asks again.
func (y *typist) finishes(key string) {
	y.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		y.types(key)
		select {
		case <-y.done:
			return
		case <-time.After(20 * time.Millisecond):
		}
		y.mu.Lock()
		if strings.Contains(y.screen.String(), "Please try again") {
			key = "\x04"
		}
		y.mu.Unlock()
	}
	y.t.Fatal("the command does not end")
}

func storedAs(store *runtimetest.Store, secret string) string {
	text, _ := store.Value("every-type", secret)
	return text
}
