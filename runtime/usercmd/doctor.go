package usercmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
)

// doctor says what works here, and the way out of what does not. It changes nothing, opens no window, not even the
// keychain's own, and always ends. The error means that no secret can be kept.
func (c *command) doctor(ctx context.Context) error {
	failed := 0
	fmt.Fprintf(c.stdout, "%s keeps its secrets in %s\n", c.Server(), c.PlaceInFull())
	table := newTable(c.stdout)
	for _, s := range c.Examine(ctx) {
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.Part, s.Verdict, s.Text)
		if s.WayOut != "" {
			fmt.Fprintf(table, "\t\t%s\n", s.WayOut)
		}
		if s.Verdict == inside.Failing {
			failed++
		}
	}
	_ = table.Flush()
	switch needs, ok := c.ClientNeeds(); {
	case len(needs) > 0:
		fmt.Fprintf(c.stdout, "A client that passes on HOME, PATH and little else, as the official SDKs do, starts a server that does not find what is "+
			"found here. Add to the server in the client's configuration:\n  %s\nOr \"%s secrets client CLIENT --write\" puts the server there, with that.\n",
			session.Config(needs...), c.Program())
	case ok:
		fmt.Fprintln(c.stdout, "A client that passes on HOME, PATH and little else, as the official SDKs do, starts a server that finds the same.")
	}
	c.explain()
	if failed > 0 {
		return errors.New("no secret can be kept here")
	}
	return nil
}

// explain says where the secrets are explained that a person has to find.
func (c *command) explain() {
	table := newTable(c.stdout)
	for _, f := range c.Fields() {
		if f.Docs != "" {
			fmt.Fprintf(table, "%s\tis explained at\t%s\n", f.Name, f.Docs)
		}
	}
	_ = table.Flush()
}
