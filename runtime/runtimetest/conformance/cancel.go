package conformance

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// What becomes of a question whose call its client gives up: "Allow" is for one call, with its arguments.

// pay calls the tool that uses the key for somebody, and returns how to give the call up, and what came of it.
func (g *guest) pay(to string) (giveUp func(), result func() (string, error)) {
	ctx, cancel := context.WithCancel(context.Background())
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := g.call(ctx, toolWith("get_pet", to))
		done <- answer{text, err}
	}()
	return cancel, func() (string, error) {
		a := <-done
		cancel()
		return a.text, a.err
	}
}

// comesBack returns the guest, with another connection where there can be one: the official client closes one to mcp-go when it
// gives up a call.
func (g *guest) comesBack(t *testing.T, over transport, p place) *guest {
	if over.name == inProcess.name {
		return g
	}
	return p.enter(t, g.visit)
}

// The client can't show forms: a dialog asks.
func (s suite) cancelledCallClosesItsDialog(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withKey(t, act{Hangs: true}, act{Answer: secrets.Deny})
		p := over.open(t, w)
		g := p.enter(t, visit{version: version})
		giveUp, result := g.pay("electricity")
		synctest.Wait()
		w.wantDialogs(t, "Tool: get_pet")
		giveUp()
		_, _ = result()
		synctest.Wait()
		if notes := w.notes(t); len(notes) != 2 || notes[1].Event != "killed" {
			t.Fatalf("the dialog of a cancelled call: %+v", notes)
		}
		g.comesBack(t, over, p).fails(t, toolWith("get_pet", "mallory"), refusedWords)
		w.wantDialogs(t, "Tool: get_pet", "Tool: get_pet")
	})
}

// The client is asked in place. What its user allows too late, in a form that may still be there, allows nothing.
func (s suite) answerToACancelledCall(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withKey(t)
		asked := 0
		h := &human{answer: func(form) said {
			if asked++; asked > 1 {
				return accept("Deny")
			}
			late := accept("Allow for session")
			late.after = 2 * time.Second
			return late
		}}
		p := over.open(t, w)
		g := p.enter(t, visit{version: version, human: h})
		giveUp, result := g.pay("electricity")
		time.Sleep(time.Second)
		giveUp()
		_, _ = result()
		time.Sleep(2 * time.Second) // the answer has come
		g = g.comesBack(t, over, p)
		if now := g.status(t); len(now.Grants) != 0 {
			t.Errorf("grants %q", now.Grants)
		}
		g.fails(t, toolWith("get_pet", "mallory"), refusedWords)
		w.wantDialogs(t)
	})
}

// What the user allows after a call had waited for as long as clients bear is for that call when it comes again, and for no other.
func (s suite) unfetchedAllowIsForTheSameArguments(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withKey(t, act{Answer: secrets.AllowOnce, Open: time.Minute}, act{Answer: secrets.Deny})
		g := over.open(t, w).enter(t, visit{version: version})
		g.fails(t, toolWith("get_pet", "electricity"), "call again")
		time.Sleep(time.Minute)
		g.fails(t, toolWith("get_pet", "mallory"), refusedWords)
		w.wantDialogs(t, "Tool: get_pet", "Tool: get_pet")
		time.Sleep(time.Minute + time.Second)
		g.works(t, toolWith("get_pet", "electricity"))
		w.wantDialogs(t, "Tool: get_pet", "Tool: get_pet")
		records := w.audit(t)
		if last := records[len(records)-1]; last.Outcome != "handed out" || last.How != "answered in a dialog, when the same call came before" {
			t.Errorf("the last record: %+v", last)
		}
	})
}

// Two calls of one tool at a time are two questions. An answer for the session releases both, however it is given. A dialog
// gives none to who comes over HTTP: there, both are asked.
func (s suite) sessionReleasesAllArguments(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		for _, shows := range []bool{true, false} {
			w := s.withKey(t, act{Answer: longest(over), Open: time.Second}, act{Answer: secrets.AllowOnce})
			v := visit{version: version}
			if shows {
				v.human = says(accept("Allow for session"))
			}
			g := over.open(t, w).enter(t, v)
			_, first := g.pay("electricity")
			_, second := g.pay("water")
			for _, result := range []func() (string, error){first, second} {
				if text, err := result(); err != nil || text != worked {
					t.Errorf("forms %t: %q, %v", shows, text, err)
				}
			}
			switch {
			case shows:
				if forms := v.human.seen(); len(forms) != 1 {
					t.Errorf("%d forms", len(forms))
				}
				w.wantDialogs(t)
			case longest(over) == secrets.AllowSession:
				w.wantDialogs(t, "Tool: get_pet")
			default:
				w.wantDialogs(t, "Tool: get_pet", "Tool: get_pet")
			}
		}
	})
}

// A window in which somebody may be typing stays, whatever becomes of the call.
func (s suite) cancelledCallLeavesTheWindowForAValue(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.newWorld(t, act{Text: goodKey, Open: time.Minute})
		p := over.open(t, w)
		g := p.enter(t, visit{version: version})
		giveUp, result := g.pay("electricity")
		time.Sleep(time.Second)
		giveUp()
		_, _ = result()
		time.Sleep(2 * time.Minute)
		now := g.comesBack(t, over, p).status(t)
		if notes := w.notes(t); len(notes) != 2 || notes[1].Event != "answered" || !now.Stored {
			t.Errorf("the dialogs: %+v, stored: %t", notes, now.Stored)
		}
	})
}

// Codes that differ may be an attack, and are told and logged as that, by the tool that sets a value too.
func (s suite) codesThatDifferAreAnAttack(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.newWorld(t, act{Hangs: true}, act{Hangs: true})
		p := over.open(t, w)
		shopOf(p).AddTools()
		g := p.enter(t, visit{version: version, human: saysBoth(accept("Allow"), accept(theyDiffer))})
		g.fails(t, tool("get_pet"), differWords)
		if records := w.audit(t); len(records) != 1 || records[0].Outcome != "refused" || records[0].How != "codes_differ" {
			t.Errorf("records: %+v", records)
		}
		time.Sleep(time.Minute + time.Second)
		if text, isError := g.useTool(t, "secrets_set", "api_key"); !isError || !strings.Contains(text, differWords) {
			t.Error(text)
		}
		log, err := os.ReadFile(w.logFile())
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(log, []byte("the verification codes differed: another program may have drawn the window")); n != 2 {
			t.Errorf("noted %d times:\n%s", n, log)
		}
	})
}
