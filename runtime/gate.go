package secrets

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// Get returns the value of key once it is stored, valid and allowed: it opens a dialog for a missing value, and asks for
// permission where the schema says so. The reason is shown to the person who is asked. Every error is a refusal and means
// a zero value; see the list at [ErrDenied].
func Get[T any](ctx context.Context, m *Manager, key Key[T], reason Reason) (T, error) {
	var value T
	err := GetGroup(ctx, m, reason, key.Into(&value))
	return value, err
}

// GetOptional is [Get] for a key that may be unset, which is neither an error nor a reason to ask.
func GetOptional[T any](ctx context.Context, m *Manager, key Key[T], reason Reason) (Optional[T], error) {
	var value Optional[T]
	err := GetGroup(ctx, m, reason, key.IntoOptional(&value))
	return value, err
}

// GetGroup fills all bindings or none, with one question for all of them.
func GetGroup(ctx context.Context, m *Manager, reason Reason, bindings ...Binding) error {
	defs := make([]*definition, len(bindings))
	for i, b := range bindings {
		defs[i] = b.def
	}
	if err := m.admit(defs...); err != nil {
		return err
	}
	found, err := m.release(ctx, string(reason), bindings, defs)
	if err != nil {
		return m.fail(err, defs...)
	}
	for i, b := range bindings {
		b.bind(found[i].value)
	}
	return nil
}

// release walks the steps of the gate for defs and returns their values in the same order.
func (m *Manager) release(ctx context.Context, reason string, bindings []Binding, defs []*definition) (found []finding, err error) {
	c := m.call(ctx)
	defer func() { m.audit(ctx, c, reason, defs, found, err) }()
	if errors.Is(context.Cause(ctx), ErrPending) {
		return nil, ErrPending // the call is over until its next round
	}
	if c.who.kind == stranger {
		return nil, ErrOutsideCall
	}
	all := m.withDestinations(defs)
	// An answer may take minutes. What was allowed is then looked up again, and is asked about anew if it has changed.
	for range 3 {
		if err := m.refused(permission, c.who, defs); err != nil {
			return nil, err
		}
		found, err := m.complete(ctx, c, all)
		if err != nil {
			return nil, err
		}
		for i, b := range bindings {
			if found[i].value == nil && !b.optional {
				return nil, m.fail(ErrNotSet, b.def)
			}
		}
		asked, err := m.permit(ctx, c, reason, m.uses(found, len(defs)))
		if err != nil {
			return nil, err
		}
		if !asked {
			return found[:len(defs)], nil
		}
	}
	return nil, ErrPending
}

// withDestinations returns defs and, after them, the url secrets that say where they go and are not among them.
func (m *Manager) withDestinations(defs []*definition) []*definition {
	all := defs[:len(defs):len(defs)]
	seen := make(map[*definition]bool, len(defs))
	for _, def := range defs {
		seen[def] = true
	}
	for _, def := range defs {
		if to := m.names[def.SentTo]; to != nil && !seen[to] {
			seen[to] = true
			all = append(all, to)
		}
	}
	return all
}

// complete returns what is stored for defs, once nothing is missing.
func (m *Manager) complete(ctx context.Context, c *call, defs []*definition) ([]finding, error) {
	// A collection that this call joins may be for some of the gaps only, so each turn closes one gap at least.
	for range len(defs) + 1 {
		found, err := m.read(ctx, defs)
		if err != nil {
			return nil, err
		}
		gaps := gapsOf(found)
		if len(gaps) == 0 {
			return found, nil
		}
		if err := m.collect(ctx, c, definitionsOfGaps(gaps), missing); err != nil {
			return nil, err
		}
	}
	return nil, ErrNotSet
}

// A finding is what the store has for one secret.
type finding struct {
	def   *definition
	text  Secret
	value any // what text stands for; nil if it is not set
	gap   *gap
}

// A gap is a secret whose value must be asked for.
type gap struct {
	def    *definition
	asking wording.Asking // why, where there is a stored value
}

func gapsOf(found []finding) []gap {
	var gaps []gap
	for _, f := range found {
		if f.gap != nil {
			gaps = append(gaps, *f.gap)
		}
	}
	return gaps
}

// read looks up each of defs. The keychain may be asking the person to unlock it: a call waits for that as long as for a
// window of ours.
func (m *Manager) read(ctx context.Context, defs []*definition) ([]finding, error) {
	// A task's handler has a context that has ended already: what is granted can still be read.
	waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if ctx.Err() == nil {
		defer context.AfterFunc(ctx, cancel)()
	}
	found := make([]finding, len(defs))
	for i, def := range defs {
		var err error
		if found[i], err = m.find(waiting, def); err != nil {
			if errors.Is(waiting.Err(), context.DeadlineExceeded) {
				err = ErrPending
			}
			return nil, m.fail(err, def)
		}
	}
	return found, nil
}

// find returns what is stored for def, its default, or the gap that must be closed first.
func (m *Manager) find(ctx context.Context, def *definition) (finding, error) {
	text, err := m.lookup(ctx, def)
	switch {
	case errors.Is(err, ErrNotSet) && def.Required:
		return finding{def: def, gap: &gap{def: def}}, nil
	case errors.Is(err, ErrNotSet) && def.Default != "":
		text = def.Default
	case errors.Is(err, ErrNotSet):
		return finding{def: def}, nil
	case err != nil:
		return finding{}, err
	}
	value, err := def.Parse(text)
	if err != nil {
		return finding{def: def, gap: &gap{def, wording.Asking{Stale: err}}}, nil
	}
	if why, ok := m.rejectedWhy(def, text); ok {
		return finding{def: def, gap: &gap{def, wording.Asking{Rejected: why}}}, nil
	}
	return finding{def: def, text: NewSecret(text), value: value}, nil
}

// rejectedWhy reports whether the server found text to be wrong, and why.
func (m *Manager) rejectedWhy(def *definition, text string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rejections[def]
	return r.why, ok && r.text.Equal(NewSecret(text))
}

// lookup reads the value of def, under its name or a former one. No value is empty: what is, is left from a keychain that was
// killed, since gnome-keyring makes an entry first and fills it then.
func (m *Manager) lookup(ctx context.Context, def *definition) (string, error) {
	if err := m.prepare(ctx); err != nil {
		return "", err
	}
	for _, name := range append([]string{def.Name}, def.RenamedFrom...) {
		text, err := m.store.Get(ctx, m.service, name)
		if err == nil && text != "" || err != nil && !errors.Is(err, ErrNotSet) {
			return text, err
		}
	}
	return "", ErrNotSet
}

// put stores text for def and ends what was said about the value before it.
func (m *Manager) put(ctx context.Context, def *definition, text string) error {
	if err := m.prepare(ctx); err != nil {
		return err
	}
	if err := m.store.Set(ctx, m.service, def.Name, text); err != nil {
		return err
	}
	m.startAfresh(def)
	return m.removeFormer(ctx, def)
}

// remove deletes what is stored for def under every name.
func (m *Manager) remove(ctx context.Context, def *definition) error {
	if err := m.prepare(ctx); err != nil {
		return err
	}
	m.startAfresh(def)
	if err := m.store.Delete(ctx, m.service, def.Name); err != nil && !errors.Is(err, ErrNotSet) {
		return err
	}
	return m.removeFormer(ctx, def)
}

// removeFormer deletes the values under former names: they would come back when the present one is forgotten.
func (m *Manager) removeFormer(ctx context.Context, def *definition) error {
	for _, former := range def.RenamedFrom {
		if err := m.store.Delete(ctx, m.service, former); err != nil && !errors.Is(err, ErrNotSet) {
			return err
		}
	}
	return nil
}

// startAfresh ends the grants and the rejection of a value that is replaced or removed, and a refusal to type one. A use that
// was denied stays denied.
func (m *Manager) startAfresh(def *definition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.revoke(def)
	delete(m.rejections, def)
	for key := range m.refusals {
		if key.def == def && key.step == collecting {
			delete(m.refusals, key)
		}
	}
}

// prepare clears the store before it is used for the first time, if the person who runs the server asked for that.
func (m *Manager) prepare(ctx context.Context) error {
	m.clearing.Lock()
	defer m.clearing.Unlock()
	if m.cleared || os.Getenv("SECRETS_STORAGE_CLEAR") != "true" {
		return nil
	}
	if err := m.store.Clear(ctx, m.service); err != nil {
		return err
	}
	m.cleared = true
	fmt.Fprintln(os.Stderr, wording.Fill(m.sentences.Notices.Cleared, wording.Values{"server": m.server}))
	return nil
}
