package usercmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// setup asks for all that is required, in one go. Each bundle is stored as a whole once it is typed and checked, so that who stops
// halfway keeps what came before.
func (c *command) setup(ctx context.Context, args []string) error {
	again := slices.Equal(args, []string{"--again"})
	if len(args) > 0 && !again {
		return misused("setup takes no argument but --again, which asks for what is set already too")
	}
	if !c.terminal {
		return c.setUpElsewhere(ctx)
	}
	if err := c.patiently(func() error { return c.CanPut(ctx) }); err != nil {
		return c.storeError(err)
	}
	s := &setup{command: c, again: again}
	for _, bundle := range c.Bundles() {
		if err := s.bundle(ctx, bundle); err != nil {
			return s.stopped(err)
		}
	}
	s.tell(ctx)
	return nil
}

// setUpElsewhere says how to set what is missing where nobody can be asked.
func (c *command) setUpElsewhere(ctx context.Context) error {
	var missing []string
	for _, name := range c.names() {
		isMissing, err := c.isMissing(ctx, name)
		if err != nil {
			return err
		}
		if isMissing {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		fmt.Fprintf(c.stdout, "All that %s requires is set%s.\n", c.Server(), within(c.account))
		return nil
	}
	return misused("setup asks, and there is no terminal to answer on: run \"%s secrets set NAME%s < FILE\" for each of %s",
		c.Program(), c.option(), strings.Join(missing, ", "))
}

// A setup is one run of the command.
type setup struct {
	*command
	again bool
	set   []string // by this run
}

// bundle asks for what of a bundle is wanted, as far as it is not set, and stores it.
func (s *setup) bundle(ctx context.Context, bundle []string) error {
	typed := s.typing()
	for {
		name, err := s.next(ctx, bundle, typed.values)
		if err != nil {
			return err
		}
		if name == "" {
			break
		}
		if err := typed.ask(ctx, s.field(name)); err != nil {
			return err
		}
	}
	if err := typed.store(ctx); err != nil {
		return err
	}
	s.set = append(s.set, typed.names...)
	return nil
}

// next returns what of a bundle is asked for next, or "". What was typed may have others required, also such as come before.
func (s *setup) next(ctx context.Context, bundle []string, typed map[string]string) (string, error) {
	for _, name := range bundle {
		if _, isTyped := typed[name]; isTyped || !s.IsAsked(ctx, name, typed) {
			continue
		}
		set, err := s.isSet(ctx, name)
		if err != nil {
			return "", err
		}
		if s.again || !set {
			return name, nil
		}
	}
	return "", nil
}

// isSet reports whether a value is stored that can be used.
func (c *command) isSet(ctx context.Context, name string) (bool, error) {
	err := c.patiently(func() error { return c.Check(ctx, name) })
	var problem *field.Problem
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, secrets.ErrNotSet), errors.As(err, &problem):
		return false, nil
	}
	return false, c.storeError(err, name)
}

// isMissing reports whether a value is not set that a use would ask for.
func (c *command) isMissing(ctx context.Context, name string) (bool, error) {
	set, err := c.isSet(ctx, name)
	return err == nil && !set && c.IsAsked(ctx, name, nil), err
}

// stopped says, beside why it was stopped, what is kept.
func (s *setup) stopped(err error) error {
	switch {
	case errors.Is(err, errInterrupted) && len(s.set) > 0:
		return fmt.Errorf("interrupted; what is set stays so: %s", strings.Join(s.set, ", "))
	case errors.Is(err, errInterrupted):
		return errInterrupted
	}
	return err
}

// tell says what is set, and what comes next.
func (s *setup) tell(ctx context.Context) {
	var before, optional []string
	for _, name := range s.names() {
		set, err := s.isSet(ctx, name)
		switch {
		case err != nil || slices.Contains(s.set, name):
		case set && !s.IsUnused(ctx, name):
			before = append(before, name)
		case !set && s.MemberOf(name) == "":
			optional = append(optional, name)
		}
	}
	if len(before) > 0 {
		fmt.Fprintf(s.stdout, "Set before: %s\n", strings.Join(before, ", "))
	}
	if len(optional) > 0 {
		fmt.Fprintf(s.stdout, "Optional, and not set: %s\n", strings.Join(optional, ", "))
	}
	fmt.Fprintf(s.stdout, "All that %s requires is set%[3]s. \"%[2]s secrets set NAME%[4]s\" changes a value, and \"%[2]s secrets client NAME\" says how an "+
		"MCP client starts the server.\n", s.Server(), s.Program(), within(s.account), s.option())
}
