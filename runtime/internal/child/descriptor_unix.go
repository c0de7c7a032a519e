//go:build unix

package child

import (
	"io"
	"os"
	"slices"
	"strconv"
)

const hasDescriptors = true

// pipe gives the program a descriptor from which it reads a text, once, and returns its number. A program
// that does not read holds nobody up: the end of the run closes both ends, which ends a write.
func (r *run) pipe(text string) (number string, err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return "", ErrNoPipe
	}
	r.closers = append(r.closers, func() {
		_ = read.Close()
		_ = write.Close()
	})
	r.started = append(r.started, func() {
		_ = read.Close() // the program has its own
		go func() {
			_, _ = io.WriteString(write, text)
			_ = write.Close()
		}()
	})
	r.cmd.ExtraFiles = append(slices.Clip(r.cmd.ExtraFiles), read)
	return strconv.Itoa(2 + len(r.cmd.ExtraFiles)), nil // the first is 3
}
