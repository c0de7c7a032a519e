package runtimetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// A User is a [secrets.Prompter] who answers dialogs by a script, in order. A dialog that the script does not expect fails the
// test and is dismissed; so does, at the test's end, one that was expected and never came. It is safe for concurrent use.
type User struct {
	secrets.Prompter
	script *script
}

// A script is what a user will do, and the server's side of a [User].
type script struct {
	t     testing.TB
	queue sync.Mutex // one dialog at a time

	mu    sync.Mutex
	acts  []act
	shown []Shown
}

// Shown is a dialog that the user saw: one of the two is set.
type Shown struct {
	Entry    *secrets.Entry
	Question *secrets.Question
}

// Text returns the title and the text of what was shown.
func (s Shown) Text() string {
	if s.Entry != nil {
		return s.Entry.Title + "\n" + s.Entry.Text
	}
	return s.Question.Title + "\n" + s.Question.Text
}

// act is one thing that the user will do.
type act struct {
	entry  bool   // else a question
	words  string // what the dialog must say
	text   string
	answer secrets.Answer
	err    error
	during func() // runs while the dialog is open
}

// NewUser returns a user who expects no dialog yet.
func NewUser(t testing.TB) *User {
	u := &script{t: t}
	t.Cleanup(func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		for _, a := range u.acts {
			t.Errorf("the user was not shown %s", a)
		}
	})
	return &User{u, u}
}

// Types makes the user type text into the next dialog, which must ask for a value and say words, such as a label. Of a choice,
// also that between alternatives, the text is what the dialog shows, or the value.
func (u *User) Types(words, text string) *User {
	return u.will(act{entry: true, words: words, text: text})
}

// Dismisses makes the user close the next dialog, which must ask for a value and say words.
func (u *User) Dismisses(words string) *User {
	return u.will(act{entry: true, words: words, err: secrets.ErrDismissed})
}

// Answers makes the user give the answer to the next question for permission.
func (u *User) Answers(answer secrets.Answer) *User { return u.will(act{answer: answer}) }

// Fails makes the next dialog fail with err, such as [secrets.ErrNoDisplay]; entry says whether it asks for a value.
func (u *User) Fails(entry bool, err error) *User { return u.will(act{entry: entry, err: err}) }

// During runs f while the dialog of the last act is open, before the answer is given.
func (u *User) During(f func()) *User {
	u.script.mu.Lock()
	defer u.script.mu.Unlock()
	u.script.acts[len(u.script.acts)-1].during = f
	return u
}

// Shown returns the dialogs that were shown so far, in order.
func (u *User) Shown() []Shown {
	u.script.mu.Lock()
	defer u.script.mu.Unlock()
	return append([]Shown(nil), u.script.shown...)
}

func (u *User) will(a act) *User {
	u.script.mu.Lock()
	defer u.script.mu.Unlock()
	u.script.acts = append(u.script.acts, a)
	return u
}

// Enter implements [secrets.Prompter].
func (u *script) Enter(ctx context.Context, entry secrets.Entry) (string, error) {
	act, err := u.next(ctx, Shown{Entry: &entry})
	return act.text, err
}

// Ask implements [secrets.Prompter].
func (u *script) Ask(ctx context.Context, question secrets.Question) (secrets.Answer, error) {
	act, err := u.next(ctx, Shown{Question: &question})
	return act.answer, err
}

// Lock implements [secrets.Prompter].
func (u *script) Lock(ctx context.Context) (unlock func(), err error) {
	u.queue.Lock()
	return u.queue.Unlock, ctx.Err()
}

func (u *script) next(ctx context.Context, shown Shown) (act, error) {
	u.mu.Lock()
	u.shown = append(u.shown, shown)
	if len(u.acts) == 0 {
		u.mu.Unlock()
		u.t.Errorf("the user expected no dialog but was shown:\n%s", shown.Text())
		return act{}, secrets.ErrDismissed
	}
	a := u.acts[0]
	u.acts = u.acts[1:]
	u.mu.Unlock()
	if a.entry != (shown.Entry != nil) || !strings.Contains(shown.Text(), a.words) {
		u.t.Errorf("the user expected %s but was shown:\n%s", a, shown.Text())
		return act{}, secrets.ErrDismissed
	}
	if a.during != nil {
		a.during()
	}
	if err := ctx.Err(); err != nil {
		return act{}, err
	}
	return a, a.err
}

// String names the dialog that the act is for.
func (a act) String() string {
	if a.entry {
		return fmt.Sprintf("a dialog that asks for a value and says %q", a.words)
	}
	return "a question for permission"
}
