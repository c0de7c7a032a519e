package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// What the client's answers mean: over stdio to another process in real time, and over HTTP and in the same process on a clock of
// the test's own.

// An answerRow is a cell of the table: one answer of the client, and what must come of it.
type answerRow struct {
	name    string
	says    said
	dialogs int    // native dialogs in all
	want    string // what the error says; "" where the tool gets the key
	grant   bool   // there is a grant then
	killed  bool   // the dialog was taken away
	// rude answers are such as the official client would not let through.
	rude bool
}

var (
	refusedWords   = "did not allow"
	dismissedWords = "closed the window"
	differWords    = "did not allow the use of api_key: the window that asked for it showed another verification code"
)

func fast(s said) said { s.after = 0; return s }

func accepts(answer any) said {
	return said{action: "accept", content: map[string]any{"answer": answer}, after: slow}
}

var permissionRows = []answerRow{
	{name: "allow", says: accept("Allow")},
	{name: "allow for session", says: accept("Allow for session"), grant: true},
	{name: "deny", says: accept("Deny"), want: refusedWords},
	{name: "allow, fast", says: fast(accept("Allow")), dialogs: 1},
	{name: "allow for session, fast", says: fast(accept("Allow for session")), dialogs: 1},
	{name: "deny, fast", says: fast(accept("Deny")), dialogs: 1},
	{name: "empty", says: said{action: "accept", after: slow}, dialogs: 1},
	{name: "not offered", says: accepts("Allow everything"), dialogs: 1, rude: true},
	{name: "no text", says: accepts(1), dialogs: 1, rude: true},
	{name: "unknown action", says: said{action: "maybe", after: slow}, dialogs: 1, rude: true},
	{name: "decline", says: said{action: "decline", after: slow}, want: refusedWords},
	{name: "decline, fast", says: said{action: "decline"}, dialogs: 1},
	{name: "cancel", says: said{action: "cancel", after: slow}, want: dismissedWords},
	{name: "cancel, fast", says: said{action: "cancel"}, dialogs: 1},
	{name: "error", says: said{err: errors.New("method not found"), after: slow}, dialogs: 1},
	{name: "error, fast", says: said{err: errors.New("method not found")}, dialogs: 1},
}

// In the rows for codes, the dialog asks for the value and the client's human allows the use.
var codesRows = []answerRow{
	{name: "match", says: accept(theyMatch)},
	{name: "differ", says: accept(theyDiffer), want: differWords, killed: true},
	{name: "match, fast", says: fast(accept(theyMatch))},
	{name: "differ, fast", says: fast(accept(theyDiffer))},
	{name: "empty", says: said{action: "accept", after: slow}},
	{name: "not offered", says: accepts("They match somehow"), rude: true},
	{name: "no text", says: accepts([]any{theyDiffer}), rude: true},
	{name: "unknown action", says: said{action: "maybe", after: slow}, rude: true},
	{name: "decline", says: said{action: "decline", after: slow}, want: refusedWords, killed: true},
	{name: "decline, fast", says: said{action: "decline"}},
	{name: "cancel", says: said{action: "cancel", after: slow}, want: dismissedWords, killed: true},
	{name: "cancel, fast", says: said{action: "cancel"}},
	{name: "error", says: said{err: errors.New("method not found"), after: slow}},
}

// each runs a row over all transports. A quick answer over stdio may become a slow one on a busy machine, which proves
// nothing: then it is tried again.
func each(t *testing.T, rows []answerRow, try func(t *testing.T, over transport, version string, row answerRow) error) {
	for _, version := range versions {
		for _, row := range rows {
			for _, over := range []transport{onClock, inProcess} {
				if over.lacks(version) {
					continue
				}
				t.Run(fmt.Sprintf("%s %s %s", over.name, version, row.name), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						if err := try(t, over, version, row); err != nil {
							t.Error(err)
						}
					})
				})
			}
			t.Run(fmt.Sprintf("stdio %s %s", version, row.name), func(t *testing.T) {
				t.Parallel()
				for attempt := 1; ; attempt++ {
					begun := time.Now()
					err := try(t, overStdio, version, row)
					if err == nil {
						return
					}
					if row.says.after > 0 || attempt == 5 || time.Since(begun) < 300*time.Millisecond {
						t.Fatal(err)
					}
					t.Logf("tried again: %v", err)
				}
			})
		}
	}
}

func (s suite) answersToAQuestion(t *testing.T) {
	each(t, permissionRows, func(t *testing.T, over transport, version string, row answerRow) error {
		w := s.withKey(t, act{Answer: secrets.AllowOnce})
		h := says(row.says)
		g := over.open(t, w).enter(t, visit{version: version, human: h, unchecked: row.rude})
		text, err := g.call(t.Context(), tool("get_pet"))
		if row.says.err != nil && version == modern {
			// Such a client gives up by itself, and may come again.
			if err == nil || len(w.shown(t)) != 0 {
				return fmt.Errorf("the client did not give up: %q, dialogs %q", text, w.shown(t))
			}
			time.Sleep(2100 * time.Millisecond)
			text, err = g.call(t.Context(), tool("get_pet"))
		}
		if err := row.outcome(text, err); err != nil {
			return err
		}
		if shown := w.shown(t); len(shown) != row.dialogs {
			return fmt.Errorf("dialogs: %q, want %d", shown, row.dialogs)
		}
		if forms := h.seen(); len(forms) != 1 || !forms[0].isPermission() {
			return fmt.Errorf("forms: %v, want one", forms)
		}
		if grants := g.status(t).Grants; row.grant != (len(grants) == 1) {
			return fmt.Errorf("grants: %q", grants)
		}
		return nil
	})
}

func (s suite) answersToTheCodes(t *testing.T) {
	each(t, codesRows, func(t *testing.T, over transport, version string, row answerRow) error {
		w := s.newWorld(t, act{Text: goodKey, Open: 2 * slow, Hangs: row.killed})
		h := saysBoth(accept("Allow"), row.says)
		g := over.open(t, w).enter(t, visit{version: version, human: h, unchecked: row.rude})
		text, err := g.call(t.Context(), tool("get_pet"))
		if row.says.err != nil && version == modern {
			if err == nil {
				return fmt.Errorf("the client did not give up: %q", text)
			}
			eventually(t, "the dialog alone decides", func() bool { return g.status(t).Stored })
			h.answer = says(accept("Allow")).answer
			text, err = g.call(t.Context(), tool("get_pet"))
		}
		if err := row.outcome(text, err); err != nil {
			return err
		}
		notes := w.notes(t)
		end := "answered"
		if row.killed {
			end = "killed"
		}
		if len(notes) != 2 || notes[1].Event != end {
			return fmt.Errorf("dialogs: %v, want one that was %s", notes, end)
		}
		if stored := g.status(t).Stored; stored == row.killed {
			return fmt.Errorf("stored: %t", stored)
		}
		form := h.seen()[0].message
		if inForm, inDialog := code.FindString(form), code.FindString(notes[0].Text); inForm == "" || inForm != inDialog {
			return fmt.Errorf("the form shows the code %q and the dialog %q", inForm, inDialog)
		}
		if !strings.Contains(form, "Petstore API key") || strings.Contains(form, goodKey) {
			return fmt.Errorf("the form must name the secret and not hold it:\n%s", form)
		}
		return nil
	})
}

// outcome compares what the tool said with what the row wants.
func (row answerRow) outcome(text string, err error) error {
	switch {
	case row.want == "" && (err != nil || text != worked):
		return fmt.Errorf("got %q, %v, want the key to be used", text, err)
	case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
		return fmt.Errorf("got %q, %v, want %q", text, err, row.want)
	}
	return nil
}

// A refusal is remembered: the next call is refused with neither a form nor a dialog.
func (s suite) refusalIsNotAskedAgain(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.withKey(t)
				h := says(accept("Deny"))
				g := onClock.open(t, w).enter(t, visit{version: version, human: h})
				g.fails(t, tool("get_pet"), refusedWords)
				g.fails(t, tool("rename_pet"), refusedWords)
				if forms := h.seen(); len(forms) != 1 {
					t.Errorf("forms: %v", forms)
				}
				time.Sleep(time.Minute + time.Second)
				g.fails(t, tool("rename_pet"), refusedWords)
				if forms := h.seen(); len(forms) != 2 {
					t.Errorf("forms: %v", forms)
				}
				w.wantDialogs(t)
			})
		})
	}
}

// Nobody answers the form: the call is held 45 seconds, the question lives five minutes, and then the dialog is asked.
func (s suite) noAnswerInPlace(t *testing.T) {
	for _, version := range versions[1:] {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.withKey(t, act{Answer: secrets.AllowOnce})
				h := says(said{never: true})
				g := onClock.open(t, w).enter(t, visit{version: version, human: h})
				begun := time.Now()
				for time.Since(begun) < 299*time.Second {
					call := time.Now()
					g.fails(t, tool("get_pet"), "call again")
					if held := time.Since(call); held > 46*time.Second {
						t.Fatalf("a call was held for %v", held)
					}
				}
				w.wantDialogs(t)
				if forms := h.seen(); len(forms) != 1 {
					t.Errorf("%d forms: a call that comes again must join", len(forms))
				}
				time.Sleep(10 * time.Second)
				g.works(t, tool("get_pet"))
				w.wantDialogs(t, "Tool: get_pet")
			})
		})
	}
}

// Nobody answers the form for the codes: the dialog alone decides.
func (s suite) noAnswerToTheCodes(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		if version == modern {
			return // the request comes again with an answer, or does not come again
		}
		w := s.newWorld(t, act{Text: goodKey, Open: 2 * time.Second})
		p := over.open(t, w)
		g := p.enter(t, visit{version: version, human: saysBoth(accept("Allow"), said{never: true})})
		g.works(t, tool("get_pet"))
		if !g.status(t).Stored {
			t.Error("what was typed is not stored")
		}
		if err := shopOf(p).Manager.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A client that answers nothing leads to the dialog also where its calls are of several tools.
func (s suite) noAnswerWhileToolsAlternate(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withKey(t, act{Answer: longest(over)})
		h := says(said{never: true})
		g := over.open(t, w).enter(t, visit{version: version, human: h, byHand: true})
		begun := time.Now()
		for i := 0; len(w.shown(t)) == 0; i++ {
			if time.Since(begun) > 12*time.Minute {
				t.Fatalf("no dialog after %v and %d calls", time.Since(begun), i)
			}
			sent := time.Now()
			_, _ = g.CallTool(t.Context(), tool([]string{"get_pet", "rename_pet"}[i%2]))
			if held := time.Since(sent); held > 46*time.Second {
				t.Fatalf("a call was held for %v", held)
			}
			time.Sleep(3 * time.Second)
		}
		if longest(over) == secrets.AllowSession {
			g.works(t, tool("get_pet"))
			g.works(t, tool("rename_pet"))
		}
		if len(w.shown(t)) != 1 {
			t.Errorf("dialogs: %q", w.shown(t))
		}
	})
}

// All sessions of the server's process are one principal's: a question is asked once, and its answer counts in all of them.
func (s suite) noAnswerInAnySessionOfTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := s.withKey(t, act{Answer: secrets.AllowOnce})
		h := says(said{never: true})
		p := openHere(t, w)
		enter := func() *guest {
			return p.enterBy(t, p.another(s.Adapter).Transport(), visit{version: "2025-06-18", human: h})
		}
		for range 2 { // the second joins the question
			enter().fails(t, tool("get_pet"), "call again")
		}
		w.wantDialogs(t)
		if forms := h.seen(); len(forms) != 1 {
			t.Errorf("%d forms", len(forms))
		}
		time.Sleep(5 * time.Minute)
		enter().works(t, tool("get_pet"))
		w.wantDialogs(t, "Tool: get_pet")
	})
}

func (s suite) noAnswerToAnInputRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := s.withKey(t, act{Answer: secrets.AllowOnce})
		g := onClock.open(t, w).enter(t, visit{version: modern, human: says(accept("Allow")), byHand: true})
		begun := time.Now()
		g.asks(t, tool("get_pet"))
		// Other requests meanwhile are no sign that the client can't ask. They may be held, but not for longer than clients wait,
		// and then they are asked themselves.
		handles := map[string]bool{}
		for i := 0; time.Since(begun) < 4*time.Minute; i++ {
			time.Sleep(10 * time.Second)
			sent := time.Now()
			handles[g.asks(t, toolWith("get_pet", i)).RequestState] = true
			if held := time.Since(sent); held > 46*time.Second {
				t.Fatalf("held for %v", held)
			}
			if len(handles) != i+1 {
				t.Error("a handle came twice")
			}
			w.wantDialogs(t)
		}
		time.Sleep(time.Until(begun.Add(5*time.Minute + time.Second)))
		g.works(t, toolWith("get_pet", "last"))
		w.wantDialogs(t, "Tool: get_pet")
	})
}

// A client that can't ask drops the input request, and calls again some time later.
func (s suite) clientThatDropsTheInputRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := s.withKey(t, act{Answer: secrets.AllowOnce})
		g := onClock.open(t, w).enter(t, visit{version: modern, human: says(accept("Allow")), byHand: true})
		g.asks(t, tool("get_pet"))
		time.Sleep(3 * time.Second)
		g.works(t, tool("get_pet"))
		w.wantDialogs(t, "Tool: get_pet")
	})
}

// The same request at once is no such sign: a model may call one tool twice at a time.
func (s suite) sameRequestTwiceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := s.withKey(t)
		g := onClock.open(t, w).enter(t, visit{version: modern, human: says(accept("Allow")), byHand: true})
		first := g.asks(t, tool("get_pet"))
		time.Sleep(time.Second)
		second := g.asks(t, tool("get_pet"))
		if first.RequestState == second.RequestState {
			t.Error("both have the same handle")
		}
		w.wantDialogs(t)
	})
}

// Before 2026-07-28 the form for codes may stay open when the dialogs are done.
func (s suite) codesThatDifferLater(t *testing.T) {
	for _, version := range versions[1:] {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.newWorld(t, act{Text: goodKey, Open: time.Second})
				differ := accept(theyDiffer)
				differ.after = time.Minute
				g := onClock.open(t, w).enter(t, visit{version: version, human: saysBoth(accept("Allow"), differ)})
				g.works(t, tool("get_pet"))
				if !g.status(t).Stored {
					t.Fatal("what was typed is not stored")
				}
				time.Sleep(2 * time.Minute)
				if now := g.status(t); now.Stored || len(now.Grants) != 0 {
					t.Errorf("not taken back: %+v", now)
				}
			})
		})
	}
	t.Run(modern, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := s.newWorld(t, act{Text: goodKey, Open: time.Second})
			g := onClock.open(t, w).enter(t, visit{version: modern, human: saysBoth(accept("Allow"), accept(theyDiffer)), byHand: true})
			request := g.asks(t, tool("get_pet"))
			time.Sleep(time.Minute)
			if !g.status(t).Stored {
				t.Fatal("what was typed is not stored")
			}
			params, err := g.fulfil(t.Context(), tool("get_pet"), request)
			if err != nil {
				t.Fatal(err)
			}
			g.fails(t, params, differWords)
			if g.status(t).Stored {
				t.Error("not taken back")
			}
		})
	})
}

// While the dialog for a value is open, a call that was held 45 seconds is answered, and asked again.
func (s suite) valueThatTakesLong(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.newWorld(t, act{Text: goodKey, Open: 2 * time.Minute})
				h := says(accept("Allow"))
				g := onClock.open(t, w).enter(t, visit{version: version, human: h})
				begun := time.Now()
				for {
					text, err := g.call(t.Context(), tool("get_pet"))
					if err == nil && text == worked {
						break
					}
					if version == modern || err == nil || !strings.Contains(err.Error(), "call again") || time.Since(begun) > 3*time.Minute {
						t.Fatal(text, err)
					}
				}
				w.wantDialogs(t, "asks for: Petstore API key")
				if shown := strings.Join(strings.Fields(w.shown(t)[0]), " "); !strings.Contains(shown, `only if "official", as it calls itself, shows the same`) {
					t.Errorf("the dialog does not name the client: %s", shown)
				}
				for _, f := range h.seen() {
					if c := code.FindString(f.message); !f.isPermission() && c != code.FindString(w.shown(t)[0]) {
						t.Errorf("the form shows another code, %q", c)
					}
				}
			})
		})
	}
}

// A client that can't show forms, and says so, never gets one.
func (s suite) clientWithoutForms(t *testing.T) {
	for _, version := range versions {
		for name, v := range map[string]visit{"undeclared": {}, "URLs only": {human: says(accept("Allow"))}} {
			t.Run("http "+version+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := s.newWorld(t, act{Text: goodKey}, act{Answer: secrets.AllowOnce}, act{Answer: secrets.AllowOnce})
					v.version = version
					if v.human != nil {
						v.capabilities = &sdk.ClientCapabilities{Elicitation: &sdk.ElicitationCapabilities{URL: &sdk.URLElicitationCapabilities{}}}
					}
					g := openClock(t, w).enter(t, v)
					g.works(t, tool("get_pet"))
					g.works(t, tool("rename_pet"))
					w.wantDialogs(t, "asks for: Petstore API key", "Tool: get_pet", "Tool: rename_pet")
					if shown := w.shown(t)[0]; strings.Contains(strings.ToLower(shown), "code") {
						t.Errorf("the dialog shows a code that nothing can be compared with:\n%s", shown)
					}
					if v.human != nil && len(v.human.seen()) != 0 {
						t.Errorf("forms: %v", v.human.seen())
					}
				})
			})
		}
		t.Run("stdio "+version, func(t *testing.T) {
			t.Parallel()
			w := s.newWorld(t, act{Text: goodKey}, act{Answer: secrets.AllowOnce})
			p := startProcess(t, w)
			g := p.enter(t, visit{version: version})
			g.works(t, tool("get_pet"))
			w.wantDialogs(t, "asks for: Petstore API key", "Tool: get_pet")
			if out := p.written(); bytes.Contains(out, []byte("elicitation")) || bytes.Contains(out, []byte("input_required")) {
				t.Errorf("the client was asked:\n%s", out)
			}
		})
	}
}

// A secret with permission dialog takes no client's word.
func (s suite) dialogPermissionIsNeverAskedInTheClient(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withKey(t, act{Answer: secrets.Deny})
		w.Password = "hunter22"
		h := says(accept("Allow for session"))
		g := over.open(t, w).enter(t, visit{version: version, human: h})
		g.fails(t, tool("whoami"), refusedWords)
		if len(h.seen()) != 0 {
			t.Errorf("the client was asked: %v", h.seen())
		}
		w.wantDialogs(t, "Tool: whoami")
	})
}
