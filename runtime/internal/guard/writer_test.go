package guard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
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

// A long line of one goroutine keeps no other from masking its own meanwhile, though that waits for its turn to be written.
func TestWriterMasksOutsideOfItsLock(t *testing.T) {
	short, long := make(chan struct{}), make(chan struct{})
	defer func(before func(int)) { counted = before }(counted)
	counted = func(steps int) { // when a line is masked
		if steps < 1<<10 {
			close(short)
			return
		}
		close(long)
		select {
		case <-short:
		case <-time.After(time.Minute):
			t.Error("the short line waits for the long one")
		}
	}
	var to writes
	w := learn(stripe).Writer(&to)
	var wait sync.WaitGroup
	wait.Go(func() { _, _ = io.WriteString(w, `"`+strings.Repeat("long ", 1<<10)+"\"\n") })
	<-long
	_, _ = io.WriteString(w, "\""+stripe+"\"\n")
	wait.Wait()
	if len(to.lines) != 2 || to.lines[1] != "\"[redacted]\"\n" {
		t.Errorf("%d lines, the last is %.40s", len(to.lines), to.lines[len(to.lines)-1])
	}
}

// Nor does who learns wait for a long text.
func TestLearningWaitsForNoText(t *testing.T) {
	g := learn(stripe)
	text := strings.Repeat("long ", 1<<20)
	var masked atomic.Int32
	stop := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				g.Text(text)
				masked.Add(1)
			}
		}
	})
	const values = 200
	for n := range values {
		g.Learn(fmt.Sprintf("value-%d-0123456789", n), "")
		g.Text("short")
	}
	close(stop)
	wait.Wait()
	if n := masked.Load(); n > values/2 {
		t.Errorf("%d long texts were masked before %d values were learned", n, values)
	}
}
