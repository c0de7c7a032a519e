package laws

import (
	"net"
	"os/exec"
	"syscall"
	"time"
)

// A process is one of the subject.
type process struct {
	*stage
	cmd    *exec.Cmd
	stderr log           // what it wrote to standard error
	ended  chan struct{} // closed when it has ended
	err    error         // how it ended
}

func (s *stage) newProcess(arguments, env []string) *process {
	s.t.Helper()
	file, err := s.program()
	s.must(err)
	p := &process{stage: s, cmd: exec.Command(file, arguments...), ended: make(chan struct{})}
	p.cmd.Env = append(s.Env(), env...)
	p.cmd.Stderr = &p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that it does not get the signals of this test
	return p
}

// start starts the process, which is waited for once all of its output is read: to wait closes the pipe. Where nobody reads,
// read is nil.
func (p *process) start(read <-chan struct{}) {
	p.t.Helper()
	p.must(p.cmd.Start())
	go func() {
		defer close(p.ended)
		if read != nil {
			<-read
		}
		p.err = p.cmd.Wait()
	}()
	p.t.Cleanup(p.kill)
}

// serveHTTP starts a process that serves streamable HTTP at a url.
func (s *stage) serveHTTP(env ...string) (p *process, url string) {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	address := l.Addr().String()
	s.must(l.Close())
	p = s.newProcess([]string{"-http", address}, env)
	p.cmd.Stdout = &p.stderr // where there is no protocol
	p.start(nil)
	s.eventually("the subject listens", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return p, "http://" + address + "/mcp"
}

// kill ends the process at once, as a crash would, and waits until it has gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// ends waits for the end of the process, and fails the test unless it ends well.
func (p *process) ends() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatal("the subject does not end")
	}
	if p.err != nil {
		p.t.Fatalf("%v: %s", p.err, p.stderr.String())
	}
}
