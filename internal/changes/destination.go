package changes

import (
	"iter"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// Here is where values go: to the host of the url that sent_to names. A change of that url sends them elsewhere. What is sent to
// fixed hosts is in sent.go.

// goesTo returns the name of the secret that says where values of s go; "" is none. A confidential url says so itself.
func goesTo(s *templates.ManifestSecret) string {
	if s.SentTo == "" && len(s.SentHosts) == 0 && s.FieldType == field.URL && s.Hides() {
		return s.Name
	}
	return s.SentTo
}

// journeys yields a secret and what says where its values go, for each such pair that a secret tells of: itself and its sent_to;
// or of a derived url, what is confidential of what it is made of, and what its host is made of.
func (s *schema) journeys(of *templates.ManifestSecret) iter.Seq2[string, string] {
	return func(yield func(sender, destination string) bool) {
		senders, destinations := []string{of.Name}, s.hostsOf(goesTo(of))
		if of.Derived != "" && of.FieldType == field.URL {
			senders, destinations = s.hiddenLeaves(of), s.hostsOf(of.Name)
		}
		for _, sender := range senders {
			for _, destination := range destinations {
				if !yield(sender, destination) {
					return
				}
			}
		}
	}
}

// hostsOf returns the name of what says where values go and, where that is derived, what its host is made of.
func (s *schema) hostsOf(name string) []string { return s.madeOf(name, field.Field.HostParts) }

// hiddenLeaves returns the names of what is confidential and stored of what a derived secret is made of.
func (s *schema) hiddenLeaves(of *templates.ManifestSecret) []string {
	return slices.DeleteFunc(s.madeOf(of.Name, field.Field.Parts), func(name string) bool {
		part := s.byName[name]
		return name == of.Name || part.Derived != "" || !part.Hides()
	})
}

// madeOf returns the name of a secret and of those that it is made of, with what these are made of, as far as parts says.
func (s *schema) madeOf(name string, parts func(field.Field) []string) (names []string) {
	wanted := []string{name}
	for len(wanted) > 0 {
		of := s.byName[wanted[0]]
		wanted = wanted[1:]
		if of == nil || slices.Contains(names, of.Name) {
			continue
		}
		names = append(names, of.Name)
		wanted = append(wanted, parts(derivedField(of))...)
	}
	return names
}

func derivedField(s *templates.ManifestSecret) field.Field {
	secrecy := field.SecrecyOf(s.FieldType, s.Hides())
	return field.Field{Type: s.FieldType, Secrecy: secrecy, Derived: s.Derived, Schemes: s.Schemes, UserInfo: s.UserInfo}
}

// destination compares what says where other values go, if s is such a url, and reports whether it is.
func (c *comparison) destination(was, s *templates.ManifestSecret) bool {
	senders := c.now.senders[s.Name]
	if len(senders) == 0 {
		senders = c.old.senders[was.Name]
	}
	if len(senders) == 0 {
		return false
	}
	goes := strings.Join(senders, ", ") + " can go elsewhere"
	if was.Default != s.Default {
		c.say(Breaking, "secret %q: default %s is now %s: %s", s.Name, quoted(was.Default), quoted(s.Default), goes)
	}
	others := without(senders, []string{s.Name})
	if !isOptional(was) && isOptional(s) && len(others) > 0 {
		c.say(Breaking, "secret %q may now be unset: a question does not say then where %s goes", s.Name, strings.Join(others, ", "))
	}
	if was.FieldType != s.FieldType {
		return true
	}
	if was.Pattern != s.Pattern && s.Pattern == "" || len(was.Prefix) > 0 && refusesPrefix(s.Prefix, was.Prefix) {
		c.say(Breaking, "secret %q: another pattern or prefix accepts more: %s", s.Name, goes)
	}
	for _, rule := range []struct {
		key      string
		old, now []string
	}{{"schemes", was.Schemes, s.Schemes}, {"hosts", was.Hosts, s.Hosts}} {
		if wider := refuses(rule.now, rule.old); wider {
			c.say(Breaking, "secret %q: %s %s is now %s: %s", s.Name, rule.key, orNone(list(rule.old)), orNone(list(rule.now)), goes)
		} else {
			c.rule(s, rule.key, list(rule.old), list(rule.now), refuses(rule.old, rule.now))
		}
	}
	return true
}

// isOptional reports whether s may have no value at all.
func isOptional(s *templates.ManifestSecret) bool { return !s.Required && s.Default == "" }
