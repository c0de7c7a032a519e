package changes

import (
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
