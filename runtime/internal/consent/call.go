package consent

import (
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// A Who is whom a call belongs to: grants and questions of one are not those of another.
type Who struct {
	Kind Kind
	Name string // of a Named one
}

// A Kind of [Who].
type Kind int

// The kinds. The zero one is trusted with nothing.
const (
	// Stranger is a caller of whom nothing is known.
	Stranger Kind = iota
	// Local is a caller on this computer whom nobody verified. Any process here could answer its MCP client's questions
	// itself, so only native dialogs count, and only for one use.
	Local
	// Named is a caller whom the author's code verified.
	Named
	// Process is the client that started this process, or is in it, and the author's own background work.
	Process
)

// A Tool is who wants a secret: a tool, a prompt or a resource, by the name under which the client knows it. The zero Tool is
// the server itself.
type Tool struct{ Kind, Name string }

// A Use is one secret that needs permission. Value is a fingerprint of what it is and where it goes.
type Use struct {
	Entry store.Entry
	Value [sha256.Size]byte
}

// A Call is one request of an MCP client, or one piece of the author's own work. It is what "Allow" covers.
type Call struct {
	Who      Who
	Tool     Tool
	Client   string                            // the client's own name for itself: anyone may use any name
	Ask      func(context.Context, Form) Reply // asks the client in place; nil where it can't be
	Progress func()                            // tells the client that the call lives; nil without a token
	// Digest is the same for a request and its retry, and another one for other arguments. It is nil where there is no request.
	Digest func() [sha256.Size]byte
	// Cancel ends the handler's work when the call has to wait for an input request. It is nil where the call can't be asked by
	// one.
	Cancel context.CancelCauseFunc
	// Gone reports whether the client has given the request up. It is nil where there is no request.
	Gone func() bool

	id       uint64 // unlike an address, never used again
	digested sync.Once
	sum      [sha256.Size]byte // what Digest returned
	// What the client sent back with the request: the answers of an earlier round, or a state that was forged, has expired or
	// was used before. The latter is treated as a first call.
	resumed, stale bool
	absent         *absences // nil where the call was never told to come again; guarded by Desk.mu

	mu    sync.Mutex
	once  map[store.Entry]Use // what was allowed for this call only
	how   []decision          // how the use of each secret was decided, for the audit
	first [1]decision         // room for how: most calls use one secret
	wants []Want              // what the next input request has to ask
	heard []Want              // what earlier ones had asked
	ended bool                // the wants are on their way, and what was allowed is over

	holders   int // getters that wait for a person
	heldSince time.Time
	held      time.Duration // before that
}

var calls atomic.Uint64

// NewCall returns a call that nobody has allowed anything.
func NewCall(who Who, tool Tool) *Call { return &Call{Who: who, Tool: tool, id: calls.Add(1)} }

// ForGetter returns the call for one more getter: c, or, once c has ended, a call of the getter's own. What its handler left
// behind has to ask for each use, and an answer that comes late is for the getter that asked.
func (c *Call) ForGetter() *Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		return c
	}
	own := NewCall(c.Who, c.Tool)
	own.Client, own.Ask, own.Progress, own.Digest, own.Cancel, own.Gone = c.Client, c.Ask, c.Progress, c.Digest, c.Cancel, c.Gone
	own.resumed, own.stale, own.heard, own.ended = c.resumed, c.stale, c.heard, true
	return own
}

// ByRounds reports whether the call's client is asked by input requests.
func (c *Call) ByRounds() bool { return c.Cancel != nil }

func (c *Call) isGone() bool { return c.Gone != nil && c.Gone() }

// CanCompare reports whether the call's client can show a form.
func (c *Call) CanCompare() bool { return c.Ask != nil || c.ByRounds() }

// digest asks Digest once: it reads all arguments.
func (c *Call) digest() [sha256.Size]byte {
	c.digested.Do(func() {
		if c.Digest != nil {
			c.sum = c.Digest()
		}
	})
	return c.sum
}

func (c *Call) allow(uses []Use, how string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range uses {
		if c.once == nil {
			c.once = map[store.Entry]Use{}
		}
		c.once[u.Entry] = u
	}
	c.decideLocked(uses, how)
}

func (c *Call) allows(u Use) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.once[u.Entry] == u
}

func (c *Call) allowsAll(uses []Use) bool {
	return !slices.ContainsFunc(uses, func(u Use) bool { return !c.allows(u) })
}

// decide notes how uses came to be allowed: the first decision counts.
func (c *Call) decide(uses []Use, how string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.decideLocked(uses, how)
}

// decideLocked is decide for a caller that holds c.mu.
func (c *Call) decideLocked(uses []Use, how string) {
	for _, u := range uses {
		if c.decidedLocked(u.Entry) < 0 {
			if c.how == nil {
				c.how = c.first[:0]
			}
			c.how = append(c.how, decision{u.Entry, how})
		}
	}
}

// undecide forgets how a use came to be allowed, since nothing allows it any more.
func (c *Call) undecide(u Use) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.decidedLocked(u.Entry); i >= 0 {
		c.how = slices.Delete(c.how, i, i+1)
	}
}

// How says how the use of a secret came to be allowed, or "" where it needed no permission.
func (c *Call) How(entry store.Entry) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.decidedLocked(entry); i >= 0 {
		return c.how[i].how
	}
	return ""
}

// A decision is how the use of a secret came to be allowed.
type decision struct {
	entry store.Entry
	how   string
}

func (c *Call) decidedLocked(entry store.Entry) int {
	return slices.IndexFunc(c.how, func(d decision) bool { return d.entry == entry })
}

// Pend leaves a form for the next input request and ends the handler's work, so that nothing acts on a half-done call. It
// reports false if the request is on its way already: then the form is not shown.
func (c *Call) Pend(w Want) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	if !slices.Contains(c.wants, w) { // which another getter of the call may want too
		c.wants = append(c.wants, w)
	}
	c.Cancel(ErrPending)
	return true
}

// Heard returns the forms that earlier rounds of the call had shown.
func (c *Call) Heard() []Want {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heard
}

// end returns what the next input request has to ask. Nothing is added to that afterwards.
func (c *Call) end() []Want {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	return c.wants
}

// allowed returns copies of what was allowed for the call, for its next round.
func (c *Call) allowed() (once map[store.Entry]Use, how []decision) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.once), slices.Clone(c.how)
}

// forget ends what was allowed for the call only.
func (c *Call) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.once = nil
}

// hold begins to hold the call for a person, until release is called, and returns for how long it may be held: all that its
// getters wait counts.
func (c *Call) hold(patience time.Duration) (left time.Duration, release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holders++; c.holders == 1 {
		c.heldSince = time.Now()
	}
	return patience - c.held - time.Since(c.heldSince), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.holders--; c.holders == 0 {
			c.held += time.Since(c.heldSince)
		}
	}
}
