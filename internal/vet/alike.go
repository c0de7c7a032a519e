package vet

import (
	"slices"
	"strings"
	"unicode"
)

// lookAlike: two secrets, groups or Go names, or two choices of one secret, that people can't tell apart.
func (c *checker) lookAlike() {
	names, goNames, labels := newAlikes(anyCase), newAlikes(anyCase), newAlikes(anyCase)
	for _, s := range c.file.Secrets {
		if first, ok := names.add(s.Name, s.Name); ok {
			c.say(s.Pos, "secret %q: its name looks like %q: people can't tell them apart", s.Name, first)
		} else if first, ok := labels.add(s.Label, s.Name); ok { // who wrote no label sees the name
			c.about(s, "label", "it is called %+q like secret %q: users can't tell them apart", s.Label, first)
		}
		if first, ok := goNames.add(s.GoName, s.GoName); ok {
			c.about(s, "go_name", "go_name %q looks like %q: people can't tell them apart", s.GoName, first)
		}
		choices := newAlikes(exactCase) // those that differ in capitals alone are meant to
		for i, choice := range s.ShownChoices() {
			if first, ok := choices.add(choice, choice); ok && !strings.EqualFold(choice, first) {
				c.say(s.ChoiceAt(i), "secret %q: choice %+q looks like choice %+q: users can't tell them apart", s.Name, choice, first)
			}
		}
	}
	for _, g := range c.file.Groups {
		if first, ok := names.add(g.Name, g.Name); ok {
			c.say(g.Pos, "group %q: its name looks like %q: people can't tell them apart", g.Name, first)
		}
		if first, ok := goNames.add(g.GoName, g.GoName); ok {
			c.say(g.At("go_name"), "group %q: go_name %q looks like %q: people can't tell them apart", g.Name, g.GoName, first)
		}
	}
}

// alikes are texts no two of which look alike, each with whose it is.
type alikes struct {
	anyCase bool
	known   map[string][]owned // those that may look alike are together
}

type owned struct{ text, by string }

// Whether a capital letter is taken for the small one.
const (
	exactCase = false
	anyCase   = true
)

func newAlikes(anyCase bool) alikes { return alikes{anyCase, map[string][]owned{}} }

// add adds a text, or reports whose text looks like it. There is no text "".
func (a alikes) add(text, by string) (first string, found bool) {
	if text == "" {
		return "", false
	}
	text = latin.Replace(strings.Map(halfWidth, text))
	rough := roughly.Replace(strings.ToLower(text))
	for _, other := range a.known[rough] {
		if a.looksLike([]rune(text), []rune(other.text)) {
			return other.by, true
		}
	}
	a.known[rough] = append(a.known[rough], owned{text, by})
	return "", false
}

// looksLike reports whether each character of one text looks like that of the other.
func (a alikes) looksLike(one, other []rune) bool {
	return slices.EqualFunc(one, other, func(r, s rune) bool {
		return shape(r) == shape(s) || a.anyCase && unicode.ToLower(r) == unicode.ToLower(s)
	})
}

// shape is one character for those that look alike in many fonts. An O is no larger than some zeros, nor an o than others.
func shape(r rune) rune {
	switch r {
	case 'O', 'o':
		return '0'
	case 'I', 'l', '|':
		return '1'
	}
	return r
}

// roughly makes one text of all texts in small letters that may look alike.
var roughly = strings.NewReplacer("o", "0", "i", "1", "l", "1", "|", "1")

// halfWidth returns the usual character for one that is as wide as those of East Asia.
func halfWidth(r rune) rune {
	if r >= '\uff01' && r <= '\uff5e' {
		return r - '\uff01' + '!'
	}
	return r
}

// latin replaces letters of the Cyrillic and Greek scripts by those of the Latin that look the same, dashes by the hyphen, and pairs
// of letters by the one that they look like side by side.
var latin = strings.NewReplacer(
	"А", "A", "В", "B", "Е", "E", "К", "K", "М", "M", "Н", "H", "О", "O", "Р", "P", "С", "C", "Т", "T", "У", "Y", "Х", "X", "І", "I", "Ј", "J", "Ѕ", "S",
	"а", "a", "е", "e", "к", "k", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x", "і", "i", "ј", "j", "ѕ", "s", "ԁ", "d", "һ", "h", "ӏ", "l", "Ӏ", "I",
	"Α", "A", "Β", "B", "Ε", "E", "Ζ", "Z", "Η", "H", "Ι", "I", "Κ", "K", "Μ", "M", "Ν", "N", "Ο", "O", "Ρ", "P", "Τ", "T", "Υ", "Y", "Χ", "X",
	"α", "a", "ι", "i", "κ", "k", "ν", "v", "ο", "o", "ρ", "p", "υ", "u", "ѵ", "v", "ԛ", "q", "ԝ", "w", "ı", "i", "ɑ", "a", "ɡ", "g",
	"\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2212", "-",
	"rn", "m", "vv", "w",
)
