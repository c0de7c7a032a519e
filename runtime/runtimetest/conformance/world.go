package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

const (
	goodKey  = "pets-0123456789abcdef"
	otherKey = "pets-fedcba9876543210"
)

// A world is what a server finds when it starts. As it has to reach another process, it is plain data, and what happens in
// it is written to files.
type world struct {
	adapter Adapter

	Dir      string // has the diary and the log
	Stored   bool   // whether the API key and the user name are in the keychain
	Password string // in the keychain; "" for none
	Desktop  bool   // real keychain and real dialogs; the rest is then without a meaning
	Dialogs  []act  // what the person does with native dialogs, in order
	Fork     bool   // the server has alternatives in place of the petstore's secrets
	Sends    bool   // the server has a key that is only sent in their place
	// KeyExpired says that the upstream of a server that sends takes the key that is stored first no more.
	KeyExpired bool
	Blind      string // why no dialog can open, as is known before: a name of [blindness]; "" where they can
}

// An act is what the person does with one native dialog.
type act struct {
	Text      string         // typed, where the dialog asks for a value
	Answer    secrets.Answer // given, where it asks for permission
	Dismisses bool           // the dialog is closed instead
	Open      time.Duration  // how long the dialog is open first
	Hangs     bool           // the dialog stays open until it is taken away
}

// A note is one thing that happened to a native dialog.
type note struct {
	Event string // opened, answered or killed
	Text  string // what was shown
}

func (s suite) newWorld(t *testing.T, dialogs ...act) world {
	return world{adapter: s.Adapter, Dir: t.TempDir(), Dialogs: dialogs}
}

// withKey is newWorld with the API key and the user name in the keychain.
func (s suite) withKey(t *testing.T, dialogs ...act) world {
	w := s.newWorld(t, dialogs...)
	w.Stored = true
	return w
}

func (w world) diary() string   { return filepath.Join(w.Dir, "diary") }
func (w world) logFile() string { return filepath.Join(w.Dir, "log") }

// notes returns what happened to dialogs so far.
func (w world) notes(t *testing.T) []note {
	t.Helper()
	return readLines[note](t, w.diary())
}

// shown returns the texts of the native dialogs so far.
func (w world) shown(t *testing.T) []string {
	t.Helper()
	var texts []string
	for _, n := range w.notes(t) {
		if n.Event == "opened" {
			texts = append(texts, n.Text)
		}
	}
	return texts
}

// wantDialogs fails unless the native dialogs so far say words, in this order.
func (w world) wantDialogs(t *testing.T, words ...string) {
	t.Helper()
	shown := w.shown(t)
	ok := len(shown) == len(words)
	for i := 0; ok && i < len(words); i++ {
		ok = strings.Contains(shown[i], words[i])
	}
	if !ok {
		t.Errorf("the dialogs were %q, want %q", shown, words)
	}
}

func readLines[T any](t *testing.T, name string) []T {
	t.Helper()
	file, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var all []T
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		var one T
		if err := json.Unmarshal(scanner.Bytes(), &one); err != nil {
			t.Fatalf("%s: %v: %s", name, err, scanner.Text())
		}
		all = append(all, one)
	}
	return all
}

// An appender is a file that is open only while something is added to it: Windows removes no open files.
type appender string

func (a appender) Write(line []byte) (int, error) {
	file, err := os.OpenFile(string(a), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	return file.Write(line)
}

// A robot is the person at a world's computer: a Prompter that does what was written down.
type robot struct {
	mu    sync.Mutex
	acts  []act
	diary appender
	blind error
}

// blindness are the ways in which no dialog can open.
var blindness = map[string]error{"no display": secrets.ErrNoDisplay, "no program": secrets.ErrNoDialog}

// Ready returns why no dialog can open.
func (r *robot) Ready(context.Context) error { return r.blind }

func (r *robot) write(n note) {
	line, err := json.Marshal(n)
	if err == nil {
		_, err = r.diary.Write(append(line, '\n'))
	}
	if err != nil {
		panic(err)
	}
}

func (r *robot) next(ctx context.Context, text string) (act, error) {
	if r.blind != nil {
		return act{}, r.blind
	}
	r.mu.Lock()
	defer r.mu.Unlock() // one dialog at a time
	r.write(note{"opened", text})
	if len(r.acts) == 0 {
		return act{}, secrets.ErrNoDisplay
	}
	a := r.acts[0]
	r.acts = r.acts[1:]
	var open <-chan time.Time
	if !a.Hangs {
		open = time.After(a.Open)
	}
	select {
	case <-open:
		r.write(note{"answered", text})
		if a.Dismisses {
			return act{}, secrets.ErrDismissed
		}
		return a, nil
	case <-ctx.Done():
		r.write(note{"killed", text})
		return act{}, ctx.Err()
	}
}

func (r *robot) Enter(ctx context.Context, e secrets.Entry) (string, error) {
	a, err := r.next(ctx, e.Title+"\n"+e.Text)
	return a.Text, err
}

func (r *robot) Ask(ctx context.Context, q secrets.Question) (secrets.Answer, error) {
	text := q.Title + "\n" + q.Text + "\n[" + q.Allow + "] [" + q.AllowForSession + "] [" + q.Deny + "]"
	a, err := r.next(ctx, text)
	return a.Answer, err
}

func (r *robot) Lock(ctx context.Context) (func(), error) { return func() {}, ctx.Err() }
