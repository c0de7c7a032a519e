package intake

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A codes is a person's comparing of the dialogs' verification code with the one that the MCP client shows. The client may
// answer before the dialogs are done, after, or never.
type codes struct {
	in      *Intake
	who     consent.Who // who began the collection, and whose client compares
	of      Secrets
	client  string // what that client calls itself
	code    string // "" where no client can show it: the dialogs alone decide
	form    consent.Form
	opening chan struct{} // closed once the first window opens, or none will

	mu      sync.Mutex
	opened  bool              // the first window opens, or did
	failed  error             // why nothing was stored
	at      time.Time         // when that was
	refused error             // the person refused in the client
	refuse  func(cause error) // ends the dialogs
	matched bool              // the person said that the codes match
	undo    func()            // takes back what the dialogs stored; nil before they did, and once it was taken back
}

// The choices of the form.
const (
	match  = 0
	differ = 1
)

// newCodes makes the code for the collection that a call begins.
func (in *Intake) newCodes(c *consent.Call, secrets Secrets) *codes {
	codes := &codes{in: in, who: c.Who, of: secrets, opening: make(chan struct{})}
	if !c.CanCompare() {
		return codes
	}
	codes.client, codes.code = c.Client, newCode()
	codes.form = in.Form(c.Who, secrets, codes.code)
	return codes
}

// open notes that the first window opens now: the client can be told.
func (c *codes) open() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened = true
	close(c.opening)
}

// end notes that the collection has ended, and why nothing was stored, or nil.
func (c *codes) end(failed error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed, c.at = failed, time.Now()
	if !c.opened {
		close(c.opening)
	}
}

// isAnnounced reports whether the client can be told of the window: it opens, is open, or was until a value was stored, which
// codes that differ take back.
func (c *codes) isAnnounced() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opened && c.failed == nil
}

// isComparedBy reports whether the call's client shows the code by rounds, and there is a window to compare it with.
func (c *codes) isComparedBy(call *consent.Call) bool {
	return call.ByRounds() && c.code != "" && c.who == call.Who && c.isAnnounced()
}

// failedBefore returns why a window for one of the secrets failed that an earlier round of the call has announced: the call
// does not begin again, to fail again. A refusal is left to [consent.Desk.Refused].
func (in *Intake) failedBefore(c *consent.Call, secrets Secrets) error {
	for _, w := range c.Heard() {
		if c, ok := w.(*codes); ok && slices.ContainsFunc(secrets.entries(), c.isFor) {
			if err := c.failure(); err != nil && !in.IsRefusal(err) {
				return err
			}
		}
	}
	return nil
}

func (c *codes) isFor(entry store.Entry) bool {
	return entry.Account == c.of.Account && slices.Contains(c.of.Names, entry.Name)
}

// failure returns why nothing was stored, while that may still be so.
func (c *codes) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if consent.Passed(c.at, consent.OpenFor) {
		return nil
	}
	return c.failed
}

// isOver reports whether the collection has ended so long ago that nobody comes again for it.
func (c *codes) isOver() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.at.IsZero() && consent.Passed(c.at, consent.OpenFor)
}

// show shows the form in a client that is asked in place. It stays open a little longer than the dialogs, until the function
// that is returned withdraws it.
func (in *Intake) show(codes *codes, client client) (withdraw func()) {
	if client == nil {
		return func() {}
	}
	shown, withdraw := context.WithCancel(in.Desk.Life())
	err := in.Desk.Go(consent.OpenFor, func(context.Context) {
		defer withdraw()
		codes.hear(client(shown, codes.form))
	})
	if err != nil {
		withdraw()
	}
	return withdraw
}

// Form returns the form that shows the code.
func (c *codes) Form() consent.Form { return c.form }

// Hear takes the reply that a call brought in a later round.
func (c *codes) Hear(_ *consent.Call, r consent.Reply) { c.hear(r) }

// HearLate takes a reply that may be the second one: nobody asks again whether a value that was stored may stay.
func (c *codes) HearLate(r consent.Reply) {
	if r.Chosen == differ {
		c.hear(r)
	}
}

// hear takes the client's reply. A refusal ends the dialogs. Once they are done, only codes that differ count, and take back
// what was stored: closing the form after the dialogs finished is not a refusal.
func (c *codes) hear(r consent.Reply) {
	if r.Chosen == differ {
		r.Err = ErrCodesDiffer
	}
	undo, refuse := c.note(r)
	if r.Chosen == differ {
		c.in.Values.Differed(c.who, c.of, undo != nil) // before anybody is told
	}
	if refuse != nil {
		refuse(r.Err)
	}
	if undo != nil {
		c.in.takeBack(undo)
		c.in.Desk.Refuse(consent.Collecting, consent.Everybody, c.of.entries(), r.Err)
	}
}

// takeBack waits until what was stored is taken back. Close waits for that too.
func (in *Intake) takeBack(undo func()) {
	done := make(chan struct{})
	err := in.Desk.Go(consent.OpenFor, func(context.Context) {
		defer close(done)
		undo()
	})
	if err != nil { // the desk is closed
		undo()
		return
	}
	<-done
}

// note notes the client's reply, and returns what is to be done: to take back what the dialogs stored, or to end them.
func (c *codes) note(r consent.Reply) (undo func(), refuse func(cause error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case r.Err == nil:
		c.matched = c.matched || r.Chosen == match
	case c.undo == nil:
		c.refused, refuse = r.Err, c.refuse
	case r.Chosen == differ:
		undo, c.undo = c.undo, nil
	}
	return undo, refuse
}

// compared says for the audit whether the codes were compared before the dialogs were done.
func (c *codes) compared() string {
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

// hasStored reports whether a value of the secret was stored by a collection that an earlier round of the call began.
func hasStored(c *consent.Call, entry store.Entry) bool {
	return slices.ContainsFunc(c.Heard(), func(w consent.Want) bool {
		c, ok := w.(*codes)
		return ok && c.stored(entry)
	})
}

// stored reports whether the dialogs are done and a value of the secret was stored.
func (c *codes) stored(entry store.Entry) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.undo != nil && c.isFor(entry)
}

// onRefusal sets what ends the dialogs, which may have been refused already.
func (c *codes) onRefusal(refuse func(error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse = refuse
	if c.refused != nil {
		refuse(c.refused)
	}
}

// refusal returns the person's refusal in the client, or nil.
func (c *codes) refusal() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused
}

// finish ends the dialogs' part: undo is how to take back what they stored. If the person has refused meanwhile, it is taken
// back now.
func (c *codes) finish(undo func()) error {
	c.mu.Lock()
	refused := c.refused
	if refused == nil {
		c.undo = undo
	}
	c.mu.Unlock()
	if refused != nil {
		undo()
	}
	return refused
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
