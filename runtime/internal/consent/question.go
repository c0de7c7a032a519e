package consent

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
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
)

// A question is whether one call, and others like it, may use secrets.
type question struct {
	uses  []Use
	who   Who
	tool  Tool
	words Words
	asked [sha256.Size]byte // the request that an input request answered; see [Desk.isUnansweredLocked]
}

// A verdict is what came of asking.
type verdict struct {
	answer Answer
	how    string
	err    error
	old    bool // another question was answered with it
}

func secretsOf(uses []Use) []string {
	names := make([]string, len(uses))
	for i, u := range uses {
		names[i] = u.Secret
	}
	return names
}

// Permit returns once every use is allowed to the call, and reports whether somebody had to be asked. words makes the
// question for the uses that need one.
func (d *Desk) Permit(ctx context.Context, c *Call, uses []Use, words func([]Use) Words) (asked bool, err error) {
	for {
		needed := d.needed(c, uses)
		if len(needed) == 0 {
			return asked, nil
		}
		q := &question{uses: needed, who: c.Who, tool: c.Tool, words: words(needed)}
		if err := d.ask(ctx, c, q); err != nil {
			return false, about(err, needed)
		}
		asked = true
	}
}

// about says which uses an error is about, and whether it means that nobody could be asked for permission.
func about(err error, uses []Use) error {
	var already *About
	if errors.As(err, &already) {
		return err
	}
	return &About{Secrets: secretsOf(uses), Asking: true, Err: err}
}

// needed returns the uses that nothing allows yet.
func (d *Desk) needed(c *Call, uses []Use) []Use {
	var needed []Use
	for _, u := range uses {
		switch {
		case c.allows(u):
		case d.granted(c.Who, u, c.Tool):
			c.decide([]Use{u}, byGrant)
		case d.config.Bypass():
			c.decide([]Use{u}, byBypass)
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
	open, byRound, err := d.join(c, q)
	if err != nil {
		return err
	}
	if !byRound {
		err = d.Wait(ctx, c, open.done)
		// The question is pending only in another call's input request. That call may never return, so this client is asked as
		// well.
		if byRound = errors.Is(err, ErrPending) && c.byRounds() && d.isUnposed(open); byRound {
			if v, ok := d.answered(q); ok { // with another question, meanwhile
				return v.err
			}
		}
	}
	if byRound {
		if !c.Pend(&asking{d, open}) {
			d.withdraw(open)
		}
		return ErrPending
	}
	if err != nil {
		return err
	}
	return d.take(c, open)
}

// take gives a call the answer. The first call that comes takes "once" away.
func (d *Desk) take(c *Call, open *openQuestion) error {
	d.mu.Lock()
	isFirst := d.questions.withdrawLocked(open)
	d.mu.Unlock()
	v, uses := open.result, open.Subject.uses
	switch {
	case v.err == nil && v.answer == AllowOnce && isFirst:
		c.allow(uses, v.how)
	case v.err == nil && v.answer == AllowSession:
		c.decide(uses, v.how)
	}
	return v.err
}

type openQuestion = Open[*question, verdict]

// join returns the question that is open for the same uses, or begins it. Where it reports true, the next input request of
// the call has to ask it.
func (d *Desk) join(c *Call, q *question) (open *openQuestion, byRound bool, err error) {
	key := q.key(c)
	rounds := c.byRounds() && !q.words.OnlyDialog
	if rounds {
		q.asked = c.Digest()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.RefusedLocked(Permission, c.Who, secretsOf(q.uses)); err != nil {
		return nil, false, err // while the call waited for something else
	}
	open = d.questions.open[key]
	if open != nil && !open.expired() {
		switch {
		case rounds && !open.posed && c.stale:
			return open, true, nil
		case rounds && d.isUnansweredLocked(open, c, q.asked):
			return open, false, d.poseLocked(open, nil)
		}
		return open, false, nil
	}
	d.sweepLocked()
	silent := d.isSilentLocked(key)
	open = d.questions.addLocked([]string{key}, q)
	if rounds && !silent {
		return open, true, nil
	}
	client := c.Ask
	if silent || q.words.OnlyOnce || q.words.OnlyDialog { // the client's form always offers the session
		client = nil
	}
	if err := d.poseLocked(open, client); err != nil {
		d.questions.withdrawLocked(open)
		return nil, false, err
	}
	return open, false, nil
}

// key is the same for calls that one answer can serve: same principal, secrets, values and destinations, same tool, same
// reason. Callers that nobody verified share nothing: they may be different processes.
func (q *question) key(c *Call) string {
	var key strings.Builder
	fmt.Fprintf(&key, "%d %q %q %q %q", q.who.Kind, q.who.Name, q.tool.Kind, q.tool.Name, q.words.Reason)
	if q.who.Kind == Local {
		fmt.Fprintf(&key, " %d", c.id)
	}
	for _, u := range q.uses {
		fmt.Fprintf(&key, " %q %x", u.Secret, u.Value)
	}
	return key.String()
}

// withdraw drops a question that was not asked after all.
func (d *Desk) withdraw(open *openQuestion) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !open.posed {
		d.questions.withdrawLocked(open)
	}
}

func (d *Desk) isUnposed(open *openQuestion) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !open.posed
}

// soon is how long a client may take to send a request again for another reason than that it can't ask. A retry later than
// this without answers means that the client cannot show forms: such a client never says so.
const soon = 2 * time.Second

// isUnansweredLocked reports whether the request that was told to ask came again without an answer.
func (d *Desk) isUnansweredLocked(open *openQuestion, c *Call, digest [sha256.Size]byte) bool {
	return !open.posed && !c.resumed && open.Subject.asked == digest && time.Since(open.begun) > soon
}

// silentFor is how long it is remembered that an MCP client left a question unanswered for as long as it was open. Until then
// the question is asked in a dialog.
const silentFor = time.Hour

func isOldSilence(since time.Time) bool { return time.Since(since) > silentFor }

func (d *Desk) isSilentLocked(key string) bool {
	since, ok := d.silent[key]
	return ok && !isOldSilence(since)
}

func (d *Desk) noteSilentLocked(key string) {
	MakeRoom(d.silent, maxHandles, isOldSilence)
	d.silent[key] = time.Now()
}

// sweepLocked drops the questions that have expired, and makes room for one more. A client that was told to ask one, and
// never came back, is remembered, whichever question is next.
func (d *Desk) sweepLocked() {
	for key, open := range d.questions.open {
		if open.expired() && !open.posed {
			d.noteSilentLocked(key)
		}
	}
	d.questions.sweepLocked(maxHandles)
}

func (d *Desk) noteSilent(open *openQuestion) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.noteSilentLocked(open.keys[0])
}

// poseLocked begins to ask people: the client in place, where client is not nil, then the native dialog. The error is
// [ErrPending] where too many questions wait for their turn.
func (d *Desk) poseLocked(open *openQuestion, client func(context.Context, Form) Reply) error {
	if d.posed >= maxWaiting {
		return ErrPending
	}
	open.posed = true
	err := d.goLocked(OpenFor, func(ctx context.Context) {
		defer d.unpose()
		leave, err := d.Queue(ctx, open.Subject.who)
		if err != nil {
			d.settle(open, verdict{err: err})
			return
		}
		// settle must run before leave: the next question in the queue may be covered by this answer.
		defer leave()
		d.settle(open, d.confirm(ctx, open, client))
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

// settle records what follows from the answer to a question, and releases the calls that wait for it.
func (d *Desk) settle(open *openQuestion, v verdict) {
	q := open.Subject
	if v.answer != AllowOnce && (v.answer != AllowSession || q.words.OnlyOnce) {
		v.answer = Deny // what was not offered is a no
	}
	switch {
	case v.err == nil && v.answer == Deny:
		v.err = ErrDenied
	case errors.Is(v.err, context.Canceled):
		v.err = ErrClosed
	}
	switch {
	case v.old: // the grant or refusal was already recorded by the question that produced the answer
		d.mu.Lock()
		d.questions.withdrawLocked(open)
		d.mu.Unlock()
	case v.err == nil:
		d.Accept(Permission, q.who, secretsOf(q.uses)...)
		if v.answer == AllowSession {
			d.grant(q)
		}
	case d.config.IsRefusal(v.err):
		d.Refuse(Permission, q.who, secretsOf(q.uses), v.err)
	}
	if v.err != nil {
		v.err = about(v.err, q.uses)
	}
	open.settle(v)
}

// confirm puts the question to the person, whose turn it is.
func (d *Desk) confirm(ctx context.Context, open *openQuestion, client func(context.Context, Form) Reply) verdict {
	q := open.Subject
	if v, ok := d.answered(q); ok {
		return v
	}
	if client != nil {
		if v, ok := verdictOf(client(ctx, q.words.Form)); ok {
			return v
		}
		if ctx.Err() != nil {
			d.noteSilent(open) // the next call goes straight to the dialog
			return verdict{err: ErrPending}
		}
	}
	leave, err := d.Screen(ctx)
	if err != nil {
		return verdict{err: err}
	}
	defer leave()
	if v, ok := d.answered(q); ok {
		return v
	}
	answer, err := q.words.Dialog(ctx)
	return verdict{answer: answer, how: byDialog, err: err}
}

// answered reports whether the question has been answered with another one, asked before it was its turn.
func (d *Desk) answered(q *question) (verdict, bool) {
	if err := d.Refused(Permission, q.who, secretsOf(q.uses)); err != nil {
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
