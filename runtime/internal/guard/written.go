package guard

import (
	"bytes"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"unicode/utf8"
)

// How servers write values into texts. A view may not read a value as it was written: what stands before it makes another escape of
// its first characters, or it ends with a backslash before a quote. So where a text is learned for a while, each known value is
// also looked for as Go and JavaScript write it, which no text around it changes.

// writers are what escapes a value. Each writes every character by itself.
var writers = []func(string) string{
	func(text string) string { return quotedJSON(text, true) },
	func(text string) string { return quotedJSON(text, false) },
	url.QueryEscape, url.PathEscape, encodeURIComponent, html.EscapeString,
}

func quotedJSON(text string, escapesHTML bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapesHTML)
	_ = e.Encode(text) // never fails
	return strings.TrimSuffix(b.String(), "\"\n")[1:]
}

var unescapedInComponents = strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")

func encodeURIComponent(text string) string {
	return unescapedInComponents.Replace(url.QueryEscape(text))
}

// writingsOf returns a text as it is, and as it is written in one or two layers.
func writingsOf(text string) []string {
	all, seen := []string{text}, map[string]bool{text: true}
	add := func(writing string) {
		if !seen[writing] {
			seen[writing] = true
			all = append(all, writing)
		}
	}
	for _, first := range writers {
		once := first(text)
		add(once)
		for _, second := range writers {
			add(second(once))
		}
	}
	return all
}

// isWritten reports whether a writer escapes a character.
func isWritten(c rune) bool { return c >= utf8.RuneSelf || !isDigit(byte(c), 36) }

// beginnings have the pieces that some writing is longer of, by how that begins.
type beginnings map[[window]byte][]string

// learnWritings makes the guard look for the writings of pieces.
func (g *Guard) learnWritings(pieces []string) {
	more := beginnings{}
	for _, piece := range pieces {
		if !strings.ContainsFunc(piece, isWritten) {
			continue
		}
		beginning, seen := first(piece, minimum), map[[window]byte]bool{}
		for _, writing := range writingsOf(beginning) {
			if begin := [window]byte([]byte(writing)); !seen[begin] {
				seen[begin] = true
				more[begin] = append(more[begin], piece)
			}
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.written == nil && len(more) > 0 {
		g.written = beginnings{}
	}
	for begin, pieces := range more {
		g.written[begin] = append(g.written[begin], pieces...)
	}
}

// writings takes out of a view what is a known value in some writing.
func (s *search) writings(v *view) {
	s.steps += len(v.text)
	for at := 0; at+window <= len(v.text); at += held {
		for _, found := range s.guard.writtenIn(v.text, at) {
			whole := s.inRoot(v, found)
			s.later.set(len(s.root.text), whole.from, whole.to)
		}
	}
}

// writtenIn returns where writings of values are that begin in the next bytes of a text.
func (g *Guard) writtenIn(text []byte, from int) (found []span) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if len(g.written) == 0 {
		return nil
	}
	for at := from; at < from+held && at+window <= len(text); at++ {
		for _, piece := range g.written[[window]byte(text[at:])] {
			for _, writing := range writingsOf(piece) {
				if bytes.HasPrefix(text[at:], []byte(writing)) {
					found = append(found, span{at, at + len(writing)})
				}
			}
		}
	}
	return found
}
