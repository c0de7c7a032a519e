package schema

import (
	"slices"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// Rules are what a team wants of its schemas beyond what the language demands: a file of its own, which [ParseRules] reads.
//
//	version: 1
//	off: [settings-ask]                 # of the built-in rules of mcpsecrets-gen vet
//	rules:
//	  keys-go-somewhere:                # the name is shown
//	    for: [password, multiline]      # field types; all, if left out
//	    needs: [sent_to, remember]      # keys that must be written
//	    forbids: [renamed_from]         # keys that must not
//	    permission: [dialog]            # what a permission may be
//	    scope: [tool]                   # likewise
//	    remember_at_most: 8h            # and no longer, also by being left out
//	    standing: false                 # nobody may allow a use beforehand
//	    why: see the security handbook  # shown too
type Rules struct {
	Off   []string
	Rules []TeamRule
}

// A TeamRule is one rule for secrets.
type TeamRule struct {
	Name           string
	For            []field.Type // none is all
	Needs, Forbids []string     // keys of a secret
	Permission     []field.Permission
	Scope          []field.Scope
	RememberAtMost time.Duration // 0 is no bound
	NoStanding     bool
	Why            string
}

// Has reports whether the author wrote a key of s, such as "remember", and more than null or "" for it.
func (s *Secret) Has(key string) bool { return s.places.has(key) }

// ParseRules reads a team's rules. builtIn are the names that off may have. The error is an [ErrorList], as that of [Parse].
func ParseRules(name string, src []byte, builtIn []string) (*Rules, error) {
	rules := &Rules{}
	_, err := parse(name, src, func(r *reader, n *node) bool {
		r.rules(n, rules, builtIn)
		return true
	}, nil)
	if err != nil {
		return nil, err
	}
	return rules, nil
}

func (r *reader) rules(n *node, into *Rules, builtIn []string) {
	if n.kind != mapping {
		r.wrongType(n, "a file of rules", "a mapping with the keys version, off and rules")
		return
	}
	entries := r.entries(n, []string{"version", "off", "rules"})
	if !r.version(n, entries) {
		return
	}
	if off, ok := find(entries, "off"); ok {
		into.Off = r.texts(off.value, "off", "a list of built-in rules", func(n *node) {
			if !slices.Contains(builtIn, n.text) {
				r.errorf(n.pos, "%s", r.unknown("built-in rule", n.text, builtIn))
			}
		})
	}
	rules, ok := find(entries, "rules")
	if !ok {
		return
	}
	if rules.value.kind != mapping {
		r.wrongType(rules.value, "rules", "a mapping of names to rules")
		return
	}
	for _, e := range rules.value.entries {
		r.about = subject{"rule", e.key}
		into.Rules = append(into.Rules, r.rule(e))
	}
	r.about = subject{}
}

var ruleKeys = []string{"for", "needs", "forbids", "permission", "scope", "remember_at_most", "standing", "why"}

func (r *reader) rule(e entry) TeamRule {
	rule := TeamRule{Name: e.key}
	if e.value.kind != mapping {
		r.wrongType(e.value, "a rule", "a mapping of keys such as for and needs")
		return rule
	}
	known := func(key string) func(*node) {
		return func(n *node) {
			if !slices.Contains(secretKeyNames, n.text) {
				r.errorf(n.pos, "%s", r.unknown(key, n.text, secretKeyNames))
			}
		}
	}
	for _, e := range r.entries(e.value, ruleKeys) {
		switch n := e.value; e.key {
		case "for":
			rule.For = readWords(r, n, "field type", field.Types())
		case "needs":
			rule.Needs = r.texts(n, e.key, "a list of keys", known("key"))
		case "forbids":
			rule.Forbids = r.texts(n, e.key, "a list of keys", known("key"))
		case "permission":
			rule.Permission = readWords(r, n, e.key, field.Permissions())
		case "scope":
			rule.Scope = readWords(r, n, e.key, field.Scopes())
		case "remember_at_most":
			var d draft
			d.Secret = &Secret{}
			readRemember(r, &d, n)
			rule.RememberAtMost = d.Remember
		case "standing":
			rule.NoStanding = !r.boolean(n, e.key) && n.kind == boolean
		case "why":
			rule.Why, _ = r.text(n, e.key)
		}
	}
	return rule
}

// readWords reads a list of known words.
func readWords[T ~string](r *reader, n *node, key string, known []T) []T {
	var read []T
	for _, item := range r.list(n, key, "a list of "+key+"s") {
		var word T
		if readWord(r, item, key, known, &word); word != "" {
			read = append(read, word)
		}
	}
	return read
}
