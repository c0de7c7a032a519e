package secrets_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// logging is an option, and what is logged with it.
func logging() (option secrets.Option, log *bytes.Buffer) {
	log = &bytes.Buffer{}
	return secrets.WithLogger(slog.New(slog.NewTextHandler(log, nil))), log
}

// wantNothing fails if a getter hands something out to ctx, or asks somebody. The manager has nothing to mask afterwards.
func (b bench) wantNothing(t *testing.T, ctx context.Context) {
	t.Helper()
	shown := len(b.user.Shown())
	contact, login := "before", petstore.LoginSecrets{Username: "before"}
	for name, get := range map[string]func() error{
		"one":                func() error { v, err := b.APIKey(ctx, "Read"); return errors.Join(err, wantZero(v)) },
		"without permission": func() error { v, err := b.BaseURL(ctx); return errors.Join(err, wantZero(v)) },
		"optional":           func() error { v, err := b.Contact(ctx, "Read"); return errors.Join(err, wantZero(v)) },
		"group":              func() (err error) { login, err = b.Login(ctx, "Read"); return errors.Join(err, wantZero(login)) },
		"bound": func() error {
			err := secrets.GetGroup(ctx, b.Manager, "Read", petstore.KeyContact().Into(&contact))
			if contact != "before" {
				t.Errorf("bound: %q", contact)
			}
			return err
		},
	} {
		var failure *secrets.Error
		if err := get(); !errors.Is(err, secrets.ErrOutsideCall) || !errors.As(err, &failure) || failure.Failure != "outside_call" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(b.user.Shown()); n != shown {
		t.Errorf("%d dialogs", n-shown)
	}
	text := []byte(`"` + goodKey + `"`)
	if masked := b.Manager.MaskJSON(text); &masked[0] != &text[0] {
		t.Error("the guard has learned the value: it was handed out")
	}
}

func wantZero(value any) error {
	if v := reflect.ValueOf(value); !v.IsZero() {
		return errors.New("an error comes with a value")
	}
	return nil
}

// filled opens a bench in which everything is set.
func filled(t *testing.T, options ...secrets.Option) bench {
	b := stored(t, options...)
	for name, value := range map[string]string{"contact": "ann@example.com", "username": "ann", "password": "hunter22"} {
		b.store.Put("petstore", name, value)
	}
	return b
}

// What no adapter vouches for is a stranger's: an adapter whose Option is missing, another SDK's handler, or a goroutine.
func TestContextWithoutACallGetsNothing(t *testing.T) {
	option, log := logging()
	b := filled(t, option)
	b.wantNothing(t, t.Context())
	if said := log.String(); !strings.Contains(said, "a secret was wanted outside any request") || !strings.Contains(said, "how=outside_call") {
		t.Errorf("the log does not say what is missing:\n%s", said)
	}
	b.user.Answers(secrets.AllowSession)
	if key, err := b.APIKey(b.Manager.Background(t.Context()), "Read"); err != nil || key.Reveal() != goodKey {
		t.Errorf("the server's own work: %q, %v", key.Reveal(), err)
	}
	// The grant that there is now is the process's, and this is still nobody.
	if _, err := b.APIKey(t.Context(), "Read"); !errors.Is(err, secrets.ErrOutsideCall) {
		t.Error(err)
	}
}

func TestPrincipalThatNobodyNamedGetsNothing(t *testing.T) {
	for name, who := range map[string]secrets.Principal{"zero": {}, "empty name": secrets.Named("")} {
		option, log := logging()
		b := filled(t, option)
		ctx, turn := b.Manager.Begin(t.Context(), secrets.Call{
			Kind: "tool", Name: "get_pet", Principal: who, Shows: secrets.Shows{Forms: true}, Rounds: true,
			Ask: func(context.Context, secrets.Form) secrets.Reply {
				t.Errorf("%s: the client is asked", name)
				return secrets.Reply{Action: "accept", Answer: "Allow for session"}
			},
		}, "", nil)
		b.wantNothing(t, ctx)
		b.wantNothing(t, b.Manager.Background(ctx)) // which changes nothing
		if forms, state := turn.End(); len(forms) > 0 || state != "" {
			t.Errorf("%s: it is to be asked %+v", name, forms)
		}
		if said := log.String(); strings.Contains(said, "outside any request") || !strings.Contains(said, "tool=get_pet") ||
			strings.Count(said, "a caller of whom nothing is known") != 1 {
			t.Errorf("%s: the log is\n%s", name, said)
		}
	}
}

// A server may have two managers. The call that one of them knows of is none for the other.
func TestCallOfAnotherManagerDoesNotCount(t *testing.T) {
	first, second := filled(t), filled(t)
	second.wantNothing(t, first.toolCall(t, "get_pet"))
	second.wantNothing(t, first.background(t.Context()))
	second.wantNothing(t, second.Manager.Background(first.toolCall(t, "get_pet"))) // it is somebody's request, not the server's own work
	second.user.Answers(secrets.AllowOnce)
	if got, err := second.key(t, second.Manager.Background(first.background(t.Context()))); err != nil || got != goodKey {
		t.Errorf("work for both: got %q, %v", got, err)
	}
	ctx, turn := second.Manager.Begin(first.toolCall(t, "get_pet"), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process()}, "", nil)
	defer turn.End()
	for _, b := range []bench{first, second} { // both are vouched for now, each by its own call
		b.user.Answers(secrets.AllowOnce)
		if got, err := b.key(t, ctx); err != nil || got != goodKey {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

// Work that the author calls the server's own is the caller's nevertheless while it is done for a request.
func TestBackgroundInsideARequestChangesNothing(t *testing.T) {
	option, log := logging()
	b := stored(t, option)
	b.user.Answers(secrets.AllowSession)
	b.wantKey(t, goodKey) // granted to the process
	ctx, turn := b.Manager.Begin(t.Context(), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Named("mallory")}, "", nil)
	defer turn.End()
	if b.Manager.Background(ctx) != ctx {
		t.Error("it is another context")
	}
	b.user.Answers(secrets.Deny)
	if _, err := b.APIKey(b.Manager.Background(ctx), "Read"); !errors.Is(err, secrets.ErrDenied) {
		t.Errorf("mallory: %v", err)
	}
	if !strings.Contains(log.String(), "tool=get_pet client=\"\" principal=mallory secret=api_key reason=Read outcome=refused how=denied") {
		t.Errorf("the log is\n%s", log)
	}
}

// What a client answers in place is for its own call, its own principal, and what it was shown.
func TestClientIsAskedInPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := stored(t)
		var shown []secrets.Form
		begin := func(who secrets.Principal, answer string) (context.Context, *secrets.Turn) {
			return b.Manager.Begin(t.Context(), secrets.Call{
				Kind: "tool", Name: "get_pet", Principal: who, Shows: secrets.Shows{Forms: true},
				Ask: func(_ context.Context, form secrets.Form) secrets.Reply {
					time.Sleep(time.Second)
					shown = append(shown, form)
					return secrets.Reply{Action: "accept", Answer: answer}
				},
			}, "", nil)
		}
		for _, row := range []struct {
			who    secrets.Principal
			answer string
			want   error
			forms  int // so far
		}{
			{secrets.Named("ann"), "Deny", secrets.ErrDenied, 1},
			{secrets.Named("bob"), "Allow", nil, 2},
			{secrets.Named("bob"), "Allow for session", nil, 3},
			{secrets.Named("bob"), "", nil, 3},
			{secrets.Process(), "Allow", nil, 4},
		} {
			ctx, turn := begin(row.who, row.answer)
			if _, err := b.key(t, ctx); !errors.Is(err, row.want) || len(shown) != row.forms {
				t.Errorf("%+v: %v after %d forms", row, err, len(shown))
			}
			if forms, _ := turn.End(); len(forms) != 0 {
				t.Errorf("%+v: %d forms are left", row, len(forms))
			}
		}
		if form := shown[0]; !strings.Contains(form.Message, "Petstore API key") || strings.Contains(form.Message, goodKey) || len(form.Choices) != 3 {
			t.Errorf("the form is %+v", form)
		}
		// A caller whom nobody verified may be any program of this computer: it is asked in the dialog, and for each use.
		for range 2 {
			b.user.Answers(secrets.AllowOnce)
			ctx, turn := begin(secrets.Local(), "Allow for session")
			if _, err := b.key(t, ctx); err != nil || len(shown) != 4 {
				t.Errorf("%v after %d forms", err, len(shown))
			}
			turn.End()
		}
	})
}

// A server that is served over HTTP runs for weeks. Where the schema says nothing, what a principal of its allows ends by itself,
// and the question says when.
func TestSessionOfANamedPrincipalEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := stored(t)
		var shown []string
		get := func(who secrets.Principal) error {
			ctx, turn := b.Manager.Begin(t.Context(), secrets.Call{
				Kind: "tool", Name: "get_pet", Principal: who, Shows: secrets.Shows{Forms: true},
				Ask: func(_ context.Context, form secrets.Form) secrets.Reply {
					time.Sleep(time.Second)
					shown = append(shown, form.Message)
					return secrets.Reply{Action: "accept", Answer: "Allow for session"}
				},
			}, "", nil)
			defer turn.End()
			_, err := b.APIKey(ctx, "Read")
			return err
		}
		for i, row := range []struct {
			who   secrets.Principal
			pause time.Duration
			forms int // so far
		}{
			{secrets.Named("ann"), 0, 1},
			{secrets.Named("ann"), 8*time.Hour - time.Second, 1},
			{secrets.Named("ann"), 2 * time.Second, 2},
			{secrets.Process(), 0, 3},
			{secrets.Process(), 1000 * time.Hour, 3},
		} {
			time.Sleep(row.pause)
			if err := get(row.who); err != nil || len(shown) != row.forms {
				t.Errorf("%d: %v after %d forms", i, err, len(shown))
			}
		}
		if !strings.HasSuffix(shown[0], "use it for 8h.") || !strings.HasSuffix(shown[2], "use it until you restart petstore.") {
			t.Errorf("the forms are %q", shown)
		}
	})
}

// Nor is the code of a dialog shown to it: any program could say that the codes match.
func TestCallerNobodyVerifiedIsShownNoCode(t *testing.T) {
	b := open(t)
	b.user.Types("API key", goodKey).Answers(secrets.AllowOnce)
	ctx, turn := b.Manager.Begin(t.Context(), secrets.Call{
		Kind: "tool", Name: "get_pet", Principal: secrets.Local(), Shows: secrets.Shows{Forms: true}, Rounds: true,
		Ask: func(_ context.Context, form secrets.Form) secrets.Reply {
			t.Errorf("it is shown %+v", form)
			return secrets.Reply{}
		},
	}, "", nil)
	if got, err := b.key(t, ctx); err != nil || got != goodKey {
		t.Errorf("got %q, %v", got, err)
	}
	if forms, _ := turn.End(); len(forms) != 0 {
		t.Errorf("it is shown %+v", forms)
	}
	if text := b.user.Shown()[0].Text(); strings.Contains(text, "code") {
		t.Errorf("the dialog shows a code that nothing is compared with:\n%s", text)
	}
}

// What a person allows a request that is over already is for one getter of what its handler left behind.
func TestWhatAHandlerLeftBehindAsksForEachUse(t *testing.T) {
	b := stored(t)
	ctx, turn := b.Manager.Begin(t.Context(), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process()}, "", nil)
	b.user.Answers(secrets.AllowOnce)
	if _, err := b.key(t, ctx); err != nil {
		t.Fatal(err)
	}
	turn.End()
	b.user.Answers(secrets.AllowOnce)
	if _, err := b.key(t, ctx); err != nil {
		t.Fatal(err)
	}
	b.user.Answers(secrets.Deny)
	if _, err := b.key(t, ctx); !errors.Is(err, secrets.ErrDenied) {
		t.Errorf("it was allowed once, and got the key twice: %v", err)
	}
}

// The same where the request ends while the question is open.
func TestOnceDoesNotOutliveARequestThatEndsMeanwhile(t *testing.T) {
	b := stored(t)
	ctx, turn := b.Manager.Begin(t.Context(), secrets.Call{Kind: "tool", Name: "get_pet", Principal: secrets.Process()}, "", nil)
	b.user.Answers(secrets.AllowOnce).During(func() { turn.End() })
	if _, err := b.key(t, ctx); err != nil {
		t.Fatal(err)
	}
	b.user.Answers(secrets.Deny)
	if _, err := b.key(t, ctx); !errors.Is(err, secrets.ErrDenied) {
		t.Errorf("it was allowed once, and got the key twice: %v", err)
	}
}

// A handler may log its context, as fmt or slog show it.
func TestContextOfARequestShowsNothingOfIt(t *testing.T) {
	b := filled(t)
	ctx, turn := b.Manager.Begin(context.Background(), secrets.Call{
		Kind: "tool", Name: "get_pet", Principal: secrets.Process(), Arguments: []byte(`{"id":7}`),
	}, "", nil)
	defer turn.End()
	for _, ctx := range []context.Context{ctx, b.Manager.Background(context.Background())} {
		derived, cancel := context.WithCancel(ctx)
		for _, shown := range []string{fmt.Sprint(ctx), fmt.Sprintf("%+v", ctx), fmt.Sprintf("%s", ctx)} {
			if shown != "context.Background.WithTurn" {
				t.Errorf("shown as %s", shown)
			}
		}
		if shown := fmt.Sprint(derived); shown != "context.Background.WithTurn.WithCancel" {
			t.Errorf("shown as %s", shown)
		}
		cancel()
	}
}

// The author is told, once, of a secret that left where not all is masked that the server sends.
func TestSecretThatNothingGuardsIsLoggedOnce(t *testing.T) {
	for name, row := range map[string]struct {
		install bool
		call    *secrets.Call
		want    int
	}{
		"no adapter":                   {want: 1},
		"an adapter":                   {install: true, want: 0},
		"a client that is guarded":     {call: &secrets.Call{Principal: secrets.Process(), Guarded: true}, want: 0},
		"a client that is not":         {call: &secrets.Call{Principal: secrets.Process()}, want: 1},
		"a client that is not, either": {install: true, call: &secrets.Call{Principal: secrets.Process()}, want: 1},
	} {
		option, log := logging()
		b := stored(t, option)
		b.user.Answers(secrets.AllowSession)
		if row.install {
			b.Manager.Inside().Install()
		}
		ctx := b.Manager.Background(t.Context())
		if row.call != nil {
			var turn *secrets.Turn
			ctx, turn = b.Manager.Begin(t.Context(), *row.call, "", nil)
			defer turn.End()
		}
		for range 2 {
			if _, err := b.APIKey(ctx, "Read"); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if told := strings.Count(log.String(), "not all is masked"); told != row.want || strings.Contains(log.String(), goodKey) {
			t.Errorf("%s: told %d times, want %d:\n%s", name, told, row.want, log)
		}
	}
}
