package secrets

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/check"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/inside"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/intake"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
)

// This file is how a server's author looks at what was typed before it is stored. Begin at [Manager.Verify]: a check is run by
// [Manager.verify], and its getters come to [Manager.tryOut] in place of the gate.

// Verify registers a check of the values of keys, such as a request to an API's "who am I". Call it before the server serves and
// before usercmd.Run:
//
//	err := v.Manager.Verify(func(ctx context.Context) error {
//		_, err := pets.Account(ctx) // by a client of v.APIKeyClient
//		return err
//	}, vault.KeyAPIKey())
//
// With ctx, getters, groups, transports and programs get what was typed for these keys, and for the urls where that goes; what
// needs no permission they get as it is stored. Nobody is asked: a person has just typed the values. Anything else fails with
// [ErrOutsideCall], and with revealed: false only a transport sends a value, as ever. Each use has its audit record. When the check
// has returned, ctx is of no more use.
//
// The check runs after a dialog, and in the terminal commands set, setup and verify: once all of its confidential values have been
// typed in one go, before any of them is stored. So a key that is stored goes to no new address by it.
//
// The values are wrong if a transport got a status of the schema's reject_on, whatever the check returns; after [Manager.Reject]
// with ctx; or if its error is an [ErrRejected]. They are then asked for again, and the dialog says why: the reason of Reject, the
// status, or the text of the error, masked, in one line of up to 100 columns. No text is shown where a value is too short to be
// masked. After any other error, and after ten seconds, the values are kept, and the log, or the terminal, says that they were not
// verified. If the check panics, nothing is stored, and the getter's failure is "check_broken".
//
// The error is [ErrUnknownKey] for keys of another schema, and for none.
func (m *Manager) Verify(verify func(ctx context.Context) error, keys ...AnyKey) error {
	c := &valueCheck{verify: verify}
	for _, key := range keys {
		c.defs = append(c.defs, key.definition())
	}
	if err := m.admit(c.defs...); err != nil {
		return m.fail(context.Background(), err)
	}
	if len(keys) == 0 {
		return m.fail(context.Background(), ErrUnknownKey)
	}
	c.all = m.withNeeded(m.withParts(m.withMembers(c.defs...)))
	m.checks.add(c)
	return nil
}

// A valueCheck is what was registered by one [Manager.Verify].
type valueCheck struct {
	defs   []*definition // of the keys
	all    []*definition // these, of what they are made, where they go, and on what that depends
	verify func(context.Context) error
}

// isDue reports whether the check is to be run after secrets were entered: it is about one of them, and nothing that it is about
// is still to be entered.
func (c *valueCheck) isDue(entered, left []string) bool {
	return c.isAbout(entered) && !c.isAbout(left)
}

func (c *valueCheck) isAbout(secrets []string) bool {
	return slices.ContainsFunc(c.all, func(def *definition) bool { return slices.Contains(secrets, def.Name) })
}

// checks are those of a manager.
type checks struct {
	mu  sync.Mutex
	all []*valueCheck
}

func (c *checks) add(one *valueCheck) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, one)
}

func (c *checks) list() []*valueCheck {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all)
}

// A trial is one run of a check. Its values are not stored yet, or the user said in a terminal that they are to be checked.
type trial struct {
	account string
	covers  []*definition     // what the check gets without permission
	entered map[string]string // what was typed
	how     string            // for the audit

	mu    sync.Mutex
	over  bool
	wrong []string // the secrets that the server found to be wrong
	why   string
}

// How the use of a value by a check was decided, for the audit.
const (
	howTyped  = "checked when it was typed"
	howStored = "checked by the terminal command"
)

// hand lets the check have a value, unless the check is over.
func (t *trial) hand(give func()) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return ErrOutsideCall
	}
	give()
	return nil
}

// reject notes that a value is wrong.
func (t *trial) reject(secret, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.wrong, secret) {
		t.wrong = append(t.wrong, secret)
	}
	t.why = why
}

// end ends the trial, and returns what was rejected.
func (t *trial) end() (wrong []string, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	return t.wrong, t.why
}

// verify runs the checks that are due, up to one after which nothing can be stored.
func (m *Manager) verify(ctx context.Context, typed inside.Typed) (outcomes []check.Outcome) {
	for _, c := range m.checks.list() {
		if !c.isDue(typed.New, typed.Left) {
			continue
		}
		found, err := m.read(keychain.Quietly(ctx), c.all, typed.Values)
		if err == nil && !isTyped(found, len(c.defs), typed.Values) {
			continue
		}
		outcome := m.try(ctx, c, found, err, typed.Values)
		outcomes = append(outcomes, outcome)
		if outcome.Verdict == check.Wrong || outcome.Verdict == check.Broken {
			break
		}
	}
	return outcomes
}

// isTyped reports whether there is something to check, of the first n findings, and a person has typed all of it that is
// confidential: what is stored is not used, and sent who knows where, without a question.
func isTyped(found []finding, n int, typed map[string]string) bool {
	for _, f := range found {
		_, isTyped := typed[f.def.Name]
		if f.gap != nil || f.value != nil && !isTyped && f.def.Confidential() && !f.def.isDerived() {
			return false
		}
	}
	return slices.ContainsFunc(found[:n], func(f finding) bool { return f.value != nil })
}

// verifyStored runs the checks of what is stored, of one secret or, where name is "", of all that is set. The user asked for that in a terminal.
// What is wrong is rejected, as by [Manager.Reject].
func (m *Manager) verifyStored(ctx context.Context, name string) (outcomes []check.Outcome, err error) {
	for _, c := range m.checks.list() {
		if name != "" && !slices.Contains(namesOf(c.all), name) {
			continue
		}
		found, err := m.read(ctx, c.all, nil)
		if err != nil {
			return outcomes, err
		}
		if i := slices.IndexFunc(found, func(f finding) bool { return f.gap != nil }); i >= 0 {
			outcomes = append(outcomes, check.Outcome{Verdict: check.Unknown, Secrets: namesOf(c.defs), Why: m.whyNot(found[i])})
			continue
		}
		switch isSet := slices.ContainsFunc(found[:len(c.defs)], func(f finding) bool { return f.value != nil }); {
		case isSet:
			outcomes = append(outcomes, m.try(ctx, c, found, nil, nil))
		case name != "":
			outcomes = append(outcomes, check.Outcome{Verdict: check.Unknown, Secrets: namesOf(c.defs), Why: name + " is not set"})
		}
	}
	return outcomes, nil
}

// whyNot says why a finding can't be checked.
func (m *Manager) whyNot(f finding) string {
	switch {
	case f.gap.Stale != nil:
		return f.def.Name + " " + m.sentences.Problem(f.gap.Stale)
	case f.gap.Rejected != "":
		return f.def.Name + " was rejected: " + f.gap.Rejected
	default:
		return f.def.Name + " is not set"
	}
}

// try runs a check of what was found, or of which err kept it from being read, and says what came of it.
func (m *Manager) try(ctx context.Context, c *valueCheck, found []finding, err error, entered map[string]string) check.Outcome {
	t := &trial{account: m.values.account(ctx), covers: c.all, entered: entered, how: howTyped}
	if entered == nil {
		t.how = howStored
	}
	hidden := m.learnFound(found)
	turn := &scope{keychain.Quietly(ctx), Turn{
		manager: m, outer: innermost(ctx), trial: hide(t), said: Call{Principal: Process(), Guarded: true},
	}}
	if err == nil {
		err = check.Run(turn, c.verify)
	}
	rejected, why := t.end()
	wrong := m.named(rejected)
	outcome := check.Outcome{Secrets: namesOf(c.defs)}
	broken := (*check.Panic)(nil)
	switch {
	case len(wrong) > 0:
		outcome.Verdict, outcome.Why = check.Wrong, why
	case err == nil:
		return outcome
	case errors.As(err, &broken):
		m.warnOfCheck(ctx, "a check of values panicked", outcome.Secrets, check.Masked(err.Error(), m.guard().Text, hidden))
		outcome.Verdict = check.Broken
		return outcome
	case errors.Is(err, ErrRejected):
		wrong = c.defs
		outcome.Verdict, outcome.Why = check.Wrong, check.Said(withoutName(err), m.guard().Text, hidden)
	default:
		wrong = c.defs
		outcome.Verdict, outcome.Why = check.Unknown, check.Said(err.Error(), m.guard().Text, hidden)
	}
	wrong = slices.DeleteFunc(m.leaves(m.withMembers(wrong...)), (*definition).IsOneOf)
	outcome.Again = namesOf(wrong)
	isTyped := func(name string) bool { _, ok := entered[name]; return ok }
	if outcome.Verdict == check.Wrong && !slices.ContainsFunc(outcome.Again, isTyped) {
		m.rejectStored(wrong, found, entered, outcome.Why)
	}
	return outcome
}

// withoutName returns what an error says beside that it is an [ErrRejected].
func withoutName(err error) string {
	text := strings.ReplaceAll(err.Error(), ErrRejected.Error(), "")
	return strings.Trim(text, ": \n")
}

// learnFound has the guard learn what a check may get, before it could be in an error, and returns the values.
func (m *Manager) learnFound(found []finding) (hidden []string) {
	for _, f := range found {
		if f.value != nil && f.def.Confidential() {
			learn(m.guard(), f.def, f.text.Reveal(), f.value)
			hidden = append(append(hidden, f.def.Written(f.text.Reveal(), f.value)...), passwordIn(f)...)
		}
	}
	return hidden
}

// passwordIn returns the password in a url, which may be shorter than what is masked by itself.
func passwordIn(f finding) []string {
	if f.def.Type != field.URL {
		return nil
	}
	var passwords []string
	for _, text := range f.def.Texts(f.text.Reveal()) {
		_, rest, _ := strings.Cut(text, "://")
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			_, password, _ := strings.Cut(rest[:at], ":")
			passwords = append(passwords, password)
		}
	}
	return passwords
}

// rejectStored rejects what is wrong and stored, where nothing of it was typed: else a person first types that again, and a user
// name, say, need not be wrong because its password is.
func (m *Manager) rejectStored(wrong []*definition, found []finding, entered map[string]string, why string) {
	why = cmp.Or(why, m.sentences.Question.Unreviewed)
	for _, f := range found {
		if _, isTyped := entered[f.def.Name]; !isTyped && !f.unset && f.value != nil && slices.Contains(wrong, f.def) {
			m.values.reject(f.entry(), rejected{text: f.text, why: why})
		}
	}
}

// warnOfCheck tells the author of a server what became of a check.
func (m *Manager) warnOfCheck(ctx context.Context, what string, secrets []string, cause string) {
	m.log.LogAttrs(ctx, slog.LevelWarn, what, append(loggedAccount(m.values.account(ctx)), slog.String("server", m.server),
		slog.String("secrets", strings.Join(secrets, ", ")), slog.String("error", cause))...)
}

// tryOut is [Manager.release] for a check: it hands out what was typed, and nobody is asked.
func (m *Manager) tryOut(ctx context.Context, t *Turn, w wanted, defs []*definition) ([]finding, error) {
	all, trial := m.withNeeded(m.withParts(defs)), t.trial()
	for _, def := range all {
		if of := m.values.entry(ctx, def); of.Account != trial.account || def.Asks() && !slices.Contains(trial.covers, def) {
			return nil, about(ErrOutsideCall, of)
		}
	}
	found, err := m.read(ctx, all, trial.entered)
	if err != nil {
		return nil, err
	}
	for i, f := range found {
		if f.gap != nil || i < len(defs) && f.value == nil && !w.bindings[i].optional {
			return nil, about(ErrNotSet, f.entry())
		}
	}
	if w.check != nil {
		if err := w.check(found); err != nil {
			return nil, &stopped{err}
		}
	}
	err = trial.hand(func() {
		for _, f := range used(found, len(defs)) {
			if f.value != nil {
				t.hand(f.entry(), f.text)
			}
		}
		m.learnFound(found)
	})
	return found[:len(defs)], err
}

// errCheckBroken keeps what was typed from being stored.
var errCheckBroken = errors.New("secrets: the server's own check is broken")

// Verify implements [intake.Values].
func (c collected) Verify(ctx context.Context, wanted intake.Wanted, last string, left []string) (wrong []string, why string, err error) {
	ctx = c.values.in(ctx, wanted.Account)
	for _, o := range c.verify(ctx, inside.Typed{Values: wanted.Entered, New: []string{last}, Left: left}) {
		switch o.Verdict {
		case check.Wrong:
			return o.Again, o.Why, nil
		case check.Broken:
			return nil, "", about(errCheckBroken, c.values.entries(ctx, c.named(o.Secrets))...)
		case check.Unknown:
			c.warnOfCheck(ctx, "a value is stored that could not be verified", o.Secrets, o.Why)
		}
	}
	return nil, "", nil
}

// Verify implements [inside.Manager].
func (i insider) Verify(ctx context.Context, typed inside.Typed) []check.Outcome {
	return i.verify(ctx, typed)
}

// VerifyStored implements [inside.Manager].
func (i insider) VerifyStored(ctx context.Context, name string) ([]check.Outcome, error) {
	return i.verifyStored(ctx, name)
}
