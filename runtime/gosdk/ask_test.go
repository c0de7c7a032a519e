package gosdk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/testdata/inprocess"
)

// How the client is asked, and what becomes of its answers.

func TestAllowedByTheClient(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		h := says(accept("Allow"))
		g := w.come(t, openWithKey(t, runtimetest.NewUser(t)), client{version: version, human: h})
		for n, name := range []string{"get_pet", "declared", "raw"} {
			g.works(t, tool(name))
			forms := h.seen()
			if len(forms) != n+1 || !strings.Contains(forms[n].message, "Tool: "+name) {
				t.Errorf("%s: forms %v", name, forms)
			}
		}
		g.works(t, tool("two_steps"))
		if bytes.Contains(w.written(), []byte(tooEarly)) {
			t.Errorf("what a getter says while it waits was sent:\n%s", w.written())
		}
	})
}

func TestGrantOfTheClient(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		h := says(accept("Allow for session"))
		s := openWithKey(t, runtimetest.NewUser(t))
		g := w.come(t, s, client{version: version, human: h})
		for range 3 {
			g.works(t, tool("get_pet"))
		}
		grants := s.Manager.Grants()
		want := ""
		if w.name == "http" {
			want = "ann"
		}
		if len(h.seen()) != 1 || len(grants) != 1 || grants[0].Principal != want {
			t.Errorf("forms %v, grants %v", h.seen(), grants)
		}
	})
}

// The SDK makes an error result of a typed handler's error before any middleware sees it, and a JSON-RPC error of a raw one's.
func TestRefusalReachesTheModel(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		for name, answer := range map[string]said{
			"deny": accept("Deny"), "decline": {action: "decline", after: slow}, "cancel": {action: "cancel", after: slow},
		} {
			s := openWithKey(t, runtimetest.NewUser(t))
			h := says(answer)
			if w.name == "stdio" && name != "deny" {
				continue // it has one client
			}
			g := w.come(t, s, client{version: version, human: h})
			words := refused
			if name == "cancel" {
				words = "closed the window"
			}
			for _, name := range []string{"get_pet", "declared", "raw"} {
				g.fails(t, tool(name), words)
			}
			if _, err := g.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: "care"}); err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%s: prompt: %v", name, err)
			}
			if _, err := g.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: inventory}); err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%s: resource: %v", name, err)
			}
			if len(h.seen()) != 1 {
				t.Errorf("%s: forms %v", name, h.seen())
			}
		}
	})
}

func TestPromptsAndResourcesAreAskedFor(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		h := says(accept("Allow"))
		g := w.come(t, openWithKey(t, runtimetest.NewUser(t)), client{version: version, human: h})
		prompt, err := g.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: "care"})
		if err != nil {
			t.Fatal(err)
		}
		if said := prompt.Messages[0].Content.(*mcp.TextContent).Text; said != worked+" [redacted]" {
			t.Errorf("prompt: %q", said)
		}
		resource, err := g.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: inventory})
		if err != nil {
			t.Fatal(err)
		}
		if said := resource.Contents[0].Text; said != worked+" [redacted]" || resource.Contents[0].URI != inventory {
			t.Errorf("resource: %+v", resource.Contents[0])
		}
		forms := h.seen()
		if len(forms) != 2 || !strings.Contains(forms[0].message, "Tool: care") || !strings.Contains(forms[1].message, "Tool: "+inventory) {
			t.Errorf("forms: %v", forms)
		}
	})
}

// resultType is a field that only the SDK can set, and that clients other than Go's need.
func TestInputRequestOnTheWire(t *testing.T) {
	type wireResult struct {
		ResultType    string
		InputRequests map[string]struct {
			Method string
			Params map[string]any
		}
		RequestState string
	}
	for _, w := range ways()[1:] {
		for name, ask := range map[string]func(*guest) error{
			"tool": func(g *guest) error { _, err := g.CallTool(t.Context(), tool("get_pet")); return err },
			"prompt": func(g *guest) error {
				_, err := g.GetPrompt(t.Context(), &mcp.GetPromptParams{Name: "care"})
				return err
			},
			"resource": func(g *guest) error {
				_, err := g.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: inventory})
				return err
			},
		} {
			t.Run(w.name+" "+name, func(t *testing.T) {
				g := w.come(t, openWithKey(t, runtimetest.NewUser(t)), client{version: modern, human: says(accept("Allow")), byHand: true})
				before := len(w.written())
				if err := ask(g); err != nil {
					t.Fatal(err)
				}
				var message struct{ Result json.RawMessage }
				for line := range bytes.Lines(w.written()[before:]) {
					line = bytes.TrimPrefix(line, []byte("data: "))
					if json.Unmarshal(line, &message) == nil && bytes.Contains(message.Result, []byte("input_required")) {
						break
					}
				}
				var result wireResult
				if err := json.Unmarshal(message.Result, &result); err != nil {
					t.Fatalf("%v: %s", err, w.written()[before:])
				}
				request := result.InputRequests["permission"]
				if result.ResultType != "input_required" || result.RequestState == "" || len(result.InputRequests) != 1 ||
					request.Method != "elicitation/create" || request.Params["mode"] != "form" || request.Params["requestedSchema"] == nil {
					t.Errorf("sent %s", message.Result)
				}
				for _, other := range []string{`"content"`, `"contents"`, `"messages"`, `"isError"`, "null"} {
					if bytes.Contains(message.Result, []byte(other)) {
						t.Errorf("the input request has %s: %s", other, message.Result)
					}
				}
			})
		}
	}
}

// What a modern client is told of a failure must say that it is complete, as all results do.
func TestFailureIsComplete(t *testing.T) {
	for _, w := range ways()[1:] {
		t.Run(w.name, func(t *testing.T) {
			g := w.come(t, openWithKey(t, runtimetest.NewUser(t)), client{version: modern, human: says(accept("Deny"))})
			g.fails(t, tool("get_pet"), refused)
			before := len(w.written())
			g.fails(t, tool("raw"), refused) // a handler of which the SDK makes no error result
			if got := w.written()[before:]; !bytes.Contains(got, []byte(`"resultType":"complete"`)) || bytes.Contains(got, []byte("null")) {
				t.Errorf("sent %s", got)
			}
		})
	}
}

// The SDK's bridge for older clients would end the whole call when the client answers with an error.
func TestClientThatAnswersWithAnErrorDoesNotEndTheCall(t *testing.T) {
	for _, version := range versions[1:] {
		for _, w := range ways() {
			t.Run(w.name+" "+version, func(t *testing.T) {
				t.Parallel()
				user := runtimetest.NewUser(t).Answers(secrets.AllowOnce)
				h := says(said{err: errors.New("method not found"), after: slow})
				w.come(t, openWithKey(t, user), client{version: version, human: h}).works(t, tool("get_pet"))
				if len(h.seen()) != 1 {
					t.Errorf("forms: %v", h.seen())
				}
			})
		}
	}
}

// Nobody drew anything so fast.
func TestFastAnswersGoToTheDialog(t *testing.T) {
	for _, version := range versions {
		for name, answer := range map[string]said{
			"accept": {action: "accept", answer: "Allow for session"}, "decline": {action: "decline"}, "empty": {action: "accept", after: slow},
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := openWithKey(t, runtimetest.NewUser(t).Answers(secrets.AllowOnce))
					g := onClock(s).comeBy(t, ann(s), client{version: version, human: says(answer)})
					if _, err := g.call(t.Context(), tool("get_pet")); err != nil {
						t.Error(err)
					}
					if grants := s.Manager.Grants(); len(grants) != 0 {
						t.Errorf("grants: %v", grants)
					}
				})
			})
		}
	}
}

// onClock is a web without a network: inside synctest.Test, waiting costs nothing there.
func onClock(s *shop) *web {
	return &web{handler: authenticated(gosdk.HTTPHandler(s.Manager, s.Server))}
}

func (w *web) from(peer, user string) inprocess.Transport {
	return inprocess.Transport{Handler: w.handler, Peer: peer, Token: user}
}

func ann(s *shop) inprocess.Transport { return onClock(s).from("127.0.0.1:4000", "ann") }

// The SDK waits for ever for an elicitation.
func TestClientThatNeverAnswers(t *testing.T) {
	for _, version := range versions[1:] {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openWithKey(t, runtimetest.NewUser(t).Answers(secrets.AllowOnce))
				h := says(said{never: true})
				w := onClock(s)
				g := w.comeBy(t, w.from("127.0.0.1:4000", "ann"), client{version: version, human: h})
				begun := time.Now()
				g.fails(t, tool("get_pet"), "call again")
				if held := time.Since(begun); held > 46*time.Second {
					t.Errorf("held for %v", held)
				}
				g.fails(t, tool("get_pet"), "call again")
				if len(h.seen()) != 1 {
					t.Errorf("%d forms: a call that comes again must join", len(h.seen()))
				}
				time.Sleep(5 * time.Minute)
				g.works(t, tool("get_pet")) // by the dialog
			})
		})
	}
}

// A question outlives the call that it was asked in, which ends when it was held for so long.
func TestAnswerAfterItsCall(t *testing.T) {
	for _, version := range versions[1:] {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openWithKey(t, runtimetest.NewUser(t))
				late := accept("Allow for session")
				late.after = time.Minute
				w := onClock(s)
				g := w.comeBy(t, w.from("127.0.0.1:4000", "ann"), client{version: version, human: says(late)})
				g.fails(t, tool("get_pet"), "call again")
				time.Sleep(time.Minute)
				g.works(t, tool("get_pet"))
			})
		})
	}
}

func TestUndeclaredClientIsNotAsked(t *testing.T) {
	for _, version := range versions {
		for name, c := range map[string]client{
			"nothing":   {},
			"URLs only": {human: says(accept("Allow")), declares: &mcp.ClientCapabilities{Elicitation: &mcp.ElicitationCapabilities{URL: &mcp.URLElicitationCapabilities{}}}},
		} {
			for _, w := range ways() {
				t.Run(w.name+" "+version+" "+name, func(t *testing.T) {
					t.Parallel()
					c := c
					c.version = version
					w.come(t, openWithKey(t, runtimetest.NewUser(t).Answers(secrets.AllowOnce)), c).works(t, tool("get_pet"))
					if c.human != nil && len(c.human.seen()) != 0 {
						t.Errorf("forms: %v", c.human.seen())
					}
				})
			}
		}
	}
}

// A missing value is typed into a dialog, and the client shows the same code.
func TestMissingValue(t *testing.T) {
	everywhere(t, func(t *testing.T, w way, version string) {
		h := says(accept("Allow"))
		user := runtimetest.NewUser(t).Types("Petstore API key", goodKey).During(func() { time.Sleep(2 * slow) })
		s := open(t, user)
		w.come(t, s, client{version: version, human: h}).works(t, tool("get_pet"))
		if value, _ := s.store.Value("petstore", "api_key"); value != goodKey {
			t.Errorf("stored %q", value)
		}
		if forms := h.seen(); len(forms) != 2 || forms[0].isPermission() || !forms[1].isPermission() {
			t.Errorf("forms: %v", forms)
		}
	})
}

// What the handler made of the getter's error does not count.
func TestHandlerThatSwallowsTheError(t *testing.T) {
	for _, w := range ways() {
		t.Run(w.name, func(t *testing.T) {
			h := says(accept("Allow"))
			g := w.come(t, openWithKey(t, runtimetest.NewUser(t)), client{version: modern, human: h})
			if text, err := g.call(t.Context(), tool("swallow")); err != nil || text != "swallowed" || len(h.seen()) != 1 {
				t.Errorf("%q, %v, forms %v", text, err, h.seen())
			}
		})
	}
}

// What a client sends back is its own word: only a handle that the server gave for the same request makes answers count.
func TestHandlesThatDoNotCount(t *testing.T) {
	const everything = "Allow for session"
	for name, forge := range map[string]func(t *testing.T, ann, bob *guest) (*guest, *mcp.CallToolParams){
		"none": func(_ *testing.T, ann, _ *guest) (*guest, *mcp.CallToolParams) {
			return ann, with(tool("get_pet"), "", everything)
		},
		"forged": func(_ *testing.T, ann, _ *guest) (*guest, *mcp.CallToolParams) {
			return ann, with(tool("get_pet"), strings.Repeat("0", 32), everything)
		},
		"to another tool": func(t *testing.T, ann, _ *guest) (*guest, *mcp.CallToolParams) {
			return ann, with(tool("raw"), ann.asks(t, tool("get_pet")).RequestState, everything)
		},
		"to other arguments": func(t *testing.T, ann, _ *guest) (*guest, *mcp.CallToolParams) {
			handle := ann.asks(t, toolWith("get_pet", map[string]any{"id": "1"})).RequestState
			return ann, with(toolWith("get_pet", map[string]any{"id": "2"}), handle, everything)
		},
		"of another user": func(t *testing.T, ann, bob *guest) (*guest, *mcp.CallToolParams) {
			return bob, with(tool("get_pet"), ann.asks(t, tool("get_pet")).RequestState, everything)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openWithKey(t, runtimetest.NewUser(t))
				w := onClock(s)
				c := client{version: modern, human: says(accept("Allow")), byHand: true}
				ann := w.comeBy(t, w.from("127.0.0.1:4000", "ann"), c)
				bob := w.comeBy(t, w.from("127.0.0.1:4001", "bob"), c)
				sender, params := forge(t, ann, bob)
				time.Sleep(time.Second)
				again := sender.asks(t, params)
				if again.RequestState == params.RequestState || len(s.Manager.Grants()) != 0 {
					t.Errorf("the handle %q, grants %v", again.RequestState, s.Manager.Grants())
				}
				time.Sleep(time.Second)
				sender.works(t, with(params, again.RequestState, "Allow"))
			})
		})
	}
}

// Before 2026-07-28 there are no handles.
func TestAnswersOfAnotherEra(t *testing.T) {
	for _, version := range versions[1:] {
		synctest.Test(t, func(t *testing.T) {
			s := openWithKey(t, runtimetest.NewUser(t))
			w := onClock(s)
			handle := w.comeBy(t, w.from("127.0.0.1:4000", "ann"), client{version: modern, human: says(accept("Allow")), byHand: true}).asks(t, tool("get_pet")).RequestState
			old := w.comeBy(t, w.from("127.0.0.1:4000", "bob"), client{version: version, human: says(accept("Deny"))})
			time.Sleep(time.Second)
			old.fails(t, with(tool("get_pet"), handle, "Allow for session"), refused)
		})
	}
}

// The revision that initialize asks for says nothing of the one that was agreed on: a client of the future gets an older one,
// and no input requests.
func TestInitializeOfTheFutureIsNotModern(t *testing.T) {
	for _, asked := range []string{modern, "2099-01-01"} {
		t.Run(asked, func(t *testing.T) {
			s := openWithKey(t, runtimetest.NewUser(t).Answers(secrets.AllowOnce))
			w := new(wire)
			p := overStdio(t, s, w)
			go func() { _, _ = io.Copy(io.Discard, p.output) }()
			p.says(t, strings.Replace(initialize, "2025-11-25", asked, 1), strings.Replace(toolCall, "9", "2", 1))
			eventually(t, "the call is answered", func() bool { return bytes.Contains(w.bytes(), []byte(`"id":2`)) })
			if !bytes.Contains(w.bytes(), []byte(worked)) || bytes.Contains(w.bytes(), []byte("input_required")) {
				t.Errorf("sent %s", w.bytes())
			}
		})
	}
}
