package secrets

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/content"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/intake"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/chosen"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A Manager is the gate in front of one server's secrets. Generated code has one in a field; [Get], [GetOptional] and
// [GetGroup] are the only ways through it. It is safe for concurrent use.
type Manager struct {
	identity
	definitions
	groups [][]string // the names of secrets that are got together

	values   *values                                         // what the store has
	sources  chosen.Options                                  // from which it can be taken over
	desk     *consent.Desk                                   // who may use it
	intake   *intake.Intake                                  // how missing values are asked for
	checks   checks                                          // of what was typed, by the server's author
	removals *consent.Table[store.Entry, store.Entry, error] // what secrets_forget asks
	prompter Prompter
	log      *slog.Logger
	uses     *useLog
	guard    func() *guard.Guard // what leaves the server
	salt     func() *[32]byte    // keys the fingerprints of values
	bypass   bypass

	standings standings // permissions that were given beforehand

	closing sync.Once // of the store

	serving     sync.Once
	endClearing func() // see [Manager.clearAtStart]

	installed atomic.Bool // an adapter masks all that a server sends
	unguarded sync.Once   // the author was told that nothing does
	strangers sync.Once   // the author was told of callers of whom nothing is known

	hasTerminal atomic.Bool // the program has the terminal command
}

// An identity is what a manager is known by, and how it speaks.
type identity struct {
	server    string // as the schema names it
	command   string // how a person starts this program
	elsewhere string // which stores the keychain's failures name; "" is none
	sentences wording.Sentences
	reviewed  reasons
	fast      time.Duration
}

// Open makes the manager of a schema. It reads no keychain and asks nobody: MCP clients start servers more often than
// they use them. The error is a mistake in the schema, the options or MCP_SECRETS_STORE.
func Open(schema Schema, opts ...Option) (*Manager, error) {
	var o options
	for _, option := range opts {
		option(&o)
	}
	manifest, err := schema.readManifest()
	if err != nil {
		return nil, err
	}
	sentences := manifest.Sentences
	definitions, err := define(schema.Keys)
	if err != nil {
		return nil, err
	}
	if err := keychain.CheckServer(schema.Server); err != nil {
		return nil, fmt.Errorf("secrets: %w", err)
	}
	o.setDefaults()
	choice := o.choice(schema.Server, definitions.ordered, sentences.Dialog)
	opened, elsewhere, err := o.openStore(choice)
	if err != nil {
		return nil, fmt.Errorf("secrets: %w", err)
	}
	m := &Manager{
		identity: identity{
			server: schema.Server, command: filepath.Base(os.Args[0]), elsewhere: elsewhere, sentences: sentences,
			reviewed: manifest.reasons(), fast: o.fast,
		},
		definitions: definitions,
		groups:      manifest.groups(),
		sources:     choice,
		prompter:    o.prompter,
		log:         o.log,
		uses:        &useLog{log: o.log, server: schema.Server, handlers: map[loggedUse]slog.Handler{}},
		guard:       hide(&guard.Guard{}),
		salt:        hide(new([32]byte)),
	}
	_, _ = rand.Read(m.salt()[:]) // never fails
	m.bypass.refused, m.standings.refused = o.noBypass, o.noStanding
	m.desk = consent.NewDesk(consent.Config{Fast: o.fast, Lock: m.lockScreen, Bypass: m.bypassed, IsRefusal: isRefusal})
	m.removals = consent.NewTable[store.Entry, store.Entry, error](m.desk)
	m.values = &values{
		store: opened, server: m.server, names: m.names, desk: m.desk,
		notices: sentences.Notices, differ: sentences.Form.Differ, log: o.log, guard: m.guard,
		terminal: m.terminal, unlocking: make(chan struct{}, 1), clearing: make(chan struct{}, 1), rejections: map[store.Entry]rejected{}, handed: map[store.Entry]Secret{},
	}
	m.intake = intake.New(intake.Config{
		Desk: m.desk, Values: collected{m}, Ready: m.canCollect, Enter: m.enter, Form: m.codesForm, IsRefusal: isRefusal, Dismissed: ErrDismissed,
		Invalid: func(secret string, problem error) error { return &invalidText{secret, problem} },
		Wrong:   func(why string) error { return fmt.Errorf("%w: %w", &rejection{why}, ErrInvalid) }, // which is a person's
	})
	return m, nil
}

// hide returns a function that returns p. For a verb that does not fit, such as %s, fmt shows what the pointers in a struct
// point to; of a function it shows an address.
func hide[T any](p *T) func() *T { return func() *T { return p } }

// terminal returns how a person runs the terminal command with these words, and "" where the program's author has not given it
// one: it would then serve MCP on the terminal.
func (m *Manager) terminal(words string) string {
	if !m.hasTerminal.Load() {
		return ""
	}
	return m.command + " secrets " + words
}

// definitions are the secrets of a schema.
type definitions struct {
	schema  map[*definition]bool
	names   map[string]*definition
	ordered []*definition // as the schema orders them
	dependencies
}

// define checks the keys and keeps what they are known by. The generator has checked all this with places; here it guards
// against keys that were written by hand.
func define(keys []AnyKey) (definitions, error) {
	d := definitions{schema: make(map[*definition]bool, len(keys)), names: make(map[string]*definition, len(keys))}
	for _, key := range keys {
		def := key.definition()
		if d.names[def.Name] != nil {
			return d, fmt.Errorf("secrets: key %q is declared twice", def.Name)
		}
		if err := checkDefinition(def.Field); err != nil {
			return d, fmt.Errorf("secrets: key %q: %w", def.Name, err)
		}
		if !def.fits() {
			return d, fmt.Errorf("secrets: key %q: its values are of type %s, confidential: %t; those of the key are of type %s, confidential: %t",
				def.Name, def.ValueType(), def.Confidential(), def.gives, def.hides)
		}
		d.schema[def], d.names[def.Name] = true, def
		d.ordered = append(d.ordered, def)
	}
	if err := d.checkNames(); err != nil {
		return d, err
	}
	for _, def := range d.ordered {
		if def.isDerived() {
			if err := d.checkDerived(def, nil); err != nil {
				return d, fmt.Errorf("secrets: key %q: %w", def.Name, err)
			}
		}
		if to := def.SentTo; to != "" && !d.isDestination(to) {
			return d, fmt.Errorf("secrets: key %q: sent_to %q is no key of this schema that says where values go", def.Name, to)
		}
	}
	return d, d.depend()
}

// checkNames checks that no key has a name of another, present or former: it would read what is stored for that one.
func (d *definitions) checkNames() error {
	former := map[string]bool{}
	for _, def := range d.ordered {
		for _, name := range def.RenamedFrom {
			if former[name] || d.names[name] != nil {
				return fmt.Errorf("secrets: key %q: its former name %q is a name of another key, or twice its own", def.Name, name)
			}
			former[name] = true
		}
	}
	return nil
}

// isDestination reports whether others can be sent to the key of a name. A list must know that it is one, since a question names
// all of its hosts.
func (d *definitions) isDestination(name string) bool {
	to := d.names[name]
	return to != nil && to.IsDestination() && (!to.List || to.IsSentTo)
}

func checkDefinition(f field.Field) error {
	switch {
	case !field.ValidName(f.Name):
		return errors.New("a name is made of a-z, 0-9, \"_\", \".\" and \"-\"")
	case f.Secrecy == field.Hidden && !f.Type.CanHide(), f.Secrecy == field.Shown && !f.Type.CanShow():
		return fmt.Errorf("a %s is not %s", f.Type, f.Secrecy)
	case f.List && !f.Type.CanList():
		return fmt.Errorf("there is no list of type %s", f.Type)
	case f.Confidential() && f.Default != "" && f.Type != field.File:
		return errors.New("a confidential value has no default")
	case f.Confidential() && !f.Asks():
		return errors.New("a confidential value always needs permission")
	case cmp.Or(f.Permission, field.Ask) != field.Ask && f.Permission != field.Dialog && f.Permission != field.None:
		return fmt.Errorf("unknown permission %q", f.Permission)
	case cmp.Or(f.Scope, field.ServerScope) != field.ServerScope && f.Scope != field.ToolScope:
		return fmt.Errorf("unknown scope %q", f.Scope)
	case f.Standing != "" && f.Standing != field.MayStand && f.Standing != field.NeverStands:
		return fmt.Errorf("unknown standing %q", f.Standing)
	case clashes(f):
		return errors.New("two choices are shown alike, or one as another's value: what a person chooses could be either")
	case checkSent(f) != nil:
		return checkSent(f)
	case f.Docs != "" && field.CheckLink(f.Docs) != nil:
		return fmt.Errorf("docs: a link %w", field.CheckLink(f.Docs))
	case f.Clean(f.Default) != f.Default:
		return errors.New("a default has nothing around it that would be taken off what a person enters, such as a space")
	case f.Pattern != "":
		if _, err := field.CompilePattern(f.Pattern); err != nil {
			return fmt.Errorf("pattern: %w", err)
		}
	}
	if f.Default != "" {
		return f.Check(f.Default)
	}
	return nil
}

// checkSent returns why a transport could not keep what a field says of where its values go.
func checkSent(f field.Field) error {
	isSent := f.SentAs != field.SentAs{}
	switch {
	case f.SentTo != "" && len(f.SentHosts) > 0:
		return errors.New("it goes to the hosts of another key, or to fixed ones, not both")
	case (isSent || f.Unrevealed) && !f.IsSent():
		return errors.New("what is only sent, or says how, says where it goes")
	case isSent && (!f.CanBeSent() || len(f.SentAs.Form.Roles()) > 0):
		return errors.New("its value is no text that is sent in this way")
	case slices.ContainsFunc(f.RejectOn, func(status int) bool { return status < 400 || status > 499 }):
		return errors.New("a status that rejects a value is one of 400 to 499")
	}
	for _, host := range f.SentHosts {
		if err := field.CheckSentHost(host); err != nil {
			return fmt.Errorf("host %q %w", host, err)
		}
	}
	if isSent {
		return f.SentAs.Check()
	}
	return nil
}

// clashes reports whether a person who chooses one of f's choices may mean another.
func clashes(f field.Field) bool {
	for i := range f.Choices {
		if _, ok := f.Clash(i); ok {
			return true
		}
	}
	return false
}

// Close ends all dialogs and questions, waits until they are gone, and forgets the grants. Getters fail with [ErrClosed]
// from then on.
func (m *Manager) Close() error {
	m.values.forgetHanded()
	m.desk.Close()
	m.serving.Do(func() { m.endClearing = func() {} }) // nothing is begun any more
	m.endClearing()
	var err error
	m.closing.Do(func() {
		err = closeStore(m.values.store)
	})
	return err
}

// admit lets in an operation on defs: they must be of the manager's schema, and it must be open.
func (m *Manager) admit(defs ...*definition) error {
	for _, def := range defs {
		if def == nil || !m.schema[def] {
			return &consent.About{Err: ErrUnknownKey} // a key that is not of the schema has no name here
		}
	}
	return m.desk.Closed()
}

// Stored reports whether a value of key is stored; of a derived one, whether each part is stored or has a default. It tells neither
// the value nor whether it is valid.
// The errors are those of the store, and [ErrUnknownKey].
func (m *Manager) Stored(ctx context.Context, key AnyKey) (bool, error) {
	def := key.definition()
	err := m.admit(def)
	if err == nil {
		for _, leaf := range m.leaves([]*definition{def}) {
			if _, err = m.values.lookup(ctx, leaf); err != nil && !(errors.Is(err, ErrNotSet) && leaf != def && leaf.Default != "") {
				break
			}
			err = nil
		}
	}
	if errors.Is(err, ErrNotSet) {
		return false, nil
	}
	return err == nil, m.fail(ctx, err, def)
}

// Set stores text as the value of key, in place of an earlier one, and ends the grants for it. It is for the user's own
// hand, as in a command on a terminal: nobody is asked. As in a dialog, what is surely an accident of copying is taken off
// first, such as a line end around a key. The error is [ErrInvalid] if text breaks a rule, or the store's. A
// derived key can't be set, nor forgotten: its parts can.
func (m *Manager) Set(ctx context.Context, key AnyKey, text string) error {
	def := key.definition()
	err := m.admit(def)
	if err == nil {
		err = canChange(def)
	}
	if err == nil {
		text = def.Entered(text)
		if problem := content.Check(def.Field, text); problem != nil {
			err = &invalidText{def.Name, problem}
		} else {
			err = m.values.put(ctx, def, text)
		}
	}
	return m.fail(ctx, err, def)
}

// Forget removes the value of key, also under its former names, and ends the grants for it; of the key of a one_of also its
// members. It is no error if there is none.
func (m *Manager) Forget(ctx context.Context, key AnyKey) error {
	def := key.definition()
	err := m.admit(def)
	if err == nil {
		err = canChange(def)
	}
	if err == nil {
		err = m.values.remove(ctx, def)
	}
	return m.fail(ctx, err, def)
}

// List returns the names under which something is stored for the account that ctx means, sorted: the schema's, also former ones, and where the
// store can tell, those that another program chose, as far as they can be shown. It tells no value. Nobody is asked, but that
// the keychain may have to be unlocked. What a locked keyring has beside an unlocked one is left out, as [Manager.Clear] leaves it
// there. The errors are those of the store.
func (m *Manager) List(ctx context.Context) ([]string, error) {
	err := m.admit()
	if err != nil {
		return nil, m.fail(ctx, err)
	}
	names, err := m.values.stored(ctx, m.kept())
	return names, m.fail(ctx, err)
}

// Clear removes everything that is stored for the server, in all accounts and under whichever name, and ends all grants for its secrets, also where it
// fails halfway. As with [Manager.Set], nobody is asked: it is for the user's own hand, and no tool should call it. It is no error
// if there is nothing. What a locked keyring has beside an unlocked one stays, and the log names that keyring. The errors are
// those of the store.
func (m *Manager) Clear(ctx context.Context) error {
	err := m.admit()
	if err == nil {
		err = m.clear(ctx)
	}
	return m.fail(ctx, err)
}

func (m *Manager) clear(ctx context.Context) error {
	err := m.values.clear(ctx)
	m.values.renewAll() // also after an error: some of it may be gone
	return err
}

// Reject says that the value of key which was handed out in this call is wrong, as when the upstream server answered 401,
// and returns an error for the handler to return. The next getter asks for another value, and its dialog says why. After 403
// or 429 the value is right: return an error that says so, and leave it to the user to set another one. Of a reason that the
// manifest does not have, the dialog and the error say only that it was not reviewed. Of a derived key, the confidential parts are
// wrong, or all where none is. Of the key of a one_of it means every member that was handed out.
func (m *Manager) Reject(ctx context.Context, key AnyKey, why Reason) error {
	def := key.definition()
	if err := m.admit(def); err != nil {
		return m.fail(ctx, err, def)
	}
	shown := m.sentences.Question.Unreviewed // a conversion can bring anything here, the value too
	if m.reviewed.isReviewed(why) {
		shown = m.guard().Text(string(why))
	}
	wrong := m.rejectable(ctx, def)
	for _, def := range wrong {
		of := m.values.entry(ctx, def)
		text, ok := m.turn(ctx).handedOut(of)
		m.rejectIn(ctx, of, text, ok, shown)
	}
	if !def.isDerived() {
		wrong = []*definition{def}
	}
	return m.fail(ctx, &rejection{shown}, wrong...)
}

// rejectIn notes that a value is wrong which was used in ctx: what a check looks at is not stored yet.
func (m *Manager) rejectIn(ctx context.Context, of store.Entry, text Secret, ok bool, why string) {
	if t := m.found(ctx); t != nil && t.trial != nil {
		t.trial().reject(of.Name, why)
		return
	}
	m.values.rejectHandedOut(of, text, ok, why)
}

// rejectable returns def, or for a one_of the members that were handed out: its word is never wrong itself.
func (m *Manager) rejectable(ctx context.Context, def *definition) []*definition {
	switch {
	case def.isDerived():
		return m.rejectableParts(def)
	case !def.IsOneOf():
		return []*definition{def}
	}
	var handed, chosen []*definition
	word, _ := m.values.lookup(ctx, def)
	for _, member := range m.withMembers(def)[1:] {
		if _, ok := m.turn(ctx).handedOut(m.values.entry(ctx, member)); ok {
			handed = append(handed, member)
		}
		if m.members[member].alternative == word {
			chosen = append(chosen, member)
		}
	}
	if len(handed) > 0 {
		return handed
	}
	return chosen
}

// Mask adds a text that was made of a secret, such as a DSN or an Authorization header, to those that results never show.
// What touches a masked text without a space, a quote or a comma is masked with it. The guard remembers the latest texts,
// some hundreds at least: mask a text that lives long again when it is used.
//
// A secret in the text that was handed out is known already; what stands before and behind it is looked for by itself. If
// a caller chooses a part of the text, mask the confidential part alone, such as a signature: who chooses what stands
// before it moves the places at which it is cut, and could guess it piece by piece.
func (m *Manager) Mask(ctx context.Context, text string) { m.guard().LearnForAWhile(text) }

// MaskJSON returns a JSON value with every secret masked that was handed out. An adapter calls it for what leaves the server.
// If nothing is masked it is the very same slice.
func (m *Manager) MaskJSON(text []byte) []byte { return m.guard().JSON(text) }
