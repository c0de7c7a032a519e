// Package spell finds the word that somebody meant who has misspelt it.
package spell

import "strings"

// Nearest returns the known word that is the fewest letters off from word, the first if there are several, or "" if
// every one is more than limit letters off. Known words are in lower case; the case of word does not matter.
func Nearest(word string, known []string, limit int) string {
	word = strings.ToLower(word)
	nearest, within := "", limit+1
	for _, k := range known {
		// A word of n letters that is n letters off has nothing in common with it.
		near := min(within, len(k))
		if abs(len(k)-len(word)) >= near {
			continue // at least that many letters off, and word may be of any length
		}
		if d := distance(word, k); d < near {
			nearest, within = k, d
		}
	}
	return nearest
}

func abs(n int) int { return max(n, -n) }
