// Package check runs what a server's author has written to look at a value, such as a request to an API's "who am I", and says
// what came of it. It knows no values: what the author's code gets, and when, is decided by package secrets.
package check

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/layout"
)

// Limit is how long a check may take. Whoever typed the value waits for it, without a window.
const Limit = 10 * time.Second

// Columns is how much of an error is shown.
const Columns = 100

// A Verdict is what came of a check.
type Verdict int

// The verdicts.
const (
	Right   Verdict = iota
	Wrong           // the value is
	Unknown         // it could not be checked, or not in time
	Broken          // the check is: it panicked
)

// An Outcome is the verdict on some secrets.
type Outcome struct {
	Verdict Verdict
	Secrets []string // those of which the check is
	Again   []string // those to be typed again, unless the verdict is Right
	Why     string   // in one line, and masked; "" where nothing can be said
}

// ErrTimeout is what a check has failed with that took longer than [Limit].
var ErrTimeout = errors.New("the check took too long")

// A Panic is what a check has failed with that panicked. Its text may have anything in it.
type Panic struct {
	Value any
	Stack []byte
}

// Error implements error.
func (p *Panic) Error() string { return fmt.Sprintf("%v\n%s", p.Value, p.Stack) }

// Run calls do and returns its error, [ErrTimeout], or a [*Panic]. A do that ignores its context is left behind.
func Run(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, Limit, ErrTimeout)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		err := error(&Panic{Value: "it ended its goroutine"})
		defer func() {
			if value := recover(); value != nil {
				err = &Panic{value, debug.Stack()}
			}
			done <- err
		}()
		err = do(ctx)
	}()
	select {
	case err := <-done:
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx) // it was told to end
		}
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Masked returns a text without the values, or nothing where the mask leaves one of them as it is, such as a short one.
func Masked(text string, mask func(string) string, values []string) string {
	for _, value := range values {
		if value != "" && mask(value) == value {
			return ""
		}
	}
	return mask(text)
}

// Said returns what can be shown of a text: [Masked], in one line, as far as there is room.
func Said(text string, mask func(string) string, values []string) string {
	line := layout.Line(Masked(text, mask, values))
	return layout.Shorten(mask(line), Columns) // what can't be seen may have parted a value
}
