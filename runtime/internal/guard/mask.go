package guard

import (
	"bytes"
	"slices"
	"strings"
)

// The slow pass, over one text that may have something to mask.
//
// Where a pattern is found, the whole token around it goes. So the rest of a value is gone that no block covers, the prefix,
// the rest of what was encoded together with it; and of a guess that begins right nothing is left to see either.

// A span is a part of a text. It is open if its value has spaces, quotes or the like.
type span struct {
	from, to int
	open     bool
}

// covers reports whether nothing more must go for other.
func (s span) covers(other span) bool {
	return s.from <= other.from && other.to <= s.to && (s.open || !other.open)
}

// mask returns the text without the known values, and whether there were any.
func (t *table) mask(text string) (string, bool) {
	return redact(text, t.spans([]byte(text), func(view, *pattern) bool { return true }))
}

// maskKey is mask for the key of a JSON object. Clients find what they need by its key, and the first eight characters of a
// password may well be "progress". So a key goes only if it has a value whole or encoded: no protocol has such keys.
func (t *table) maskKey(key string) (string, bool) {
	type question struct { // for a key with thousands of hits; no two views are equally long
		length int
		piece  string
	}
	whole := map[question]bool{}
	return redact(key, t.spans([]byte(key), func(v view, p *pattern) bool {
		q := question{len(v.text), p.piece}
		if _, asked := whole[q]; !asked {
			whole[q] = bytes.Contains(v.text, []byte(p.piece))
		}
		return p.encoded || whole[q]
	}))
}

// spans returns what must go, in no order.
func (t *table) spans(text []byte, counts func(view, *pattern) bool) []span {
	var found []span
	v, more := view{text: text}, true
	for layer := 0; more; layer++ {
		for i, p := t.find(v.text, 0); p != nil; i, p = t.find(v.text, i+1) {
			from, to := v.origin(i, i+len(p.text))
			hit := span{from, to, p.open}
			if n := len(found); n > 0 && found[n-1].covers(hit) || !counts(v, p) {
				continue // a token with thousands of hits in it is looked at once
			}
			found = append(found, token(text, hit))
		}
		if layer == layers {
			break
		}
		v, more = v.unescaped()
	}
	return found
}

// token returns the token around a part of text. An open one has no end but that of the line, since no value looked for has
// a line end.
func token(text []byte, s span) span {
	ends := func(c byte) bool { return c == '\n' || !s.open && endsToken(c) }
	for s.from > 0 && !ends(text[s.from-1]) && (s.open || text[s.from-1] != '=') { // "key=value" keeps its name
		s.from--
	}
	found := s.to
	for s.to < len(text) && !ends(text[s.to]) {
		s.to++
	}
	for s.to < len(text) && text[s.to] == '"' && s.to > found && text[s.to-1] == '\\' { // JSON in a string: the escape is the quote's
		s.to--
	}
	return s
}

// endsToken reports whether c is in no token: spaces, quotes, brackets, and what separates items. Of what is not ASCII we
// can't say, and languages that write no spaces would lose whole paragraphs, so it ends tokens too.
func endsToken(c byte) bool {
	return c <= ' ' || c >= 0x7f || strings.IndexByte("\"'`()[]{}<>,:|", c) >= 0
}

// redact returns the text with its spans redacted, those that touch as one.
func redact(text string, spans []span) (string, bool) {
	if len(spans) == 0 {
		return text, false
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	done := -1 // up to where text is written or redacted
	for _, s := range spans {
		if s.from > done {
			b.WriteString(text[max(done, 0):s.from])
			b.WriteString(Redacted)
		}
		done = max(done, s.to)
	}
	b.WriteString(text[done:])
	return b.String(), true
}
