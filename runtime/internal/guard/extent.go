package guard

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// What of a text is known already, where it is learned for a while. No block may have a character of a value and one of what
// is beside it: whoever chooses that could guess the character alone. So the text is searched as one to be masked is, all
// writings of a value are taken out of it, and what is left is learned.

// taken stands for each byte that was taken out. It is in no text, but JSON may have it in a string.
const taken = 0x7f

// withoutKnown returns a text with all values taken out that are known for good, and what encodes one.
func (g *Guard) withoutKnown(text string) string {
	text = text[:min(len(text), maxRead)]
	s := g.search()
	defer s.done()
	s.learns = true
	s.root.text = append(s.root.text, text...)
	s.finds()
	s.settle()
	if s.later == nil {
		return text
	}
	rest := []byte(text)
	for from := 0; from < len(rest); {
		from = s.later.next(from, len(rest), true)
		to := s.later.next(from, len(rest), false)
		for ; from < to; from++ {
			rest[from] = taken
		}
	}
	return string(rest)
}

// parts returns what is left of a piece.
func parts(piece string) []string {
	left := strings.FieldsFunc(piece, func(c rune) bool { return c == taken })
	for i, part := range left {
		left[i] = strings.TrimFunc(part, separates)
	}
	return left
}

// separates reports whether c stands between what is known and what is not, as in "user:password".
func separates(c rune) bool { return c < utf8.RuneSelf && (endsToken(byte(c)) || c == '=') }

// A doubt is a block without the rest of its piece: of a value that was cut off, nobody knows where in the token it ends. Both
// are as in the root.
type doubt struct{ block, token span }

// extents notes where the values are that blocks were found of in a view.
func (s *search) extents(v *view) {
	var seen, token span // the token around the last doubt, in the view and the root: it may have thousands
	for _, h := range s.hits {
		text := string(v.text[h.from:h.to])
		piece, block := s.guard.lasting(text), s.inRoot(v, span{h.from, h.to})
		if piece == "" || s.later.has(block.from, block.to) {
			continue
		}
		from := h.from - strings.Index(piece, text)
		if from >= 0 && bytes.HasPrefix(v.text[from:], []byte(piece)) {
			whole := s.inRoot(v, span{from, from + len(piece)})
			s.later.set(len(s.root.text), whole.from, whole.to)
			continue
		}
		if h.from < seen.from || h.to > seen.to {
			seen.from, seen.to = tokenAt(v.text, h.from, h.to, h.says&open != 0)
			token = s.inRoot(v, seen)
		}
		s.doubts = append(s.doubts, doubt{block, token})
	}
}

// lasting returns the piece that a block is of, and "" if none is known for good.
func (g *Guard) lasting(block string) (piece string) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.known.lasting[block]
}

// settle takes out the tokens around blocks that are in no value in any view.
func (s *search) settle() {
	for _, d := range s.doubts {
		if !s.later.has(d.block.from, d.block.to) {
			s.later.set(len(s.root.text), d.token.from, d.token.to)
		}
	}
}

// inRoot returns where in the root a part of a view comes from. What was dropped beside it comes with it: a value may begin or end
// with what looks like an escape, or as if more of it followed, that nobody sees.
func (s *search) inRoot(v *view, part span) span {
	for ; v.parent != nil; v = v.parent {
		part.from, part.to = v.originWithDropped(part.from, part.to)
	}
	return part
}
