package conformance

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/guard"
)

// What leaves a server never holds a key.

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
	//lint:ignore SA1019 servers still send log messages, and the guard must see them
	return &sdk.CallToolParams{Name: "leak", Arguments: map[string]any{"how": how}, Meta: sdk.Meta{sdk.MetaKeyLogLevel: logLevel}}
}

// leaks lets the key out in a result in every way, and fails the test where more of it is lost than the key.
func (g *guest) leaks(t *testing.T) {
	t.Helper()
	for how, want := range map[string]string{
		"plain": "the key is ", "error": "upstream said: ", "panic": "upstream said: ", "structured": "see the structure: ",
		"structure only": "see only the structure: ", "embedded": "see the resource: ", "parts": "the key is ",
	} {
		text, structure, failed := g.leaked(t, how)
		if failed != (how == "error" || how == "panic") {
			t.Errorf("%s: %q is an error: %t", how, text, failed)
		}
		if how == "structure only" {
			text = structure
		}
		if how == "structured" && !strings.Contains(structure, guard.Redacted) {
			t.Errorf("the structure is %s", structure)
		}
		for _, part := range partsOf(goodKey) {
			if strings.Contains(text, part) {
				t.Errorf("%s: %q has a part of the key", how, text)
			}
		}
		if !strings.Contains(text, want) || !strings.Contains(text, guard.Redacted) {
			t.Errorf("%s: %q lost what is no secret, %q, or says not that something was redacted", how, text, want)
		}
		wantNoKey(t, how, []byte(text+structure))
	}
	for how, want := range map[string]string{"image": "see the image", "blob": "see the resource", "meta": "see beside"} {
		result, err := g.answered(t.Context(), leak(how))
		if err != nil || !strings.Contains(textOf(result), want) {
			t.Errorf("%s: %+v, %v", how, result, err)
			continue
		}
		encoded, err := json.Marshal(result)
		if err != nil {
			t.Error(err)
		}
		if masked := base64.StdEncoding.EncodeToString([]byte(guard.Redacted)); !bytes.Contains(encoded, []byte(guard.Redacted)) && !bytes.Contains(encoded, []byte(masked)) {
			t.Errorf("%s says not that something was redacted: %s", how, encoded)
		}
		wantNoKey(t, how, encoded)
	}
}

// leaked returns the result that was to have the key. Some SDKs make an error of a handler a result, others that of the call.
func (g *guest) leaked(t *testing.T, how string) (text, structure string, failed bool) {
	t.Helper()
	result, err := g.answered(t.Context(), leak(how))
	if err != nil {
		return err.Error(), "", true
	}
	encoded, err := json.Marshal(result.StructuredContent)
	if err != nil {
		t.Error(err)
	}
	return textOf(result), string(encoded), result.IsError
}

// In the process, too, no result has the key.
func (s suite) resultsInTheProcessAreMasked(t *testing.T) {
	for _, version := range versions {
		if inProcess.lacks(version) {
			continue
		}
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := inProcess.open(t, s.withKey(t))
				p.enter(t, visit{version: version, human: says(accept("Allow for session"))}).leaks(t)
				wantNoKey(t, "what was written", p.written())
			})
		})
	}
}

func (s suite) nothingThatLeavesHasTheKey(t *testing.T) {
	for _, over := range transports {
		for _, version := range versions {
			t.Run(over.name+" "+version, func(t *testing.T) {
				t.Parallel()
				var mu sync.Mutex
				var logged []string
				w := s.withKey(t)
				p := over.open(t, w)
				g := p.enter(t, visit{version: version, human: says(accept("Allow for session")), logs: func(text string) {
					mu.Lock()
					defer mu.Unlock()
					logged = append(logged, text)
				}})
				g.leaks(t)
				eventually(t, "a notification comes", func() bool { // one that is overtaken by its result may be lost
					if text, err := g.call(t.Context(), leak("notification")); err != nil || text != "sent" {
						t.Fatalf("got %q, %v", text, err)
					}
					mu.Lock()
					defer mu.Unlock()
					return len(logged) > 0
				})
				mu.Lock() // more of them may come
				first := logged[0]
				mu.Unlock()
				if !strings.Contains(first, "upstream said: ") {
					t.Errorf("the notification: %q", first)
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

// An SDK would leave the request without an answer.
func (s suite) whatIsNoJSONIsAnError(t *testing.T) {
	for _, over := range append([]transport{inProcess}, transports...) {
		for _, version := range versions {
			if over.lacks(version) {
				continue
			}
			t.Run(over.name+" "+version, func(t *testing.T) {
				t.Parallel()
				p := over.open(t, s.withKey(t))
				g := p.enter(t, visit{version: version, human: says(accept("Allow for session"))})
				// Before 2026-07-28, mcp-go ends a stream when it can't write a notification to it; clients begin a new one, but not ours.
				notifies := over.name != overHTTP.name || version == modern
				for range 2 { // before and after a key is known
					g.isToldOfNoJSON(t, notifies)
					g.works(t, tool("get_pet"))
				}
				wantNoKey(t, "what was written", p.written())
			})
		}
	}
}

func broken(how string) *sdk.CallToolParams {
	return &sdk.CallToolParams{Name: "broken", Arguments: map[string]any{"how": how}}
}

// isToldOfNoJSON fails the test where a call of the tool broken has no answer, or one in other words.
func (g *guest) isToldOfNoJSON(t *testing.T, notifies bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for _, how := range []string{"structure", "content", "priority", "meta", "data"} {
		text, err := g.call(ctx, broken(how))
		if err == nil || !strings.Contains(err.Error(), "can't become JSON") {
			t.Errorf("%s: %q, %v", how, text, err)
		}
	}
	if !notifies {
		return
	}
	if text, err := g.call(ctx, broken("notification")); err != nil || text != "sent" {
		t.Errorf("beside a notification: %q, %v", text, err)
	}
}

func (s suite) prompt(t *testing.T) {
	for _, over := range transports {
		for _, version := range versions {
			t.Run(over.name+" "+version, func(t *testing.T) {
				t.Parallel()
				w := s.withKey(t)
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

func (s suite) promptRefused(t *testing.T) {
	for _, version := range versions {
		synctest.Test(t, func(t *testing.T) {
			g := onClock.open(t, s.withKey(t)).enter(t, visit{version: version, human: says(accept("Deny"))})
			if _, err := g.GetPrompt(t.Context(), &sdk.GetPromptParams{Name: "care"}); err == nil || !strings.Contains(err.Error(), refusedWords) {
				t.Errorf("%s: %v", version, err)
			}
		})
	}
}

// A resource is asked about as a tool is. Where the SDK has no input requests for resources, it needs a live grant on
// 2026-07-28, or the dialog.
func (s suite) resource(t *testing.T) {
	for _, over := range transports {
		for _, version := range versions {
			t.Run(over.name+" "+version, func(t *testing.T) {
				t.Parallel()
				w := s.withKey(t, act{Answer: secrets.AllowOnce})
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
				if version == modern && !s.ResourceRounds {
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
