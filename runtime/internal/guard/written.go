package guard

import (
	"bytes"
	"encoding/json"
	"html"
	"net/url"
	"slices"
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

// learnWritings makes the guard look for the writings of short pieces. Longer ones have later blocks, by which they are found.
func (g *Guard) learnWritings(pieces []string) {
	more := beginnings{}
	for _, piece := range pieces {
		if len(piece) > short || !strings.ContainsFunc(piece, isWritten) {
			continue
		}
		for _, writing := range writingsOf(first(piece, minimum)) {
			more.add([window]byte([]byte(writing)), piece)
		}
	}
	if len(more) == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.written == nil {
		g.written = beginnings{}
	}
	for begin, pieces := range more {
		for _, piece := range pieces {
			g.written.add(begin, piece)
		}
	}
}

func (b beginnings) add(begin [window]byte, piece string) {
	if !slices.Contains(b[begin], piece) {
		b[begin] = append(b[begin], piece)
	}
}

// writings takes out of a view what is a known value in some writing.
func (s *search) writings(v *view) {
	s.steps += len(v.text)
	for at := 0; at < len(v.text); at += held {
		for _, found := range s.guard.beginningIn(v.text, at) {
			s.writing(v, found)
		}
	}
}

// writing takes out the writings of a piece that begin at a place of a view.
func (s *search) writing(v *view, found beginning) {
	if s.written == nil {
		s.written = map[string][]string{}
	}
	if s.written[found.piece] == nil { // a text may have one thousands of times
		s.written[found.piece] = writingsOf(found.piece)
	}
	for _, writing := range s.written[found.piece] {
		if bytes.HasPrefix(v.text[found.at:], []byte(writing)) {
			whole := s.inRoot(v, span{found.at, found.at + len(writing)})
			s.later.set(len(s.root.text), whole.from, whole.to)
		}
	}
}

// A beginning is where a piece may begin in some writing.
type beginning struct {
	at    int
	piece string
}

// beginningIn returns the beginnings in the next bytes of a text.
func (g *Guard) beginningIn(text []byte, from int) (found []beginning) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if len(g.written) == 0 {
		return nil
	}
	for at := from; at < from+held && at+window <= len(text); at++ {
		for _, piece := range g.written[[window]byte(text[at:])] {
			found = append(found, beginning{at, piece})
		}
	}
	return found
}
