// Package vet looks for what is no mistake in a schema but may be one of its author, and for what a team's own rules do not
// allow. Begin with [Check].
package vet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/pattern"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

// A Finding is what a rule says of a place in a schema.
type Finding struct {
	File string
	Pos  schema.Pos
	Text string // one line, as that of a [schema.Error]
	Rule string // its name
	Team bool   // whether it is a team's own rule; else it is built in
}

// String returns "secrets.yaml:12:3: warning: secret ... (settings-ask)". A team's rule is no warning.
func (f Finding) String() string {
	mark := "warning: "
	if f.Team {
		mark = ""
	}
	return fmt.Sprintf("%s:%s: %s%s (%s)", f.File, f.Pos, mark, f.Text, f.Rule)
}

// Check returns what the built-in rules and those of a team say of a schema, in the order of the file. team may be nil.
func Check(f *schema.File, team *schema.Rules) []Finding {
	if team == nil {
		team = &schema.Rules{}
	}
	c := &checker{file: f}
	for _, rule := range builtIn {
		if !slices.Contains(team.Off, rule.name) {
			c.rule = rule.name
			rule.check(c)
		}
	}
	c.team = true
	for _, rule := range team.Rules {
		c.rule = rule.Name
		c.teamRule(rule)
	}
	slices.SortStableFunc(c.found, func(a, b Finding) int { return a.Pos.Compare(b.Pos) })
	return c.found
}

// BuiltIn returns the names of the built-in rules.
func BuiltIn() []string {
	names := make([]string, len(builtIn))
	for i, rule := range builtIn {
		names[i] = rule.name
	}
	return names
}

type checker struct {
	file  *schema.File
	rule  string
	team  bool
	found []Finding
}

func (c *checker) say(pos schema.Pos, format string, args ...any) {
	c.found = append(c.found, Finding{c.file.Name, pos, fmt.Sprintf(format, args...), c.rule, c.team})
}

// about says something of a secret, where a key of it stands.
func (c *checker) about(s *schema.Secret, key, format string, args ...any) {
	c.say(s.At(key), "secret %q: %s", s.Name, fmt.Sprintf(format, args...))
}

// builtIn are the rules that need no file. Each can be met: by writing what is meant, or by turning it off.
var builtIn = []struct {
	name  string
	check func(*checker)
}{
	{"many-required", (*checker).manyRequired},
	{"settings-ask", (*checker).settingsAsk},
	{"short-values", (*checker).shortValues},
	{"search-pattern", (*checker).searchPattern},
	{"placeholder", (*checker).placeholder},
	{"sent-to-unset", (*checker).sentToUnset},
	{"look-alike", (*checker).lookAlike},
	{"no-host", (*checker).noHost},
	{"wide-host", (*checker).wideHost},
}

// freely is how many dialogs in a row nobody minds.
const freely = 8

// manyRequired: who starts with a server that has more required secrets, and no groups, is asked for each by itself.
func (c *checker) manyRequired() {
	grouped := map[string]bool{}
	for _, g := range c.file.Groups {
		for _, member := range g.Members {
			grouped[member] = true
		}
	}
	required := 0
	for _, s := range c.file.Secrets {
		if !s.Required || s.Derived != "" || grouped[s.Name] || s.IsPart() {
			continue
		}
		if required++; required == freely+1 {
			c.say(s.Pos, "secret %q: more than %d required secrets are in no group: users are asked for each by itself, put those into groups that are used together", s.Name, freely)
		}
	}
}

// settingsAsk: a question before each use of a number teaches people to allow whatever is asked.
func (c *checker) settingsAsk() {
	for _, s := range c.file.Secrets {
		switch s.Type {
		case "integer", "number", "boolean", "choice", "duration", "url":
			if s.Asks() && !s.Has("permission") && !s.Confidential() && s.Derived == "" {
				c.about(s, "field_type", "users are asked before each use of this %s: write permission: none, or permission: ask if that is meant", s.Type)
			}
		}
	}
}

// guarded is how many characters a value needs so that it is masked in results.
const guarded = 8

// shortValues: the guard leaves short values alone, and they can be guessed.
func (c *checker) shortValues() {
	for _, s := range c.file.Secrets {
		if !s.Confidential() {
			continue
		}
		short := s.MaxLength > 0 && s.MaxLength < guarded
		if s.Pattern != "" && !short {
			short = !pattern.Rules{Pattern: s.Pattern, Prefixes: s.Prefixes, Min: guarded}.Meet()
		}
		if short || hasFewDigits(s) {
			c.about(s, "field_type", "its values have fewer than %d characters: they can be guessed, and are not masked in results", guarded)
		}
	}
}

// hasFewDigits reports whether values of s are numbers with less digits than are masked.
func hasFewDigits(s *schema.Secret) bool {
	most, isBounded := s.Range.Max()
	return s.Type == "integer" && isBounded && len(strconv.FormatInt(most, 10)) < guarded
}

// searchPattern: a pattern matches the whole value, where others search.
func (c *checker) searchPattern() {
	for _, s := range c.file.Secrets {
		begins, ends := strings.HasPrefix(s.Pattern, "^"), strings.HasSuffix(s.Pattern, "$") && !strings.HasSuffix(s.Pattern, `\$`)
		switch {
		case s.Pattern == "":
		case begins && !ends:
			c.about(s, "pattern", "the pattern begins with ^ as if it were searched for, but matches the whole value: end it with what follows, such as .*")
		case ends && !begins:
			c.about(s, "pattern", "the pattern ends with $ as if it were searched for, but matches the whole value: begin it with what comes before, such as .*")
		case !strings.ContainsAny(s.Pattern, `\.+*?()[]{}|`):
			c.about(s, "pattern", "the pattern matches one value only: it is for the whole value, add .* where more can follow")
		}
	}
}

// placeholder: an example that would be refused misleads.
func (c *checker) placeholder() {
	for _, s := range c.file.Secrets {
		example, rules := s.Placeholder, s.Field
		rules.Examples = nil // one of which it may be
		cut := strings.ContainsAny(example, "…") || strings.Contains(example, "...") || strings.ContainsAny(example, "<>")
		switch {
		case example == "":
		case s.Type != "file" && len(s.Prefixes) > 0 && s.PrefixOf(example) == "" && !begins(s.Prefixes, strings.TrimRight(example, ".…")):
			c.about(s, "placeholder", "the placeholder does not begin with the prefix %s", orList(s.Prefixes))
		case cut:
		case rules.Check(example) != nil:
			c.about(s, "placeholder", "the placeholder is no value: one %s; write ... where it is shortened", rules.Check(example))
		}
	}
}

// begins reports whether one of texts begins with start.
func begins(texts []string, start string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.HasPrefix(text, start) })
}

// orList returns `"ghp_" or "github_pat_"`.
func orList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = strconv.Quote(text)
	}
	return strings.Join(quoted, " or ")
}

// sentToUnset: while the url is unset, the question can't say where the value goes.
func (c *checker) sentToUnset() {
	for _, s := range c.file.Secrets {
		if to := c.file.Secret(s.SentTo); to != nil && to.Optional() {
			c.about(s, "sent_to", "%q may be unset, and then the question does not say where the value goes: give it a default, or make it required", to.Name)
		}
	}
}

// wideHost: where customers choose a name below the host of a service, they get what is sent to all of them. The list of public suffixes,
// of which there is no wildcard, does not have all of these services.
func (c *checker) wideHost() {
	for _, s := range c.file.Secrets {
		for _, host := range s.SentHosts {
			if below, isWide := strings.CutPrefix(host, "*."); isWide {
				c.about(s, "sent_to", "%s is every host below %s, also another customer's where customers choose a name there: write each host, or the name of a url that the user stores", host, below)
			}
		}
	}
}

// noHost: a url has a host, which those of some schemes hardly have.
func (c *checker) noHost() {
	for _, s := range c.file.Secrets {
		for _, scheme := range s.Schemes {
			if slices.Contains([]string{"file", "unix", "mailto", "data", "urn"}, scheme) && !(scheme == "unix" && s.IsConnection()) {
				c.about(s, "schemes", "a url has a host, which hardly any %s: URL has: field_type text takes it", scheme)
			}
		}
	}
}

// teamRule checks every secret that a rule is for.
func (c *checker) teamRule(rule schema.TeamRule) {
	why := ""
	if rule.Why != "" {
		why = ": " + rule.Why
	}
	for _, s := range c.file.Secrets {
		if len(rule.For) > 0 && !slices.Contains(rule.For, s.Type) {
			continue
		}
		for _, key := range rule.Needs {
			if !s.Has(key) {
				c.about(s, key, "a %s needs the key %q%s", s.Type, key, why)
			}
		}
		for _, key := range rule.Forbids {
			if s.Has(key) {
				c.about(s, key, "a %s must not have the key %q%s", s.Type, key, why)
			}
		}
		if len(rule.Permission) > 0 && !slices.Contains(rule.Permission, s.Permission) {
			c.about(s, "permission", "permission %s is not allowed%s", s.Permission, why)
		}
		if len(rule.Scope) > 0 && s.Asks() && !slices.Contains(rule.Scope, s.Scope) {
			c.about(s, "scope", "scope %s is not allowed%s", s.Scope, why)
		}
		if most := rule.RememberAtMost; most > 0 && s.Asks() && (s.Remember == 0 || s.Remember > most) {
			c.about(s, "remember", "\"Allow for session\" must last %s at most%s", wording.ShortDuration(most), why)
		}
		if rule.NoStanding && s.Stands() {
			c.about(s, "standing", "nobody may allow a use beforehand: standing must be false%s", why)
		}
	}
}
