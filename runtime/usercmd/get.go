package usercmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/check"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/content"
)

// get prints a setting, as a program takes it: of a choice the value, not its label.
func (c *command) get(ctx context.Context, args []string) error {
	f, err := c.named(args)
	if err != nil {
		return err
	}
	if why := whyHidden(f); why != "" {
		return misused("%s %s: no command shows it; \"%s secrets status\" says whether it is set", f.Name, why, c.Program())
	}
	setting, err := c.setting(ctx, f)
	var problem *field.Problem
	switch {
	case errors.Is(err, secrets.ErrNotSet):
		return c.getDefault(f)
	case errors.As(err, &problem):
		return fmt.Errorf("%s: the value that is stored can't be used: it %s", f.Name, c.Sentences().Problem(problem))
	case err != nil:
		return c.storeError(err, f.Name)
	}
	fmt.Fprintln(c.stdout, setting)
	return nil
}

// whyHidden says why a value is not shown, or "".
func whyHidden(f field.Field) string {
	switch {
	case f.Confidential():
		return "is confidential"
	case f.Unrevealed:
		return "is only ever sent"
	case !f.Shows():
		return "may have a password in it"
	}
	return ""
}

// getDefault prints what serves where nothing is stored, and says so.
func (c *command) getDefault(f field.Field) error {
	switch problem := content.Check(f, f.Default); {
	case f.Default == "":
		return fmt.Errorf("%s is not set", f.Name)
	case problem != nil:
		return fmt.Errorf("%s is not set, and its default can't be used: it %s", f.Name, c.Sentences().Problem(problem))
	}
	text := f.Default
	if value, _ := f.Parse(text); f.Type == field.Boolean {
		text = fmt.Sprint(value) // as a stored one is printed
	}
	fmt.Fprintf(c.stderr, "%s is not set: this is its default.\n", f.Name)
	fmt.Fprintln(c.stdout, text)
	return nil
}

// verify has the server's own checks look at what is stored. The error means that not all is known to be right.
func (c *command) verify(ctx context.Context, args []string) error {
	name := ""
	if len(args) > 0 {
		f, err := c.named(args)
		if err != nil {
			return err
		}
		name = f.Name
	}
	var outcomes []check.Outcome
	err := c.slowly("checking what is set", func() (err error) { outcomes, err = c.VerifyStored(ctx, name); return err })
	if err != nil {
		return c.storeError(err)
	}
	table := newTable(c.stdout)
	allRight := true
	for _, o := range outcomes {
		allRight = allRight && o.Verdict == check.Right
		fmt.Fprintf(table, "%s\t%s\n", strings.Join(o.Secrets, ", "), verdict(o))
	}
	_ = table.Flush()
	switch {
	case len(outcomes) == 0 && name != "":
		return fmt.Errorf("%s has no check of its own for %s", c.Server(), name)
	case len(outcomes) == 0:
		return fmt.Errorf("%s has no check of its own, or nothing is set that it could look at", c.Server())
	case !allRight:
		return errors.New("not all of it is known to be right")
	}
	return nil
}

func verdict(o check.Outcome) string {
	switch o.Verdict {
	case check.Right:
		return "right"
	case check.Wrong:
		return "wrong" + because(o.Why)
	case check.Broken:
		return "not checked: the server's own check is broken, which is a mistake in the server"
	default:
		return "not checked" + because(o.Why)
	}
}
