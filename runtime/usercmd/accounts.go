package usercmd

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
)

// This file has the user's accounts.

// takeAccount takes --account NAME out of a command's arguments, wherever it stands, and returns the context that means that account.
// An empty NAME means the one without a name, as no --account does.
func (c *command) takeAccount(ctx context.Context, s subcommand, args []string) (rest []string, _ context.Context, err error) {
	const flag = "--account"
	at := slices.IndexFunc(args, func(arg string) bool { return arg == flag || strings.HasPrefix(arg, flag+"=") })
	if at < 0 || s.of == ownAccount {
		return args, ctx, nil
	}
	_, name, isInline := strings.Cut(args[at], "=")
	end := at + 1
	if !isInline && end < len(args) {
		name = args[end]
		end++
	}
	switch isName := field.ValidAccount(name); {
	case s.of == noAccount:
		return nil, nil, misused("only %s take %s", strings.Join(namesOf(isOfAccount), ", "), flag)
	case !isName && !(name == "" && (isInline || end == at+2)):
		return nil, nil, misused("say the name of an account behind %s: it is made of a-z, 0-9, \"_\" and \"-\", does not begin with \"_\", and has at most %d characters",
			flag, field.MaxAccount)
	}
	c.isNamed = true
	return slices.Delete(slices.Clone(args), at, end), c.choose(ctx, name), nil
}

// choose has the command be about an account.
func (c *command) choose(ctx context.Context, account string) context.Context {
	c.account = account
	return c.In(ctx, account)
}

// accounts lists the accounts that have a name, one a line.
func (c *command) accounts(ctx context.Context) error {
	var names []string
	if err := c.patiently(func() (err error) { names, err = c.Accounts(ctx); return err }); err != nil {
		return c.storeError(err)
	}
	for _, name := range names {
		fmt.Fprintln(c.stdout, name)
	}
	if len(names) == 0 {
		fmt.Fprintf(c.stderr, "No account has a name: \"%s secrets set NAME --account work\" makes one.\n", c.Program())
	}
	return nil
}

// tellAccount says which account the command is about, where that has a name.
func (c *command) tellAccount(to io.Writer) {
	for _, line := range c.Sentences().InAccount(c.account) {
		fmt.Fprintln(to, line)
	}
}

// tellOtherAccounts says which accounts there are beside the one that was shown.
func (c *command) tellOtherAccounts(ctx context.Context) {
	names, err := c.Accounts(keychain.Quietly(ctx))
	names = slices.DeleteFunc(names, func(name string) bool { return name == c.account })
	if err == nil && len(names) > 0 {
		fmt.Fprintf(c.stdout, "Other accounts: %s (\"%s secrets status --account NAME\" shows one)\n", strings.Join(names, ", "), c.Program())
	}
}

// storedInAll returns what is stored in all accounts, with the names of those.
func (c *command) storedInAll(ctx context.Context) (all []string, err error) {
	accounts, err := c.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, account := range append([]string{""}, accounts...) {
		names, err := c.Stored(c.In(ctx, account))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			all = append(all, name+within(account))
		}
	}
	return all, nil
}

// within says behind something in which account it is, and nothing of the one without a name.
func within(account string) string { return accountBehind(" in", account) }

// accountBehind names an account behind a preposition, and says nothing of the one without a name.
func accountBehind(preposition, account string) string {
	if account == "" {
		return ""
	}
	return preposition + " the account " + account
}

// option is how a command line names the account.
func (c *command) option() string { return wording.AccountOption(c.account) }
