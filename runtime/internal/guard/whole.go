package guard

import (
	"bytes"
	"slices"
	"strings"
)

// Addresses that are confidential as a whole, such as a DSN. Their parts are found as those of any address. Where all of one
// is shown, all of it goes: also its scheme, user and hosts, each of which is public where it stands alone.

// wholes are such addresses, also as servers write them, by their pieces.
type wholes map[string][]string

// LearnAddress is [Guard.Learn] for a URL, or what is like one, of which all is confidential. Its user is looked for by itself
// too, if it has eight characters or more. One that has nothing but what all the world may know, such as
// https://api.example.com/v1, is left alone.
func (g *Guard) LearnAddress(text string) {
	key := secret{text, "://"} // no prefix of an address
	if g.hasLearned(key) {
		return
	}
	found := pieces(text, "")
	if a, ok := parseAddress(text); ok && long(a.user) && !strings.Contains(strings.Join(found, "\n"), a.user) {
		found = append(found, a.user)
	}
	g.addWhole(found, text)
	g.learnPieces(key, found)
}

func (g *Guard) addWhole(pieces []string, text string) {
	all := []string{text}
	for _, write := range writers {
		all = append(all, write(text))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wholes == nil {
		g.wholes = wholes{}
	}
	for _, piece := range pieces {
		for _, whole := range all {
			if strings.Contains(whole, piece) && !slices.Contains(g.wholes[piece], whole) {
				g.wholes[piece] = append(g.wholes[piece], whole)
			}
		}
	}
}

// wholesOf returns the addresses that a block is part of, and the piece by which it is.
func (g *Guard) wholesOf(block []byte) (piece string, all []string) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if len(g.wholes) == 0 {
		return "", nil
	}
	piece = g.known.lasting[string(block)]
	return piece, g.wholes[piece]
}

// wholeAround returns where the address is that a hit is part of, if all of it is there, and else where the hit is. Of an
// address whose blocks are all found, only the first is looked at.
func (s *search) wholeAround(v *view, h hit) (from, to int) {
	if v.masked.has(h.from, h.to) {
		return h.from, h.to
	}
	block := v.text[h.from:h.to]
	piece, all := s.guard.wholesOf(block)
	for _, whole := range all {
		s.steps += len(whole)
		from = h.from - strings.Index(whole, piece) - strings.Index(piece, string(block))
		if from >= 0 && bytes.HasPrefix(v.text[from:], []byte(whole)) {
			return from, from + len(whole)
		}
	}
	return h.from, h.to
}
