package conformance

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// A process is a server on stdio in a process of its own.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	output *io.PipeReader // what a client reads
	ended  chan struct{}  // closed once err is there
	err    error

	stdout lockedBuffer
	stderr bytes.Buffer
}

// startProcess has the binary run the test of the adapter again, which then finds a world in its environment, beside env.
func startProcess(t *testing.T, w world, env ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	test, _, _ := strings.Cut(t.Name(), "/")
	p := &process{t: t, cmd: exec.Command(self, "-test.run=^"+test+"$"), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), serverProcess+"="+string(text), "GORACE=atexit_sleep_ms=0") // a quick end also under -race
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stderr = &p.stderr
	// Not StdoutPipe: what the process writes last must be read too.
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout = writer
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	output, pass := io.Pipe()
	p.output = output
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.MultiWriter(&p.stdout, regardless{pass}), reader)
		_ = pass.Close()
		_ = reader.Close()
	}()
	go func() {
		<-drained
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.stdin.Close()
		p.wait()
	})
	return p
}

// enter comes to the process, which has one client in its life.
func (p *process) enter(t *testing.T, v visit) *guest {
	t.Helper()
	g, err := v.connect(t.Context(), &sdk.IOTransport{Reader: p.output, Writer: p.stdin})
	if err != nil {
		_ = p.cmd.Process.Kill()
		t.Fatal(err)
	}
	return g
}

// wait waits for the end of the process, which must be a good one: exit code 0, and nothing but JSON-RPC on its output.
func (p *process) wait() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
		p.t.Errorf("the server does not end")
	}
	if p.err != nil {
		p.t.Errorf("the server ended with %v\n%s", p.err, &p.stderr)
	}
	for line := range bytes.Lines(p.written()) {
		var message struct{ JSONRPC string }
		if err := json.Unmarshal(line, &message); err != nil || message.JSONRPC != "2.0" {
			p.t.Errorf("on standard output: %q", line)
		}
	}
}

// written returns the standard output so far.
func (p *process) written() []byte { return p.stdout.bytes() }

// regardless goes on when nobody reads any more.
type regardless struct{ to io.Writer }

func (r regardless) Write(b []byte) (int, error) {
	_, _ = r.to.Write(b)
	return len(b), nil
}
