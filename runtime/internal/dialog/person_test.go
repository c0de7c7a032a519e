package dialog

import (
	"context"
	"errors"
	"testing"
	"time"
)

// What the tests of all systems share.

// patience bounds every wait of these tests; only a failure uses it up.
const patience = time.Minute

// person shows dialogs that the tests answer like a person, but for their speed.
func person() *Native { return New(Options{Fast: 1}) }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// answer is what Enter or Ask returned.
type answer struct {
	value string
	given Answer
	err   error
}

func enter(n *Native, e Entry) func(context.Context) answer {
	return func(ctx context.Context) answer {
		v, err := n.Enter(ctx, e)
		return answer{value: v, err: err}
	}
}

func ask(n *Native, q Question) func(context.Context) answer {
	return func(ctx context.Context) answer {
		g, err := n.Ask(ctx, q)
		return answer{given: g, err: err}
	}
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("error is %v, want %v", got, want)
	}
	for _, other := range []error{ErrDismissed, ErrNoDisplay, ErrNoDialog, ErrTooLong, ErrBadFile, ErrFailed} {
		if other != want && errors.Is(got, other) {
			t.Errorf("error %v is also %v", got, other)
		}
	}
}

var question = Question{
	Title: "Petstore asks",
	Text: "The tool get_pet wants to use: Petstore API key\n\nReason: Read one pet of your store\nSent to: petstore.example\n\n" +
		"\"Allow for session\" covers every tool of this server until it ends.",
	Allow: "Allow", AllowForSession: "Allow for session", Deny: "Deny",
}
