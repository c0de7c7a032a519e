package consent

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A bench is a desk whose dialogs a person answers.
type bench struct {
	*Desk
	answer func(context.Context) (Answer, error)
}

// newBench returns the bench of a person, who may be nil where no dialog may open.
func newBench(t *testing.T, answer func(context.Context) (Answer, error)) bench {
	t.Helper()
	if answer == nil {
		answer = func(context.Context) (Answer, error) {
			t.Error("a dialog opens")
			return Deny, nil
		}
	}
	d := NewDesk(Config{
		Fast:      300 * time.Millisecond,
		Lock:      func(context.Context) (unlock func(), err error) { return func() {}, nil },
		Bypass:    func() bool { return false },
		IsRefusal: func(err error) bool { return errors.Is(err, ErrDenied) },
	})
	t.Cleanup(d.Close)
	return bench{d, answer}
}

func (b bench) grant(q *question) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.grantLocked(q)
}

// always is a person who answers at once.
func always(answer Answer) func(context.Context) (Answer, error) {
	return func(context.Context) (Answer, error) { return answer, nil }
}

// useOf is the use of a secret, whose value never changes.
func useOf(secret string) Use {
	return Use{Entry: store.Entry{Name: secret}, Value: sha256.Sum256([]byte("the value of " + secret))}
}

// permit wants the secrets for a call.
func (b bench) permit(ctx context.Context, c *Call, secrets ...string) error {
	uses := make([]Use, len(secrets))
	for i, secret := range secrets {
		uses[i] = useOf(secret)
	}
	_, err := b.Permit(ctx, c, uses, b.words, nil)
	return err
}

func (b bench) words(uses []Use) Words {
	return Words{
		Uses:     uses,
		Form:     Form{Message: strings.Join(namesOf(uses), ", "), Choices: []string{"Allow", "Allow for session", "Deny"}},
		Reason:   "Read",
		OnlyOnce: uses[0].Entry.Name == once,
		Dialog:   b.answer,
	}
}

// once is a secret whose question offers no session.
const once = "once"

var process = Who{Kind: Process}

func named(name string) Who { return Who{Kind: Named, Name: name} }

// bareCall is a call to a tool by a client that can't be asked.
func bareCall(tool string) *Call { return NewCall(process, Tool{"tool", tool}) }

// roundCall is a call to a tool by a client that is asked by input requests. The context is its handler's.
func roundCall(request context.Context, who Who, tool string) (ctx context.Context, c *Call) {
	c = NewCall(who, Tool{"tool", tool})
	c.Digest = func() [sha256.Size]byte { return sha256.Sum256([]byte(tool)) }
	c.Gone = func() bool { return request.Err() != nil }
	ctx, c.Cancel = context.WithCancelCause(request)
	return ctx, c
}

// chooses is a client's reply to every form of an input request.
func chooses(choice int) func(Form) Reply {
	return func(Form) Reply { return Reply{Chosen: choice} }
}

func namesOf(uses []Use) (names []string) {
	for _, u := range uses {
		names = append(names, u.Entry.Name)
	}
	return names
}
