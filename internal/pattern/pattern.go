// Package pattern says whether the rules of a secret leave any value: a pattern that matches nothing which the other rules let
// through would lock the user out. Begin with [Rules.Meet].
package pattern

import (
	"regexp/syntax"
	"slices"
)

// Rules are what a value has to meet.
type Rules struct {
	Pattern  string          // an RE2 expression that matches the whole value
	Prefixes []string        // the value begins with one of them; none is no such rule
	Min, Max int             // bounds of its length in characters; a Max of 0 is none
	Takes    func(rune) bool // whether a value may have a character; nil is any
}

// maxSteps bounds how long a value is looked at: of longer ones, Meet believes that there are some.
const maxSteps = 2_000

// Meet reports whether some value may meet all of r. It errs on the side of yes: word boundaries count as met, and so does what
// would take too long to find out. A pattern that is no expression is met by nothing.
func (r Rules) Meet() bool {
	if len(r.Prefixes) == 0 {
		return r.meetWith("")
	}
	return slices.ContainsFunc(r.Prefixes, r.meetWith)
}

// meetWith is Meet for values that begin with prefix.
func (r Rules) meetWith(prefix string) bool {
	s, err := newSearch(r)
	if err != nil {
		return false
	}
	least := max(r.Min, 1) // no value is empty
	for n, c := range []rune(prefix) {
		s.step(n, func(i *syntax.Inst) bool { return i.MatchRune(c) })
		least = max(least, n+1)
	}
	n := len([]rune(prefix))
	for ; n < least && n < maxSteps && len(s.states) > 0; n++ {
		s.step(n, s.any)
	}
	for seen := map[string]bool{}; len(s.states) > 0 && (r.Max == 0 || n <= r.Max); n++ {
		if s.matches(n) || n >= maxSteps {
			return true
		}
		if seen[s.key()] {
			return false // round and round, and never a match
		}
		seen[s.key()] = true
		s.step(n, s.any)
	}
	return false
}

// A search follows all ways through an expression at once, a character at a time.
type search struct {
	prog   *syntax.Prog
	states []uint32 // where the ways are that have taken all characters so far, sorted
	takes  func(rune) bool
}

func newSearch(r Rules) (*search, error) {
	tree, err := syntax.Parse(`\A(?:`+r.Pattern+`)\z`, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	return &search{prog, []uint32{uint32(prog.Start)}, r.Takes}, nil
}

// wide is how many characters a class has of which some are surely among those that a value may have.
const wide = 0x40

// any reports whether an instruction takes some character that a value may have.
func (s *search) any(i *syntax.Inst) bool {
	switch {
	case i.Op == syntax.InstRune && len(i.Rune) == 0:
		return false // the class of no characters
	case s.takes == nil || i.Op == syntax.InstRuneAny || i.Op == syntax.InstRuneAnyNotNL:
		return true
	}
	for k := 0; k < len(i.Rune); k += 2 {
		low, high := i.Rune[k], i.Rune[min(k+1, len(i.Rune)-1)]
		if high-low >= wide {
			return true
		}
		for c := low; c <= high; c++ {
			if s.takes(c) {
				return true
			}
		}
	}
	return false
}

// step takes the character number n, counted from 0.
func (s *search) step(n int, takes func(*syntax.Inst) bool) {
	var next []uint32
	for _, pc := range s.reachable(n, false) {
		i := &s.prog.Inst[pc]
		switch i.Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if takes(i) {
				next = append(next, i.Out)
			}
		}
	}
	slices.Sort(next)
	s.states = slices.Compact(next)
}

// matches reports whether a value of n characters may end here.
func (s *search) matches(n int) bool {
	return slices.ContainsFunc(s.reachable(n, true), func(pc uint32) bool { return s.prog.Inst[pc].Op == syntax.InstMatch })
}

// reachable are the instructions where the ways are after n characters without taking another one.
func (s *search) reachable(n int, end bool) []uint32 {
	seen := map[uint32]bool{}
	var found []uint32
	for left := slices.Clone(s.states); len(left) > 0; {
		pc := left[len(left)-1]
		left = left[:len(left)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		found = append(found, pc)
		switch i := &s.prog.Inst[pc]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			left = append(left, i.Out, i.Arg)
		case syntax.InstCapture, syntax.InstNop:
			left = append(left, i.Out)
		case syntax.InstEmptyWidth:
			if need := syntax.EmptyOp(i.Arg); (n == 0 || need&syntax.EmptyBeginText == 0) && (end || need&syntax.EmptyEndText == 0) {
				left = append(left, i.Out)
			}
		}
	}
	return found
}

// key is the same for the same states.
func (s *search) key() string {
	key := make([]rune, len(s.states))
	for i, pc := range s.states {
		key[i] = rune(pc)
	}
	return string(key)
}
