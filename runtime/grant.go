package secrets

import (
	"slices"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/runtime/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/wording"
)

// A Grant is a use that the person allowed for the session.
type Grant struct {
	Secret string    // the secret's name
	Tool   string    // the only tool it covers; "" covers every tool of the server
	Until  time.Time // zero: until the server ends
}

type grantKey struct {
	def  *definition
	tool string // "" for every tool
}

// A grant ends with the value it was given for, and with the place where that value goes.
type grant struct {
	text, host string
	until      time.Time // zero: until the server ends
}

// Grants returns the live grants, sorted by secret and tool.
func (m *Manager) Grants() []Grant {
	m.mu.Lock()
	defer m.mu.Unlock()
	var live []Grant
	for key, g := range m.grants {
		if g.until.IsZero() || time.Now().Before(g.until) {
			live = append(live, Grant{key.def.Name, key.tool, g.until})
		}
	}
	slices.SortFunc(live, func(a, b Grant) int {
		if c := strings.Compare(a.Secret, b.Secret); c != 0 {
			return c
		}
		return strings.Compare(a.Tool, b.Tool)
	})
	return live
}

// Revoke ends the grants for key: its next use needs permission again. The error is [ErrUnknownKey].
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
func (m *Manager) grant(uses []use, tool string) {
	scope, remember := wording.Covers(shownOf(uses))
	if scope == field.ServerScope {
		tool = ""
	}
	var until time.Time
	if remember > 0 {
		until = time.Now().Add(remember)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range uses {
		m.grants[grantKey{u.def, tool}] = grant{u.text, u.host(), until}
	}
}

// granted reports whether a live grant covers the use by a tool.
func (m *Manager) granted(u use, tool string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range []grantKey{{u.def, ""}, {u.def, tool}} {
		g, ok := m.grants[key]
		if !ok {
			continue
		}
		if g.text == u.text && g.host == u.host() && (g.until.IsZero() || time.Now().Before(g.until)) {
			return true
		}
		delete(m.grants, key)
	}
	return false
}
