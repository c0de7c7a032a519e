package templates

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// A Change is one difference between two manifests, as the users of the server meet it.
type Change struct {
	// Breaking is true where users lose a value, are asked for something new, or are asked less than before.
	Breaking bool
	Text     string
}

// String returns "breaking: secret ...".
func (c Change) String() string {
	if c.Breaking {
		return "breaking: " + c.Text
	}
	return "compatible: " + c.Text
}

// Compare returns what changes for the users of a server between two of its manifests, in the order of the secrets.
func Compare(old, now *Manifest) []Change {
	c := &comparison{}
	if old.Server != now.Server {
		c.breaking("server %q is now %q: what is stored is no longer found", old.Server, now.Server)
	}
	before := make(map[string]*ManifestSecret, len(old.Secrets))
	for i := range old.Secrets {
		before[old.Secrets[i].Name] = &old.Secrets[i]
	}
	kept := map[string]bool{}
	for i := range now.Secrets {
		s := &now.Secrets[i]
		was := before[s.Name]
		for _, former := range s.RenamedFrom {
			if was == nil && before[former] != nil {
				was = before[former]
				c.compatible("secret %q is now %q: its value is still found", former, s.Name)
			}
		}
		if was == nil {
			c.added(s)
			continue
		}
		kept[was.Name] = true
		c.secret(was, s)
	}
	for _, s := range old.Secrets {
		if !kept[s.Name] {
			c.breaking("secret %q is removed: its value is no longer used (if it has a new name, add renamed_from)", s.Name)
		}
	}
	c.groups(old.Groups, now.Groups)
	return c.changes
}

type comparison struct{ changes []Change }

func (c *comparison) breaking(format string, args ...any) {
	c.changes = append(c.changes, Change{true, fmt.Sprintf(format, args...)})
}

func (c *comparison) compatible(format string, args ...any) {
	c.changes = append(c.changes, Change{false, fmt.Sprintf(format, args...)})
}

func (c *comparison) mark(breaking bool, format string, args ...any) {
	c.changes = append(c.changes, Change{breaking, fmt.Sprintf(format, args...)})
}

func (c *comparison) added(s *ManifestSecret) {
	if s.Required {
		c.breaking("secret %q is new and required: users are asked for it", s.Name)
		return
	}
	c.compatible("secret %q is new", s.Name)
}

// secret compares one secret with itself, a line of the schema at a time.
func (c *comparison) secret(was, s *ManifestSecret) {
	name := s.Name
	if was.FieldType != s.FieldType {
		c.breaking("secret %q: field_type %s is now %s", name, was.FieldType, s.FieldType)
	}
	switch {
	case !was.Required && s.Required:
		c.breaking("secret %q is now required: users are asked for it", name)
	case was.Required && !s.Required:
		c.compatible("secret %q is no longer required", name)
	}
	if was.Default != s.Default {
		c.mark(s.Default == "" && !s.Required, "secret %q: default %s is now %s", name, quoted(was.Default), quoted(s.Default))
	}
	c.consent(was, s)
	if was.FieldType == s.FieldType { // else the rules are others too, which says nothing new
		c.rules(was, s)
	}
	c.texts(was, s)
}

// consent compares whose word a use needs and how long it holds: asking less than before is breaking.
func (c *comparison) consent(was, s *ManifestSecret) {
	order := field.Permissions()
	if was.Permission != s.Permission {
		weaker := slices.Index(order, s.Permission) < slices.Index(order, was.Permission)
		c.mark(weaker, "secret %q: permission %s is now %s", s.Name, was.Permission, s.Permission)
	}
	if s.Permission == field.None || was.Permission == field.None {
		return
	}
	if was.Remember != s.Remember {
		c.mark(rememberOf(s) > rememberOf(was), "secret %q: \"Allow for session\" lasted %s and now lasts %s", s.Name, rememberText(was), rememberText(s))
	}
	if was.Scope != s.Scope {
		c.mark(s.Scope == field.ServerScope, "secret %q: \"Allow for session\" covered the %s and now covers the %s", s.Name, was.Scope, s.Scope)
	}
	if was.SentTo != s.SentTo {
		c.mark(was.SentTo != "", "secret %q: sent_to %s is now %s", s.Name, quoted(was.SentTo), quoted(s.SentTo))
	}
}

// rememberOf returns how long a grant lasts; one without remember lasts longest.
func rememberOf(s *ManifestSecret) time.Duration {
	d, err := time.ParseDuration(s.Remember)
	if err != nil {
		return math.MaxInt64
	}
	return d
}

func rememberText(s *ManifestSecret) string {
	if s.Remember == "" {
		return "until the server ends"
	}
	return s.Remember
}

// rules compares what a value must be: a rule that refuses what it used to accept is breaking.
func (c *comparison) rules(was, s *ManifestSecret) {
	rule := func(key, old, now string, tighter bool) {
		if old != now {
			c.mark(tighter, "secret %q: %s %s is now %s", s.Name, key, orNone(old), orNone(now))
		}
	}
	rule("min_length", count(was.MinLength), count(s.MinLength), s.MinLength > was.MinLength)
	rule("max_length", count(was.MaxLength), count(s.MaxLength), s.MaxLength > 0 && (was.MaxLength == 0 || s.MaxLength < was.MaxLength))
	rule("pattern", quoted(was.Pattern), quoted(s.Pattern), s.Pattern != "")
	rule("prefix", quoted(was.Prefix), quoted(s.Prefix), !strings.HasPrefix(was.Prefix, s.Prefix))
	rule("schemes", list(was.Schemes), list(s.Schemes), refuses(was.Schemes, s.Schemes))
	rule("hosts", list(was.Hosts), list(s.Hosts), refuses(was.Hosts, s.Hosts))
	rule("user_info", strconv.FormatBool(was.UserInfo), strconv.FormatBool(s.UserInfo), was.UserInfo)
	rule("min", bound(was.Min), bound(s.Min), s.Min != nil && (was.Min == nil || *s.Min > *was.Min))
	rule("max", bound(was.Max), bound(s.Max), s.Max != nil && (was.Max == nil || *s.Max < *was.Max))
	rule("choices", list(was.Choices), list(s.Choices), refuses(was.Choices, s.Choices))
}

// refuses reports whether the list now refuses what old accepted; an empty list accepts everything.
func refuses(old, now []string) bool {
	if len(now) == 0 {
		return false
	}
	return len(old) == 0 || slices.ContainsFunc(old, func(word string) bool { return !accepts(now, word) })
}

// accepts reports whether list has word, or a pattern such as *.example.com for the hosts below one.
func accepts(list []string, word string) bool {
	return slices.ContainsFunc(list, func(pattern string) bool {
		suffix, isPattern := strings.CutPrefix(pattern, "*")
		return pattern == word || isPattern && strings.HasSuffix(word, suffix)
	})
}

// texts compares what is only shown.
func (c *comparison) texts(was, s *ManifestSecret) {
	for _, text := range []struct{ key, old, now string }{
		{"label", ownLabel(was), ownLabel(s)},
		{"help_text", was.HelpText, s.HelpText},
		{"placeholder", was.Placeholder, s.Placeholder},
		{"deprecated", was.Deprecated, s.Deprecated},
	} {
		if text.old != text.now {
			c.compatible("secret %q: %s %s is now %s", s.Name, text.key, quoted(text.old), quoted(text.now))
		}
	}
}

// ownLabel is the label that the schema gives; without one it is the name, which changes with the name.
func ownLabel(s *ManifestSecret) string {
	if s.Label == s.Name {
		return ""
	}
	return s.Label
}

// groups compares what is asked for together.
func (c *comparison) groups(old, now []ManifestGroup) {
	before := make(map[string]ManifestGroup, len(old))
	for _, g := range old {
		before[g.Name] = g
	}
	for _, g := range now {
		was, ok := before[g.Name]
		delete(before, g.Name)
		switch {
		case !ok:
			c.compatible("group %q is new: one question for %s", g.Name, list(g.Secrets))
		case !slices.Equal(was.Secrets, g.Secrets):
			c.compatible("group %q: one question for %s is now one for %s", g.Name, list(was.Secrets), list(g.Secrets))
		}
	}
	for _, g := range old {
		if _, gone := before[g.Name]; gone {
			c.compatible("group %q is removed: its secrets are asked for one by one", g.Name)
		}
	}
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func bound(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

func quoted(text string) string {
	if text == "" {
		return "none"
	}
	return strconv.Quote(text)
}

func list(words []string) string { return strings.Join(words, ", ") }

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
