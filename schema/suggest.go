package schema

import (
	"fmt"
	"strings"
)

// A speller finds the known word that an author meant. What it may spend on one file is bounded: ten thousand misspelt
// members of a group among ten thousand secrets are not worth a minute.
type speller struct{ compared int }

const maxCompared = 200_000

// unknown says that word is not one of known: `unknown key "lable", did you mean "label"? (label, field_type)`.
func (s *speller) unknown(what, word string, known []string) string {
	return fmt.Sprintf("unknown %s %s%s (%s)", what, quote(word), s.suggestion(word, known), strings.Join(known, ", "))
}

// suggestion returns `, did you mean "label"?` for the known word that is nearest to word, or "" if none is near.
func (s *speller) suggestion(word string, known []string) string {
	limit := min((len(word)+1)/3, 3)
	best, bestDistance := "", limit+1
	for _, k := range known {
		if abs(len(k)-len(word)) >= bestDistance {
			continue
		}
		if s.compared++; s.compared > maxCompared {
			break
		}
		if d := distance(strings.ToLower(word), k); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	if best == "" || best == word {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

func abs(n int) int { return max(n, -n) }

// distance counts the letters to insert, remove, replace or swap with their neighbour that make a into b (optimal string
// alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
