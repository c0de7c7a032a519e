package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Pos is a place in a file.
type Pos struct {
	Line   int // from 1
	Column int // from 1, in characters
}

// String returns "line:column".
func (p Pos) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// Compare returns -1, 0 or 1 where p is before, at or behind q.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// An Error is one mistake of a file's author.
type Error struct {
	File string
	Pos  Pos
	Text string // one line: lower-case, no full stop, the author's own word in quotes
}

// Error returns "secrets.yaml:12:17: text".
func (e *Error) Error() string { return fmt.Sprintf("%s:%s: %s", e.File, e.Pos, e.Text) }

// An ErrorList holds every mistake of a file, sorted by position, none twice.
type ErrorList []*Error

// Error returns one line for each mistake, in file order.
func (l ErrorList) Error() string {
	lines := make([]string, len(l))
	for i, e := range l {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find each *Error.
func (l ErrorList) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

// sorted returns l in file order, without repetitions.
func (l ErrorList) sorted() ErrorList {
	slices.SortFunc(l, func(a, b *Error) int { return cmp.Or(a.Pos.Compare(b.Pos), cmp.Compare(a.Text, b.Text)) })
	return slices.CompactFunc(l, func(a, b *Error) bool { return *a == *b })
}
