package guard

import (
	"bytes"
	"io"
	"sync"
)

// Writer returns a writer of JSON-RPC messages, one a line, that passes them on to w with every known value masked: each in
// one Write, and one after the other, in the order in which they came, as writes from several goroutines would mix otherwise.
// They still mix if one goroutine writes a line in parts while others write. What has no line end yet is held back;
// if none ever comes, it never leaves. Lines of several goroutines are masked at the same time.
func (g *Guard) Writer(w io.Writer) io.Writer {
	first := make(chan struct{})
	close(first)
	return &lineWriter{guard: g, to: w, before: first}
}

type lineWriter struct {
	guard *Guard
	to    io.Writer

	mu     sync.Mutex
	held   []byte        // the beginning of a line
	before chan struct{} // is closed once all lines before are written
}

func (w *lineWriter) Write(p []byte) (int, error) {
	lines, turn, done := w.take(p)
	defer func() { // also if masking panics
		<-turn
		close(done)
	}()
	for i, line := range lines {
		lines[i] = w.masked(line)
	}
	<-turn
	for i, line := range lines {
		if _, err := w.to.Write(line); err != nil {
			return written(p, i+1), err
		}
	}
	return len(p), nil
}

// take returns the lines that p ends. They are to be written at their turn, and then done is to be closed.
func (w *lineWriter) take(p []byte) (lines [][]byte, turn, done chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		end := bytes.IndexByte(p, '\n') + 1
		if end == 0 {
			break
		}
		line := p[:end:end]
		if len(w.held) > 0 {
			line = append(w.held, line...)
			w.held = nil // not kept for the next: it may have been large, and most lines come whole
		}
		lines = append(lines, line)
		p = p[end:]
	}
	w.held = append(w.held, p...)
	turn, done = w.before, make(chan struct{})
	w.before = done
	return lines, turn, done
}

// written returns how much of p its first lines take.
func written(p []byte, lines int) (length int) {
	for range lines {
		length += bytes.IndexByte(p[length:], '\n') + 1
	}
	return length
}

func (w *lineWriter) masked(line []byte) []byte {
	masked := w.guard.JSON(line)
	if len(masked) == 0 || masked[len(masked)-1] != '\n' { // a line that is not JSON, and was masked up to its end
		masked = append(masked, '\n')
	}
	return masked
}
