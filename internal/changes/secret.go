package changes

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// secrets compares the secrets in their order.
func (c *comparison) secrets() {
	for i := range c.now.Secrets {
		s := &c.now.Secrets[i]
		c.about = Change{Secret: s.Name}
		was := c.before(s)
		c.stored(was, s)
		if was == nil {
			c.added(s)
			continue
		}
		c.secret(was, s)
	}
	c.removed()
}

func (c *comparison) added(s *templates.ManifestSecret) {
	if s.Required && s.Derived == "" && s.MemberOf == "" {
		c.say(Breaking, "secret %q is new and required: users are asked for it", s.Name)
		return
	}
	if leaves := c.now.hiddenLeaves(s); s.FieldType == field.URL && len(leaves) > 0 {
		c.say(Breaking, "secret %q is new: %s can go where that goes", s.Name, list(leaves))
		return
	}
	if s.FieldType == field.File && s.Hides() && s.Default != "" {
		c.say(Breaking, "secret %q is new: it reads the file %s of who has chosen no other", s.Name, quoted(s.Default))
		return
	}
	c.say(Compatible, "secret %q is new", s.Name)
}

// secret compares one secret with what it was, a line of the schema at a time.
func (c *comparison) secret(was, s *templates.ManifestSecret) {
	name := s.Name
	if was.FieldType != s.FieldType {
		c.say(Breaking, "secret %q: field_type %s is now %s", name, was.FieldType, s.FieldType)
	}
	if was.Hides() != s.Hides() {
		c.say(breaksIf(was.Hides()), "secret %q: confidential %t is now %t", name, was.Hides(), s.Hides())
	}
	switch {
	case was.MemberOf != s.MemberOf: // which says more
	case !was.Required && s.Required:
		c.say(Breaking, "secret %q is now required: users are asked for it", name)
	case was.Required && !s.Required:
		c.say(Compatible, "secret %q is no longer required", name)
	}
	isDestination := c.destination(was, s)
	if was.Default != s.Default && !isDestination {
		readsOther := s.FieldType == field.File && s.Hides() && s.Default != ""
		c.say(breaksIf(s.Default == "" && !s.Required || readsOther), "secret %q: default %s is now %s", name, quoted(was.Default), quoted(s.Default))
	}
	c.derived(was, s)
	c.depends(was, s)
	c.consent(was, s)
	c.sentTo(was, s)
	c.sent(was, s)
	if was.FieldType == s.FieldType { // else the rules are others too, which says nothing new
		c.rules(was, s, isDestination)
	}
	c.env(was, s)
	c.texts(was, s)
	c.code(was, s)
}

// env compares the environment variables. No server reads them by itself yet, so that nobody loses a value.
func (c *comparison) env(was, s *templates.ManifestSecret) {
	if old, now := list(was.Env), list(s.Env); old != now {
		c.say(Compatible, "secret %q: env %s is now %s", s.Name, orNone(old), orNone(now))
	}
}

// code compares what the callers of the generated code use.
func (c *comparison) code(was, s *templates.ManifestSecret) {
	if was.Getter != s.Getter && was.Getter != "" && s.Getter != "" {
		c.say(Code, "secret %q: the getter %s is now %s", s.Name, was.Getter, s.Getter)
	}
	if hadRules(was) && !hadRules(s) {
		c.say(Code, "secret %q: its validator is gone, since there are no rules any more", s.Name)
	}
	if len(was.Constants) != len(was.Choices) || len(s.Constants) != len(s.Choices) {
		return // a manifest of an older generator
	}
	for i, choice := range was.Choices {
		if j := slices.Index(s.Choices, choice); j >= 0 && was.Constants[i] != s.Constants[j] {
			c.say(Code, "secret %q: the constant %s of choice %q is now %s", s.Name, was.Constants[i], choice, s.Constants[j])
		}
	}
}

// hadRules reports whether a validator is generated for s.
func hadRules(s *templates.ManifestSecret) bool {
	return field.Field{
		Derived: s.Derived, Type: s.FieldType, List: s.List, MinLength: s.MinLength, MaxLength: s.MaxLength, Pattern: s.Pattern,
		Prefixes: s.Prefix, Format: s.Format,
	}.HasRules()
}

// consent compares whose word a use needs and how long it holds: asking less than before is breaking.
func (c *comparison) consent(was, s *templates.ManifestSecret) {
	if was.Permission != s.Permission {
		c.say(breaksIf(weaker(was.Permission, s.Permission)), "secret %q: permission %s is now %s", s.Name, was.Permission, s.Permission)
	}
	if s.Permission == field.None || was.Permission == field.None {
		return
	}
	if was.Remember != s.Remember {
		c.say(breaksIf(rememberOf(s) > rememberOf(was)), "secret %q: \"Allow for session\" lasted %s and now lasts %s", s.Name, rememberText(was), rememberText(s))
	}
	if was.Scope != s.Scope {
		c.say(breaksIf(s.Scope == field.ServerScope), "secret %q: \"Allow for session\" covered the %s and now covers the %s", s.Name, was.Scope, s.Scope)
	}
	c.standing(was, s)
}

// standing compares whether a use can be allowed beforehand, where more than the permission says so.
func (c *comparison) standing(was, s *templates.ManifestSecret) {
	if was.Standing == s.Standing || stands(was) == stands(s) {
		return
	}
	if stands(s) {
		c.say(Breaking, "secret %q: a use can now be allowed beforehand, by \"secrets allow\"", s.Name)
	} else {
		c.say(Compatible, "secret %q: a use can no longer be allowed beforehand, by \"secrets allow\": the user is asked", s.Name)
	}
}

func stands(s *templates.ManifestSecret) bool {
	return field.Field{Permission: s.Permission, Standing: s.Standing}.Stands()
}

// weaker reports whether a use of now needs less of a word than one of old.
func weaker(old, now field.Permission) bool {
	order := field.Permissions()
	return slices.Index(order, now) < slices.Index(order, old)
}

// rememberOf returns how long a grant lasts; one without remember lasts longest.
func rememberOf(s *templates.ManifestSecret) time.Duration {
	d, err := time.ParseDuration(s.Remember)
	if err != nil {
		return math.MaxInt64
	}
	return d
}

func rememberText(s *templates.ManifestSecret) string {
	if s.Remember == "" {
		return "until the server ends"
	}
	return s.Remember
}

// rule compares a rule, which is tighter where it refuses what it used to accept.
func (c *comparison) rule(s *templates.ManifestSecret, key, old, now string, tighter bool) {
	if old != now {
		c.say(breaksIf(tighter), "secret %q: %s %s is now %s", s.Name, key, orNone(old), orNone(now))
	}
}

// rules compares what a value must be. Those of a destination are compared already.
func (c *comparison) rules(was, s *templates.ManifestSecret, isDestination bool) {
	c.rule(s, "min_length", count(was.MinLength), count(s.MinLength), s.MinLength > was.MinLength)
	c.rule(s, "max_length", count(was.MaxLength), count(s.MaxLength), s.MaxLength > 0 && (was.MaxLength == 0 || s.MaxLength < was.MaxLength))
	c.rule(s, "pattern", quoted(was.Pattern), quoted(s.Pattern), s.Pattern != "")
	c.rule(s, "prefix", quotedList(was.Prefix), quotedList(s.Prefix), refusesPrefix(was.Prefix, s.Prefix))
	c.rule(s, "format", string(was.Format), string(s.Format), s.Format != "")
	c.rule(s, "keys", list(was.Keys), list(s.Keys), len(without(s.Keys, was.Keys)) > 0)
	if !isDestination {
		c.rule(s, "schemes", list(was.Schemes), list(s.Schemes), refuses(was.Schemes, s.Schemes))
		c.rule(s, "hosts", list(was.Hosts), list(s.Hosts), refuses(was.Hosts, s.Hosts))
	}
	c.rule(s, "user_info", strconv.FormatBool(was.UserInfo), strconv.FormatBool(s.UserInfo), was.UserInfo)
	c.rule(s, "min", string(was.Min), string(s.Min), least(s) > least(was))
	c.rule(s, "max", string(was.Max), string(s.Max), most(s) < most(was))
	c.rule(s, "choices", list(was.Choices), list(s.Choices), !s.Open && refuses(was.Choices, s.Choices))
	c.rule(s, "open", strconv.FormatBool(was.Open), strconv.FormatBool(s.Open), was.Open)
	c.items(was, s)
}

// refuses reports whether the list now refuses what old accepted; an empty list accepts everything.
func refuses(old, now []string) bool {
	if len(now) == 0 {
		return false
	}
	return len(old) == 0 || slices.ContainsFunc(old, func(word string) bool { return !accepts(now, word) })
}

// refusesPrefix reports whether some value with a prefix of old has none of now. No prefixes accept everything.
func refusesPrefix(old, now []string) bool {
	if len(now) == 0 {
		return false
	}
	return len(old) == 0 || slices.ContainsFunc(old, func(prefix string) bool {
		return !slices.ContainsFunc(now, func(shorter string) bool { return strings.HasPrefix(prefix, shorter) })
	})
}

// accepts reports whether list has word, or a pattern such as *.example.com for the hosts below one.
func accepts(list []string, word string) bool {
	return slices.ContainsFunc(list, func(pattern string) bool {
		suffix, isPattern := strings.CutPrefix(pattern, "*")
		return pattern == word || isPattern && strings.HasSuffix(word, suffix)
	})
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// least returns the least value of s; a duration without a bound is more than 0.
func least(s *templates.ManifestSecret) float64 {
	if s.Min == "" && s.FieldType == field.Duration {
		return 1
	}
	return bound(s.Min, math.Inf(-1))
}

func most(s *templates.ManifestSecret) float64 { return bound(s.Max, math.Inf(1)) }

// bound returns a bound as a number: of a duration, its nanoseconds.
func bound(b templates.Bound, none float64) float64 {
	if n, ok := field.ParseNumber(string(b)); ok {
		return n
	}
	if d, err := time.ParseDuration(string(b)); err == nil {
		return float64(d)
	}
	return none
}

func quoted(text string) string {
	if text == "" {
		return "none"
	}
	return strconv.Quote(text)
}

func quotedList(texts []string) string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = strconv.Quote(text)
	}
	return list(all)
}

func list(words []string) string { return strings.Join(words, ", ") }

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
