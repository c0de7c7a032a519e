package secrets

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// This file has the tools that an adapter's AddTools adds to a server. Each is bounded as a getter is: a stranger gets
// nothing, and not too many calls are held at a time.

// tools returns secrets_status, secrets_set and secrets_forget.
func (m *Manager) tools() []inside.Tool {
	names := namesOf(m.kept())
	return []inside.Tool{{
		Name:        "secrets_status",
		Description: "Say which secrets of this server are set. Values are never told.",
		ReadOnly:    true,
		Run:         func(ctx context.Context, _ string) (any, error) { return m.runTool(ctx, m.kept(), m.statusTool) },
	}, {
		Name:        "secrets_set",
		Description: "Open a window on the server's computer in which the user types a new value for a secret. Use it only if the user asks for it.",
		Secrets:     names,
		Run:         func(ctx context.Context, name string) (any, error) { return m.runNamedTool(ctx, name, m.setTool) },
	}, {
		Name:        "secrets_forget",
		Description: "Remove a stored secret, once the user has allowed that in a window. Use it only if the user asks for it.",
		Secrets:     names,
		Run:         func(ctx context.Context, name string) (any, error) { return m.runNamedTool(ctx, name, m.forgetTool) },
	}}
}

func (m *Manager) runTool(ctx context.Context, defs []*definition, do func(context.Context, *Turn) (any, error)) (any, error) {
	result, err := m.admitTool(ctx, defs, do)
	if err != nil {
		return nil, m.fail(ctx, err, defs...)
	}
	return result, nil
}

func (m *Manager) admitTool(ctx context.Context, defs []*definition, do func(context.Context, *Turn) (any, error)) (any, error) {
	if err := m.admit(defs...); err != nil {
		return nil, err
	}
	t := m.turn(ctx)
	if t.call().Who.Kind == consent.Stranger {
		return nil, ErrOutsideCall
	}
	leave, err := m.desk.Seat()
	if err != nil {
		return nil, err
	}
	defer leave()
	return do(ctx, t)
}

func (m *Manager) runNamedTool(ctx context.Context, name string, do func(context.Context, *Turn, *definition) (sentence string, err error)) (any, error) {
	def := m.names[name]
	if def == nil {
		return nil, fmt.Errorf("%.40q is no secret of this server: the name is one of %s", name, strings.Join(namesOf(m.kept()), ", "))
	}
	if def.isDerived() {
		return nil, fmt.Errorf("%q is made of %s: the name is one of those", name, strings.Join(namesOf(m.leaves([]*definition{def})), ", "))
	}
	return m.runTool(ctx, []*definition{def}, func(ctx context.Context, t *Turn) (any, error) {
		sentence, err := do(ctx, t, def)
		return wording.Fill(sentence, wording.Values{"secret": def.Name}) + m.ofAccount(m.values.account(ctx)), err
	})
}

// statusOf is what secrets_status says of one secret.
type statusOf struct {
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Required bool     `json:"required"`
	Docs     string   `json:"docs,omitempty"`
	Set      *bool    `json:"set"`                 // null if that is not known
	Chosen   string   `json:"chosen,omitempty"`    // of a one_of: the alternative
	MemberOf string   `json:"member_of,omitempty"` // the one_of and the alternative
	Unused   bool     `json:"unused,omitempty"`    // it is set, and another alternative is chosen
	MadeOf   []string `json:"made_of,omitempty"`   // of a derived one: the names of its parts
	Problem  string   `json:"problem,omitempty"`   // why it is not known whether it is set, or why what is set can't be used
}

// statusTool says of each secret whether it is set. It fails where it can say so of none.
func (m *Manager) statusTool(ctx context.Context, _ *Turn) (any, error) {
	waiting, cancel := context.WithTimeout(ctx, consent.Patience) // the keychain may be slow
	defer cancel()
	views, err := m.values.lookAtAll(waiting, m.kept())
	if errors.Is(err, context.DeadlineExceeded) {
		err = ErrPending
	}
	if err != nil {
		return nil, err
	}
	seen := make(map[*definition]view, len(views))
	for _, v := range views {
		seen[v.def] = v
	}
	list := make([]statusOf, len(m.ordered))
	glance, waiting := m.glance(waiting)
	for i, def := range m.ordered {
		if def.isDerived() {
			list[i] = statusOf{Name: def.Name, Label: def.Label, Docs: def.Docs, MadeOf: def.Parts(), Set: m.canMake(def, seen)}
		} else {
			list[i] = m.statusOf(ctx, waiting, glance, seen[def])
		}
	}
	status := map[string]any{"secrets": list}
	if accounts, err := m.values.accounts(keychain.Quietly(waiting)); err == nil && len(accounts) > 0 {
		status["accounts"] = accounts
	}
	if account := m.values.account(ctx); account != "" {
		status["account"] = account
	}
	return status, nil
}

func (m *Manager) statusOf(ctx, waiting context.Context, glance *look, v view) statusOf {
	s := statusOf{Name: v.def.Name, Label: v.def.Label, Required: glance.isAsked(waiting, v.def), Docs: v.def.Docs, MemberOf: m.memberOf(v.def)}
	if v.def.IsOneOf() {
		s.Chosen, _ = glance.one(waiting, v.def).value.(string)
	}
	switch {
	case v.err != nil:
		s.Problem = m.fail(ctx, v.err, v.def).Error()
		return s
	case v.problem != nil:
		s.Problem = m.fail(ctx, &invalidText{v.def.Name, v.problem}, v.def).Error()
	}
	s.Set, s.Unused = &v.isSet, v.isSet && glance.isUnused(waiting, v.def)
	return s
}

// canMake reports whether a derived secret can be made of what is there: each part is set or has a default. It is nil if that is not
// known.
func (m *Manager) canMake(def *definition, seen map[*definition]view) *bool {
	can := true
	for _, part := range m.leaves([]*definition{def}) {
		if seen[part].err != nil {
			return nil
		}
		can = can && (seen[part].isSet || part.Default != "")
	}
	return &can
}

func (m *Manager) setTool(ctx context.Context, t *Turn, def *definition) (sentence string, err error) {
	if err := m.intake.Replace(ctx, t.call(), m.values.entry(ctx, def)); err != nil {
		return "", err
	}
	if _, err := m.values.lookup(ctx, def); errors.Is(err, ErrNotSet) {
		return m.sentences.Notices.Forgotten, nil // an optional one was left empty
	}
	return m.sentences.Notices.Stored, nil
}

// forgetTool asks the user whether a value may be removed, and removes it. A caller's calls that want the same join.
func (m *Manager) forgetTool(ctx context.Context, t *Turn, def *definition) (sentence string, err error) {
	of := m.values.entry(ctx, def)
	open, _, err := m.removals.Join(t.call(), []store.Entry{of},
		func() error { return m.desk.RefusedLocked(consent.Changing, consent.Everybody, consent.AllSecrets) },
		func() store.Entry { return of },
		func(ctx context.Context, open *removal) error { return m.askAndRemove(ctx, t.call().Who, open) })
	if err == nil {
		err = m.removals.Wait(ctx, t.call(), open)
	}
	if err == nil {
		err = open.Result()
	}
	return m.sentences.Notices.Forgotten, err
}

type removal = consent.Open[store.Entry, store.Entry, error]

// askAndRemove removes the value once the person at this computer has allowed it. The MCP client's word is not enough.
func (m *Manager) askAndRemove(ctx context.Context, who consent.Who, open *removal) error {
	of := open.Subject
	if err := m.askToRemove(ctx, who, open); err != nil {
		return &consent.About{Entries: []store.Entry{of}, Asking: true, Err: err}
	}
	m.desk.Accept(consent.Changing, consent.Everybody, consent.AllSecrets...)
	if err := m.values.remove(m.values.in(ctx, of.Account), m.names[of.Name]); err != nil {
		return err
	}
	m.log.LogAttrs(ctx, slog.LevelInfo, "secret removed", append(loggedAccount(of.Account),
		slog.String("server", m.server), slog.String("secret", of.Name))...)
	return nil
}

func (m *Manager) askToRemove(ctx context.Context, who consent.Who, open *removal) error {
	of, def := open.Subject, m.names[open.Subject.Name]
	if err := m.canRemove(m.values.in(ctx, of.Account), def); err != nil {
		return err
	}
	turn, endTurn := open.Step(ctx)
	defer endTurn()
	pass, err := m.desk.Queue(turn, who)
	if err != nil {
		return err
	}
	defer pass()
	leave, err := m.desk.Screen(turn)
	if err != nil {
		return err
	}
	defer leave()
	if err := m.desk.Refused(consent.Changing, consent.Everybody, consent.AllSecrets); err != nil {
		return err // while this one waited for its turn
	}
	lines := []string{wording.Fill(m.sentences.Question.Forget, wording.Values{"server": m.server, "label": visible(def.Field).Label})}
	lines = append(lines, m.sentences.InAccount(of.Account)...)
	if by := m.askedBy(who); by != "" {
		lines = append(lines, by)
	}
	window, closeWindow := open.Step(ctx)
	defer closeWindow()
	answer, err := m.askInDialog(window, m.question(lines, true))
	switch {
	case err == nil && answer != consent.AllowOnce:
		err = ErrDenied
	case err == nil && window.Err() != nil:
		err = ErrClosed
	}
	if isRefusal(err) { // which counts before the next removal has its turn
		m.desk.Refuse(consent.Changing, consent.Everybody, consent.AllSecrets,
			&consent.About{Entries: []store.Entry{of}, Asking: true, Err: err})
	}
	return err
}

// canRemove returns why the user need not be asked whether the value may be removed: it could not be, or no dialog opens.
func (m *Manager) canRemove(ctx context.Context, def *definition) error {
	_, err := m.values.lookup(ctx, def)
	if err != nil && !errors.Is(err, ErrNotSet) && !errors.Is(err, ErrStore) { // a damaged value is one to remove
		return err
	}
	if err := m.values.checkRemovable(ctx, def); err != nil {
		return err
	}
	return m.ready(ctx)
}
