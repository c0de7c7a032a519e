package laws

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
)

// answerDialogs is the person at the screen, until stop is closed: mostly they answer, at times they do not. One who is
// willing never refuses.
func (s *stage) answerDialogs(stop chan struct{}, chances *rand.Rand, willing bool) {
	last, since := 0, time.Now()
	for {
		select {
		case <-stop:
			return
		case <-time.After(20 * time.Millisecond):
		}
		dialog, ok := s.Dialog()
		if !ok || dialog.PID == last && time.Since(since) < 2*time.Second { // it goes, or else did not take the answer
			continue
		}
		windows, err := s.Windows()
		if err != nil || len(windows) == 0 {
			continue
		}
		time.Sleep(reading)
		last, since = dialog.PID, time.Now()
		w := windows[0]
		// Errors: the dialog may be withdrawn at any time.
		switch {
		case willing:
			_ = s.Press(w, s.Keys(desktop.Allow)...)
		case chances.IntN(10) == 0:
			_ = syscall.Kill(dialog.PID, syscall.SIGKILL)
		case chances.IntN(10) == 0:
			_ = s.Press(w, "Escape")
		case chances.IntN(10) == 0:
			_ = s.Close(w)
		case strings.Contains(dialog.Text, "\n--entry\n"):
			if s.Type(w, "sk-live-"+secretText) == nil {
				_ = s.Press(w, "Return")
			}
		case chances.IntN(2) == 0:
			_ = s.Press(w, s.Keys(desktop.Allow)...) // Allow
		default:
			_ = s.Press(w, "Return") // Deny
		}
	}
}

// makeTrouble is whatever else happens on a computer, until stop is closed. In the end all is well again.
func (s *soak) makeTrouble(stop chan struct{}, chances *rand.Rand) {
	troubles := []func() error{
		func() error { return s.secrets("set", "key", fmt.Sprintf("%s-%d", secretText, chances.IntN(3))) },
		func() error { return s.secrets("forget", "prefixed", "") },
		func() error { return s.secrets("set", "prefixed", "sk-live-"+secretText) },
		func() error {
			if err := s.Freeze(); err != nil {
				return err
			}
			time.Sleep(time.Duration(chances.IntN(1000)) * time.Millisecond)
			return s.Thaw()
		},
		func() error {
			if err := s.KillKeyring(); err != nil {
				return err
			}
			time.Sleep(time.Duration(chances.IntN(300)) * time.Millisecond)
			return s.StartKeyring()
		},
		func() error { return s.lockAndUnlock(chances.IntN(2) == 0) },
	}
	for {
		order := chances.Perm(len(troubles))
		for _, i := range order {
			if err := troubles[i](); err != nil {
				s.t.Errorf("trouble %d: %v", i, err)
			}
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(chances.IntN(2000)) * time.Millisecond):
			}
		}
	}
}

// lockAndUnlock locks the keychain, whose user then dismisses its prompt, or not, and unlocks it at last.
func (s *soak) lockAndUnlock(dismiss bool) error {
	if err := s.Lock(); err != nil {
		return err
	}
	unlocked := make(chan struct{})
	go func() { // another program has the keychain ask for its password: the subject may be in the back-off of a refusal
		defer close(unlocked)
		ctx, cancel := s.patiently()
		defer cancel()
		for ctx.Err() == nil {
			cmd := exec.CommandContext(ctx, "secret-tool", "lookup", "service", service, "username", "key")
			cmd.Env = s.Env()
			if cmd.Run() == nil {
				return
			}
		}
	}()
	if dismiss {
		s.escapePrompt()
	}
	for {
		err := s.AnswerPrompt(s.Password)
		select {
		case <-unlocked:
			return nil
		case <-time.After(time.Second):
			if err != nil {
				return err
			}
		}
	}
}

// escapePrompt presses Escape in the keychain's prompt, once: the next one may come at once and be the same window.
func (s *soak) escapePrompt() {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		windows, _ := s.Windows()
		for _, w := range windows {
			if !strings.HasPrefix(w.Title, "subject") {
				time.Sleep(reading) // it does not take keys at once
				_ = s.Press(w, "Escape")
				return
			}
		}
	}
}

// secrets is the user's other hand: the subject's own command, in another process.
func (s *stage) secrets(command, name, value string) error {
	file, err := s.program()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, file, "secrets", command, name)
	cmd.Env, cmd.Stdin = s.Env(), strings.NewReader(value)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("secrets %s %s: %w: %s", command, name, err, out)
	}
	return nil
}

// dieWithDisplay kills the display while a dialog is open, and fails the test unless all calls end then and later.
func (s *soak) dieWithDisplay() {
	s.t.Helper()
	ctx, cancel := s.patiently()
	defer cancel()
	fails := func() {
		v := &visitor{s, s.newCaller(), nil, "no display"}
		state := v.modern("use", "", nil).Result.RequestState
		got, err := v.call(ctx, "use", object{}, state, accept("Allow")) // too fast: the dialog
		v.note(v.what, got, err)
		if !got.Result.IsError {
			s.t.Errorf("without a display: %q", got.text())
		}
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		fails()
	}()
	s.eventually("a dialog", func() bool { _, ok := s.Dialog(); return ok })
	s.must(s.KillDisplay())
	<-ended
	fails()
}
