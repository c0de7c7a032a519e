package secrets_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// What leaves a server never holds a key; what else there is to use a key; and what is written down of its use.

// wantNoKey fails if text has the key, whole or encoded, or what is behind its prefix.
func wantNoKey(t *testing.T, where string, text []byte) {
	t.Helper()
	forms := []string{strings.TrimPrefix(goodKey, "pets-")}
	for pad := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", pad) + goodKey))
		forms = append(forms, encoded[4:len(encoded)-4])
	}
	for _, form := range forms {
		if bytes.Contains(text, []byte(form)) {
			t.Errorf("%s has the key as %q:\n%s", where, form, text)
		}
	}
}

func leak(how string) *sdk.CallToolParams {
	return &sdk.CallToolParams{Name: "leak", Arguments: map[string]any{"how": how}}
}

func TestProtocolNothingThatLeavesHasTheKey(t *testing.T) {
	for _, over := range transports {
		for _, version := range versions {
			t.Run(over.name+" "+version, func(t *testing.T) {
				t.Parallel()
				var mu sync.Mutex
				var logged []string
				w := withKey(t)
				p := over.open(t, w)
				g := p.enter(t, visit{version: version, human: says(accept("Allow for session")), logs: func(text string) {
					mu.Lock()
					defer mu.Unlock()
					logged = append(logged, text)
				}})
				for how, want := range map[string]string{
					"plain": "the key is ", "error": "upstream said: ", "panic": "upstream said: ", "structured": "see the structure: ",
				} {
					text, err := g.call(t.Context(), leak(how))
					if isError := how == "error" || how == "panic"; isError != (err != nil) {
						t.Errorf("%s: %q, %v", how, text, err)
					}
					if err != nil {
						text = err.Error()
					}
					if !strings.Contains(text, want) {
						t.Errorf("%s: %q lost what is no secret, %q", how, text, want)
					}
				}
				eventually(t, "a notification comes", func() bool { // one that is overtaken by its result may be lost
					if text, err := g.call(t.Context(), leak("notification")); err != nil || text != "sent" {
						t.Fatalf("got %q, %v", text, err)
					}
					mu.Lock()
					defer mu.Unlock()
					return len(logged) > 0
				})
				if !strings.Contains(logged[0], "upstream said: ") {
					t.Errorf("the notification: %q", logged[0])
				}
				if text, err := g.call(t.Context(), tool("hello")); err != nil || text != "hello" {
					t.Errorf("after all that: %q, %v", text, err)
				}
				written := p.written()
				if !bytes.Contains(written, []byte("upstream said")) {
					t.Fatalf("the test does not see what is written: %q", written)
				}
				wantNoKey(t, "what was written", written)
			})
		}
	}
}

func TestProtocolPrompt(t *testing.T) {
	for _, over := range transports {
		for _, version := range versions {
			t.Run(over.name+" "+version, func(t *testing.T) {
				t.Parallel()
				w := withKey(t)
				h := says(accept("Allow"))
				p := over.open(t, w)
				g := p.enter(t, visit{version: version, human: h})
				result, err := g.GetPrompt(t.Context(), &sdk.GetPromptParams{Name: "care"})
				if err != nil {
					t.Fatal(err)
				}
				if len(result.Messages) != 1 {
					t.Fatalf("%d messages", len(result.Messages))
				}
				if text := result.Messages[0].Content.(*sdk.TextContent).Text; !strings.HasPrefix(text, worked) {
					t.Errorf("got %q", text)
				}
				if forms := h.seen(); len(forms) != 1 || !strings.Contains(forms[0].message, "Tool: care") {
					t.Errorf("forms: %v", forms)
				}
				wantNoKey(t, "what was written", p.written())
				w.wantDialogs(t)
			})
		}
	}
}

func TestProtocolPromptRefused(t *testing.T) {
	for _, version := range versions {
		synctest.Test(t, func(t *testing.T) {
			g := onClock.open(t, withKey(t)).enter(t, visit{version: version, human: says(accept("Deny"))})
			if _, err := g.GetPrompt(t.Context(), &sdk.GetPromptParams{Name: "care"}); err == nil || !strings.Contains(err.Error(), refusedWords) {
				t.Errorf("%s: %v", version, err)
			}
		})
	}
}

// A resource is asked about in place; on 2026-07-28 it needs a live grant, or the dialog.
func TestProtocolResource(t *testing.T) {
	for _, over := range transports {
		for _, version := range versions {
			t.Run(over.name+" "+version, func(t *testing.T) {
				t.Parallel()
				w := withKey(t, act{Answer: secrets.AllowOnce})
				h := says(accept("Allow for session"))
				p := over.open(t, w)
				g := p.enter(t, visit{version: version, human: h})
				read := func() {
					t.Helper()
					result, err := g.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: inventory})
					if err != nil {
						t.Fatal(err)
					}
					if len(result.Contents) != 1 {
						t.Fatalf("%d contents", len(result.Contents))
					}
					if text := result.Contents[0].Text; !strings.HasPrefix(text, worked) {
						t.Errorf("got %q", text)
					}
				}
				read()
				dialogs, forms := 0, 1
				if version == modern {
					dialogs, forms = 1, 0
				}
				if len(w.shown(t)) != dialogs || len(h.seen()) != forms {
					t.Errorf("dialogs %q, forms %v", w.shown(t), h.seen())
				}
				g.works(t, tool("get_pet")) // from here on there is a grant
				read()
				if len(w.shown(t)) != dialogs || len(h.seen()) != 1 {
					t.Errorf("with a grant: dialogs %q, forms %v", w.shown(t), h.seen())
				}
				wantNoKey(t, "what was written", p.written())
			})
		}
	}
}

// A getter outside any call is the server's own: a client's grant is none for it.
func TestProtocolGetterOutsideAnyCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withKey(t, act{Answer: secrets.AllowSession})
		p := clockPlace{newWebPlace(t, w)}
		h := says(accept("Allow for session"))
		g := p.enter(t, visit{version: modern, human: h})
		g.works(t, tool("get_pet"))
		for range 2 { // the second by the grant of the first
			if _, err := p.APIKey(context.Background(), reason); err != nil {
				t.Fatal(err)
			}
		}
		w.wantDialogs(t, "Asked for by the server itself")
		if len(h.seen()) != 1 {
			t.Errorf("forms: %v", h.seen())
		}
	})
}

// A record is one line of the audit.
type record struct {
	Time      time.Time
	Msg       string
	Server    string
	Tool      string
	Client    string
	Principal string
	Secret    string
	Reason    string
	Outcome   string
	How       string
}

func (w world) audit(t *testing.T) (accesses []record) {
	t.Helper()
	for _, r := range readLines[record](t, w.logFile()) {
		if r.Msg == "secret access" {
			accesses = append(accesses, r)
		}
	}
	return accesses
}

func TestProtocolAudit(t *testing.T) {
	for _, over := range transports {
		for _, version := range versions {
			t.Run(over.name+" "+version, func(t *testing.T) {
				t.Parallel()
				w := withKey(t)
				answers := []string{"Allow", "Allow for session"}
				h := &human{answer: func(f form) said {
					a := accept("Deny")
					if len(answers) > 0 && !strings.Contains(f.message, "User name") {
						a, answers = accept(answers[0]), answers[1:]
					}
					return a
				}}
				g := over.open(t, w).enter(t, visit{version: version, human: h})
				g.works(t, tool("get_pet"))
				g.works(t, tool("declared"))
				g.works(t, tool("get_pet"))
				g.fails(t, tool("two_steps"), refusedWords)

				who := map[string]string{"http": "ann"}[over.name]
				inClient, granted := "answered in the MCP client", "granted for the session"
				want := []record{
					{Tool: "get_pet", Secret: "api_key", Outcome: "handed out", How: inClient},
					{Tool: "declared", Secret: "api_key", Outcome: "handed out", How: inClient},
					{Tool: "get_pet", Secret: "api_key", Outcome: "handed out", How: granted},
				}
				// The last call reads the key twice in each of its turns.
				got := w.audit(t)
				if len(got) < len(want)+3 {
					t.Fatalf("records: %+v", got)
				}
				for i, r := range got {
					if r.Server != "petstore" || r.Client != "official" || r.Principal != who || r.Reason == "" || r.Time.IsZero() {
						t.Errorf("record %+v", r)
					}
					r.Time, r.Msg, r.Server, r.Client, r.Principal, r.Reason = time.Time{}, "", "", "", "", ""
					if i < len(want) && r != want[i] {
						t.Errorf("record %d: %+v, want %+v", i, r, want[i])
					}
				}
				last := got[len(got)-1]
				if last.Secret != "username" || last.Outcome != "refused" || last.How != "denied" {
					t.Errorf("the last record: %+v", last)
				}
				log, err := os.ReadFile(w.logFile())
				if err != nil {
					t.Fatal(err)
				}
				wantNoKey(t, "the log", log)
			})
		}
	}
}

// Where nobody can have compared the codes, the audit says so.
func TestProtocolAuditOfCodesThatWereNotCompared(t *testing.T) {
	for _, version := range versions {
		for name, row := range map[string]struct {
			says said
			want bool
		}{
			"compared": {accept(theyMatch), false},
			"fast":     {fast(accept(theyMatch)), true},
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, act{Text: goodKey, Open: time.Second})
					g := onClock.open(t, w).enter(t, visit{version: version, human: saysBoth(accept("Allow"), row.says)})
					g.works(t, tool("get_pet"))
					log, err := os.ReadFile(w.logFile())
					if err != nil {
						t.Fatal(err)
					}
					if got := bytes.Contains(log, []byte("not compared")); got != row.want {
						t.Errorf("the log says that the code was not compared: %t\n%s", got, log)
					}
					if !json.Valid(bytes.Split(log, []byte("\n"))[0]) {
						t.Errorf("no record: %s", log)
					}
				})
			})
		}
	}
}
