package laws

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/testdata/chance"
)

// A watcher looks at what else there is while dialogs are open: the arguments and the environment of every process of the
// desktop, and every file in its folders, where the subject's temporary files are too.
type watcher struct {
	*stage
	mu     sync.Mutex
	finder finder
	found  []string
	seen   int // how often it saw a dialog
}

// watch looks again and again until the test ends it.
func (s *stage) watch() (w *watcher, end func()) {
	w = &watcher{stage: s}
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			w.look()
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return w, func() { cancel(); <-done; w.look() }
}

// expect tells which value is about to be entered.
func (w *watcher) expect(v value) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finder.learn(v, "")
}

func (w *watcher) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	processes, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, process := range processes {
		environ, _ := os.ReadFile(process + "/environ") // it may have ended
		name, _ := os.ReadFile(process + "/comm")
		if string(name) == "xdotool\n" || !strings.Contains(string(environ), w.Dir()) {
			continue // the fingers of the user; and what is not of the desktop
		}
		if string(name) == "zenity\n" {
			w.seen++
		}
		arguments, _ := os.ReadFile(process + "/cmdline")
		w.search("the environment of "+string(name), environ)
		w.search("the arguments of "+string(name), arguments)
	}
	_ = filepath.WalkDir(w.Dir(), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			text, _ := os.ReadFile(path) // it may have gone
			w.search(path, text)
		}
		return nil
	})
}

func (w *watcher) search(where string, text []byte) {
	for _, found := range w.finder.find(strings.ReplaceAll(string(text), "\x00", "\n")) {
		w.found = append(w.found, where+" has "+found)
	}
}

// typeable makes a value that has keys on every keyboard.
func typeable(r *rand.Rand) value {
	secret := text(r, digits+lower+upper+marks, 12, 30)
	return value{kind: "what was typed", text: "a" + secret + "z", confidential: []string{secret}}
}

// While values are entered in dialogs and used, nothing of them is in an argument, an environment variable or a file, nor is
// it in what the subject says.
func TestNoValueEscapesFromADialog(t *testing.T) { onOneSDK(t, noValueEscapesFromADialog) }

func noValueEscapesFromADialog(t *testing.T, sdk string) {
	r := chance.Source(t)
	for range chance.Times() {
		revision := pick(r, revisions)
		s := openStage(t, sdk)
		temporary := filepath.Join(s.Dir(), "tmp")
		s.must(os.Mkdir(temporary, 0o700))
		w, end := s.watch()
		e := &escapee{r: r, values: map[string]value{}, read: map[*log]int{}}
		e.session = s.visit(revision, says("Allow for session"), "TMPDIR="+temporary)

		key := typeable(r)
		prefixed := typeable(r)
		file := choose(r, fileMakers)
		for name, v := range map[string]value{"key": key, "prefixed": prefixed, "file": file} {
			e.values[name] = v
			e.finder.learn(v, public)
			w.expect(v)
		}
		e.enter("key", "subject: Key", func() { s.types("subject: Key", key.text) })
		e.enter("prefixed", "subject: Key with a known beginning", func() {
			s.types("subject: Key with a known beginning", "wrong-"+prefixed.text) // and is asked again
			s.types("subject: Key with a known beginning", "sk-live-"+prefixed.text)
		})
		path := filepath.Join(t.TempDir(), "key.pem")
		s.must(os.WriteFile(path, []byte(file.text), 0o600))
		e.enter("file", "subject: Key file", func() { s.chooses("subject: Key file", path) })
		e.search()
		end()
		if w.found != nil || w.seen < 5 {
			t.Errorf("%s: saw dialogs %d times, and %s", revision, w.seen, strings.Join(w.found, "\n"))
		}
		s.Stop()
	}
}

// enter has a secret used that is missing, and its user enters it.
func (e *escapee) enter(name, title string, user func()) {
	e.t.Helper()
	done := make(chan string)
	go func() {
		text, _, _ := e.call("leak", map[string]any{"secret": name, "channel": "text"})
		done <- text
	}()
	user()
	select {
	case text := <-done:
		if !strings.Contains(text, "[redacted]") {
			e.t.Errorf("%s: %q", title, text)
		}
	case <-time.After(patience):
		e.t.Fatalf("%s: nothing comes of it", title)
	}
	if found := e.finder.find(e.news()); found != nil {
		e.t.Errorf("%s: %s", title, strings.Join(found, "\n"))
	}
}

// types types a value into the next dialog.
func (s *stage) types(title, value string) {
	s.t.Helper()
	d, err := s.WaitDialog(title)
	s.must(err)
	time.Sleep(reading)
	s.must(s.Type(d.Window, value))
	s.must(s.Press(d.Window, "Return"))
}

// chooses chooses a file in the next dialog.
func (s *stage) chooses(title, path string) {
	s.t.Helper()
	d, err := s.WaitDialog(title)
	s.must(err)
	time.Sleep(reading)
	s.must(s.Press(d.Window, "Return"))
	chooser, err := s.WaitDialog(title)
	s.must(err)
	s.must(s.Press(chooser.Window, "slash")) // opens the field for a path, and swallows keys meanwhile
	s.eventually("the file's choice", func() bool {
		if open, ok := s.Dialog(); !ok || open.PID != chooser.PID {
			return true
		}
		_ = s.Press(chooser.Window, "ctrl+a") // the window may have gone
		_ = s.Type(chooser.Window, path)
		_ = s.Press(chooser.Window, "Return")
		for range 40 {
			if open, ok := s.Dialog(); !ok || open.PID != chooser.PID {
				return true
			}
			time.Sleep(50 * time.Millisecond)
		}
		return false
	})
}
