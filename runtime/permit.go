package secrets

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/dialog"
)

const (
	// patience is how long a call is held while a person has a window open; clients give up after 60 seconds.
	patience = 45 * time.Second
	// openFor is how long a window stays open, and an answer that nobody has fetched stays valid.
	openFor = 5 * time.Minute
	// maxWaiting is how many calls may be held, and how many questions be put to a person, at a time: fewer than the hundred
	// workers of a stdio server, which so always has some for calls that need nobody.
	maxWaiting = 64
)

// A use is one secret that needs permission, with its value and where that goes.
type use struct {
	def   *definition
	value value
	shown wording.Use
}

// A question is one that a person is asked, or was asked by a call that has gone. Calls that want the same join it.
type question struct {
	key    [sha256.Size]byte
	uses   []use
	by     wording.Asker
	tool   tool
	who    principal
	asked  [sha256.Size]byte // the request that a round asked; see [Manager.unanswered]
	posed  bool              // somebody is being asked, not only by a round
	begun  time.Time
	done   chan struct{} // closed once answer or err is there
	answer Answer
	err    error
	how    string // who answered, for the audit
}

// uses returns what of the first n findings needs permission: the rest are the destinations.
func (m *Manager) uses(found []finding, n int) []use {
	var uses []use
	for _, f := range found[:n] {
		if f.value == nil || !f.def.Asks() {
			continue
		}
		u := use{def: f.def, value: value{text: f.text}, shown: wording.Use{Field: f.def.Field}}
		for _, to := range found {
			if address, ok := to.value.(*url.URL); ok && to.def.Name == f.def.SentTo {
				u.value.destination, u.shown.Host = to.text, hostOf(address)
			}
		}
		uses = append(uses, u)
	}
	return uses
}

// hostOf is how a question names where a value goes: with the scheme, where others can read along. Whose a host is, is said by
// its end, so what is too much for a dialog goes from its beginning.
func hostOf(address *url.URL) string {
	scheme, host := "", address.Host
	if address.Scheme != "https" {
		scheme = address.Scheme + "://"
	}
	if over := len(scheme) + len(host) - hostColumns; over > 0 {
		host = "…" + host[min(over+1, len(host)):]
	}
	return scheme + host
}

// permit returns once every use is allowed to the call of ctx, and reports whether somebody had to be asked.
func (m *Manager) permit(ctx context.Context, c *call, reason string, uses []use) (asked bool, err error) {
	for {
		needed := m.needed(c, uses)
		if len(needed) == 0 {
			return asked, nil
		}
		if err := m.ask(ctx, c, needed, c.asker(reason, needed)); err != nil {
			return false, err
		}
		asked = true
	}
}

// needed returns the uses that nothing allows yet.
func (m *Manager) needed(c *call, uses []use) []use {
	var needed []use
	for _, u := range uses {
		switch {
		case c.allows(u):
		case m.granted(c.who, u, c.tool):
			c.decided(u.def, "granted for the session")
		case m.bypassed():
			c.decided(u.def, "bypassed")
		default:
			needed = append(needed, u)
		}
	}
	return needed
}

// ask joins the question whether uses are allowed, or begins it, and waits for its answer. "Once" is for one of the calls
// that wait: the others come back with nothing allowed, and [Manager.permit] asks again.
func (m *Manager) ask(ctx context.Context, c *call, uses []use, by wording.Asker) error {
	defs := definitionsOf(uses)
	if ctx.Err() != nil {
		return m.fail(ErrOutsideCall, defs...) // a task's handler has no client that could be asked
	}
	leave, err := m.takeSeat()
	if err != nil {
		return m.fail(err, defs...)
	}
	defer leave()
	q, byRound, err := m.joinQuestion(c, uses, by)
	if err != nil {
		return m.fail(err, defs...)
	}
	if !byRound {
		err = m.wait(ctx, c, q.done)
		// Where nobody has been asked but by the round of another call, this call's client asks too.
		if byRound = errors.Is(err, ErrPending) && c.rounds && m.isUnposed(q); byRound {
			if v, ok := m.answered(q); ok { // with another question, meanwhile
				return v.err
			}
		}
	}
	if byRound {
		if !c.pend(want{question: q, message: m.permissionText(uses, by)}) {
			m.forget(q)
		}
		err = ErrPending
	}
	if err != nil {
		return m.fail(err, defs...)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.questions[q.key] != q
	if !taken {
		delete(m.questions, q.key)
	}
	switch {
	case q.err == nil && q.answer == AllowOnce && !taken:
		c.allow(uses, q.how)
	case q.err == nil && q.answer == AllowSession:
		for _, u := range uses {
			c.decided(u.def, q.how)
		}
	}
	return q.err
}

// joinQuestion returns the question that is open for the same uses, or begins it. Where it reports true, the next round of
// the call has to ask it.
func (m *Manager) joinQuestion(c *call, uses []use, by wording.Asker) (q *question, byRound bool, err error) {
	key := m.questionKey(c, uses, by)
	rounds := c.rounds && !onlyDialog(uses)
	var digest [sha256.Size]byte
	if rounds {
		digest = c.digest()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.remembered(permission, c.who, definitionsOf(uses)); err != nil {
		return nil, false, err // while the call waited for something else
	}
	q = m.questions[key]
	if q != nil && !q.over() {
		switch {
		case rounds && !q.posed && c.stale:
			return q, true, nil
		case rounds && m.unanswered(q, c, digest):
			return q, false, m.pose(q, nil)
		}
		return q, false, nil
	}
	silent := q != nil && !q.posed || m.silent[key] // the client did not answer for as long as the question was open
	m.sweep()
	q = &question{key: key, uses: uses, by: by, tool: c.tool, who: c.who, begun: time.Now(), done: make(chan struct{})}
	if rounds && !silent {
		q.asked = digest
		m.questions[key] = q
		return q, true, nil
	}
	client := c.client
	if silent || by.Once || onlyDialog(uses) { // the client's form always offers the session
		client = nil
	}
	if err := m.pose(q, client); err != nil {
		return nil, false, err
	}
	m.questions[key] = q
	return q, false, nil
}

func (q *question) over() bool { return time.Since(q.begun) > openFor }

// sweep drops what is too old to be joined or answered, and makes room for one question more. The caller holds m.mu.
func (m *Manager) sweep() {
	clear(m.silent)
	maps.DeleteFunc(m.questions, func(_ [sha256.Size]byte, q *question) bool { return q.over() })
	makeRoom(m.questions, maxRounds, (*question).over)
}

// forget drops a question that was not asked after all.
func (m *Manager) forget(q *question) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.questions[q.key] == q && !q.posed {
		delete(m.questions, q.key)
	}
}

func (m *Manager) isUnposed(q *question) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !q.posed
}

// soon is how long after an input request a client may send the same request for another reason than that it can't ask.
const soon = 2 * time.Second

// unanswered reports whether the request that was told to ask came again without an answer: such a client can't ask, and
// never says so. The caller holds m.mu.
func (m *Manager) unanswered(q *question, c *call, digest [sha256.Size]byte) bool {
	return !q.posed && !c.resumed && q.asked == digest && time.Since(q.begun) > soon
}

// onlyDialog reports whether the MCP client's word is not enough for one of uses.
func onlyDialog(uses []use) bool {
	return slices.ContainsFunc(uses, func(u use) bool { return u.def.Permission == field.Dialog })
}

// questionKey is the same for calls that one answer can serve: same principal, secrets, values and destinations, same
// tool, same reason. Callers that nobody verified share nothing: they may be different processes.
func (m *Manager) questionKey(c *call, uses []use, by wording.Asker) [sha256.Size]byte {
	h := hmac.New(sha256.New, m.salt()[:])
	fmt.Fprintf(h, "%d %q %q %q %q\n", c.who.kind, c.who.name, c.tool.kind, c.tool.name, by.Reason)
	if c.who.kind == local {
		fmt.Fprintf(h, "%d\n", c.id)
	}
	for _, u := range uses {
		fmt.Fprintf(h, "%q %q %q\n", u.def.Name, u.value.text.Reveal(), u.value.destination.Reveal())
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// pose begins to ask a person: the client in place, if there is one, then the native dialog. It returns [ErrPending] where
// too many questions wait for their turn. The caller holds m.mu.
func (m *Manager) pose(q *question, client *client) error {
	if m.posed >= maxWaiting {
		return ErrPending
	}
	m.posed++
	q.posed = true
	return m.start(openFor, func(ctx context.Context) {
		defer m.unpose()
		leave, err := m.queue(ctx, q.who)
		if err != nil {
			m.settle(q, verdict{err: err})
			return
		}
		// Settled before it is the next one's turn, which may have been answered with this one.
		defer leave()
		m.settle(q, m.confirm(ctx, q, client))
	})
}

func (m *Manager) unpose() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.posed--
}

// A verdict is what came of asking.
type verdict struct {
	answer Answer
	how    string
	err    error
	old    bool // another question was answered with it
}

// settle ends a question, and keeps what follows from its answer.
func (m *Manager) settle(q *question, v verdict) {
	defs := definitionsOf(q.uses)
	if v.answer == AllowSession && q.by.Once {
		v.answer = Deny // it was not offered
	}
	switch {
	case v.err == nil && v.answer == Deny:
		v.err = ErrDenied
	case errors.Is(v.err, context.DeadlineExceeded):
		v.err = ErrDismissed // five minutes without a word
	case errors.Is(v.err, context.Canceled):
		v.err = ErrClosed
	}
	switch {
	case v.old: // what follows from it has followed, and may end before this question would
		m.mu.Lock()
		if m.questions[q.key] == q {
			delete(m.questions, q.key)
		}
		m.mu.Unlock()
	case v.err == nil:
		m.accept(permission, q.who, defs)
		if v.answer == AllowSession {
			m.grant(q.who, q.uses, q.tool)
		}
	case isRefusal(v.err):
		m.refuse(permission, q.who, defs, v.err)
	}
	q.answer, q.how, q.err = v.answer, v.how, m.failAsking(v.err, defs)
	close(q.done)
}

// confirm puts the question to the person, whose turn it is.
func (m *Manager) confirm(ctx context.Context, q *question, client *client) verdict {
	if v, ok := m.answered(q); ok {
		return v
	}
	if client != nil {
		if v, ok := verdictOf(client.choose(ctx, m.fast, m.permissionText(q.uses, q.by), m.permissionChoices())); ok {
			return v
		}
		if ctx.Err() != nil {
			m.noteSilent(q) // the next call goes straight to the dialog
			return verdict{err: ErrPending}
		}
	}
	leave, err := m.screen(ctx)
	if err != nil {
		return verdict{err: err}
	}
	defer leave()
	if v, ok := m.answered(q); ok {
		return v
	}
	answer, err := m.asker.Ask(ctx, m.permissionDialog(q.uses, q.by))
	return verdict{answer: answer, how: "answered in a dialog", err: err}
}

// noteSilent notes that the MCP client did not answer a question for as long as it was open.
func (m *Manager) noteSilent(q *question) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.silent[q.key] = true
}

// answered reports whether the question has been answered with another one, asked before it was its turn.
func (m *Manager) answered(q *question) (verdict, bool) {
	if err := m.refused(permission, q.who, definitionsOf(q.uses)); err != nil {
		return verdict{err: err, old: true}, true
	}
	if slices.ContainsFunc(q.uses, func(u use) bool { return !m.granted(q.who, u, q.tool) }) {
		return verdict{}, false
	}
	return verdict{answer: AllowSession, how: "granted for the session", old: true}, true
}

// permissionChoices are the answers to a question, in the order that verdictOf knows.
func (m *Manager) permissionChoices() []string {
	q := m.sentences.Question
	return []string{q.Allow, q.AllowSession, q.Deny}
}

// verdictOf returns what the reply of an MCP client means, or false where nobody was asked.
func verdictOf(r reply) (verdict, bool) {
	const how = "answered in the MCP client"
	switch {
	case r.err != nil:
		return verdict{answer: Deny, how: how, err: r.err}, true
	case r.chosen == 0:
		return verdict{answer: AllowOnce, how: how}, true
	case r.chosen == 1:
		return verdict{answer: AllowSession, how: how}, true
	case r.chosen == 2:
		return verdict{answer: Deny, how: how}, true
	}
	return verdict{}, false
}

// permissionText is the question, the same in a client's form and in a dialog.
func (m *Manager) permissionText(uses []use, by wording.Asker) string {
	return strings.Join(m.sentences.Permission(m.server, shownOf(uses), fittingAsker(by)), "\n")
}

func (m *Manager) permissionDialog(uses []use, by wording.Asker) Question {
	q := m.sentences.Question
	question := Question{
		Title:           wording.Fill(q.Title, wording.Values{"server": m.server}),
		Text:            m.permissionText(uses, by),
		Allow:           q.Allow,
		AllowForSession: q.AllowSession,
		Deny:            q.Deny,
	}
	if by.Once {
		question.AllowForSession = ""
	}
	return question
}

// failAsking is [Manager.fail] for a question. Where no dialog can open, another way out helps than for a missing value.
func (m *Manager) failAsking(err error, defs []*definition) error {
	if errors.Is(err, ErrNoDisplay) || errors.Is(err, ErrNoDialog) {
		return m.failAs(wording.NobodyToAsk, err, defs)
	}
	return m.fail(err, defs...)
}

// takeSeat lets in one of the calls that may be held for a person, or returns [ErrPending] where too many are.
func (m *Manager) takeSeat() (leave func(), err error) {
	if m.waiting.Add(1) > maxWaiting {
		m.waiting.Add(-1)
		return nil, ErrPending
	}
	return func() { m.waiting.Add(-1) }, nil
}

// wait returns nil once done is closed, the error of ctx if that ends before, or [ErrPending] when the call has waited as
// long as clients bear, here and before.
func (m *Manager) wait(ctx context.Context, c *call, done <-chan struct{}) error {
	left, release := c.hold()
	defer release()
	timer := time.NewTimer(left)
	defer timer.Stop()
	progress := time.NewTicker(10 * time.Second)
	defer progress.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-m.life.Done():
			return ErrClosed
		case <-timer.C:
			select {
			case <-done: // even where no time was left
				return nil
			default:
				return ErrPending
			}
		case <-progress.C:
			if c.progress != nil {
				c.progress(m.sentences.Form.Waiting)
			}
		}
	}
}

func inQueue(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrPending
	}
	return err
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
