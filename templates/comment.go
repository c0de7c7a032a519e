package templates

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
)

// commentWidth is where comments are wrapped, in characters after the slashes.
const commentWidth = 97

// secretDoc is the comment of a getter: what it returns, when somebody is asked, and what a refusal returns.
func secretDoc(s *Secret) []string {
	doc := paragraph(nil, s.GoName+" returns "+sentence(what(s)), s.Help)
	if s.Docs != "" {
		doc = paragraph(doc, "See "+s.Docs)
	}
	doc = paragraph(doc, place(s), presence(s), destination(s), consentOf(s))
	return deprecation(doc, s)
}

// memberDoc is the comment of the field that holds s where that has no getter of its own, which would say all this.
func memberDoc(s *Secret) []string {
	doc := paragraph(nil, s.GoName+" is "+sentence(what(s)), s.Help)
	if s.Docs != "" {
		doc = paragraph(doc, "See "+s.Docs)
	}
	if more := strings.TrimSpace(place(s) + " " + destination(s)); more != "" {
		doc = paragraph(doc, more)
	}
	return deprecation(doc, s)
}

// fieldDoc is the comment of the field that holds s in the struct of a group.
func fieldDoc(s *Secret) []string {
	return deprecation(paragraph(nil, s.GoName+" is "+sentence(what(s))), s)
}

// what says which secret s is: its name, and what a person calls it.
func what(s *Secret) string {
	if s.Label == s.Name {
		return s.Name
	}
	return s.Name + ": " + s.Label
}

// deprecation adds to a comment that s should no longer be used.
func deprecation(doc []string, s *Secret) []string {
	if s.Deprecated == "" {
		return doc
	}
	return paragraph(doc, "Deprecated: "+sentence(s.Deprecated))
}

func groupDoc(g *Group) []string {
	return paragraph(nil, fmt.Sprintf("%s returns the group %s with one question for all: %s.", g.GoName, g.Name, strings.Join(namesOf(g.Members), ", ")),
		"An error means that none of them is there.")
}

// place says that a value is read from a file.
func place(s *Secret) string {
	if s.Type != field.File {
		return ""
	}
	return "It is the content of a file of the user's, which is read at each use."
}

// presence says what happens where nothing is stored.
func presence(s *Secret) string {
	switch {
	case s.Derived != "" && s.Optional():
		return fmt.Sprintf("It is made of other secrets, as %s, and unset while one of them is, which is no error.", s.Derived)
	case s.Derived != "":
		return fmt.Sprintf("It is made of other secrets: %s.", s.Derived)
	case s.Type == field.File && (s.Required || s.Default != ""):
		return filePresence(s)
	case strings.Contains(s.Default, "\n"):
		return fmt.Sprintf("Until the user stores another, it is a default of %d lines.", strings.Count(strings.TrimSpace(s.Default), "\n")+1)
	case s.Required && s.Default != "":
		return fmt.Sprintf("The user is asked for it when it is missing, with the default offered: %s.", s.Default)
	case s.Required:
		return "The user is asked for it when it is missing."
	case len(s.RequiredWhen) > 0 && s.Default != "":
		return fmt.Sprintf("Until the user stores another, it is %s; they are asked for it, with that offered, while %s.", s.Default, condition(s.Field))
	case len(s.RequiredWhen) > 0:
		return fmt.Sprintf("The user is asked for it when it is missing while %s; else it may be unset, which is no error.", condition(s.Field))
	case s.Default != "":
		return fmt.Sprintf("Until the user stores another, it is %s.", s.Default)
	default:
		return "It may be unset, which is no error."
	}
}

// filePresence is presence of a file: what is stored or offered is its path, and not what is in it.
func filePresence(s *Secret) string {
	switch {
	case s.Required && s.Default != "":
		return fmt.Sprintf("The user is asked for its path when that is missing, with the default offered: %s.", s.Default)
	case s.Required:
		return "The user is asked for its path when that is missing."
	case len(s.RequiredWhen) > 0:
		return fmt.Sprintf("Until the user stores another path, the file is %s; they are asked for it, with that offered, while %s.", s.Default, condition(s.Field))
	default:
		return fmt.Sprintf("Until the user stores another path, the file is %s.", s.Default)
	}
}

// condition says when f is required: "auth_mode is cloud and tls is true".
func condition(f field.Field) string {
	var conditions []string
	for _, name := range slices.Sorted(maps.Keys(f.RequiredWhen)) {
		conditions = append(conditions, name+" is "+field.List(f.RequiredWhen[name], "or"))
	}
	return strings.Join(conditions, " and ")
}

func destination(s *Secret) string {
	switch {
	case s.Derived != "" && s.Type == field.URL && s.Asks(), s.GoesToItself() && !s.List && !s.IsConnection():
		return "It is sent to its own host, which the user is shown."
	case s.GoesToItself():
		return "It is sent to its own hosts, all of which the user is shown."
	case len(s.SentHosts) > 0:
		return fmt.Sprintf("It is sent to %s, which the user is shown.", s.FixedHosts())
	case s.To == nil:
		return ""
	case s.To.List || s.To.IsConnection():
		return fmt.Sprintf("It is sent to the hosts that %s names, all of which the user is shown.", s.SentTo)
	default:
		return fmt.Sprintf("It is sent to the host that %s names, which the user is shown.", s.SentTo)
	}
}

// consentOf is consent of a secret; of a derived one, its parts are what is asked about.
func consentOf(s *Secret) string {
	if s.Derived == "" || !s.Asks() {
		return consent(s.Field)
	}
	var names []string
	for _, use := range usesOf([]*Secret{s}) {
		names = append(names, use.Field.Name)
	}
	return fmt.Sprintf("Each use needs the user's permission for what it is made of, with one question for all: %s; a refusal is an error, such as secrets.ErrDenied.",
		strings.Join(names, ", "))
}

// consent says whose word a use needs.
func consent(f field.Field) string {
	session := "the session"
	if f.Remember > 0 {
		session = wording.ShortDuration(f.Remember)
	}
	if f.Scope == field.ToolScope {
		session += " and the tool that asks"
	}
	switch f.Permission {
	case field.None:
		return nobodyIsAsked
	case field.Dialog:
		return fmt.Sprintf("Each use needs the user's permission in a native dialog, which can be given for %s; %s", session, refusal)
	default:
		return fmt.Sprintf("Each use needs the user's permission, which can be given for %s; %s", session, refusal)
	}
}

const (
	nobodyIsAsked = "Nobody is asked for permission."
	refusal       = "a refusal is an error, such as secrets.ErrDenied."
)

// consentOfAll says whose word the use of several secrets together needs.
func consentOfAll(members []*Secret, what string) string {
	if !asksAny(members) {
		return nobodyIsAsked
	}
	return fmt.Sprintf("There is one question for permission for all of %s; %s", what, refusal)
}

// sentence ends text like one.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") || strings.HasSuffix(text, "?") || strings.HasSuffix(text, "。") {
		return text
	}
	return text + "."
}

// paragraph adds the texts to a comment as one wrapped paragraph of its own.
func paragraph(comment []string, texts ...string) []string {
	var lines []string
	line, width := "", 0
	for _, word := range unbreakable(strings.Fields(strings.Join(texts, " "))) {
		w := utf8.RuneCountInString(word)
		switch {
		case line == "":
			line, width = word, w
		case width+1+w > commentWidth:
			lines = append(lines, line)
			line, width = word, w
		default:
			line, width = line+" "+word, width+1+w
		}
	}
	lines = append(lines, line)
	if len(comment) > 0 {
		comment = append(comment, "")
	}
	return append(comment, lines...)
}

// unbreakable ties words to the one before them that must not begin a line: gofmt takes "+build" there for a build constraint,
// and other tools what begins with such a character for an instruction, a heading or an item of a list.
func unbreakable(words []string) []string {
	var tied []string
	for _, word := range words {
		if len(tied) > 0 && strings.ContainsRune("+#-*/", rune(word[0])) {
			tied[len(tied)-1] += " " + word
		} else {
			tied = append(tied, word)
		}
	}
	return tied
}

// baseName is the last part of a path of this or another system, so that the output does not depend on folders. What is no
// word of one line is in quotes.
func baseName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}
