package secrets

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"

	"github.com/mcpsecrets/mcpsecrets/runtime/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
	"github.com/mcpsecrets/mcpsecrets/runtime/wording"
)

// attempts is how often one dialog asks again after a value that breaks a rule: a broken dialog program must not spin.
const attempts = 10

// A collection asks a person for missing values. It belongs to the manager: a call that gives up and comes again finds
// what was typed meanwhile.
type collection struct {
	done chan struct{} // closed once err is there
	err  error
}

// collect waits until a person has entered what is missing of defs, or some of it, in dialogs. Calls that miss the same
// secret join one collection.
func (m *Manager) collect(ctx context.Context, defs []*definition) error {
	c, err := m.joinCollection(clientOf(ctx), defs)
	if err != nil {
		return m.fail(err, defs...)
	}
	if err := wait(ctx, c.done); err != nil {
		return m.fail(err, defs...)
	}
	return c.err
}

func definitionsOfGaps(gaps []gap) []*definition {
	defs := make([]*definition, len(gaps))
	for i, g := range gaps {
		defs[i] = g.def
	}
	return defs
}

// joinCollection returns the collection that already asks for one of defs, or begins one for all, in which client, if
// there is one, shows the verification code.
func (m *Manager) joinCollection(client *client, defs []*definition) (*collection, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, def := range defs {
		if c := m.collections[def]; c != nil {
			return c, nil
		}
	}
	if err := m.remembered(collecting, defs); err != nil {
		return nil, err
	}
	c := &collection{done: make(chan struct{})}
	err := m.start(openFor, func(ctx context.Context) {
		c.err = m.runCollection(ctx, client, defs)
		close(c.done)
	})
	if err != nil {
		return nil, err
	}
	for _, def := range defs {
		m.collections[def] = c
	}
	return c, nil
}

// runCollection asks for defs, and remembers a refusal before the calls that wait hear of it.
func (m *Manager) runCollection(ctx context.Context, client *client, defs []*definition) error {
	err := m.fillGaps(ctx, client, defs)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		err = ErrDismissed // five minutes without a word
	case errors.Is(err, context.Canceled):
		err = ErrClosed
	}
	if err == nil {
		m.accept(collecting, defs)
	} else if isRefusal(err) {
		m.refuse(collecting, defs, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, def := range defs {
		delete(m.collections, def)
	}
	return m.fail(err, defs...)
}

// fillGaps asks for each of defs that is still missing once it is this server's turn, and stores all answers or none.
func (m *Manager) fillGaps(ctx context.Context, client *client, defs []*definition) error {
	unlock, err := m.asker.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	// Another process of this server may have asked while this one waited for its turn.
	found, err := m.read(ctx, defs)
	if err != nil {
		return err
	}
	gaps := gapsOf(found)
	if len(gaps) == 0 {
		return nil
	}
	ctx, comparison := m.compareCodes(ctx, client, gaps)
	texts := make([]string, len(gaps))
	for i, g := range gaps {
		g.asking.Code, g.asking.Number, g.asking.Total = comparison.code, i+1, len(gaps)
		if texts[i], err = m.enter(ctx, g); err != nil {
			comparison.end()
			if refused := context.Cause(ctx); errors.Is(err, context.Canceled) && refused != nil {
				return refused
			}
			return err
		}
	}
	undo, err := m.keep(ctx, gaps, texts)
	if err != nil {
		comparison.end()
		return err
	}
	return comparison.settle(undo)
}

// A comparison is the form in which a person compares the client's verification code with the dialog's.
type comparison struct {
	code  string             // "" without a client
	end   context.CancelFunc // withdraws the form
	mu    sync.Mutex
	undo  func() // takes back what the dialogs stored; nil before they did
	wrong error  // the person refused in the form
}

// compareCodes shows the form, if there is a client. The returned context, which the dialogs get, ends as soon as the
// person refuses in the form; its cause is then the refusal. The form may stay open longer than the dialogs: "they
// differ" takes back what they stored.
func (m *Manager) compareCodes(ctx context.Context, client *client, gaps []gap) (context.Context, *comparison) {
	c := &comparison{end: func() {}}
	if client == nil {
		return ctx, c
	}
	c.code = newCode()
	form, cancel := context.WithTimeout(m.life, openFor)
	c.end = cancel
	dialogs, refuse := context.WithCancelCause(ctx)
	labels := make([]string, len(gaps))
	for i, g := range gaps {
		labels[i] = g.def.Label
	}
	sentences := m.sentences.Form
	message := wording.Fill(sentences.Text, wording.Values{"server": m.server, "labels": strings.Join(labels, ", "), "code": c.code})
	m.work.Add(1) // the collection is counted itself, so Close is not waiting yet
	go func() {
		defer m.work.Done()
		defer cancel()
		r := client.choose(form, message, []string{sentences.Match, sentences.Differ})
		if r.chosen == 1 {
			r.err = ErrDenied
		}
		if r.err != nil {
			if c.refuse(r.err, r.chosen == 1) {
				m.refuse(collecting, definitionsOfGaps(gaps), r.err)
			}
			refuse(r.err)
		}
	}()
	return dialogs, c
}

// settle ends the dialogs' part: undo is how to take back what they stored. If the person has refused meanwhile, it is
// taken back now.
func (c *comparison) settle(undo func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.wrong != nil {
		undo()
		return c.wrong
	}
	c.undo = undo
	return nil
}

// refuse ends the form's part with a refusal, and reports whether that took back what was stored already. Only codes that
// differ do: who closes a form that has been overtaken by the dialog says nothing.
func (c *comparison) refuse(err error, differ bool) (tookBack bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = err
	if c.undo == nil || !differ {
		return false
	}
	c.undo()
	return true
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

// keep stores all texts, or puts back what was there before. It returns how to do that later.
func (m *Manager) keep(ctx context.Context, gaps []gap, texts []string) (undo func(), err error) {
	// The person has typed everything: what is begun now is finished, even while the server shuts down. The store has its
	// own deadline.
	ctx = context.WithoutCancel(ctx)
	var steps []func()
	undo = func() {
		for _, step := range steps {
			step() // if it fails too, each value is still the old or the new one, whole
		}
	}
	for i, g := range gaps {
		before, err := m.lookup(ctx, g.def)
		if err != nil && !errors.Is(err, ErrNotSet) {
			undo()
			return nil, err
		}
		wasSet := err == nil
		steps = append(steps, func() {
			if wasSet {
				_ = m.put(ctx, g.def, before)
			} else {
				_ = m.remove(ctx, g.def)
			}
		})
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

// codeAlphabet has no characters that people take for one another: no 0 and O, no 1, I and L.
const codeAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// newCode returns a verification code, such as "K7QM-2XWD".
func newCode() string {
	var code strings.Builder
	for code.Len() < len("XXXX-XXXX") {
		if code.Len() == 4 {
			code.WriteByte('-')
		}
		code.WriteByte(codeAlphabet[randomBelow(len(codeAlphabet))])
	}
	return code.String()
}

// randomBelow returns a uniform random number below n, which is at most 256.
func randomBelow(n int) int {
	var b [1]byte
	for {
		_, _ = rand.Read(b[:]) // never fails
		if int(b[0]) < 256/n*n {
			return int(b[0]) % n
		}
	}
}
