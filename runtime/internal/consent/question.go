package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// An Answer to a question. The zero value is no.
type Answer int

// The three answers.
const (
	Deny Answer = iota
	AllowOnce
	AllowSession
)

// Words are what a question says, and what an answer to it covers.
type Words struct {
	Uses   []Use  // what the question asks for: as many of the uses, from the first on, as it can show, or none
	Form   Form   // its choices are Allow, Allow for session and Deny
	Reason string // a part of the form's message: questions with other reasons are other questions

	OnlyDialog bool          // the MCP client's word is not enough
	OnlyOnce   bool          // no grant can outlast the call, so the session is not offered
	OneTool    bool          // a grant is for the tool that asks
	Remember   time.Duration // how long a grant lasts; 0 is until the server ends

	// Dialog asks at this computer. Its error says why nobody answered.
	Dialog func(context.Context) (Answer, error)
}

// A Form is what an MCP client shows: a message with one choice to make. It carries no secret.
type Form struct {
	Name    string
	Message string
	Choices []string
}

// A Reply is what came of a form.
type Reply struct {
	Chosen int   // index of the choice; -1 if nobody chose
	Err    error // of somebody who declined or cancelled
}

// Nobody is the reply of a client that asked nobody, or nobody that we know of.
var Nobody = Reply{Chosen: -1}

// permissionForm is the name of the form that asks for permission. An input request has one for all its permissions.
const permissionForm = "permission"

// The ways in which a use comes to be allowed, for the audit.
const (
	byClient = "answered in the MCP client"
	byDialog = "answered in a dialog"
	byGrant  = "granted for the session"
	byBypass = "bypassed"
	// byRetry is added where the answer was there before the call came.
	byRetry = ", when the same call came before"
)

// A question is whether one call, and others like it, may use secrets.
type question struct {
	uses  []Use
	who   Who
	tool  Tool
	words Words
	topic string // what it is about, whatever the call's arguments

	inDialog      bool // an input request came back without an answer: the dialog asks
	clientAnswers bool // the client has answered another question of this topic since
}

// A verdict is what came of asking.
type verdict struct {
	answer Answer
	how    string
	err    error
	old    bool // another question was answered with it
}

// give gives a call its share of the verdict: what is allowed to it alone, and how. Each verdict with [AllowOnce] is given once.
func (v verdict) give(c *Call, uses []Use) {
	switch {
	case v.err != nil:
	case v.answer == AllowOnce:
		c.allow(uses, v.how)
	case v.answer == AllowSession:
		c.decide(uses, v.how)
	}
}

func entriesOf(uses []Use) []store.Entry {
	entries := make([]store.Entry, len(uses))
	for i, u := range uses {
		entries[i] = u.Entry
	}
	return entries
}

// Permit returns once every use is allowed to the call, and reports whether somebody had to be asked. words makes the
// question for the uses that need one. Where it asks for some of them, the next question asks for others; the first one that
// is refused ends it.
//
// Before anybody is asked, beforehand says of each use that needs a question how a person allowed it before there was one, or "" where
// nobody did. That is for this use alone: the next one looks again. It may be nil.
func (d *Desk) Permit(ctx context.Context, c *Call, uses []Use, words func([]Use) Words, beforehand func(context.Context, []Use) []string) (asked bool, err error) {
	for {
		needed := d.needed(c, uses)
		if len(needed) > 0 && beforehand != nil {
			if err := d.Closed(); err != nil {
				return false, about(err, needed)
			}
			needed = c.without(needed, beforehand(ctx, needed))
		}
		if len(needed) == 0 {
			return asked, nil
		}
		w := words(needed)
		if len(w.Uses) == 0 {
			return false, about(ErrUnshown, needed)
		}
		if err := d.ask(ctx, c, newQuestion(c, w.Uses, w)); err != nil {
			return false, about(err, w.Uses)
		}
		asked = true
	}
}

// without returns the uses for which nothing says how they were allowed, and notes how the others were.
func (c *Call) without(uses []Use, how []string) (rest []Use) {
	for i, u := range uses {
		if i < len(how) && how[i] != "" {
			c.decide(uses[i:i+1], how[i])
		} else {
			rest = append(rest, u)
		}
	}
	return rest
}

// about says which uses an error is about, and whether it means that nobody could be asked for permission.
func about(err error, uses []Use) error {
	var already *About
	if errors.As(err, &already) {
		return err
	}
	return &About{Entries: entriesOf(uses), Asking: true, Err: err}
}

// needed returns the uses that nothing allows yet.
func (d *Desk) needed(c *Call, uses []Use) []Use {
	var needed []Use
	for i, u := range uses {
		switch {
		case c.allows(u):
		case d.granted(c.Who, u, c.Tool):
			c.decide(uses[i:i+1], byGrant)
		case d.config.Bypass():
			c.decide(uses[i:i+1], byBypass)
		default:
			c.undecide(u)
			needed = append(needed, u)
		}
	}
	return needed
}

// ask joins the question, or begins it, and waits for its answer. "Once" is for one of the calls that wait: the others come
// back with nothing allowed, and [Desk.Permit] asks again.
func (d *Desk) ask(ctx context.Context, c *Call, q *question) error {
	if ctx.Err() != nil {
		return ErrOutsideCall // a task's handler has no client that could be asked
	}
	leave, err := d.Seat()
	if err != nil {
		return err
	}
	defer leave()
	open, next, err := d.join(c, q, true)
	if err == nil && next == behind {
		if err := d.questions.wait(ctx, c, open.done); !errors.Is(err, ErrPending) {
			return err // nil: Permit looks whether that answer was for this call too
		}
		open, next, err = d.join(c, q, false)
	}
	if err != nil || next == given {
		return err
	}
	if next == inLine {
		err = d.questions.wait(ctx, c, open.done)
		// The question is pending only in another call's input request. That call may never return, so this client is asked as
		// well.
		if errors.Is(err, ErrPending) && c.ByRounds() && d.isUnposed(open) {
			next = inRound
		}
	}
	if next == inRound {
		return d.pend(c, open)
	}
	if err := d.questions.Leave(c, open, err); err != nil {
		return err
	}
	return open.result.err // nil: Permit looks whether the answer was for this call
}

// pend has the call's next input request ask the question, unless it has been answered with another one while the call waited.
func (d *Desk) pend(c *Call, open *openQuestion) error {
	if v, ok := d.answered(open.Subject); ok {
		_ = d.questions.Leave(c, open, context.Canceled)
		return v.err // nil: Permit looks again
	}
	if !c.Pend(asking{d, open}) {
		_ = d.questions.Leave(c, open, context.Canceled) // the input request is on its way without it
		return ErrPending
	}
	_ = d.questions.Leave(c, open, ErrPending) // an answer that came meanwhile is carried on by the input request
	return ErrPending
}

type openQuestion = Open[string, *question, verdict]

// A next is what a call does with the question that it comes to.
type next int

const (
	inLine  next = iota // waits for its answer
	inRound             // asks it by its next input request
	behind              // waits until another question of the topic is over, and looks again
	given               // has the answer already
)

// join has a call wait for the question that is open for the same uses, or begins it. patient has it wait first for a question
// of the same topic that is open for other arguments: an answer for the session is for both. The error may be that of the
// answer.
func (d *Desk) join(c *Call, q *question, patient bool) (open *openQuestion, next next, err error) {
	keys := d.questions.keysOf(c, []string{q.key(c)})
	rounds := c.ByRounds() && !q.words.OnlyDialog
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, inLine, ErrClosed
	}
	if err := d.RefusedLocked(Permission, c.Who, entriesOf(q.uses)); err != nil {
		return nil, inLine, err // while the call waited for something else
	}
	if c.allowsAll(q.uses) {
		return nil, given, nil // to another getter of the call, since this one found out what it needs
	}
	open = d.questions.open[keys[0]]
	if open != nil && !open.expired() {
		next, err = d.joinLocked(c, open, rounds)
		return open, next, err
	}
	d.sweepLocked()
	rounds = rounds && !d.isSilentLocked(q.topic)
	if other := d.otherLocked(q.topic); rounds && patient && other != nil {
		return other, behind, nil // forms in the client have a queue of their own, which input requests go past
	}
	open = d.questions.addLocked(keys, q)
	if rounds {
		next = inRound
	} else if err := d.poseLocked(open, d.clientOf(c, q)); err != nil {
		d.questions.withdrawLocked(open)
		return nil, inLine, err
	}
	open.enterLocked(c, false)
	return open, next, nil
}

// clientOf returns how the question is asked in place, nil where the dialog asks. The client's form always offers the session.
func (d *Desk) clientOf(c *Call, q *question) func(context.Context, Form) Reply {
	if q.words.OnlyOnce || q.words.OnlyDialog || d.isSilentLocked(q.topic) {
		return nil
	}
	return c.Ask
}

// otherLocked returns a question of the topic that is not answered yet.
func (d *Desk) otherLocked(topic string) *openQuestion {
	for _, open := range d.questions.open {
		if open.Subject.topic == topic && !open.isSettled() {
			return open
		}
	}
	return nil
}

// joinLocked has a call wait for a question that is open, or take the answer that an earlier call like it did not fetch.
func (d *Desk) joinLocked(c *Call, open *openQuestion, rounds bool) (next next, err error) {
	if open.isSettled() {
		d.questions.withdrawLocked(open)
		v := open.result
		v.how += byRetry
		v.give(c, open.Subject.uses)
		return given, v.err
	}
	if open.posed.IsZero() {
		switch {
		case rounds && c.stale:
			next = inRound
		case open.Subject.inDialog || rounds && isUnanswered(open, c):
			if err := d.poseLocked(open, nil); err != nil {
				return inLine, err
			}
		}
	}
	// While the question is only in an input request, who comes for it at once is another call.
	open.enterLocked(c, next == inRound || !open.posed.IsZero())
	return next, nil
}

// newQuestion returns the question whether a call may use secrets.
func newQuestion(c *Call, uses []Use, words Words) *question {
	q := &question{uses: uses, who: c.Who, tool: c.Tool, words: words}
	var topic strings.Builder
	fmt.Fprintf(&topic, "%d %q %q %q %q", q.who.Kind, q.who.Name, q.tool.Kind, q.tool.Name, q.words.Reason)
	for _, u := range q.uses {
		fmt.Fprintf(&topic, " %q %q %x", u.Entry.Account, u.Entry.Name, u.Value)
	}
	q.topic = topic.String()
	return q
}

// key is the same for calls that one answer can serve: same principal, account, secrets, values and destinations, same tool, same
// reason, same arguments.
func (q *question) key(c *Call) string { return fmt.Sprintf("%s %x", q.topic, c.digest()) }

func (d *Desk) isUnposed(open *openQuestion) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return open.posed.IsZero()
}

// soon is how long a client may take to send a request again for another reason than that it can't ask. A retry later than
// this without answers means that the client cannot show forms: such a client never says so.
const soon = 2 * time.Second

// isUnanswered reports whether the request that was told to ask came again without an answer.
func isUnanswered(open *openQuestion, c *Call) bool { return !c.resumed && Passed(open.begun, soon) }

// silentFor is how long it is remembered that an MCP client left a question unanswered for as long as it was open. Until then
// the question is asked in a dialog.
const silentFor = time.Hour

func isOldSilence(since time.Time) bool { return Passed(since, silentFor) }

func (d *Desk) isSilentLocked(topic string) bool {
	since, ok := d.silent[topic]
	return ok && !isOldSilence(since)
}

func (d *Desk) isSilent(topic string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.isSilentLocked(topic)
}

func (d *Desk) noteSilentLocked(topic string) {
	MakeRoom(d.silent, maxHandles, isOldSilence)
	d.silent[topic] = time.Now()
}

// noteHeardLocked notes that a client answers input requests: those of this topic that it leaves open belong to calls that were
// given up.
func (d *Desk) noteHeardLocked(topic string) {
	for _, open := range d.questions.open {
		if open.Subject.topic == topic {
			open.Subject.clientAnswers = true
		}
	}
}

// sweepLocked drops the questions that have expired, and makes room for one more. A client that was told to ask one, and
// never came back, is remembered, whichever question is next.
func (d *Desk) sweepLocked() {
	for _, open := range d.questions.open {
		if q := open.Subject; open.expired() && open.posed.IsZero() && !q.clientAnswers {
			d.noteSilentLocked(q.topic)
		}
	}
	d.questions.sweepLocked(maxHandles)
}

func (d *Desk) noteSilent(open *openQuestion) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.noteSilentLocked(open.Subject.topic)
}

// poseLocked begins to ask people: the client in place, where client is not nil, then the native dialog. The error is
// [ErrPending] where too many questions wait for their turn.
func (d *Desk) poseLocked(open *openQuestion, client func(context.Context, Form) Reply) error {
	if d.posed >= maxWaiting {
		return ErrPending
	}
	err := d.questions.poseLocked(open, func(ctx context.Context) {
		defer d.unpose()
		turn, endTurn := open.Step(ctx)
		defer endTurn()
		leave, err := d.Queue(turn, open.Subject.who)
		if err != nil {
			d.settle(open, verdict{err: err})
			return
		}
		// settle must run before leave: the next question in the queue may be covered by this answer.
		defer leave()
		d.settle(open, d.confirm(ctx, turn, open, client))
	})
	if err == nil {
		d.posed++
	}
	return err
}

func (d *Desk) unpose() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.posed--
}

// settle records what follows from the answer to a question, and releases the calls that wait for it. "Once" is for the one
// that has waited longest. Where none waits, the answer stays for one that comes again.
func (d *Desk) settle(open *openQuestion, v verdict) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v = d.recordLocked(open, v)
	if len(open.waiting) > 0 || v.old {
		d.questions.withdrawLocked(open)
	}
	for i, w := range open.waiting {
		if i == 0 || v.answer == AllowSession {
			v.give(w.call, open.Subject.uses)
		}
	}
	open.settleLocked(v)
}

// settleForLocked is settle for an answer that a call brought with it, which alone has asked: "once" is for that call.
func (d *Desk) settleForLocked(c *Call, open *openQuestion, v verdict) {
	d.questions.withdrawLocked(open)
	v = d.recordLocked(open, v)
	v.give(c, open.Subject.uses)
	open.settleLocked(v)
}

// recordLocked notes what follows from the answer for calls to come, and returns what it means for those that wait.
func (d *Desk) recordLocked(open *openQuestion, v verdict) verdict {
	q := open.Subject
	v = d.meaningLocked(open, v)
	switch {
	case v.old: // the grant or refusal was already recorded by the question that produced the answer
	case v.err == nil:
		d.acceptLocked(Permission, q.who, entriesOf(q.uses))
		if v.answer == AllowSession {
			d.grantLocked(q)
		}
	case d.config.IsRefusal(v.err):
		d.refuseLocked(Permission, q.who, entriesOf(q.uses), v.err)
	}
	if v.err != nil {
		v.err = about(v.err, q.uses)
	}
	return v
}

// meaningLocked has an answer that was not offered be a no, and a yes that nobody waits for any more, or that comes too late,
// be none.
func (d *Desk) meaningLocked(open *openQuestion, v verdict) verdict {
	if v.answer != AllowOnce && (v.answer != AllowSession || open.Subject.words.OnlyOnce) {
		v.answer = Deny
	}
	switch {
	case errors.Is(v.err, context.Canceled):
		v.err = ErrClosed
	case v.err != nil:
	case v.answer == Deny:
		v.err = ErrDenied
	case d.closed || open.left:
		v.err = ErrClosed
	case open.tooLate(): // its time passed while the computer slept
		v.err = ErrPending
	}
	return v
}

// confirm puts the question to the person, whose turn it is. No dialog opens once the time for the turn is up: by then nobody may
// remember what it is for.
func (d *Desk) confirm(ctx, turn context.Context, open *openQuestion, client func(context.Context, Form) Reply) verdict {
	q := open.Subject
	if v, ok := d.answered(q); ok {
		return v
	}
	if client != nil && !d.isSilent(q.topic) {
		shown, withdraw := open.Step(ctx)
		defer withdraw()
		if v, ok := verdictOf(client(shown, q.words.Form)); ok {
			return v
		}
		switch shown.Err() {
		case nil:
		case context.DeadlineExceeded:
			d.noteSilent(open) // the next call goes straight to the dialog
			return verdict{err: ErrPending}
		default:
			return verdict{err: shown.Err()}
		}
	}
	leave, err := d.Screen(turn)
	if err != nil {
		return verdict{err: err}
	}
	defer leave()
	if v, ok := d.answered(q); ok {
		return v
	}
	window, closeWindow := open.Step(ctx)
	defer closeWindow()
	answer, err := q.words.Dialog(window)
	return verdict{answer: answer, how: byDialog, err: err}
}

// answered reports whether the question has been answered with another one, asked before it was its turn.
func (d *Desk) answered(q *question) (verdict, bool) {
	if err := d.Refused(Permission, q.who, entriesOf(q.uses)); err != nil {
		return verdict{err: err, old: true}, true
	}
	if slices.ContainsFunc(q.uses, func(u Use) bool { return !d.granted(q.who, u, q.tool) }) {
		return verdict{}, false
	}
	return verdict{answer: AllowSession, how: byGrant, old: true}, true
}

// verdictOf returns what the reply of an MCP client means, or false where nobody was asked.
func verdictOf(r Reply) (verdict, bool) {
	switch {
	case r.Err != nil:
		return verdict{answer: Deny, how: byClient, err: r.Err}, true
	case r.Chosen == 0:
		return verdict{answer: AllowOnce, how: byClient}, true
	case r.Chosen == 1:
		return verdict{answer: AllowSession, how: byClient}, true
	case r.Chosen == 2:
		return verdict{answer: Deny, how: byClient}, true
	}
	return verdict{}, false
}
