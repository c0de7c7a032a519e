package secrets

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/intake"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// This file is what package intake needs of a manager: the dialog for one value, the form with the verification code, and a
// place where values are stored and taken back.

var entryKinds = map[field.Type]string{
	field.Text:      "line",
	field.Password:  "hidden",
	field.URL:       "line",
	field.Email:     "line",
	field.Integer:   "line",
	field.Number:    "line",
	field.Boolean:   "yes-no",
	field.Choice:    "choice",
	field.Duration:  "line",
	field.Multiline: "file",
	field.File:      "path",
}

// entryKind returns how a dialog takes a value of f: a line that must not be shown is hidden while it is typed. A path that is
// offered can be taken as it is, or changed, which a file chooser can't offer.
func entryKind(f field.Field, prefill string) string {
	kind := entryKinds[f.Type]
	switch {
	case kind == "choice" && f.List:
		return "choices"
	case kind == "line" && f.Confidential():
		return "hidden"
	case kind == "path" && prefill != "":
		return "line"
	}
	return kind
}

// enter opens the dialog for one missing value. Where no window shows all that it says, the error is [dialog.ErrUnshown].
func (m *Manager) enter(ctx context.Context, g intake.Gap, prefill string) (text string, problem *field.Problem, err error) {
	shown, says := visible(g.Field), m.says(g)
	if !layout.Fits(says) {
		return "", nil, dialog.ErrUnshown
	}
	text, err = m.prompter.Enter(ctx, Entry{
		Title:    m.sentences.Title(m.server, shown),
		Text:     says,
		Kind:     entryKind(shown, prefill),
		Prefill:  shown.Shown(prefill),
		Choices:  shown.ShownChoices(),
		Open:     shown.Open,
		Optional: !shown.Required,
	})
	if errors.Is(err, dialog.ErrBadFile) {
		return text, &field.Problem{Kind: field.NotText}, nil
	}
	return text, nil, m.notePrompter(ctx, err)
}

// says is what the dialog for a missing value says.
func (m *Manager) says(g intake.Gap) string {
	asking := g.Asking
	asking.By = m.askedBy(g.Who)
	return strings.Join(m.sentences.Ask(m.server, visible(g.Field), asking), "\n")
}

// canCollect returns why nobody need be asked for the gaps: no dialog can open, or has room for one, or nothing could be stored.
// Where values are only read that is said first: no screen would help.
func (m *Manager) canCollect(ctx context.Context, gaps []intake.Gap) error {
	if err := m.checkWritable(ctx, gaps); err != nil {
		return err
	}
	if slices.ContainsFunc(gaps, func(g intake.Gap) bool { return !layout.Fits(m.says(g)) }) {
		return dialog.ErrUnshown
	}
	if err := m.ready(ctx); err != nil {
		return err
	}
	return m.values.canStore(ctx)
}

// checkWritable returns an ErrReadOnly of the gaps that only other means than this program can fill.
func (m *Manager) checkWritable(ctx context.Context, gaps []intake.Gap) error {
	var first *unwritable
	var entries []store.Entry
	for _, g := range gaps {
		err := m.values.checkWritable(ctx, g.Field.Name)
		if err == nil {
			continue
		}
		if first == nil {
			first = &unwritable{err, m.sentences.Wrong(m.server, visible(g.Field), g.Asking)}
		}
		if m.failing(err).IsSet == m.failing(first).IsSet {
			entries = append(entries, store.Entry{Account: m.values.scope(ctx).Account, Name: g.Field.Name})
		}
	}
	if first == nil {
		return nil
	}
	return about(first, entries...)
}

// codesForm is the form by which the MCP client shows a verification code.
func (m *Manager) codesForm(who consent.Who, secrets intake.Secrets, code string) consent.Form {
	labels := make([]string, len(secrets.Names))
	for i, name := range secrets.Names {
		labels[i] = visible(m.names[name].Field).Label
	}
	form := m.sentences.Form
	message := wording.Fill(form.Text, wording.Values{"server": m.server, "labels": strings.Join(labels, ", "), "code": code})
	for _, line := range m.sentences.InAccount(secrets.Account) {
		message += "\n" + line
	}
	if by := m.askedBy(who); by != "" {
		message += "\n" + by
	}
	for _, name := range secrets.Names {
		if f := visible(m.names[name].Field); f.Docs != "" {
			message += "\n" + wording.Fill(form.Docs, wording.Values{"label": f.Label, "docs": f.Docs})
		}
	}
	return consent.Form{
		Name:    "codes",
		Message: message,
		Choices: []string{form.Match, form.Differ},
	}
}

// collected is the [intake.Values] of a manager.
type collected struct{ *Manager }

func (c collected) Gaps(ctx context.Context, wanted intake.Wanted) (gaps []intake.Gap, err error) {
	ctx = c.values.in(ctx, wanted.Account)
	defs := make([]*definition, len(wanted.Names))
	for i, name := range wanted.Names {
		defs[i] = c.names[name]
	}
	all := c.withMembers(defs...)
	found, err := c.read(ctx, c.withNeeded(all), wanted.Entered)
	if err != nil {
		return nil, err
	}
	for i, f := range found {
		isNamed := i < len(defs)
		gap, ok := c.gap(f, wanted, isNamed)
		if !ok || !isNamed && slices.ContainsFunc(gaps, func(g intake.Gap) bool { return g.Field.Name == gap.Field.Name }) {
			continue
		}
		if f.gap == nil || gap.Field.Name != f.def.Name { // it is replaced, or chosen again
			if gap.Offer, err = c.values.setting(ctx, c.names[gap.Field.Name]); err != nil {
				return nil, err
			}
		}
		gaps = append(gaps, gap)
	}
	return gaps, nil
}

// gap returns what is to be asked for because of a finding. isNamed says that it is wanted itself: else it is a member of a one_of
// that is, or needed by what is wanted, such as the url where that goes.
func (c collected) gap(f finding, wanted intake.Wanted, isNamed bool) (gap intake.Gap, ok bool) {
	gap = intake.Gap{Field: f.def.Field, Decides: c.decides[f.def]}
	gap.Field.Required = f.def.Required || f.required
	if f.gap != nil {
		gap.Asking = *f.gap
	}
	if _, isEntered := wanted.Entered[f.def.Name]; isEntered {
		return gap, false
	}
	if isNamed {
		return gap, f.gap != nil || wanted.Replace
	}
	if !c.isMember(f.def) {
		return gap, f.gap != nil && !wanted.Replace
	}
	oneOf := c.members[f.def].oneOf
	if _, isChosen := wanted.Entered[oneOf.Name]; isChosen {
		return gap, f.gap != nil || wanted.Replace && f.value != nil
	}
	// Who must enter a member again may want another way.
	return intake.Gap{Field: oneOf.Field, Decides: true, Asking: wording.Asking{Member: visible(f.def.Field).Label}}, f.gap != nil
}

func (c collected) Stored(ctx context.Context, of store.Entry, code string) {
	c.note(ctx, "secret stored", of, code)
}

func (c collected) LeftEmpty(ctx context.Context, of store.Entry, code string) {
	c.note(ctx, "secret left empty", of, code)
}

func (c collected) note(ctx context.Context, what string, of store.Entry, code string) {
	c.log.LogAttrs(ctx, slog.LevelInfo, what, append(loggedAccount(of.Account),
		slog.String("server", c.server), slog.String("secret", of.Name), slog.String("code", code))...)
}

// Differed writes a record of what may have been an attack.
func (c collected) Differed(who consent.Who, secrets intake.Secrets, stored bool) {
	outcome := "nothing is kept"
	if stored {
		outcome = "what was stored is taken back"
	}
	for _, secret := range secrets.Names {
		c.log.LogAttrs(context.Background(), slog.LevelWarn, "the verification codes differed: another program may have drawn the window", append(
			loggedAccount(secrets.Account), slog.String("server", c.server), slog.String("principal", who.Name), slog.String("secret", secret),
			slog.String("outcome", outcome), slog.String("how", string(wording.CodesDiffer)))...)
	}
}

// former is what was there before a value was stored.
type former struct {
	text        string
	wasSet      bool
	rejected    rejected
	wasRejected bool
}

// Replace stores text, or removes the value where text is "", and returns how to put back what was there before. The keychain
// does not ask to be unlocked for that: who says that a window may have been forged must not be shown one that asks for the
// login password.
//
// Who removes the choice between alternatives removes their members too.
func (c collected) Replace(ctx context.Context, of store.Entry, text string) (undo func(context.Context), err error) {
	ctx = c.values.in(ctx, of.Account)
	def := c.names[of.Name]
	if text != "" || !def.IsOneOf() {
		return c.replace(ctx, def, text)
	}
	var steps []func(context.Context)
	undo = func(ctx context.Context) {
		for _, step := range slices.Backward(steps) {
			step(ctx)
		}
	}
	for _, part := range c.withMembers(def) {
		step, err := c.replace(ctx, part, "")
		if step != nil {
			steps = append(steps, step)
		}
		if err != nil {
			return undo, err
		}
	}
	return undo, nil
}

// replace is Replace for one entry of the store.
func (c collected) replace(ctx context.Context, def *definition, text string) (undo func(context.Context), err error) {
	v := c.values
	before, err := v.own(ctx, def)
	if err != nil && !errors.Is(err, ErrNotSet) {
		return nil, err
	}
	old := former{text: before, wasSet: err == nil}
	v.mu.Lock()
	old.rejected, old.wasRejected = v.rejections[v.entry(ctx, def)]
	v.mu.Unlock()
	account := v.account(ctx)
	undo = func(ctx context.Context) {
		ctx = v.in(ctx, account)
		if !v.putBack(ctx, def, text, old) {
			said := append([]slog.Attr{slog.String("server", v.server), slog.String("secret", def.Name)}, loggedAccount(account)...)
			if command := v.terminal("forget " + def.Name + wording.AccountOption(account)); command != "" {
				said = append(said, slog.String("remove", command))
			}
			v.log.LogAttrs(ctx, slog.LevelWarn, "a value that was taken back is still stored: this process does not use it, the next one would", said...)
		}
	}
	if text == "" {
		return undo, v.removeOwn(ctx, def)
	}
	return undo, v.put(ctx, def, text)
}

// putBack restores what was stored before written, unless something else has been stored since. It reports false if the store
// fails: then what was written counts as rejected, and is put back when the store answers again.
func (v *values) putBack(ctx context.Context, def *definition, written string, old former) bool {
	ctx = keychain.Quietly(ctx)
	now, err := v.own(ctx, def)
	if err == nil && now != written || errors.Is(err, ErrNotSet) && written != "" {
		return true
	}
	of := v.entry(ctx, def)
	takenBack := rejected{text: NewSecret(written), why: v.differ, before: &old}
	v.reject(of, takenBack)
	switch {
	case err != nil && !errors.Is(err, ErrNotSet):
	case old.wasSet:
		err = v.put(ctx, def, old.text)
	default:
		err = v.removeOwn(ctx, def)
	}
	if err != nil && !errors.Is(err, ErrNotSet) {
		v.reject(of, takenBack)
		return false
	}
	if old.wasRejected {
		v.reject(of, old.rejected)
	}
	return true
}
