package secrets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/child"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/intake"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/session"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/chosen"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/wire"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// The ways in which a getter fails, for errors.Is. What a getter returns is an [*Error] whose text names the secret and
// the way out, is safe to be told to a model, and never holds a value. A dialog, or its lock, that is there and broken has
// none of these: its [Error].Failure is "dialog_failed", and its text says what is broken and where.
var (
	ErrDenied       = consent.ErrDenied   // the user did not allow it, or found that the verification codes differ
	ErrDismissed    = dialog.ErrDismissed // the user closed the dialog
	ErrRejected     = errors.New("secrets: the server found the value to be wrong")
	ErrNoDisplay    = dialog.ErrNoDisplay // there is no screen for a dialog
	ErrNoDialog     = dialog.ErrNoDialog  // there is no dialog program
	ErrNoStore      = store.ErrNoStore    // there is no keychain, or other store
	ErrStoreLocked  = store.ErrLocked     // the store stayed locked
	ErrStoreTimeout = store.ErrTimeout    // the store did not answer in time
	ErrStore        = store.ErrFailed     // the store failed otherwise
	ErrTooBig       = store.ErrTooBig     // the store does not take a value of this size
	ErrReadOnly     = store.ErrReadOnly   // the value is to be set by other means than this program
	ErrUnsafe       = store.ErrUnsafe     // others can read or change what is stored, so that it is not used
	ErrInvalid      = errors.New("secrets: the value breaks a rule of the schema")
	ErrNotSet       = store.ErrNotSet    // nothing is stored, and nobody is to be asked
	ErrPending      = consent.ErrPending // the user has not answered yet
	ErrUnknownKey   = errors.New("secrets: the key is not of this schema")
	ErrOutsideCall  = consent.ErrOutsideCall // nobody can be asked outside a call
	ErrClosed       = consent.ErrClosed      // the manager is closed
	ErrSentOnly     = errors.New("secrets: the secret is only ever sent by its transport")

	ErrUnknownAccount = errors.New("secrets: there is no such account") // see [Manager.Account]

	// A request is not sent by a transport, since it could carry the value to somebody else.
	ErrNotSent   error = wire.ErrNotSent
	ErrElsewhere error = wire.ErrElsewhere // because its address is none that the secret is for; it is an ErrNotSent too

	ErrNotRun error = child.ErrNotRun // a program is not started, since it could not get a value, or would show it to others
)

// errStoreDismissed is a keychain that stayed locked because the user closed its own prompt, now or some minutes ago.
var errStoreDismissed = fmt.Errorf("%w: %w", ErrStoreLocked, ErrDismissed)

// A failure is one of the errors above, or one of ours that counts as one, and its name in the manifest.
type failure struct {
	err  error
	name wording.Failure
}

// failures says which failure an error is; the first that matches counts.
var failures = []failure{
	{intake.ErrCodesDiffer, wording.CodesDiffer},
	{ErrDenied, wording.Denied},
	{ErrRejected, wording.Rejected},
	{ErrNoDisplay, wording.NoDisplay},
	{ErrNoDialog, wording.NoDialog},
	{keychain.ErrNoKeyring, wording.NoKeyring},
	{ErrNoStore, wording.NoStore},
	{errStoreDismissed, wording.NotUnlocked},
	{ErrStoreLocked, wording.StoreLocked},
	{ErrStoreTimeout, wording.StoreTimeout},
	{ErrReadOnly, wording.ReadOnly},
	{ErrUnsafe, wording.Unsafe},
	{ErrTooBig, wording.TooBig},
	{ErrInvalid, wording.Invalid},
	{ErrNotSet, wording.NotSet},
	{ErrPending, wording.Pending},
	{ErrUnknownKey, wording.UnknownKey},
	{ErrOutsideCall, wording.OutsideCall},
	{ErrClosed, wording.Closed},
	{ErrDismissed, wording.Dismissed},
	{consent.ErrUnshown, wording.Unshown},
	{dialog.ErrUnshown, wording.Unshown},
	{dialog.ErrFailed, wording.DialogFailed},
	{dialog.ErrTooLong, wording.TooBig},
	{ErrSentOnly, wording.SentOnly},
	{ErrUnknownAccount, wording.UnknownAccount},
	{ErrNotSent, wording.NotSent},
	{ErrNotRun, wording.NotRun},
	{errCheckBroken, wording.CheckBroken},
	{ErrStore, wording.StoreFailed},
}

// An Error is how a getter fails. Its text is a sentence of the manifest.
type Error struct {
	Secrets []string // the names of the secrets it is about
	Account string   // the account that they are of; "" is the one without a name
	Failure string   // the name of the failure in the manifest, such as "denied"
	text    string
	cause   error
}

// Error returns the sentence, with the way out.
func (e *Error) Error() string { return e.text }

// Unwrap returns the cause, for errors.Is with one of the errors above.
func (e *Error) Unwrap() error { return e.cause }

// fail makes the error that a public function returns for cause; defs are what it is about, unless the cause says so itself.
// An error that is no failure of ours, such as a store's of somebody else, becomes ErrStore without its text, which might
// hold a value: the log has it.
func (m *Manager) fail(ctx context.Context, cause error, defs ...*definition) error {
	if cause == nil {
		return nil
	}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(cause, ended) {
			return &endedError{ended}
		}
	}
	about := &consent.About{Err: cause}
	if !errors.As(cause, &about) && !errors.Is(cause, ErrUnknownKey) {
		about.Entries = m.values.entries(ctx, defs)
	}
	f, ok := failureOf(cause)
	var fault *dialog.Fault
	var noBus *session.Fault
	var says wording.Failure // where its sentence is not its own
	switch {
	case !ok:
		f = failure{ErrStore, wording.StoreFailed}
	case errors.As(cause, &fault):
		f.name = wording.DialogFailed // whatever its kind: the trouble says more
	case errors.As(cause, &noBus):
		f.name = wording.NoBus
	case about.Asking && (f.name == wording.NoDisplay || f.name == wording.NoDialog):
		f.name = wording.NobodyToAsk // another way out helps than for a missing value
	case f.name == wording.OutsideCall && m.noteOutsideCall(ctx, about.Entries):
		says = wording.UnknownCaller
	case f.name == wording.NoStore && !isKeychain(m.failing(cause).At):
		says = wording.StoreMissing
	case f.name == wording.ReadOnly && m.failing(cause).IsSet:
		says = wording.ReadOnlySet
	}
	return m.failAs(f.name, cmp.Or(says, f.name), known(cause, f.err), about.Entries)
}

// failing returns which store has failed.
func (m *Manager) failing(err error) *chosen.Error {
	var at *chosen.Error
	if errors.As(err, &at) {
		return at
	}
	return &chosen.Error{At: m.values.store, Err: err}
}

func isKeychain(s store.Store) bool { _, ok := s.(keychain.Store); return ok }

// failureOf returns which failure an error is.
func failureOf(err error) (f failure, ok bool) {
	for _, f := range failures {
		if errors.Is(err, f.err) {
			return f, true
		}
	}
	return failure{}, false
}

// noteOutsideCall tells the author of a server why nothing was handed out. Of callers it tells once: they may be anybody. It
// reports whether there was a call, by somebody of whom nothing is known.
func (m *Manager) noteOutsideCall(ctx context.Context, entries []store.Entry) (unknownCaller bool) {
	note := func(text string) {
		m.log.LogAttrs(ctx, slog.LevelWarn, text,
			slog.String("server", m.server), slog.String("secrets", strings.Join(namesIn(entries), ", ")))
	}
	switch t := m.found(ctx); {
	case t == nil:
		note("a secret was wanted outside any request: is the adapter's Option or Install in place, and is work of the server's " +
			"own done with Background?")
	case !t.background && t.call().Who.Kind == consent.Stranger:
		m.strangers.Do(func() {
			note("a secret was wanted for a caller of whom nothing is known: is the server served by the adapter's own functions, " +
				"and is each caller verified?")
		})
		return true
	}
	return false
}

// noteUnguarded tells the author of a server, once, that the guard sees not all of what the server sends.
func (m *Manager) noteUnguarded(ctx context.Context, secret string) {
	m.unguarded.Do(func() {
		m.log.LogAttrs(ctx, slog.LevelWarn, "a secret was handed out where not all is masked that the server sends: with mcp-go, give the "+
			"server mcpgo.Option, and serve it by ServeStdio, ServeHTTP or HTTPHandler of mcpgo with the same manager; with the official "+
			"SDK, call gosdk.Install", slog.String("server", m.server), slog.String("secret", secret))
	})
}

// refusals are the errors that a person's act makes: a "no", a window that was closed, a value that can't be one. After any
// other nobody was asked, or it is not known what they wanted: it is no yes, and it is not held against them either.
var refusals = []error{ErrDenied, ErrDismissed, ErrInvalid, ErrTooBig, dialog.ErrTooLong}

// isRefusal reports whether err came from a person.
func isRefusal(err error) bool {
	is := func(refusal error) bool { return errors.Is(err, refusal) }
	return slices.ContainsFunc(refusals, is) && !is(ErrStoreLocked)
}

// saysNoMore reports whether the text of a store's error is that of one of the errors above.
func saysNoMore(err error) bool {
	f, ok := failureOf(err)
	return ok && err.Error() == f.err.Error()
}

// known returns cause without what somebody else may have wrapped around it, which could hold a value.
func known(cause, failure error) error {
	var problem *invalidText
	var rejected *rejection
	var fault *dialog.Fault
	var noBus *session.Fault
	var refused refusal
	var noAccount *unknownAccount
	var stale *unwritable
	var at *chosen.Error
	switch {
	case errors.As(cause, &noAccount):
		return noAccount
	case errors.As(cause, &stale):
		return stale
	case errors.As(cause, &at):
		return &chosen.Error{At: at.At, IsSet: at.IsSet, Err: known(at.Err, failure)}
	case errors.As(cause, &refused):
		return refused
	case errors.As(cause, &problem):
		return problem
	case errors.As(cause, &noBus):
		return fmt.Errorf("%w: %w", failure, noBus)
	case errors.As(cause, &fault):
		return fault
	case errors.As(cause, &rejected):
		return rejected
	}
	return failure
}

// A refusal is why a request was not sent, or a program not started: a [wire.Refusal] or a [child.Refusal].
type refusal interface {
	error
	Trouble() string // for the sentence of that
}

// endedError is what a getter returns when its context has ended.
type endedError struct{ error }

func (e *endedError) Error() string { return "secrets: " + e.error.Error() }
func (e *endedError) Unwrap() error { return e.error }

// failAs makes the error for a failure whose name is known, with the sentence of that name or another.
func (m *Manager) failAs(name, says wording.Failure, cause error, entries []store.Entry) error {
	secrets, account := namesIn(entries), accountOf(entries)
	values := wording.Values{
		"server": m.server, "secrets": strings.Join(secrets, ", "), "command": m.command,
		"account": account, "option": wording.AccountOption(account),
	}
	if len(secrets) > 0 {
		values["secret"] = secrets[0]
	}
	if noAccount := (*unknownAccount)(nil); errors.As(cause, &noAccount) {
		values["accounts"] = noAccount.list()
	}
	var problem *field.Problem
	if errors.As(cause, &problem) {
		values["problem"] = m.sentences.Problem(problem)
	}
	var rejected *rejection
	if errors.As(cause, &rejected) {
		values["why"] = rejected.why
	}
	if name == wording.DialogFailed {
		values["trouble"] = troubleOf(cause)
	}
	failing := m.failing(cause)
	values["place"] = failing.At.Place()
	if name == wording.ReadOnly {
		values["guide"] = m.values.guide(failing.At, entries)
	}
	var refused refusal
	if errors.As(cause, &refused) {
		values["trouble"] = refused.Trouble()
	}
	var noBus *session.Fault
	if errors.As(cause, &noBus) {
		values["trouble"], values["config"] = noBus.Trouble, noBus.Config()
	}
	text := wording.Fill(m.sentences.Failures[says], values) + m.ofAccount(account)
	if stale := (*unwritable)(nil); errors.As(cause, &stale) && stale.why != "" {
		text = stale.why + " " + text
	}
	if more := m.sentences.Terminal[says]; more != "" && m.hasTerminal.Load() && (says != wording.NobodyToAsk || m.allStand(secrets)) {
		text += " " + wording.Fill(more, values)
	}
	if m.elsewhere != "" && slices.Contains(desktops, says) && isKeychain(failing.At) {
		text += " " + wording.Fill(m.sentences.Notices.Elsewhere, wording.Values{"stores": m.elsewhere})
	}
	return &Error{secrets, account, string(name), text + m.links(name, secrets), cause}
}

// ofAccount returns what is added to a sentence about secrets of an account with a name.
func (m *Manager) ofAccount(account string) string {
	if account == "" {
		return ""
	}
	return " " + wording.Fill(m.sentences.Notices.Account, wording.Values{"account": account})
}

func namesIn(entries []store.Entry) []string {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name
	}
	return names
}

// accountOf returns the account that entries are of.
func accountOf(entries []store.Entry) string {
	if len(entries) == 0 {
		return ""
	}
	return entries[0].Account
}

// desktops are the failures of a keychain that may be for want of a desktop.
var desktops = []wording.Failure{wording.NoStore, wording.NoBus, wording.NoKeyring, wording.StoreLocked}

// wanting are the failures after which a person looks for a value.
var wanting = []wording.Failure{wording.NotSet, wording.Invalid, wording.Rejected, wording.NoDisplay, wording.NoDialog, wording.ReadOnly}

// links says where the secrets are explained of which a value is wanted. Nothing but a space follows a link, so that nothing is
// taken for a part of it.
func (m *Manager) links(failure wording.Failure, secrets []string) (sentences string) {
	if !slices.Contains(wanting, failure) {
		return ""
	}
	for _, name := range secrets {
		if def := m.names[name]; def != nil && def.Docs != "" {
			sentences += " " + wording.Fill(m.sentences.Notices.Docs, wording.Values{"secret": name, "docs": def.Docs})
		}
	}
	return sentences
}

// troubleOf says what kept a dialog from being shown or answered. Native dialogs say it themselves.
func troubleOf(cause error) string {
	var fault *dialog.Fault
	if !errors.As(cause, &fault) {
		return "the server's own prompter reported an error, of which its log says more"
	}
	return layout.Clean(fault.Trouble, 1, troubleColumns)
}

// troubleColumns is how much of what is wrong with a dialog an error tells: a path can be long, and a variable is.
const troubleColumns = 400

// invalidText is the ErrInvalid of a text that breaks a rule. It names the secret and the rule, never the text.
type invalidText struct {
	name    string
	problem error
}

func (e *invalidText) Error() string { return e.name + ": the value " + e.problem.Error() }

// Unwrap returns ErrInvalid and the *field.Problem.
func (e *invalidText) Unwrap() []error { return []error{ErrInvalid, e.problem} }

// unwritable is the ErrReadOnly of a value that is to be replaced.
type unwritable struct {
	error
	why string // what is wrong with the one that is there, or ""
}

func (e *unwritable) Unwrap() error { return e.error }

// rejection is the ErrRejected that Reject returns.
type rejection struct{ why string }

func (e *rejection) Error() string { return ErrRejected.Error() }
func (e *rejection) Unwrap() error { return ErrRejected }
