//go:build linux

package desktop

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// A process is one long-running part of the desktop. A nil process is a part
// that was left out.
type process struct {
	cmd  *exec.Cmd
	log  *tail
	done chan struct{} // closed when it has ended and was waited for
}

// A starter starts processes from one operating-system thread that lives as
// long as the desktop. The kernel kills them when that thread ends, so nothing
// is left behind even when the test process is killed.
type starter struct {
	jobs chan func()
}

func newStarter() *starter {
	s := &starter{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

func (s *starter) stop() { close(s.jobs) }

// start starts cmd, in a process group of its own so that a Control-C in the
// terminal leaves the order of ending to Stop.
func (s *starter) start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, log: &tail{}, done: make(chan struct{})}
	cmd.Stderr = p.log
	if cmd.Stdout == nil {
		cmd.Stdout = p.log
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second // a grandchild may hold the log open
	started := make(chan error)
	s.jobs <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait() // how it ended is of no interest
		close(p.done)
	}()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// signal sends sig to the process; one that has ended is not an error.
func (p *process) signal(sig syscall.Signal) error {
	if p.ended() {
		return nil
	}
	return p.cmd.Process.Signal(sig)
}

// end asks the process to end, then makes it, and waits for it.
func (p *process) end() {
	if p == nil {
		return
	}
	_ = p.signal(syscall.SIGTERM)
	_ = p.signal(syscall.SIGCONT) // a frozen one could not hear it
	select {
	case <-p.done:
	case <-time.After(2 * time.Second):
		p.kill()
	}
}

// kill ends the process without giving it a chance, and waits for it.
func (p *process) kill() {
	_ = p.signal(syscall.SIGKILL)
	<-p.done
}

// killStrays kills what others started inside this desktop: dialogs that a
// failed test left open, programs that the bus started. They are known by the
// private runtime folder in their environment, so nobody else's is ever hit.
func (d *Desktop) killStrays() {
	mark := []byte("XDG_RUNTIME_DIR=" + d.env["XDG_RUNTIME_DIR"])
	_ = pollFor(5*time.Second, "end of all programs in the desktop", func() (bool, error) {
		none := true
		for _, pid := range processes() {
			env, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
			if err != nil || pid == os.Getpid() {
				continue
			}
			for _, kv := range bytes.Split(env, []byte{0}) {
				if bytes.Equal(kv, mark) {
					none = false
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		}
		return none, nil
	})
}

// processes lists the ids of all processes that can be seen.
func processes() []int {
	entries, _ := os.ReadDir("/proc")
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// tail keeps the last part of what a program wrote, for error texts.
type tail struct {
	mu   sync.Mutex
	text []byte
}

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - 4096; over > 0 {
		t.text = t.text[over:]
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// diedEarly is the error of a part that ended while it was being waited for.
func (p *process) diedEarly() error {
	return fmt.Errorf("%s ended: %s", filepath.Base(p.cmd.Path), p.log)
}
