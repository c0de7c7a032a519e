package secrets

import (
	"context"
	"errors"
	"time"
)

// A step is what a person refused: to type a value, or to allow its use. A value that was set in a terminal after a
// dismissed dialog is found at once, while a denied use stays denied.
type step string

const (
	collecting step = "collecting"
	permission step = "permission"
)

type refusalKey struct {
	step step
	who  principal // zero for collecting: the dialogs and the keychain are the same for all
	def  *definition
}

// A refusal is remembered for all tools, so that a model can't nag.
type refusal struct {
	times int
	until time.Time
	err   error
}

func (r refusal) over() bool { return !time.Now().Before(r.until) }

// backOff is how long nobody is asked again after the first, second and every later refusal in a row.
var backOff = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute}

// refuse remembers that a person refused the step for defs.
func (m *Manager) refuse(s step, who principal, defs []*definition, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, def := range defs {
		makeRoom(m.refusals, maxKept, refusal.over)
		r := m.refusals[refusalKey{s, who, def}]
		r.until = time.Now().Add(backOff[min(r.times, len(backOff)-1)])
		r.times++
		r.err = err
		m.refusals[refusalKey{s, who, def}] = r
	}
}

// accept forgets earlier refusals of the step: the next one is the first again.
func (m *Manager) accept(s step, who principal, defs []*definition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, def := range defs {
		delete(m.refusals, refusalKey{s, who, def})
	}
}

// refused returns the error of a refusal that is still remembered for one of defs, or nil.
func (m *Manager) refused(s step, who principal, defs []*definition) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.remembered(s, who, defs)
}

// remembered is refused for a caller that holds m.mu.
func (m *Manager) remembered(s step, who principal, defs []*definition) error {
	for _, def := range defs {
		if r, ok := m.refusals[refusalKey{s, who, def}]; ok && !r.over() {
			return m.fail(r.err, defs...)
		}
	}
	return nil
}

// isRefusal reports whether err came from a person, or from a window that one may have seen. Where no window could open
// nobody was asked, and nothing is remembered.
func isRefusal(err error) bool {
	for _, other := range []error{ErrNoDisplay, ErrNoDialog, ErrNoStore, ErrStoreLocked, ErrStoreTimeout, ErrStore, ErrClosed, ErrPending, context.Canceled} {
		if errors.Is(err, other) {
			return false
		}
	}
	return err != nil
}
