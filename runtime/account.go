package secrets

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// An account is one of several sets of values of a server. The user makes one by storing a value in it; the one without a name is
// always there. A context means an account, and all that is kept of a value, such as a grant or a rejection, is kept by its
// [store.Entry]: nothing that was said of one account counts for another.

// Account returns a context that means an account of the user's: what is called with it, or with what is made of it, is about the
// values of that account alone. Getters, transports and [RunCommand] use them, and [Manager.Set], [Manager.Forget], [Manager.Stored],
// [Manager.List] and [Manager.Reject] are about them. The context that it was made of, and others of the same call, mean what they
// meant. "" is the account without a name, which a context means by itself.
//
// No value of another account takes the place of one that is missing, be it only a url: the key would be sent elsewhere. A default
// of the schema serves in every account.
//
// Only accounts exist in which a value is stored: a user makes one by the terminal command. For another name, which may come from a
// model, the error is [ErrUnknownAccount], lists those that there are, and does not repeat the name. The other errors are those of
// the store, and [ErrOutsideCall] for a caller of whom nothing is known. With an error the context is nil, so that nobody goes on
// with the values of another account.
func (m *Manager) Account(ctx context.Context, name string) (context.Context, error) {
	if err := m.admitAccount(ctx, name); err != nil {
		return nil, m.fail(ctx, err)
	}
	return context.WithValue(ctx, accountKey{m.values}, name), nil
}

// admitAccount returns why a context can't mean the account of a name.
func (m *Manager) admitAccount(ctx context.Context, name string) error {
	if err := m.admit(); err != nil {
		return err
	}
	if t := m.found(ctx); t != nil && t.call().Who.Kind == consent.Stranger && !t.background {
		return ErrOutsideCall
	}
	if name == "" {
		return nil
	}
	waiting := patient(ctx)
	defer waiting.end()
	accounts, err := m.values.accounts(waiting)
	switch {
	case err != nil && waiting.isOver():
		return ErrPending
	case err != nil:
		return m.values.noteFailure(ctx, "", err)
	case !slices.Contains(accounts, name):
		return &unknownAccount{accounts}
	}
	return nil
}

// unknownAccount is the ErrUnknownAccount that says which accounts there are.
type unknownAccount struct{ known []string }

func (e *unknownAccount) Error() string { return ErrUnknownAccount.Error() }
func (e *unknownAccount) Unwrap() error { return ErrUnknownAccount }

// list returns the names of the accounts as a sentence has them.
func (e *unknownAccount) list() string {
	if len(e.known) == 0 {
		return "none"
	}
	return strings.Join(e.known, ", ")
}

// An accountKey is by what a context has the account of a manager's values: another manager knows nothing of it.
type accountKey struct{ of *values }

// in returns a context that means an account.
func (v *values) in(ctx context.Context, account string) context.Context {
	if v.account(ctx) == account {
		return ctx
	}
	return context.WithValue(ctx, accountKey{v}, account)
}

// account returns the account that a context means.
func (v *values) account(ctx context.Context) string {
	account, _ := ctx.Value(accountKey{v}).(string)
	return account
}

// entry is what def is kept under in the account that a context means.
func (v *values) entry(ctx context.Context, def *definition) store.Entry {
	return store.Entry{Account: v.account(ctx), Name: def.Name}
}

func (v *values) entries(ctx context.Context, defs []*definition) []store.Entry {
	account := v.account(ctx)
	entries := make([]store.Entry, len(defs))
	for i, def := range defs {
		entries[i] = store.Entry{Account: account, Name: def.Name}
	}
	return entries
}

// accounts returns the names of the accounts in which something is stored, sorted. What another program stored under a name that is
// no account's is left out. It logs no failure of the store: clients list tools of servers that nobody uses.
func (v *values) accounts(ctx context.Context) (names []string, err error) {
	if err := v.prepare(ctx); err != nil {
		return nil, err
	}
	entries, err := v.list(ctx, v.scope(ctx))
	for _, e := range entries {
		if field.ValidAccount(e.Account) && !strings.HasPrefix(e.Name, field.ReservedPrefix) {
			names = append(names, e.Account)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

// loggedAccount is how records name an account: the one without a name is not named.
func loggedAccount(account string) []slog.Attr {
	if account == "" {
		return nil
	}
	return []slog.Attr{slog.String("account", account)}
}
