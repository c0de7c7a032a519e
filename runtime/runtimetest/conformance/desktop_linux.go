package conformance

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// An official client, a server in a process of its own, real dialogs and the real keychain.

func (s suite) desktopTests() []namedTest {
	return []namedTest{
		{"CollectionOnADesktop", s.collectionOnADesktop}, {"CancelOnADesktop", s.cancelOnADesktop}, {"EndOnADesktop", s.endOnADesktop},
	}
}

const (
	valueTitle    = "petstore: Petstore API key"
	questionTitle = "petstore asks for permission"
)

// A real is a desktop, and secrets on it that the server's process shares.
type real struct {
	*petstore.Secrets
	*desktop.Desktop
	t    *testing.T
	text string // of the dialog that was found last
}

func openReal(t *testing.T) *real {
	t.Helper()
	d := desktop.ForTest(t, desktop.Options{})
	vault, err := petstore.OpenSecrets()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return &real{Secrets: vault, Desktop: d, t: t}
}

// window waits for the next window of that title, long enough for a person to have read it.
func (r *real) window(title string) desktop.Window {
	r.t.Helper()
	d, err := r.WaitDialog(title)
	r.must(err)
	r.text = d.Text
	time.Sleep(slow) // what is faster than a person does not count
	return d.Window
}

func (r *real) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// startReal starts a server on a desktop.
func (s suite) startReal(t *testing.T) *process {
	t.Helper()
	w := s.newWorld(t)
	w.Desktop = true
	return startProcess(t, w)
}

func (s suite) collectionOnADesktop(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			r := openReal(t)
			compare := make(chan string)
			h := &human{answer: func(f form) said {
				if f.isPermission() {
					return accept("Allow for session")
				}
				return accept(<-compare)
			}}
			g := s.startReal(t).enter(t, visit{version: version, human: h})

			// Codes that differ end the dialog, and nothing is kept.
			for _, answer := range []string{theyMatch, theyDiffer} {
				if answer == theyDiffer {
					r.must(r.Manager.Forget(t.Context(), petstore.KeyAPIKey()))
				}
				before := len(h.seen())
				result := g.calling(t, tool("get_pet"))
				w := r.window(valueTitle)
				eventually(t, "the client shows the form", func() bool { return len(h.seen()) > before })
				inForm, inDialog := code.FindString(h.seen()[before].message), code.FindString(r.text)
				if inForm == "" || inForm != inDialog {
					t.Errorf("the client shows the code %q and the dialog %q", inForm, inDialog)
				}
				compare <- answer
				if answer == theyDiffer {
					if text, err := result(); err == nil || !strings.Contains(err.Error(), differWords) {
						t.Errorf("got %q, %v", text, err)
					}
					r.must(r.WaitNoWindow())
					if stored, err := r.Manager.Stored(t.Context(), petstore.KeyAPIKey()); err != nil || stored {
						t.Errorf("stored: %t, %v", stored, err)
					}
					continue
				}
				r.must(r.Type(w, goodKey))
				r.must(r.Press(w, "Return"))
				if text, err := result(); err != nil || text != worked {
					t.Errorf("got %q, %v", text, err)
				}
				got, err := exec.Command("secret-tool", "lookup", "service", "com.mcp.petstore", "username", "api_key").CombinedOutput()
				if err != nil || strings.TrimSpace(string(got)) != goodKey {
					t.Errorf("the keychain has %q, %v", got, err)
				}
			}
			r.must(r.WaitNoWindow())
		})
	}
}

// A call that its client gives up takes its window along, and the next one is asked about anew.
func (s suite) cancelOnADesktop(t *testing.T) {
	r := openReal(t)
	r.must(r.Manager.Set(t.Context(), petstore.KeyAPIKey(), goodKey))
	for _, version := range versions {
		g := s.startReal(t).enter(t, visit{version: version})
		giveUp, result := g.pay("electricity")
		r.window(questionTitle)
		giveUp()
		if text, err := result(); err == nil {
			t.Errorf("%s: the cancelled call: %q", version, text)
		}
		r.must(r.WaitNoWindow())
		_, result = g.pay("mallory")
		r.must(r.Press(r.window(questionTitle), "Return"))
		if text, err := result(); err == nil || !strings.Contains(err.Error(), refusedWords) {
			t.Errorf("%s: mallory: %q, %v", version, text, err)
		}
		r.must(r.WaitNoWindow())
	}
}

// However a server ends, it takes its windows with it.
func (s suite) endOnADesktop(t *testing.T) {
	r := openReal(t)
	for _, phase := range []string{valueTitle, questionTitle} {
		if phase == questionTitle {
			r.must(r.Manager.Set(t.Context(), petstore.KeyAPIKey(), goodKey))
		}
		for name, end := range endings {
			for _, version := range versions[:2] {
				p := s.startReal(t)
				result := p.enter(t, visit{version: version}).calling(t, tool("get_pet"))
				r.window(phase)
				p.must(end(p))
				p.wait()
				if _, err := result(); err == nil {
					t.Errorf("%s, %s, %s: the call got the key", phase, name, version)
				}
				r.must(r.WaitNoWindow())
				if _, open := r.Dialog(); open {
					t.Errorf("%s, %s, %s: the dialog's program lives", phase, name, version)
				}
			}
		}
	}
	// Nobody holds the lock of the dialogs.
	r.must(r.Manager.Forget(t.Context(), petstore.KeyAPIKey()))
	got := make(chan error, 1)
	go func() {
		_, err := r.APIKey(r.Manager.Background(context.Background()), reason)
		got <- err
	}()
	r.must(r.Press(r.window(valueTitle), "Escape"))
	if err := <-got; !errors.Is(err, secrets.ErrDismissed) {
		t.Error(err)
	}
}
