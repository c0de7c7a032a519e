package secrets

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// A Grant is a use that the person allowed for the session.
type Grant struct {
	Principal string    // whose it is; "" is who started the server
	Secret    string    // the secret's name
	Tool      string    // the only tool it covers; "" covers every tool of the server
	Until     time.Time // zero: until the server ends
}

type grantKey struct {
	who  principal
	def  *definition
	tool tool // everyTool for every tool
}

// everyTool has a kind that nothing else has: the zero tool is the server itself.
var everyTool = tool{kind: "every"}

// A grant ends with the value it was given for, and with the place where that value goes.
type grant struct {
	value value
	until time.Time // zero: until the server ends
}

// live reports whether the grant has not ended. The monotonic clock stands still while the computer sleeps, and the other
// one can be set back: what either says counts.
func (g grant) live() bool {
	now := time.Now()
	return g.until.IsZero() || now.Before(g.until) && now.Round(0).Before(g.until.Round(0))
}

// Grants returns the live grants, sorted by principal, secret and tool.
func (m *Manager) Grants() []Grant {
	m.mu.Lock()
	defer m.mu.Unlock()
	var live []Grant
	for key, g := range m.grants {
		if g.live() {
			live = append(live, Grant{key.who.name, key.def.Name, key.tool.name, g.until})
		}
	}
	slices.SortFunc(live, func(a, b Grant) int {
		return cmp.Or(strings.Compare(a.Principal, b.Principal), strings.Compare(a.Secret, b.Secret), strings.Compare(a.Tool, b.Tool))
	})
	return live
}

// Revoke ends the grants for key: its next use needs permission again. The error is [ErrUnknownKey] or [ErrClosed].
func (m *Manager) Revoke(key AnyKey) error {
	def := key.definition()
	if err := m.admit(def); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.revoke(def)
	return nil
}

// revoke ends the grants for def. The caller holds m.mu.
func (m *Manager) revoke(def *definition) {
	for key := range m.grants {
		if key.def == def {
			delete(m.grants, key)
		}
	}
}

// grant records that the person allowed uses for the session, as far as the question said.
func (m *Manager) grant(who principal, uses []use, t tool) {
	scope, remember := wording.Covers(shownOf(uses))
	if scope == field.ServerScope {
		t = everyTool
	}
	var until time.Time
	if remember > 0 {
		until = time.Now().Add(remember)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range uses {
		makeRoom(m.grants, maxKept, func(g grant) bool { return !g.live() })
		m.grants[grantKey{who, u.def, t}] = grant{u.value, until}
	}
}

// granted reports whether a live grant covers the use by a tool.
func (m *Manager) granted(who principal, u use, t tool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range []grantKey{{who, u.def, everyTool}, {who, u.def, t}} {
		g, ok := m.grants[key]
		if !ok {
			continue
		}
		if g.value.equal(u.value) && g.live() {
			return true
		}
		delete(m.grants, key)
	}
	return false
}
