package laws

import (
	"io"
	"os/exec"
	"testing"
	"time"
)

// TestClientThatIsDeafKillsNoServer closes the subject's standard output while a dialog is open. What it writes then must not
// kill it: the dialog would stay on the screen. It ends with its input, and well.
func TestClientThatIsDeafKillsNoServer(t *testing.T) { onEachSDK(t, clientThatIsDeafKillsNoServer) }

func clientThatIsDeafKillsNoServer(t *testing.T, sdk string) {
	s := openStage(t, sdk)
	s.store("key", secretText)
	file, err := s.program()
	s.must(err)
	cmd := exec.Command(file)
	var stderr log
	cmd.Env, cmd.Stderr = s.Env(), &stderr
	stdin, err := cmd.StdinPipe()
	s.must(err)
	stdout, err := cmd.StdoutPipe()
	s.must(err)
	s.must(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	send := func(message string) {
		_, err := io.WriteString(stdin, message+"\n")
		s.must(err)
	}
	send(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},` +
		`"clientInfo":{"name":"c","version":"1"}}}`)
	send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"use"}}`)
	_, err = s.WaitDialog("subject asks for permission")
	s.must(err)
	s.must(stdout.Close())
	for range 3 {
		send(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"plain"}}`)
	}
	select {
	case err := <-ended:
		t.Fatalf("it ended: %v: %s", err, &stderr)
	case <-time.After(time.Second): // dead long since, if it dies of that
	}
	s.must(stdin.Close())
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("%v: %s", err, &stderr)
		}
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	if d, ok := s.Dialog(); ok {
		t.Errorf("it leaves a dialog: %q", d.Text)
	}
}
