package guard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

// writes keeps each Write by itself.
type writes struct {
	lines []string
	err   error
}

func (w *writes) Write(p []byte) (int, error) {
	w.lines = append(w.lines, string(p))
	return len(p), w.err
}

func TestWriterPassesWholeLines(t *testing.T) {
	var to writes
	w := learn(stripe).Writer(&to)
	in := "{\"a\":\"" + stripe + "\"}\n\n{\"b\":1}\r\nnot JSON " + stripe + "\n{\"held\":"
	if _, err := io.Copy(w, iotest.OneByteReader(strings.NewReader(in))); err != nil {
		t.Fatal(err)
	}
	want := []string{"{\"a\":\"[redacted]\"}\n", "\n", "{\"b\":1}\r\n", "not JSON [redacted]\n"}
	if fmt.Sprintf("%q", to.lines) != fmt.Sprintf("%q", want) {
		t.Errorf("%q", to.lines)
	}
	to.lines = nil
	if _, err := io.WriteString(w, "1}\n"+in); err != nil {
		t.Fatal(err)
	}
	if want := append([]string{"{\"held\":1}\n"}, want...); fmt.Sprintf("%q", to.lines) != fmt.Sprintf("%q", want) {
		t.Errorf("%q", to.lines)
	}
}

func TestWriterReturnsErrors(t *testing.T) {
	to := writes{err: errors.New("closed")}
	if n, err := learn(stripe).Writer(&to).Write([]byte("1\n2\n")); n != 2 || err != to.err {
		t.Error(n, err)
	}
}

// Goroutines write one message or several at once, as the SDK does; the writer below sees one after the other.
func TestWriterConcurrently(t *testing.T) {
	var to bytes.Buffer // not safe for concurrent use
	g := new(Guard)
	w := g.Writer(&to)
	var wait sync.WaitGroup
	const writers, each = 8, 200
	for i := range writers {
		wait.Go(func() {
			g.Learn(fmt.Sprintf("secret-%d-0123456789", i), "secret-")
			for n := range each / 2 {
				line := fmt.Sprintf("{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":\"my secret-%d-0123456789 x\"}\n", i*each+n, i)
				_, _ = io.WriteString(w, line+line)
			}
		})
	}
	wait.Wait()
	lines := strings.Split(strings.TrimSuffix(to.String(), "\n"), "\n")
	if len(lines) != writers*each {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) || !strings.Contains(line, `"my [redacted] x"`) {
			t.Fatal(line)
		}
	}
}
