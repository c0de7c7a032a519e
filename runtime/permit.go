package secrets

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
	"github.com/mcpsecrets/mcpsecrets/runtime/wording"
)

const (
	// patience is how long a call is held while a person has a window open; clients give up after 60 seconds.
	patience = 45 * time.Second
	// openFor is how long a window stays open, and an answer that nobody has fetched stays valid.
	openFor = 5 * time.Minute
)

// A use is one secret that needs permission, with its value and the host it goes to.
type use struct {
	def   *definition
	text  string
	shown wording.Use
}

func (u use) host() string { return u.shown.Host }

// A question is one that a person is asked, or was asked by a call that has gone. Calls that want the same join it.
type question struct {
	done   chan struct{} // closed once answer or err is there
	answer Answer
	err    error
	begun  time.Time
}

// uses returns what of the first n findings needs permission: the rest are the destinations.
func (m *Manager) uses(found []finding, n int) []use {
	var uses []use
	for _, f := range found[:n] {
		if f.value != nil && f.def.Asks() {
			uses = append(uses, use{f.def, f.text, wording.Use{Field: f.def.Field, Host: hostOf(f.def.SentTo, found)}})
		}
	}
	return uses
}

// hostOf returns the host of the named url secret, or "" if it is not set.
func hostOf(name string, found []finding) string {
	for _, f := range found {
		if u, ok := f.value.(*url.URL); ok && f.def.Name == name {
			return u.Host
		}
	}
	return ""
}

// permit returns once every use is allowed to the call of ctx, and reports whether somebody had to be asked.
func (m *Manager) permit(ctx context.Context, reason string, uses []use) (asked bool, err error) {
	c := callFrom(ctx)
	for {
		var needed []use
		for _, u := range uses {
			if !c.allows(u.def, u.text) && !m.granted(u, c.tool()) {
				needed = append(needed, u)
			}
		}
		if len(needed) == 0 {
			return asked, nil
		}
		answer, err := m.ask(ctx, needed, wording.Asker{Tool: c.tool(), Reason: reason})
		if err != nil {
			return false, err
		}
		asked = true
		if answer == AllowOnce {
			for _, u := range needed {
				c.allow(u.def, u.text)
			}
		}
	}
}

// ask joins the question whether uses are allowed, or begins it, and waits for its answer. "Once" is for one of the calls
// that wait: for the others there is no answer, and [Manager.permit] asks again.
func (m *Manager) ask(ctx context.Context, uses []use, by wording.Asker) (answer Answer, err error) {
	key := questionKey(uses, by)
	m.mu.Lock()
	q := m.questions[key]
	if q == nil || time.Since(q.begun) > openFor {
		q = &question{done: make(chan struct{}), begun: time.Now()}
		if err := m.start(openFor, func(ctx context.Context) {
			q.answer, q.err = m.confirm(ctx, uses, by)
			close(q.done)
		}); err != nil {
			m.mu.Unlock()
			return Deny, err
		}
		m.questions[key] = q
	}
	m.mu.Unlock()

	if err := wait(ctx, q.done); err != nil {
		return Deny, m.fail(err, definitionsOf(uses)...)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.questions[key] != q && q.answer == AllowOnce {
		return Deny, nil
	}
	delete(m.questions, key)
	return q.answer, q.err
}

// questionKey is the same for calls that one answer can serve: same secrets, values and hosts, same tool, same reason.
func questionKey(uses []use, by wording.Asker) [sha256.Size]byte {
	h := sha256.New()
	for _, u := range uses {
		fmt.Fprintf(h, "%q %q %q\n", u.def.Name, u.text, u.host())
	}
	fmt.Fprintf(h, "%q %q", by.Tool, by.Reason)
	return [sha256.Size]byte(h.Sum(nil))
}

// confirm puts the question to the person once it is its turn, and keeps what follows from the answer.
func (m *Manager) confirm(ctx context.Context, uses []use, by wording.Asker) (Answer, error) {
	defs := definitionsOf(uses)
	unlock, err := m.asker.Lock(ctx)
	if err != nil {
		return Deny, m.failAsking(err, defs)
	}
	defer unlock()
	// Whoever was asked before it was this question's turn may have answered it too.
	if err := m.refused(permission, defs); err != nil {
		return Deny, err
	}
	if !slices.ContainsFunc(uses, func(u use) bool { return !m.granted(u, by.Tool) }) {
		return AllowSession, nil
	}
	answer, err := m.asker.Ask(ctx, m.permissionDialog(uses, by))
	switch {
	case err == nil && answer == AllowSession:
		m.grant(uses, by.Tool)
	case err == nil && answer == AllowOnce:
	case err == nil:
		err = ErrDenied
	case errors.Is(err, context.DeadlineExceeded):
		err = ErrDismissed // five minutes without a word
	case errors.Is(err, context.Canceled):
		err = ErrClosed
	}
	if err == nil {
		m.accept(permission, defs)
		return answer, nil
	}
	if isRefusal(err) {
		m.refuse(permission, defs, err)
	}
	return Deny, m.failAsking(err, defs)
}

func (m *Manager) permissionDialog(uses []use, by wording.Asker) Question {
	q := m.sentences.Question
	by.Tool, by.Reason = dialog.Clean(by.Tool, 1, toolColumns), dialog.Clean(by.Reason, reasonLines, textColumns)
	return Question{
		Title:           wording.Fill(q.Title, wording.Values{"server": m.server}),
		Text:            strings.Join(m.sentences.Permission(m.server, shownOf(uses), by), "\n"),
		Allow:           q.Allow,
		AllowForSession: q.AllowSession,
		Deny:            q.Deny,
	}
}

// failAsking is [Manager.fail] for a question. Where no dialog can open, another way out helps than for a missing value.
func (m *Manager) failAsking(err error, defs []*definition) error {
	if errors.Is(err, ErrNoDisplay) || errors.Is(err, ErrNoDialog) {
		return m.failAs(wording.NobodyToAsk, err, defs)
	}
	return m.fail(err, defs...)
}

// wait returns nil once done is closed, the error of ctx if that ends before, or [ErrPending] when the call has waited
// as long as clients bear.
func wait(ctx context.Context, done <-chan struct{}) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return ErrPending
	}
}

func definitionsOf(uses []use) []*definition {
	defs := make([]*definition, len(uses))
	for i, u := range uses {
		defs[i] = u.def
	}
	return defs
}

func shownOf(uses []use) []wording.Use {
	shown := make([]wording.Use, len(uses))
	for i, u := range uses {
		shown[i] = wording.Use{Field: fitting(u.shown.Field), Host: dialog.Clean(u.shown.Host, 1, hostColumns)}
	}
	return shown
}
