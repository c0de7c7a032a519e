package guard

import (
	"bytes"
	"io"
	"sync"
)

// Writer returns a writer of JSON-RPC messages, one a line, that passes them on to w with every known value masked: each in
// one Write, and one after the other, as writes from several goroutines would mix otherwise. They still mix if one
// goroutine writes a line in parts while others write. What has no line end yet is held back; if none ever comes, it
// never leaves.
func (g *Guard) Writer(w io.Writer) io.Writer { return &lineWriter{guard: g, to: w} }

type lineWriter struct {
	guard *Guard
	to    io.Writer
	mu    sync.Mutex
	held  []byte // the beginning of a line
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	written := 0
	for written < len(p) {
		end := bytes.IndexByte(p[written:], '\n')
		if end < 0 {
			w.held = append(w.held, p[written:]...)
			break
		}
		line := p[written : written+end+1]
		written += len(line)
		if len(w.held) > 0 {
			line = append(w.held, line...)
			w.held = nil // not kept for the next: it may have been large, and most lines come whole
		}
		if err := w.pass(line); err != nil {
			return written, err
		}
	}
	return len(p), nil
}

func (w *lineWriter) pass(line []byte) error {
	masked := w.guard.JSON(line)
	if len(masked) == 0 || masked[len(masked)-1] != '\n' { // a line that is not JSON, and was masked up to its end
		masked = append(masked, '\n')
	}
	_, err := w.to.Write(masked)
	return err
}
