package secrets

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// A comparison is a person's comparing of the dialog's verification code with the one that the MCP client shows. The
// client may answer before the dialogs are done, after, or never.
type comparison struct {
	who     principal // who began the collection, and whose client compares
	defs    []*definition
	code    string // "" where no client can show it: the dialogs alone decide
	message string // what the client shows

	mu      sync.Mutex
	refused error               // the person refused in the client
	refuse  func(cause error)   // ends the dialogs
	matched bool                // the person said that the codes match
	undo    func()              // takes back what the dialogs stored; nil before they did
	onUndo  func(refused error) // remembers that it was taken back
}

// newComparison makes the comparison for the collection of defs that a call begins.
func (m *Manager) newComparison(c *call, defs []*definition) *comparison {
	if c.client == nil && !c.rounds {
		return &comparison{who: c.who}
	}
	codes := &comparison{who: c.who, defs: defs, code: newCode()}
	labels := make([]string, len(defs))
	for i, def := range defs {
		labels[i] = fitting(def.Field).Label
	}
	codes.message = wording.Fill(m.sentences.Form.Text, wording.Values{
		"server": m.server, "labels": strings.Join(labels, ", "), "code": codes.code,
	})
	codes.onUndo = func(refused error) { m.refuse(collecting, principal{}, defs, refused) }
	return codes
}

// showCode shows the form in a client that is asked in place. It may stay open longer than the dialogs. The function that
// is returned withdraws it.
func (m *Manager) showCode(codes *comparison, client *client) (withdraw func()) {
	if client == nil {
		return func() {}
	}
	form, cancel := context.WithTimeout(m.life, openFor)
	m.work.Add(1) // the collection is counted itself, so Close is not waiting yet
	go func() {
		defer m.work.Done()
		defer cancel()
		codes.hear(client.choose(form, m.fast, codes.message, m.codeChoices()))
	}()
	return cancel
}

// codeChoices are the answers to the form, in the order that hear knows.
func (m *Manager) codeChoices() []string {
	return []string{m.sentences.Form.Match, m.sentences.Form.Differ}
}

// hear takes the client's reply. A refusal ends the dialogs. Once they are done, only codes that differ count, and take back
// what was stored: who closes a form that has been overtaken by the dialog says nothing.
func (c *comparison) hear(r reply) {
	differ := r.chosen == 1
	if differ {
		r.err = ErrDenied
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.err == nil {
		c.matched = c.matched || r.chosen == 0
		return
	}
	if c.undo != nil {
		if differ {
			c.undo()
			c.onUndo(r.err)
			c.undo = nil
		}
		return
	}
	c.refused = r.err
	if c.refuse != nil {
		c.refuse(r.err)
	}
}

// compared says for the audit whether the codes were compared before the dialogs were done.
func (c *comparison) compared() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.code == "":
		return "no client to show it"
	case c.matched:
		return "compared"
	}
	return "not compared"
}

// stored reports whether the dialogs are done and a value of def was stored.
func (c *comparison) stored(def *definition) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.undo != nil && slices.Contains(c.defs, def)
}

// onRefusal sets what ends the dialogs, which may have been refused already.
func (c *comparison) onRefusal(refuse func(error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse = refuse
	if c.refused != nil {
		refuse(c.refused)
	}
}

// refusal returns the person's refusal in the client, or nil.
func (c *comparison) refusal() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused
}

// settle ends the dialogs' part: undo is how to take back what they stored. If the person has refused meanwhile, it is
// taken back now.
func (c *comparison) settle(undo func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refused != nil {
		undo()
		return c.refused
	}
	c.undo = undo
	return nil
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
