package conformance

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Many calls at a time, and the end of a server, over stdio.

func (s suite) fiftyCallsMissTheSameSecret(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := s.newWorld(t, act{Text: goodKey, Open: 2 * slow})
			h := says(accept("Allow for session"))
			g := overStdio.open(t, w).enter(t, visit{version: version, human: h})
			var calls sync.WaitGroup
			for i := range 50 {
				calls.Go(func() {
					if text, err := g.call(t.Context(), toolWith("get_pet", i%10)); err != nil || text != worked {
						t.Errorf("got %q, %v", text, err)
					}
				})
			}
			calls.Wait()
			w.wantDialogs(t, "asks for: Petstore API key")
			codes, questions := 0, 0
			for _, f := range h.seen() {
				if f.isPermission() {
					questions++
				} else {
					codes++
				}
			}
			if codes != 1 || questions != 1 {
				t.Errorf("%d forms for the codes and %d questions, want one each", codes, questions)
			}
		})
	}
}

func (s suite) serverAnswersWhileCallsWait(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := s.newWorld(t, act{Hangs: true})
			p := startProcess(t, w)
			g := p.enter(t, visit{version: version})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var calls sync.WaitGroup
			for i := range 200 {
				calls.Go(func() {
					if text, err := g.call(ctx, toolWith("get_pet", i)); err == nil {
						t.Errorf("got %q", text)
					}
				})
			}
			eventually(t, "the dialog opens", func() bool { return len(w.notes(t)) > 0 })
			// Calls wait for 45 seconds.
			soon, done := context.WithTimeout(t.Context(), 30*time.Second)
			defer done()
			if version != modern { // which has no ping
				if err := g.Ping(soon, nil); err != nil {
					t.Error(err)
				}
			}
			if text, err := g.call(soon, tool("hello")); err != nil || text != "hello" {
				t.Errorf("got %q, %v", text, err)
			}
			if _, err := g.ListTools(soon, nil); err != nil {
				t.Error(err)
			}
			p.must(p.stdin.Close())
			p.wait()
			cancel()
			calls.Wait()
			if notes := w.notes(t); len(notes) != 2 || notes[1].Event != "killed" {
				t.Errorf("dialogs: %v", notes)
			}
		})
	}
}

func (p *process) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// endings are how a client ends a server.
var endings = map[string]func(*process) error{
	"end of input": func(p *process) error { return p.stdin.Close() },
	"SIGTERM":      func(p *process) error { return p.cmd.Process.Signal(syscall.SIGTERM) },
	"interrupt":    func(p *process) error { return p.cmd.Process.Signal(os.Interrupt) },
}

// serverClearsAtItsStart: SECRETS_STORAGE_CLEAR needs no call, and no client that stays.
func (s suite) serverClearsAtItsStart(t *testing.T) {
	w := s.withKey(t)
	p := startProcess(t, w, "SECRETS_STORAGE_CLEAR=TRUE")
	p.enter(t, visit{version: versions[0]})
	p.must(p.stdin.Close())
	p.wait()
	if said := p.stderr.String(); !strings.Contains(said, "SECRETS_STORAGE_CLEAR is set: the secrets of petstore were removed") {
		t.Errorf("the server says %q", said)
	}
}

func (s suite) serverEndsInEachPhase(t *testing.T) {
	never := says(said{never: true}).answer
	for _, version := range versions {
		for phase, row := range map[string]struct {
			world  func(*testing.T, ...act) world
			forms  func(form) said // nil: a client without
			calls  bool
			ready  func(t *testing.T, w world, h *human) bool
			events int // that dialogs have in all
		}{
			"idle": {world: s.newWorld, ready: func(*testing.T, world, *human) bool { return true }},
			"dialog for a value": {world: s.newWorld, calls: true, events: 2, ready: func(t *testing.T, w world, _ *human) bool {
				return len(w.notes(t)) == 1
			}},
			"question": {world: s.withKey, calls: true, events: 2, ready: func(t *testing.T, w world, _ *human) bool {
				return len(w.notes(t)) == 1
			}},
			"form for permission": {world: s.withKey, forms: never, calls: true, ready: func(_ *testing.T, _ world, h *human) bool {
				return len(h.seen()) == 1
			}},
			"form for codes": {world: s.newWorld, forms: saysBoth(said{never: true}, said{never: true}).answer, calls: true, events: 2, ready: func(t *testing.T, w world, h *human) bool {
				return len(h.seen()) == 1 && len(w.notes(t)) == 1
			}},
		} {
			for name, end := range endings {
				t.Run(version+" "+phase+" "+name, func(t *testing.T) {
					if runtime.GOOS == "windows" && name != "end of input" {
						t.Skip("Windows has no signals")
					}
					t.Parallel()
					w := row.world(t, act{Hangs: true})
					p := startProcess(t, w)
					var h *human
					if row.forms != nil {
						h = &human{answer: row.forms}
					}
					g := p.enter(t, visit{version: version, human: h})
					ctx, cancel := context.WithCancel(t.Context())
					ended := make(chan error, 1)
					if row.calls {
						go func() {
							_, err := g.call(ctx, tool("get_pet"))
							ended <- err
						}()
					} else {
						ended <- errors.New("no call")
					}
					eventually(t, "the phase", func() bool { return row.ready(t, w, h) })
					p.must(end(p))
					p.wait() // sooner than a call gives up waiting, and with exit code 0
					cancel()
					if err := <-ended; err == nil {
						t.Error("the call got the key")
					}
					if notes := w.notes(t); len(notes) != row.events || row.events > 0 && notes[1].Event != "killed" {
						t.Errorf("dialogs: %v", notes)
					}
				})
			}
		}
	}
}
