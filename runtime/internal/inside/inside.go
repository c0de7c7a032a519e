// Package inside is the door between package secrets and the other packages of this module's runtime: what the adapters
// and the terminal command need of a secrets.Manager, and no user of the runtime does. Being internal, it can change in any
// version.
package inside

import (
	"context"
	"errors"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/check"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/standing"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A Manager is a secrets.Manager, seen from inside.
type Manager interface {
	// Guard masks what leaves the server.
	Guard() *guard.Guard
	// Install notes that an adapter masks all that a server sends: that it serves, or sees all messages.
	Install()
	// Runs reports whether a handler of a request was given ctx, or something made of it.
	Runs(ctx context.Context) bool
	// Serving notes that the server begins to serve, after which SECRETS_STORAGE_CLEAR is obeyed.
	Serving()
	// Warn tells the author of the server what is amiss with it.
	Warn(ctx context.Context, text string)
	// Tools are what an adapter's AddTools adds to a server.
	Tools() []Tool

	// Server is the server's name in the schema, and Place is where its values are kept, such as "the keychain". PlaceInFull also
	// says how that names them.
	Server() string
	Place() string
	PlaceInFull() string
	// Program is how a person starts this program, and HasTerminal notes that it has the terminal command.
	Program() string
	HasTerminal()
	Sentences() wording.Sentences
	// Fields are the secrets in the schema's order.
	Fields() []field.Field

	// Check says whether a valid value is stored: the error is secrets.ErrNotSet, a *field.Problem, or the store's.
	Check(ctx context.Context, name string) error
	// IsAsked says whether a use would ask for a secret that is not stored, as far as that can be told without asking for a password:
	// it is required, by itself or by what there is of others. MemberOf returns the one_of and the alternative that it belongs to,
	// such as "auth: basic (User name and password)", or "".
	// What was entered counts as if it were stored.
	IsAsked(ctx context.Context, name string, entered map[string]string) bool
	MemberOf(name string) string
	// IsUnused says that another alternative is chosen than that to which a secret belongs.
	IsUnused(ctx context.Context, name string) bool
	// Setting returns the stored value of a secret for its user to see, and "" where none is stored that may be shown.
	Setting(ctx context.Context, name string) (string, error)
	// Put stores a value, and Remove removes one under all its names. Put checks no rule.
	Put(ctx context.Context, name, text string) error
	Remove(ctx context.Context, name string) error
	// PutAll stores several values, the last name first, or puts back what was there before. It checks no rule. The name that it
	// returns with an error is the one that could not be stored.
	PutAll(ctx context.Context, names []string, values map[string]string) (failed string, err error)
	// In returns a context that means an account, be there one or not: what is told of a value, or done to one, is in the account
	// that the context means. AccountOf returns which that is; "" is the one without a name.
	In(ctx context.Context, account string) context.Context
	AccountOf(ctx context.Context) string
	// Accounts returns the names of those in which something is stored, for who calls.
	Accounts(ctx context.Context) ([]string, error)
	// Stored returns the names under which the account has something stored, also those that are not of the schema.
	Stored(ctx context.Context) ([]string, error)
	// Clear removes all that is stored in all accounts, and ClearAccount what is in one.
	Clear(ctx context.Context) error
	ClearAccount(ctx context.Context) error
	// CanPut returns why nothing could be stored, as far as that can be told before.
	CanPut(ctx context.Context) error
	// Bundles are the names of all secrets that are stored, in the order in which a person is asked for them: what decides on
	// others before those, and where a value goes before the value. Each bundle is stored as a whole, or not at all.
	Bundles() [][]string
	// Verify runs the checks of the server's author that are due now that something was typed, up to one after which it can't be
	// stored. VerifyStored runs those of what is stored, of one secret or, where name is "", of all. Where there is no check,
	// there is no outcome.
	Verify(ctx context.Context, typed Typed) []check.Outcome
	VerifyStored(ctx context.Context, name string) ([]check.Outcome, error)
	// PutNew stores a value where there is none, else the error is [ErrTaken]. TakeBack removes it again, unless it has changed since.
	PutNew(ctx context.Context, name, text string) error
	TakeBack(ctx context.Context, name, text string) error
	// Profile returns what an earlier version of the server kept for a profile, and RemoveFromProfile removes it there, unless
	// it has changed since there or here, and returns the names.
	Profile(ctx context.Context, name string) (Profile, error)
	RemoveFromProfile(ctx context.Context, p Profile) (removed []string, err error)
	// Source returns what another store has, named as MCP_SECRETS_STORE names it: of the account that ctx means, but of the
	// environment what it has. The error is a [*SourceError] where that can't be a source. TakeOver stores several of its values, or
	// nothing: the error is [ErrTaken] where one has got another value here meanwhile. RemoveFromSource removes there what is here,
	// and returns under which names.
	Source(ctx context.Context, from string) (Source, error)
	TakeOver(ctx context.Context, values []ProfileValue) (failed string, err error)
	RemoveFromSource(ctx context.Context, s Source) (removed []string, err error)
	// Failing returns the place of the store of which an error is, and what a person does to set these secrets where that is only
	// read.
	Failing(ctx context.Context, cause error, names ...string) (place, guide string)
	// Fail makes the error that a getter would return for the cause.
	Fail(cause error, names ...string) error

	// Destinations returns where a value can go, as the settings are now; "" is a place that the schema does not say. The error is
	// secrets.ErrNotSet of what would say it.
	Destinations(ctx context.Context, of store.Entry) ([]string, error)
	// CannotStand returns why a use of a secret can't be allowed beforehand, in words that continue its name, or "".
	CannotStand(name string) string
	// Standing returns what was allowed beforehand, at each place where that is kept, and StandingCounts why a permission counts for
	// nothing now, or nil.
	Standing(ctx context.Context) []Standing
	StandingCounts(p standing.Permission) error
	// ChangeStanding replaces the permissions in a file, or where that is "" in the store, by what change makes of them.
	ChangeStanding(ctx context.Context, file string, change func([]standing.Permission) []standing.Permission) error

	// Examine says whether values can be kept and asked for here.
	Examine(ctx context.Context) []Symptom
	// ClientNeeds returns the variables, names and values by turns, that an MCP client must hand to a server which it starts with
	// little but HOME and PATH, so that it finds what is found here. It is not ok where that can't be told, or makes no difference.
	ClientNeeds() (variables []string, ok bool)
	// KeepOnStart has the store not cleared, and reports whether SECRETS_STORAGE_CLEAR wants it cleared at a server's start.
	KeepOnStart() (clears bool)
}

// AccountArgument is the name of a tool's argument by which a model says which account it wants, and AccountHelp its description.
const (
	AccountArgument = "account"
	AccountHelp     = "The user's account to use. Leave it out for the one without a name."
)

// AccountSchema returns the JSON Schema of a tool's [AccountArgument], whose values are the names that are known.
func AccountSchema(names []string) map[string]any {
	schema := map[string]any{"type": "string", "description": AccountHelp}
	if len(names) > 0 {
		schema["enum"] = names
	}
	return schema
}

// A Typed is what a person has typed, and that is not stored yet.
type Typed struct {
	Values map[string]string
	New    []string // of these, what was not checked yet
	Left   []string // what is still to be typed
}

// A Tool is one of those by which a user asks the model for what the terminal command does. It takes and returns names,
// never values.
type Tool struct {
	Name, Description string
	ReadOnly          bool
	Secrets           []string // what its one argument "name" can be; nil where it takes none
	// Run returns a text, or anything else to be shown as JSON. It is about the account that the context means, for which all of
	// the tools take an [AccountArgument].
	Run func(ctx context.Context, secret string) (any, error)
}

// A Standing is what a place has of the permissions that were given beforehand.
type Standing struct {
	Place       string // the path of a file, or what the store calls itself
	IsFile      bool
	Permissions []standing.Permission
	Err         error // why none of it counts
}

// ErrTaken: there is a value already.
var ErrTaken = errors.New("there is a value already")

// A Profile is what earlier versions kept for a profile of the server.
type Profile struct {
	Name    string
	Service string   // where it is kept
	Servers []string // the servers that could have stored something there as well
	Values  []ProfileValue
}

// A Source is what another store has of the server's values.
type Source struct {
	From   string // as MCP_SECRETS_STORE names it
	Place  string // as sentences do
	Values []ProfileValue
}

// A SourceError says why something is no source to take values over from.
type SourceError struct{ Text string }

func (e *SourceError) Error() string { return e.Text }

// A ProfileValue is one value of a [Profile], or of another [Source].
type ProfileValue struct {
	Name, Stored    string // in the schema, and there
	Where           string // of a [Source]: the variables, the file, or the name there
	Text            Text
	Err             error // why it could not be read there
	Problem         error // why it can't be used
	IsHere, IsOther bool  // the server has it already, or has another value
}

// A Text is one that the packages of this module hand to each other. Whoever calls a [Manager] can have one, and can't read it:
// that takes a function of this package.
type Text struct{ read func() string }

// Sealed returns text as one that [Opened] returns.
func Sealed(text string) Text { return Text{func() string { return text }} }

// Opened returns the text that was sealed.
func Opened(t Text) string { return t.read() }

// A Symptom is one line of what the command doctor says.
type Symptom struct {
	Part    string // what was looked at
	Verdict string
	Text    string
	WayOut  string // "" where there is nothing to do
}

// The verdicts of a [Symptom].
const (
	Fine    = "ok"
	Warning = "warning" // something does not work, and there is a way around it
	Failing = "failed"  // no secret can be kept
)

// UnlockCommand is for bash and zsh: it asks for the keyring's password without showing it, and makes a keyring where there is
// none.
const UnlockCommand = `read -rs P && printf %s "$P" | gnome-keyring-daemon --replace --unlock; unset P`

type terminalKey struct{}

// WithTerminal returns a context in which a person is asked in a terminal for the passphrase of a store, and not by a window. Who
// refuses is a secrets.ErrDismissed.
func WithTerminal(ctx context.Context, ask func(ctx context.Context, text string) (string, error)) context.Context {
	return context.WithValue(ctx, terminalKey{}, ask)
}

// TerminalOf returns what [WithTerminal] put there, or nil.
func TerminalOf(ctx context.Context) func(ctx context.Context, text string) (string, error) {
	ask, _ := ctx.Value(terminalKey{}).(func(context.Context, string) (string, error))
	return ask
}

type principalKey struct{}

// WithPrincipal returns a context of requests that belong to a named principal: see secrets.WithPrincipal.
func WithPrincipal(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, principalKey{}, name)
}

// PrincipalOf returns the name that [WithPrincipal] put there, or "".
func PrincipalOf(ctx context.Context) string {
	name, _ := ctx.Value(principalKey{}).(string)
	return name
}
