// Package changes says what differs between two manifests for those who have to know: the users of a server, its reviewers, and
// the callers of the generated code.
//
// Begin with [Between]. It goes through the secrets (secret.go) with what becomes of stored values (former.go) and of the
// hosts where values go, and how (destination.go, sent.go), through the groups (group.go), through what
// depends on what (alternatives.go), and through the words that people read (words.go).
package changes

import (
	"fmt"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/templates"
)

// A Mark says whom a change concerns.
type Mark string

// The marks.
const (
	// Breaking is a change by which users lose a value, are asked for something new, are refused what was accepted, are asked
	// less than before, or by which a value goes elsewhere or is less protected.
	Breaking Mark = "breaking"
	// Code is a change by which the Go code that calls the getters may no longer compile.
	Code Mark = "code"
	// Words is a change of what people read: a reviewer reads it again.
	Words Mark = "words"
	// Compatible is any other change.
	Compatible Mark = "compatible"
)

// A Change is one difference between two manifests.
type Change struct {
	Mark   Mark   `json:"mark"`
	Secret string `json:"secret,omitempty"` // which it is about, if one, by its new name
	Group  string `json:"group,omitempty"`  // likewise
	Text   string `json:"text"`             // whole, with the names
}

// String returns "breaking: secret ...".
func (c Change) String() string { return string(c.Mark) + ": " + c.Text }

// Between returns what differs between two manifests of a server, in the order of the secrets. The reasons that the code gives
// are compared only where both were read from files: what is made of a schema alone has none.
func Between(old, now *templates.Manifest) []Change {
	c := &comparison{old: index(old), now: index(now)}
	if old.Server != now.Server {
		c.say(Breaking, "server %q is now %q: what is stored is no longer found", old.Server, now.Server)
	}
	c.secrets()
	c.groups()
	c.oneOfs()
	c.allOrNone()
	c.words()
	return c.changes
}

// A comparison collects changes.
type comparison struct {
	old, now *schema
	about    Change // the secret or group that is being compared
	changes  []Change
}

// say adds a change.
func (c *comparison) say(mark Mark, format string, args ...any) {
	change := c.about
	change.Mark, change.Text = mark, fmt.Sprintf(format, args...)
	c.changes = append(c.changes, change)
}

// heir returns the name of the secret that now reads what is stored under a name; "" is none.
func (c *comparison) heir(stored string) string {
	if s := c.now.readers[stored]; s != nil {
		return s.Name
	}
	return ""
}

// breaksIf is Breaking where it is true.
func breaksIf(breaks bool) Mark {
	if breaks {
		return Breaking
	}
	return Compatible
}

// A schema is a manifest in which secrets are found.
type schema struct {
	*templates.Manifest
	byName  map[string]*templates.ManifestSecret
	readers map[string]*templates.ManifestSecret // by the name of what is stored: who reads it, under its own name or a former one
	senders map[string][]string                  // by the name of what says where values go, such as a url: whose values go there
}

func index(m *templates.Manifest) *schema {
	s := &schema{m, map[string]*templates.ManifestSecret{}, map[string]*templates.ManifestSecret{}, map[string][]string{}}
	for i := range m.Secrets {
		secret := &m.Secrets[i]
		s.byName[secret.Name] = secret
		for _, name := range append([]string{secret.Name}, secret.RenamedFrom...) {
			s.readers[name] = secret
		}
	}
	for i := range m.Secrets {
		for sender, destination := range s.journeys(&m.Secrets[i]) {
			if !slices.Contains(s.senders[destination], sender) {
				s.senders[destination] = append(s.senders[destination], sender)
			}
		}
	}
	return s
}
