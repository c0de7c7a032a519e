package secrets

import (
	"context"
	"sync"
)

// A call is one tool call, prompt or resource read: what "Allow" covers, and what Reject means.
type call struct {
	name string // of the tool, prompt or resource

	mu     sync.Mutex
	once   map[*definition]string // what was allowed for this call only, and the value it was allowed for
	handed map[*definition]string
}

type callKey struct{}

// withCall returns a context of a call to the named tool, prompt or resource; inside one that has begun, it is ctx.
func withCall(ctx context.Context, name string) context.Context {
	if callFrom(ctx) != nil {
		return ctx
	}
	return context.WithValue(ctx, callKey{}, &call{name: name, once: map[*definition]string{}, handed: map[*definition]string{}})
}

// callFrom returns the call that ctx belongs to, or nil outside any; a nil call allows and remembers nothing.
func callFrom(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

func (c *call) tool() string {
	if c == nil {
		return ""
	}
	return c.name
}

func (c *call) allow(def *definition, text string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.once[def] = text
}

func (c *call) allows(def *definition, text string) bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	allowed, ok := c.once[def]
	return ok && allowed == text
}

func (c *call) handOut(def *definition, text string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handed[def] = text
}

func (c *call) handedOut(def *definition) (string, bool) {
	if c == nil {
		return "", false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	text, ok := c.handed[def]
	return text, ok
}
