package usercmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/check"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
)

// Here is what happens between typing and storing: all of a bundle is typed, then the server's own checks look at it, then all of
// it is stored, or nothing.

// A typing is what a person types until it is stored.
type typing struct {
	*command
	names  []string // in the order in which they were asked for
	values map[string]string
}

func (c *command) typing() *typing { return &typing{command: c, values: map[string]string{}} }

// ask asks for a value.
func (t *typing) ask(ctx context.Context, f field.Field) error {
	text, err := t.asked(ctx, f, t.values[f.Name])
	if err != nil {
		return err
	}
	if _, isAgain := t.values[f.Name]; !isAgain {
		t.names = append(t.names, f.Name)
	}
	t.values[f.Name] = text
	return nil
}

// askAll asks for a value, and of alternatives for all of the one that was chosen, but for what is made of the others.
func (t *typing) askAll(ctx context.Context, f field.Field) error {
	if err := t.ask(ctx, f); err != nil {
		return err
	}
	for _, name := range f.Members[t.values[f.Name]] {
		member := t.field(name)
		if member.Derived != "" {
			continue
		}
		if err := t.ask(ctx, member); err != nil {
			return err
		}
	}
	return nil
}

// take takes a value from a file or a pipe.
func (t *typing) take(f field.Field) error {
	text, err := t.piped(f)
	t.names, t.values[f.Name] = append(t.names, f.Name), text
	return err
}

// store stores all that was typed once the server's own checks find nothing wrong with it, the last value first: what is chosen
// says which of the others are used.
func (t *typing) store(ctx context.Context) error {
	if len(t.names) == 0 {
		return nil
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	if err := t.check(ctx); err != nil {
		return err
	}
	failed := t.names[0]
	err := t.patiently(func() (err error) {
		if len(t.names) == 1 {
			return t.Put(ctx, failed, t.values[failed])
		}
		failed, err = t.PutAll(ctx, t.names, t.values)
		return err
	})
	if err != nil {
		return t.storeError(err, failed)
	}
	for _, name := range t.names {
		fmt.Fprintf(t.stdout, "%s is set%s.\n", name, within(t.account))
	}
	return nil
}

// check has the server's own checks look at what was typed. What is wrong is asked for again; what could not be checked too, unless
// it is to be kept. Of a file there is nobody to ask: what is wrong is not stored.
func (t *typing) check(ctx context.Context) error {
	for fresh := t.names; len(fresh) > 0; {
		again, err := t.look(ctx, fresh)
		if err != nil {
			return err
		}
		for _, name := range again {
			if err := t.ask(ctx, t.field(name)); err != nil {
				return err
			}
		}
		fresh = again
	}
	return nil
}

// checked has the server's own checks look at values that are not stored yet.
func (c *command) checked(ctx context.Context, doing string, typed inside.Typed) (outcomes []check.Outcome, err error) {
	_ = c.slowly(doing, func() error { outcomes = c.Verify(ctx, typed); return nil })
	if ctx.Err() != nil {
		return nil, errInterrupted
	}
	return outcomes, nil
}

func (c *command) tellRight(o check.Outcome) {
	fmt.Fprintf(c.stderr, "%s: checked by the server.\n", strings.Join(o.Secrets, ", "))
}

func (c *command) warnUnchecked(o check.Outcome) {
	fmt.Fprintf(c.stderr, "%s: warning: %s could not be checked%s\n", c.Program(), strings.Join(o.Secrets, ", "), because(o.Why))
}

// look runs the checks of what is fresh, and returns what is to be typed again.
func (t *typing) look(ctx context.Context, fresh []string) (again []string, err error) {
	outcomes, err := t.checked(ctx, "checking what was typed", inside.Typed{Values: t.values, New: fresh})
	if err != nil {
		return nil, err
	}
	for _, o := range outcomes {
		names := strings.Join(o.Secrets, ", ")
		switch {
		case o.Verdict == check.Right:
			t.tellRight(o)
		case o.Verdict == check.Broken:
			return nil, fmt.Errorf("%s: the server's own check of it is broken, so that nothing was stored; this is a mistake in the server", names)
		case o.Verdict == check.Wrong && !t.terminal:
			return nil, fmt.Errorf("%s: the server has checked it, and it is wrong%s; nothing was stored", names, because(o.Why))
		case o.Verdict == check.Wrong:
			fmt.Fprintln(t.stderr, t.Sentences().CheckedWrong(o.Why))
			return t.typedOf(o.Again), nil
		default:
			keeps, err := t.keeps(o)
			if err != nil {
				return nil, err
			}
			if !keeps {
				again = append(again, t.typedOf(o.Again)...)
			}
		}
	}
	return again, nil
}

// untilSignal returns a context that ends with a signal, which would else end the program halfway.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// keeps asks whether to keep what could not be checked. Of a file it is kept.
func (t *typing) keeps(o check.Outcome) (bool, error) {
	t.warnUnchecked(o)
	if !t.terminal {
		return true, nil
	}
	err := t.agreed("It may be right, or wrong, and is then asked for again when it is used.", "no")
	if errors.Is(err, errInterrupted) {
		return false, err
	}
	return err == nil, nil
}

// typedOf returns those of names that were typed.
func (t *typing) typedOf(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(t.names, name) })
}
