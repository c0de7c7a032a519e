package secrets

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
)

// grace is how long Close waits for what a person has typed to be stored.
const grace = 5 * time.Second

// attempts is how often one dialog asks again after a value that breaks a rule: a broken dialog program must not spin.
const attempts = 10

// A collection asks a person for missing values. It belongs to the manager: a call that gives up and comes again finds
// what was typed meanwhile.
type collection struct {
	comparison *comparison
	done       chan struct{} // closed once err is there
	err        error
}

// A purpose is why values are asked for.
type purpose string

const (
	missing   purpose = "missing"   // because they are not there, or can't be used
	replacing purpose = "replacing" // because the user wants another one
)

// collect waits until a person has entered what is missing of defs, or some of it, in dialogs. Calls that miss the same
// secret join one collection; the one that began it shows the verification code, if its client can.
func (m *Manager) collect(ctx context.Context, c *call, defs []*definition, how purpose) error {
	if ctx.Err() != nil {
		return m.fail(ErrOutsideCall, defs...) // a task's handler has no client that could be asked
	}
	leave, err := m.takeSeat()
	if err != nil {
		return m.fail(err, defs...)
	}
	defer leave()
	collection, begun, err := m.joinCollection(c, defs, how)
	if err != nil {
		return m.fail(err, defs...)
	}
	codes := collection.comparison
	byRound := begun && c.rounds
	if !byRound {
		err = m.wait(ctx, c, collection.done)
		// The window is still open: the client asks once more.
		byRound = errors.Is(err, ErrPending) && c.rounds && codes.code != "" && codes.who == c.who
	}
	if byRound {
		c.pend(want{comparison: codes, message: codes.message})
		err = ErrPending
	}
	if err != nil {
		return m.fail(err, defs...)
	}
	if how == replacing {
		m.takeReplaced(defs[0])
	}
	return collection.err
}

func definitionsOfGaps(gaps []gap) []*definition {
	defs := make([]*definition, len(gaps))
	for i, g := range gaps {
		defs[i] = g.def
	}
	return defs
}

// joinCollection returns the collection that already asks for one of defs, or begins one for all.
func (m *Manager) joinCollection(c *call, defs []*definition, how purpose) (joined *collection, begun bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, def := range defs {
		if joined := m.collections[def]; joined != nil {
			return joined, false, nil
		}
	}
	if err := m.remembered(collecting, principal{}, defs); err != nil {
		return nil, false, err
	}
	joined = &collection{comparison: m.newComparison(c, defs), done: make(chan struct{})}
	err = m.start(openFor, func(ctx context.Context) {
		joined.err = m.runCollection(ctx, joined.comparison, c.client, defs, how)
		close(joined.done)
	})
	if err != nil {
		return nil, false, err
	}
	for _, def := range defs {
		m.collections[def] = joined
	}
	return joined, true, nil
}

// runCollection asks for defs, and remembers a refusal before the calls that wait hear of it.
func (m *Manager) runCollection(ctx context.Context, codes *comparison, client *client, defs []*definition, how purpose) error {
	ctx, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)
	codes.onRefusal(refuse)
	err := m.fillGaps(ctx, codes, client, defs, how)
	switch refused := codes.refusal(); {
	case err != nil && refused != nil:
		err = refused
	case errors.Is(err, context.DeadlineExceeded):
		err = ErrDismissed // five minutes without a word
	case errors.Is(err, context.Canceled):
		err = ErrClosed
	}
	if err == nil {
		m.accept(collecting, principal{}, defs)
		m.noteReplaced(defs, how)
	} else if isRefusal(err) {
		m.refuse(collecting, principal{}, defs, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, def := range defs {
		delete(m.collections, def)
	}
	return m.fail(err, defs...)
}

// fillGaps asks for each of defs that is still missing once it is this server's turn, and stores all answers or none.
func (m *Manager) fillGaps(ctx context.Context, codes *comparison, client *client, defs []*definition, how purpose) error {
	pass, err := m.queue(ctx, codes.who)
	if err != nil {
		return err
	}
	defer pass()
	leave, err := m.screen(ctx)
	if err != nil {
		return err
	}
	defer leave()
	// Another process of this server may have asked while this one waited for its turn.
	found, err := m.read(ctx, defs)
	if err != nil {
		return err
	}
	gaps := gapsOf(found)
	if how == replacing && len(gaps) == 0 {
		gaps = []gap{{def: defs[0]}}
	}
	if len(gaps) == 0 {
		return nil
	}
	withdraw := m.showCode(codes, client)
	texts := make([]string, len(gaps))
	for i, g := range gaps {
		g.asking.Code, g.asking.Number, g.asking.Total = codes.code, i+1, len(gaps)
		if texts[i], err = m.enter(ctx, g); err != nil {
			withdraw()
			return err
		}
	}
	undo, err := m.keep(ctx, gaps, texts)
	if err != nil {
		withdraw()
		return err
	}
	for _, g := range gaps {
		m.log.LogAttrs(ctx, slog.LevelInfo, "secret stored", slog.String("server", m.server), slog.String("secret", g.def.Name),
			slog.String("code", codes.compared()))
	}
	return codes.settle(undo)
}

// enter asks for one value until it keeps the rules, and returns "" for a field that was left empty and may be.
func (m *Manager) enter(ctx context.Context, g gap) (string, error) {
	f := g.def.Field
	prefill := f.Default
	for range attempts {
		text, err := m.asker.Enter(ctx, m.valueDialog(f, g.asking, prefill))
		if err != nil && !errors.Is(err, dialog.ErrBadFile) {
			return "", err
		}
		if err == nil && text == "" && !f.Required {
			return "", nil
		}
		problem := f.Check(text)
		if err != nil {
			problem = &field.Problem{Kind: field.NotText}
		}
		if problem == nil {
			return text, nil
		}
		g.asking.Again = problem
		if !f.Type.Confidential() {
			prefill = text
		}
	}
	return "", &invalidText{f.Name, g.asking.Again}
}

func (m *Manager) valueDialog(f Field, a wording.Asking, prefill string) Entry {
	shown := fitting(f)
	a.Rejected = dialog.Clean(a.Rejected, reasonLines, textColumns)
	return Entry{
		Title:    m.sentences.Title(m.server, shown),
		Text:     strings.Join(m.sentences.Ask(m.server, shown, a), "\n"),
		Kind:     entryKinds[f.Type],
		Prefill:  prefill,
		Choices:  f.Choices,
		Optional: !f.Required,
	}
}

// former is what was there before a value was stored.
type former struct {
	text        string
	wasSet      bool
	rejected    rejected
	wasRejected bool
}

// putBack restores what was stored before written, unless something else has been stored since. If the store fails now,
// what was written counts as rejected: it is asked for again before it is used.
func (m *Manager) putBack(ctx context.Context, def *definition, written string, old former) {
	now, err := m.lookup(ctx, def)
	if err == nil && now != written || errors.Is(err, ErrNotSet) && written != "" {
		return
	}
	m.reject(def, rejected{NewSecret(written), m.sentences.Form.Differ})
	if old.wasSet {
		err = m.put(ctx, def, old.text)
	} else {
		err = m.remove(ctx, def)
	}
	switch {
	case err != nil:
		m.reject(def, rejected{NewSecret(written), m.sentences.Form.Differ})
		m.log.LogAttrs(ctx, slog.LevelWarn, "a value that was taken back is still stored, and will be asked for again",
			slog.String("server", m.server), slog.String("secret", def.Name))
	case old.wasRejected:
		m.reject(def, old.rejected)
	}
}

func (m *Manager) reject(def *definition, r rejected) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rejections[def] = r
}

// noteReplaced remembers that the user has replaced a value, for the call that asked for it and has gone.
func (m *Manager) noteReplaced(defs []*definition, how purpose) {
	if how != replacing {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.replaced[defs[0]] = time.Now()
}

// takeReplaced reports, once, that the user has replaced the value of def for a call that had gone.
func (m *Manager) takeReplaced(def *definition) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, ok := m.replaced[def]
	delete(m.replaced, def)
	return ok && time.Since(at) <= openFor
}

var entryKinds = map[field.Type]dialog.Kind{
	field.Text:      dialog.Line,
	field.Password:  dialog.Hidden,
	field.URL:       dialog.Line,
	field.Email:     dialog.Line,
	field.Integer:   dialog.Line,
	field.Boolean:   dialog.YesNo,
	field.Choice:    dialog.Choice,
	field.Duration:  dialog.Line,
	field.Multiline: dialog.File,
}

// keep stores all texts, or puts back what was there before. It returns how to do that later. A keychain has no transactions:
// where this process is killed between two writes, some values are new and the others old, each whole.
func (m *Manager) keep(ctx context.Context, gaps []gap, texts []string) (undo func(), err error) {
	// The person has typed everything: what is begun now is finished, also while the server shuts down, unless the keychain
	// keeps it waiting.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	shutdown := context.AfterFunc(m.life, func() { time.AfterFunc(grace, cancel) })
	undoContext := context.WithoutCancel(ctx)
	defer func() {
		shutdown()
		cancel()
	}()
	var steps []func()
	undo = func() {
		for _, step := range slices.Backward(steps) {
			step() // if it fails too, each value is still the old or the new one, whole
		}
	}
	for i, g := range gaps {
		before, err := m.lookup(ctx, g.def)
		if err != nil && !errors.Is(err, ErrNotSet) {
			undo()
			return nil, err
		}
		old := former{text: before, wasSet: err == nil}
		m.mu.Lock()
		old.rejected, old.wasRejected = m.rejections[g.def]
		m.mu.Unlock()
		steps = append(steps, func() { m.putBack(undoContext, g.def, texts[i], old) })
		if texts[i] == "" {
			err = m.remove(ctx, g.def)
		} else {
			err = m.put(ctx, g.def, texts[i])
		}
		if err != nil {
			undo()
			return nil, err
		}
	}
	return undo, nil
}
