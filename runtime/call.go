package secrets

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// A request is what a client sent: a tool call, a prompt or the read of a resource. It has one call for each manager whose
// secrets it needs.
type request struct {
	kind, name string
	progress   func(message string) // tells the client that the request lives; nil without a token

	mu    sync.Mutex
	calls map[*Manager]*call // made when a getter needs them: most requests need none
}

type requestKey struct{}

// withRequest returns a context of a request; inside one that has begun, it is ctx.
func withRequest(ctx context.Context, kind, name string) context.Context {
	if ctx.Value(requestKey{}) != nil {
		return ctx
	}
	return context.WithValue(ctx, requestKey{}, &request{kind: kind, name: name})
}

// over ends what was allowed for the request only: a goroutine that its handler left behind has to ask.
func (r *request) over() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.calls {
		c.over()
	}
}

// call returns what m knows of the request that ctx belongs to. Outside any request it is a call of its own.
func (m *Manager) call(ctx context.Context) *call {
	r, ok := ctx.Value(requestKey{}).(*request)
	if !ok {
		return newCall(ctx, "", "")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.calls[m]
	if c == nil {
		c = newCall(ctx, r.kind, r.name)
		c.progress = r.progress
		if r.calls == nil {
			r.calls = map[*Manager]*call{}
		}
		r.calls[m] = c
	}
	return c
}

// A call is what "Allow" covers, and what Reject means. It knows whom a question can be put to.
type call struct {
	id      uint64 // unlike an address, never used again
	tool    tool
	who     principal
	client  *client // can be asked in place; nil where it can't
	rounds  bool    // is asked by input requests, as on 2026-07-28
	resumed bool    // brought the answers of an earlier round
	stale   bool    // brought a state that does not count: it is asked afresh
	// digest is the same for a request and its retry; it is made when a question needs it. Set where rounds is.
	digest   func() [sha256.Size]byte
	progress func(message string) // tells the client that the call lives; nil without a token
	cancel   context.CancelCauseFunc

	mu     sync.Mutex
	once   map[*definition]value // what was allowed for this call only
	handed map[*definition]Secret
	how    map[*definition]string // how the use was decided, for the audit
	wants  []want                 // what an input request has to ask
	asked  []*comparison          // what earlier rounds had shown
	ended  bool                   // the wants are on their way

	holders   int // getters that wait for a person
	heldSince time.Time
	held      time.Duration // before that
}

// A tool is who wants a secret: a tool, a prompt or a resource, by the name under which the client knows it. The zero tool
// is the server itself.
type tool struct{ kind, name string }

// A value is a secret's value and where it goes: what a permission is for.
type value struct{ text, destination Secret }

func (v value) equal(w value) bool { return v.text.Equal(w.text) && v.destination.Equal(w.destination) }

// A want is a question that waits for the next round of a call: for permission, or whether codes match.
type want struct {
	question   *question
	comparison *comparison
	message    string
}

var calls atomic.Uint64

func newCall(ctx context.Context, kind, name string) *call {
	c := &call{id: calls.Add(1), tool: tool{kind, name}, who: principalOf(ctx)}
	if c.who.canAnswer(ctx) {
		c.client = clientOf(ctx)
	}
	return c
}

// asker is how a question to use secrets names the call.
func (c *call) asker(reason string, uses []use) wording.Asker {
	scope, _ := wording.Covers(shownOf(uses))
	return wording.Asker{
		Tool:   c.tool.name,
		Reason: reason,
		// A grant for the tool that asks needs a tool.
		Once: c.who.kind == local || scope == field.ToolScope && c.tool == tool{},
	}
}

func (c *call) allow(uses []use, how string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range uses {
		if c.once == nil {
			c.once = map[*definition]value{}
		}
		c.once[u.def] = u.value
		c.decide(u.def, how)
	}
}

func (c *call) allows(u use) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	allowed, ok := c.once[u.def]
	return ok && allowed.equal(u.value)
}

// decided notes how the use of def came to be allowed, for the audit: the first that did counts.
func (c *call) decided(def *definition, how string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.decide(def, how)
}

func (c *call) decide(def *definition, how string) {
	if c.how == nil {
		c.how = map[*definition]string{}
	}
	if c.how[def] == "" {
		c.how[def] = how
	}
}

func (c *call) handOut(def *definition, text Secret) (how string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.handed == nil {
		c.handed = map[*definition]Secret{}
	}
	c.handed[def] = text
	return c.how[def]
}

func (c *call) handedOut(def *definition) (Secret, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text, ok := c.handed[def]
	return text, ok
}

// hasStored reports whether a value of def was stored by a collection that an earlier round of the call began.
func (c *call) hasStored(def *definition) bool {
	c.mu.Lock()
	asked := slices.Clone(c.asked)
	c.mu.Unlock()
	return slices.ContainsFunc(asked, func(codes *comparison) bool { return codes.stored(def) })
}

// pend leaves a question for the next round and ends the handler's work, so that nothing acts on a half-done call. It
// reports false if the round is on its way already: then the question was not asked.
func (c *call) pend(w want) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	c.wants = append(c.wants, w)
	c.cancel(ErrPending)
	return true
}

// hold begins to hold the call for a person, until release is called, and returns for how long it may be: all that its
// getters wait counts.
func (c *call) hold() (left time.Duration, release func()) {
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

func (c *call) over() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.once = nil
}

// end returns what the next round has to ask. Nothing is added after that.
func (c *call) end() []want {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	return c.wants
}
