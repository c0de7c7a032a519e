package guard

import "strings"

// allBlocks returns the blocks of a value that are looked for.
func allBlocks(value, prefix string) (all []block) {
	size := 0
	for _, piece := range pieces(value, prefix) {
		piece = piece[:min(len(piece), maxLearned-size)]
		size += len(piece)
		all = append(all, blocks(piece)...)
		if plus := strings.ReplaceAll(piece, " ", "+"); plus != piece { // the form encoding of spaces
			all = append(all, blocks(plus)...)
		}
	}
	return all
}
