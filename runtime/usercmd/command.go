package usercmd

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"text/tabwriter"

	"golang.org/x/term"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/spell"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/content"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
)

// Begin at [Run]. The table of the commands is in commands.go; below Run are those that have no file of their own. How a value is
// read is in terminal.go, and what happens between that and storing it in typing.go.
//
// What was asked for goes to standard output; questions and errors go to standard error, so that output can be
// redirected. A confidential value goes to neither, nor does a word that might be one: what is typed in the place of a name
// may be a secret.

// Run runs the subcommand "secrets" of a server's program, by which its user says in a terminal what a dialog would ask,
// also over SSH: see "secrets help". The exit code is 0 if all is well, 1 after a failure and 2 after wrong usage. What the author has
// registered by [secrets.Manager.Verify] looks at what is typed.
//
// It reports false if args, the program's arguments without its name, do not begin with "secrets". The server then tells its
// user of this command where it helps.
//
// It uses the standard streams, and asks on standard input where that is a terminal. It never clears the store because
// of SECRETS_STORAGE_CLEAR, which is an order to a server.
func Run(m *secrets.Manager, args []string) (exitCode int, ok bool) {
	m.Inside().HasTerminal()
	if len(args) == 0 || args[0] != "secrets" {
		return 0, false
	}
	c := &command{
		Manager:  m.Inside(),
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		terminal: term.IsTerminal(int(os.Stdin.Fd())),
		shows:    term.IsTerminal(int(os.Stdout.Fd())),
		lines:    bufio.NewReader(os.Stdin),
	}
	c.clears = c.KeepOnStart() // a shell where the variable is set would else remove what "set" has just stored
	err := c.run(c.context(), args[1:])
	if err == nil {
		return 0, true
	}
	fmt.Fprintf(c.stderr, "%s: %v\n", c.Program(), err)
	if hint := c.hint(err); hint != "" {
		fmt.Fprintf(c.stderr, "%s: hint: %s\n", c.Program(), hint)
	}
	if isWrongUsage(err) {
		return 2, true
	}
	return 1, true
}

// context is where a store's passphrase is asked for in the terminal, if there is one.
func (c *command) context() context.Context {
	if !c.terminal {
		return context.Background()
	}
	return inside.WithTerminal(context.Background(), c.passphrase)
}

// A command is one run of the subcommand.
type command struct {
	inside.Manager
	stdin          *os.File
	stdout, stderr io.Writer
	terminal       bool          // stdin is one
	shows          bool          // stdout is one
	lines          *bufio.Reader // of stdin
	clears         bool          // a server that starts here would clear the store
	account        string        // that the command is about, as its context says too; "" is the one without a name
	isNamed        bool          // it was named
	asking         atomic.Bool   // the terminal asks for the passphrase of the store
}

// warnOfClearing says why a value that is stored now may be gone later.
func (c *command) warnOfClearing() {
	if c.clears {
		fmt.Fprintf(c.stderr, "%s: warning: %s\n", c.Program(), clearingWarning)
	}
}

const clearingWarning = "SECRETS_STORAGE_CLEAR is set: a server that starts with it removes what is stored; this command does not"

// status says which secrets are set, in the order of the schema, and to what where that may be shown. What fails for one of
// them says nothing of the others: what is known is told, and then the error of the first that is not. Once the keychain has
// stayed locked, its prompt comes no more.
func (c *command) status(ctx context.Context) error {
	var rows strings.Builder
	var unknown error
	knows := false
	table := newTable(&rows)
	for _, f := range c.Fields() {
		state, err := c.state(ctx, f)
		switch {
		case errors.Is(err, secrets.ErrStoreLocked):
			ctx = keychain.Quietly(ctx)
		case err != nil && !errors.Is(err, secrets.ErrStore):
			return c.storeError(err, f.Name)
		}
		if err == nil {
			knows = knows || f.Derived == ""
		} else {
			state = "not known: " + c.storeTrouble(err)
			unknown = cmp.Or(unknown, c.storeError(err, f.Name))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.Name, f.Label, state)
	}
	_ = table.Flush()
	if knows {
		fmt.Fprintf(c.stdout, "%s keeps its secrets in %s\n", c.Server(), c.PlaceInFull())
		c.tellAccount(c.stdout)
		fmt.Fprint(c.stdout, &rows)
		c.tellOtherAccounts(ctx)
	}
	return unknown
}

func (c *command) state(ctx context.Context, f field.Field) (string, error) {
	if f.Derived != "" {
		return "made of " + strings.Join(f.Parts(), ", "), nil
	}
	setting, err := c.setting(ctx, f)
	var problem *field.Problem
	switch {
	case err == nil && setting != "":
		return "set: " + shortened(f.Named(setting)) + c.unused(ctx, f), nil
	case err == nil:
		return "set" + c.unused(ctx, f), nil
	case errors.Is(err, secrets.ErrNotSet) && c.IsAsked(ctx, f.Name, nil):
		return "not set, required", nil
	case errors.Is(err, secrets.ErrNotSet) && c.MemberOf(f.Name) != "":
		return "not set, for " + c.MemberOf(f.Name), nil
	case errors.Is(err, secrets.ErrNotSet) && f.Default != "":
		if problem := content.Check(f, f.Default); problem != nil { // such as a file that is not there
			return "not set, and the default can't be used: it " + c.Sentences().Problem(problem), nil
		}
		return "not set, the default serves", nil
	case errors.Is(err, secrets.ErrNotSet):
		return "not set, optional", nil
	case errors.As(err, &problem):
		return "invalid: it " + c.Sentences().Problem(problem), nil
	}
	return "", err
}

// setting returns a value that is stored and can be used, "" where that may not be shown.
func (c *command) setting(ctx context.Context, f field.Field) (setting string, err error) {
	err = c.patiently(func() (err error) {
		if err = c.Check(ctx, f.Name); err == nil {
			setting, err = c.Setting(ctx, f.Name)
		}
		return err
	})
	return setting, err
}

// unused says behind what is set that nothing uses it, since another alternative is chosen.
func (c *command) unused(ctx context.Context, f field.Field) string {
	if !c.IsUnused(ctx, f.Name) {
		return ""
	}
	return " (not used: for " + c.MemberOf(f.Name) + ")"
}

// set stores a value that is typed, or comes from a file or a pipe.
func (c *command) set(ctx context.Context, args []string) error {
	if len(args) > 0 {
		name, _, inline := strings.Cut(args[0], "=")
		if inline || len(args) > 1 {
			return c.valueInArguments(name)
		}
	}
	f, err := c.named(args)
	if err != nil {
		return err
	}
	typed := c.typing()
	if c.terminal {
		err = typed.askAll(ctx, f)
	} else {
		err = typed.take(f)
	}
	if err != nil {
		return err
	}
	if err := typed.store(ctx); err != nil {
		return err
	}
	c.tellOfUnused(ctx, f)
	return nil
}

// tellOfUnused says what is kept of the alternatives that are not chosen: who changes their mind again need not enter it again.
func (c *command) tellOfUnused(ctx context.Context, f field.Field) {
	ctx = keychain.Quietly(ctx)
	var kept []string
	for _, alternative := range f.Choices {
		for _, member := range f.Members[alternative] {
			if c.IsUnused(ctx, member) && !errors.Is(c.Check(ctx, member), secrets.ErrNotSet) {
				kept = append(kept, member)
			}
		}
	}
	if len(kept) > 0 {
		fmt.Fprintf(c.stderr, "Kept, and not used: %s (\"%s secrets forget NAME%s\" removes one).\n", strings.Join(kept, ", "), c.Program(), c.option())
	}
}

func (c *command) valueInArguments(name string) error {
	if !slices.Contains(c.names(), name) {
		name = "NAME"
	}
	return misused("a value on the command line would be in the process list and in the shell's history: "+
		"run \"%[1]s secrets set %[2]s%[3]s\" and type it, or \"%[1]s secrets set %[2]s%[3]s < FILE\"", c.Program(), name, c.option())
}

// forget removes one value. What is lost by a mistake is one value, which the next use asks for again.
func (c *command) forget(ctx context.Context, args []string) error {
	f, err := c.named(args)
	if err != nil {
		return err
	}
	err = c.patiently(func() error {
		err := c.Check(ctx, f.Name)
		var problem *field.Problem
		isUnclear := f.IsOneOf() && errors.Is(err, secrets.ErrNotSet)                                // which is chosen: its members may be stored
		if err == nil || isUnclear || errors.As(err, &problem) || errors.Is(err, secrets.ErrStore) { // a damaged value is one to remove
			err = c.Remove(ctx, f.Name)
		}
		return err
	})
	switch {
	case errors.Is(err, secrets.ErrNotSet):
		fmt.Fprintf(c.stdout, "%s was not set%s.\n", f.Name, within(c.account))
	case err != nil:
		return c.storeError(err, f.Name)
	default:
		fmt.Fprintf(c.stdout, "%s is forgotten%s.\n", f.Name, within(c.account))
	}
	return nil
}

// clear removes all that is stored for the server in all accounts, or in the one that was named, also what its schema does not name
// any more.
func (c *command) clear(ctx context.Context, args []string) error {
	sure := slices.Equal(args, []string{"--yes"}) || slices.Equal(args, []string{"-y"})
	switch {
	case !sure && len(args) > 0:
		return misused("clear takes no argument but --yes and --account; \"%s secrets forget NAME\" removes one value", c.Program())
	case !sure && !c.terminal:
		return misused("clear asks first, and there is no terminal to answer on: say --yes")
	}
	stored, clear := c.storedInAll, c.Clear
	if c.isNamed {
		stored, clear = c.Stored, c.ClearAccount
	}
	var names []string
	if err := c.patiently(func() (err error) { names, err = stored(ctx); return err }); err != nil {
		return c.storeError(err)
	}
	if !c.isNamed {
		names = append(names, c.standingStored(ctx)...)
	}
	if len(names) == 0 {
		fmt.Fprintf(c.stdout, "Nothing is stored in %s%s.\n", c.PlaceInFull(), within(c.account))
		return nil
	}
	list := strings.Join(names, ", ")
	if !sure {
		if err := c.agreed(fmt.Sprintf("This removes from %s%s: %s", c.PlaceInFull(), within(c.account), list), "nothing was removed"); err != nil {
			return err
		}
	}
	if err := c.patiently(func() error { return clear(ctx) }); err != nil {
		return c.storeError(err)
	}
	fmt.Fprintf(c.stdout, "Removed from %s%s: %s\n", c.PlaceInFull(), within(c.account), list)
	return nil
}

// agreed asks whether to go on, and returns an error that says what was not done, if not.
func (c *command) agreed(what, otherwise string) error {
	answer, err := c.typed(what+"\nGo on? [y/N] ", shown)
	if err != nil {
		return err
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errors.New(otherwise)
	}
	return nil
}

// names are the names of the schema's secrets that are stored, in its order.
func (c *command) names() []string {
	var names []string
	for _, f := range c.Fields() {
		if f.Derived == "" {
			names = append(names, f.Name)
		}
	}
	return names
}

// field returns the secret of a name that there is.
func (c *command) field(name string) field.Field {
	fields := c.Fields()
	return fields[slices.IndexFunc(fields, func(f field.Field) bool { return f.Name == name })]
}

// named returns the secret that the one argument names.
func (c *command) named(args []string) (field.Field, error) {
	names := c.names()
	list := strings.Join(names, ", ")
	if len(args) != 1 {
		return field.Field{}, misused("say the name of one secret (%s)", list)
	}
	for _, f := range c.Fields() {
		if f.Name == args[0] && f.Derived != "" {
			return field.Field{}, misused("%s is made of %s, and kept nowhere: name one of those", f.Name, strings.Join(f.Parts(), ", "))
		}
		if f.Name == args[0] {
			return f, nil
		}
	}
	return field.Field{}, misused("there is no secret of that name%s (%s)", didYouMean(args[0], names), list)
}

// storeFailures says to the one who sits at the terminal what the manifest's sentences say to a model.
var storeFailures = map[wording.Failure]string{
	wording.NoStore:      "no keychain answers",
	wording.NoBus:        "no keychain answers: there is no session bus, or not where DBUS_SESSION_BUS_ADDRESS says",
	wording.NoKeyring:    "the keychain has no keyring yet, and nobody answered its window that asks for the password of one, or could see it; gnome-keyring takes one without a screen: " + inside.UnlockCommand,
	wording.StoreLocked:  "{place} is locked: unlock it, then try again",
	wording.NotUnlocked:  "{place} is locked: unlock it, then try again",
	wording.StoreTimeout: "{place} does not answer in time: look for its window or restart it, then try again",
	wording.StoreFailed:  "{place} reported an error",
	wording.TooBig:       "the value is larger than {place} takes",
	wording.ReadOnly:     "{place} is only read here: {guide}",
	wording.Unsafe:       "others can read or change what is in {place}, so that it is not used",
}

// storeMissing is said for wording.NoStore of a store that is not the keychain.
const storeMissing = "{place} is not there"

// storeError makes the error of a command for an error of the store. As in what a getter returns, the store's own text is
// left behind.
func (c *command) storeError(cause error, names ...string) error {
	trouble := c.storeTrouble(cause, names...)
	if trouble == "" {
		return errInterrupted // nothing else ends a context here
	}
	return &storeFailure{strings.Join(append(names, trouble), ": ")}
}

// storeTrouble says what is wrong with the store, or with another one of which the error is, "" if it is not a store.
func (c *command) storeTrouble(cause error, names ...string) string {
	var failure *secrets.Error
	if !errors.As(c.Fail(cause), &failure) {
		return ""
	}
	place, guide := c.Failing(c.In(context.Background(), c.account), cause, names...)
	says := storeFailures[wording.Failure(failure.Failure)]
	if errors.Is(cause, secrets.ErrNoStore) && place != (keychain.Store{}).Place() {
		says = storeMissing
	}
	return wording.Fill(says, wording.Values{"place": place, "guide": cmp.Or(guide, "set it there")})
}

// A storeFailure says what happened, and to which secret.
type storeFailure struct{ text string }

func (e *storeFailure) Error() string { return e.text }

func (c *command) hint(err error) string {
	var failure *storeFailure
	switch {
	case errors.As(err, &failure):
		return fmt.Sprintf("\"%s secrets doctor\" says what works here", c.Program())
	case isWrongUsage(err):
		return fmt.Sprintf("\"%s secrets help\" shows what there is", c.Program())
	}
	return ""
}

// wrongUsage is a mistake in the command line.
type wrongUsage struct{ text string }

func (e *wrongUsage) Error() string { return e.text }

func isWrongUsage(err error) bool {
	var wrong *wrongUsage
	return errors.As(err, &wrong)
}

func misused(format string, args ...any) error { return &wrongUsage{fmt.Sprintf(format, args...)} }

// didYouMean returns `, did you mean "api_key"?` for the known word that is nearest to word, or "" if none is near. It
// never repeats word, which may be a value in a wrong place.
func didYouMean(word string, known []string) string {
	nearest := spell.Nearest(word, known, 2)
	if nearest == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", nearest)
}

func newTable(to io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(to, 0, 0, 3, ' ', 0) }
