package secrets

import (
	"context"
	"errors"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/intake"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Get returns the value of key once it is stored, valid and allowed: it opens a dialog for a missing value, and asks for
// permission where the schema says so. The person who is asked sees the reason if the manifest has it, and else that it was not
// reviewed; see [Reason]. On error the value is zero; see [ErrDenied] for the list.
func Get[T any](ctx context.Context, m *Manager, key Key[T], reason Reason) (T, error) {
	found, err := m.get(ctx, wanted{reason: reason, bindings: []Binding{{def: key.def}}})
	if err != nil {
		var none T
		return none, err
	}
	return key.convert(found[0].text, found[0].value), nil
}

// GetOptional is [Get] for a key that may be unset, which is neither an error nor a reason to ask.
func GetOptional[T any](ctx context.Context, m *Manager, key Key[T], reason Reason) (Optional[T], error) {
	var value Optional[T]
	err := GetGroup(ctx, m, reason, key.IntoOptional(&value))
	return value, err
}

// GetGroup fills all bindings or none, with one question for all of them.
func GetGroup(ctx context.Context, m *Manager, reason Reason, bindings ...Binding) error {
	bindings = flat(bindings)
	found, err := m.get(ctx, wanted{reason: reason, bindings: bindings})
	if err != nil {
		return err
	}
	for i, b := range bindings {
		b.bind(found[i])
	}
	return nil
}

// What is wanted is values for a reason.
type wanted struct {
	reason   Reason
	bindings []Binding
	isSent   bool // by a transport: no code of the server's gets them
	// check, if there is one, ends it with its error once everything is read, before anybody is asked for permission. Among found
	// are also the destinations of the values, which come first.
	check func(found []finding) error
}

// A stopped error is what a check returned: it is the caller's to log.
type stopped struct{ error }

// get returns what there is for each of the bindings, once it may be handed out.
func (m *Manager) get(ctx context.Context, w wanted) ([]finding, error) {
	defs := make([]*definition, len(w.bindings))
	for i, b := range w.bindings {
		defs[i] = b.def
	}
	if err := m.admit(defs...); err != nil {
		return nil, m.fail(ctx, err, defs...)
	}
	if hidden := unrevealed(defs); !w.isSent && len(hidden) > 0 {
		return nil, m.fail(ctx, ErrSentOnly, hidden...)
	}
	t := m.turn(ctx)
	found, err := m.release(ctx, t, w, defs)
	if stopped := (*stopped)(nil); errors.As(err, &stopped) {
		return nil, stopped.error
	}
	err = m.fail(ctx, err, defs...)
	m.audit(ctx, t, m.logged(w.reason), defs, found, err)
	if err != nil {
		return nil, err
	}
	return found, nil
}

// unrevealed returns those of defs that only a transport uses. Nothing is made of one: such a schema does not open.
func unrevealed(defs []*definition) (hidden []*definition) {
	for _, def := range defs {
		if def.Unrevealed {
			hidden = append(hidden, def)
		}
	}
	return hidden
}

// release walks the steps of the gate for defs and hands out their values, in the same order.
func (m *Manager) release(ctx context.Context, t *Turn, w wanted, defs []*definition) ([]finding, error) {
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), ErrPending) {
		return nil, ErrPending // the request is over until its next round
	}
	if t.trial != nil {
		return m.tryOut(ctx, t, w, defs)
	}
	call := t.call()
	if call.Who.Kind == consent.Stranger {
		return nil, ErrOutsideCall
	}
	leaves, all := m.values.entries(ctx, m.surelyUsed(m.leaves(defs))), m.withNeeded(m.withParts(defs))
	var one [1]consent.Use // room for what most getters need, which is not on the heap
	// An answer may take minutes. What was allowed is then looked up again, and is asked about anew if it has changed.
	for range 3 {
		if err := m.desk.Refused(consent.Permission, call.Who, leaves); err != nil {
			return nil, err
		}
		found, err := m.complete(ctx, t, all)
		if err != nil {
			return nil, err
		}
		used := used(found, len(defs))
		if members := m.usedMembers(used); len(members) > 0 {
			if err := m.desk.Refused(consent.Permission, call.Who, m.values.entries(ctx, members)); err != nil {
				return nil, err
			}
		}
		if w.check != nil {
			if err := w.check(found); err != nil {
				return nil, &stopped{err}
			}
		}
		for i, b := range w.bindings {
			if found[i].value == nil && !b.optional {
				return nil, about(ErrNotSet, found[i].entry())
			}
		}
		needs := m.needs(one[:0], used, found)
		asked, err := m.desk.Permit(ctx, call, needs, m.words(call, w.reason, used, found), m.beforehand(call, used, found))
		if err != nil {
			return nil, err
		}
		if !asked {
			m.handOut(ctx, t, used)
			m.learnDerived(found[:len(defs)])
			return found[:len(defs)], nil
		}
	}
	return nil, ErrPending
}

// handOut has the guard mask what leaves, and remembers it for Reject.
func (m *Manager) handOut(ctx context.Context, t *Turn, found []finding) {
	for _, f := range found {
		if f.value == nil {
			continue // unset: nothing leaves
		}
		if f.def.Confidential() {
			learn(m.guard(), f.def, f.text.Reveal(), f.value)
			if !t.said.Guarded {
				m.noteUnguarded(ctx, f.def.Name)
			}
		}
		t.hand(f.entry(), f.text)
		m.values.hand(f.entry(), f.text)
	}
}

// surelyUsed returns defs without the members of a one_of: nobody who refused one of them refused another alternative.
func (m *Manager) surelyUsed(defs []*definition) []*definition {
	if len(m.members) == 0 {
		return defs
	}
	return slices.DeleteFunc(slices.Clone(defs), m.isMember)
}

// usedMembers returns the members of a one_of that were found.
func (m *Manager) usedMembers(found []finding) (used []*definition) {
	for _, f := range found {
		if m.isMember(f.def) && f.value != nil {
			used = append(used, f.def)
		}
	}
	return used
}

func (m *Manager) isMember(def *definition) bool { _, ok := m.members[def]; return ok }

// complete returns what is stored for defs, once nothing is missing.
func (m *Manager) complete(ctx context.Context, t *Turn, defs []*definition) ([]finding, error) {
	// A collection that this call joins may be for some of the gaps only, so each turn closes one gap at least.
	for range len(defs) + 1 {
		found, err := m.read(ctx, defs, nil)
		if err != nil {
			return nil, err
		}
		missing := m.askedFor(found)
		if len(missing) == 0 {
			return found, nil
		}
		if err := m.intake.Collect(ctx, t.call(), intake.Secrets{Account: m.values.account(ctx), Names: missing}); err != nil {
			return nil, err
		}
	}
	return nil, ErrNotSet
}

// read looks up each of defs, which is all that they need. What was entered counts as if it were stored.
func (m *Manager) read(ctx context.Context, defs []*definition, entered map[string]string) ([]finding, error) {
	waiting := patient(ctx)
	defer waiting.end()
	var found []finding
	if len(m.decides) == 0 && !m.hasWith && len(entered) == 0 { // most schemas
		found = m.values.findAll(waiting, defs)
	} else {
		found = m.look(waiting, defs, entered)
	}
	account := m.values.account(ctx)
	for i := range found {
		found[i].account = account
		switch f := found[i]; {
		case f.err == nil:
		case waiting.isOver():
			return nil, about(ErrPending, f.entry())
		default:
			return nil, about(f.err, f.entry())
		}
	}
	if slices.ContainsFunc(defs, (*definition).isDerived) {
		return found, m.compose(found)
	}
	return found, nil
}

// A finding is what the store has for one secret.
type finding struct {
	def     *definition
	account string          // whose it is; set by [Manager.read]
	text    Secret          // of a file, its content
	value   any             // what text stands for; nil if it is not set
	path    Secret          // of a file
	gap     *wording.Asking // why the value must be asked for; nil if it need not be
	via     string          // the hosts of the urls that are made of it, where it is used for those alone
	err     error           // why it is not known; [Manager.read] returns none with one

	unset     bool // nothing is stored: value is the default, or nil
	elsewhere bool // it is a member of an alternative that is not chosen
	required  bool // by what there is of others
}

// entry is what the finding is of. All that follows from it, such as a grant, is kept under that.
func (f finding) entry() store.Entry { return store.Entry{Account: f.account, Name: f.def.Name} }

func namesOf(defs []*definition) []string {
	names := make([]string, len(defs))
	for i, def := range defs {
		names[i] = def.Name
	}
	return names
}

// about says which entries an error is about.
func about(err error, entries ...store.Entry) error {
	return &consent.About{Entries: entries, Err: err}
}
