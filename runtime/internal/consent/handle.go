package consent

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strconv"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// On 2026-07-28 a server can't ask a client: it answers that input is required, and the client sends the request again, with
// the answers and the state that the server gave it. That state is a handle into a table here, so that a client can neither
// forge nor change what it stands for.

// A Want is a form that waits for the next input request of a call. Two that are equal are one.
type Want interface {
	Form() Form
	// Hear takes the client's reply, in the round of the call that brought it.
	Hear(*Call, Reply)
	// HearLate takes the reply of a request under a handle that an earlier request has used, and that may have been given up
	// since. What it allows or refuses is asked again: only a warning counts.
	HearLate(Reply)
}

// handleFor is how long a handle is good.
const handleFor = 10 * time.Minute

// A handle stands for one input request that waits for its answers.
type handle struct {
	who    Who
	digest [sha256.Size]byte // of the request that was answered with it
	wants  []Want
	once   map[store.Entry]Use // what earlier rounds allowed: clients send only the last round's answers
	how    []decision
	absent *absences
	asked  time.Time
	used   bool // by a request: what comes later can only warn; guarded by Desk.mu
}

func (h *handle) expired() bool { return Passed(h.asked, handleFor) }

// isSpare reports whether the handle makes room for another one.
func (h *handle) isSpare() bool { return h.used || h.expired() }

// End ends what was allowed for the call only: a goroutine that its handler left behind has to ask. Where forms come back,
// the call waits for the answers to them, and comes again with state.
func (d *Desk) End(c *Call) (forms []Form, state string) {
	wants := c.end()
	switch {
	case c.isGone() || len(wants) == 0 && d.hasResult(c):
		d.endAbsences(c)
	case len(wants) > 0:
		forms, _ = formsOf(wants)
		state = d.openHandle(c, wants)
	}
	c.forget()
	return forms, state
}

// formsOf makes one form for all permissions that it has room for, and one for each other want. names has the name of each
// want's form.
func formsOf(wants []Want) (forms []Form, names []string) {
	permission := -1 // the form that the next permission goes into, if there is room
	for i, w := range wants {
		form := w.Form()
		switch {
		case form.Name != permissionForm:
			form.Name += strconv.Itoa(i)
			forms = append(forms, form)
		case permission >= 0 && layout.Fits(forms[permission].Message+"\n\n"+form.Message):
			forms[permission].Message += "\n\n" + form.Message
			form.Name = forms[permission].Name
		default:
			if permission >= 0 {
				form.Name += strconv.Itoa(i)
			}
			permission = len(forms)
			forms = append(forms, form)
		}
		names = append(names, form.Name)
	}
	return forms, names
}

// openHandle puts what was asked into the table and returns the handle: 128 bits that nobody can guess.
func (d *Desk) openHandle(c *Call, wants []Want) string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	name := hex.EncodeToString(random)
	once, how := c.allowed()
	h := &handle{who: c.Who, digest: c.digest(), wants: wants, once: once, how: how, asked: time.Now()}
	d.mu.Lock()
	defer d.mu.Unlock()
	h.absent = c.absencesLocked()
	maps.DeleteFunc(d.handles, func(_ string, h *handle) bool { return h.expired() })
	MakeRoom(d.handles, maxHandles, (*handle).isSpare)
	d.handles[name] = h
	return name
}

// useHandle finds a handle for the same principal and request; else it is as if there were none. It reports whether this is
// the handle's first use.
func (d *Desk) useHandle(state string, c *Call) (h *handle, isFirst bool) {
	if state == "" {
		return nil, false
	}
	digest := c.digest()
	d.mu.Lock()
	defer d.mu.Unlock()
	h = d.handles[state]
	if d.closed || h == nil || h.who != c.Who || h.digest != digest || h.expired() {
		return nil, false
	}
	isFirst = !h.used
	h.used = true
	if isFirst {
		c.absent = h.absent
	}
	return h, isFirst
}

// Resume gives the answers that came with a call to the questions that were asked under its state, and the call what earlier
// rounds allowed. Where the state does not count, neither do the answers, but for a warning under a state that was used before.
func (d *Desk) Resume(c *Call, state string, replyTo func(Form) Reply) {
	h, isFirst := d.useHandle(state, c)
	c.stale = state != "" && !isFirst
	if h == nil {
		return
	}
	if isFirst {
		c.mu.Lock()
		c.resumed, c.once, c.how, c.heard = true, h.once, h.how, h.wants
		c.mu.Unlock()
	}
	tooFast := time.Since(h.asked) < d.config.Fast
	_, names := formsOf(h.wants)
	for i, w := range h.wants {
		reply := replyTo(Form{Name: names[i], Choices: w.Form().Choices})
		if tooFast {
			reply = Nobody
		}
		if isFirst {
			w.Hear(c, reply)
		} else {
			w.HearLate(reply)
		}
	}
}

// asking is the [Want] of a question.
type asking struct {
	desk *Desk
	open *openQuestion
}

// Form returns the form that the MCP client shows.
func (a asking) Form() Form {
	form := a.open.Subject.words.Form
	form.Name = permissionForm
	return form
}

// HearLate implements [Want]. No answer to a question is a warning.
func (a asking) HearLate(Reply) {}

// Hear gives a client's reply to the question. Where nobody was asked, the native dialog is, once a getter wants the answer.
func (a asking) Hear(c *Call, r Reply) {
	d, open := a.desk, a.open
	v, heard := verdictOf(r)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !d.questions.isOpenLocked(open) || !open.posed.IsZero() || open.expired():
		// It is too old, or being asked in a dialog by now: the call joins that, or asks afresh. Only a no always counts.
		if heard && (v.err != nil || v.answer == Deny) {
			d.refuseLocked(Permission, open.Subject.who, entriesOf(open.Subject.uses), cmp.Or(v.err, ErrDenied))
		}
	case !heard:
		open.Subject.inDialog = true
	default:
		open.posed = time.Now()
		d.settleForLocked(c, open, v)
		d.noteHeardLocked(open.Subject.topic)
	}
}
