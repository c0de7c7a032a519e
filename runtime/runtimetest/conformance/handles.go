package conformance

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// What a client sends back on 2026-07-28 is its own word: only a handle that the server gave for the same request makes
// answers count, once.

// with returns params with a handle and the answer to the question for permission.
func with(params *sdk.CallToolParams, handle, answer string) *sdk.CallToolParams {
	forged := *params
	forged.RequestState = handle
	forged.InputResponses = sdk.InputResponseMap{
		"permission": &sdk.ElicitResult{Action: "accept", Content: map[string]any{"answer": answer}},
	}
	return &forged
}

const everything = "Allow for session"

func (s suite) handlesThatDoNotCount(t *testing.T) {
	number := func(n string) *sdk.CallToolParams {
		return &sdk.CallToolParams{Name: "get_pet", Arguments: json.RawMessage(`{"id":` + n + `}`)}
	}
	for name, forge := range map[string]func(t *testing.T, g *guest, bob *guest) (*guest, *sdk.CallToolParams){
		"none": func(t *testing.T, g, _ *guest) (*guest, *sdk.CallToolParams) {
			return g, with(tool("get_pet"), "", everything)
		},
		"forged": func(t *testing.T, g, _ *guest) (*guest, *sdk.CallToolParams) {
			return g, with(tool("get_pet"), strings.Repeat("0", 32), everything)
		},
		"long": func(t *testing.T, g, _ *guest) (*guest, *sdk.CallToolParams) {
			return g, with(tool("get_pet"), strings.Repeat("x", 1<<16), everything)
		},
		"nearly": func(t *testing.T, g, _ *guest) (*guest, *sdk.CallToolParams) {
			handle := g.asks(t, tool("rename_pet")).RequestState
			return g, with(tool("rename_pet"), strings.ToUpper(handle)+" ", everything)
		},
		"replayed": func(t *testing.T, g, _ *guest) (*guest, *sdk.CallToolParams) {
			handle := g.asks(t, tool("get_pet")).RequestState
			time.Sleep(time.Second)
			g.works(t, with(tool("get_pet"), handle, "Allow"))
			return g, with(tool("get_pet"), handle, everything)
		},
		"to another tool": func(t *testing.T, g, _ *guest) (*guest, *sdk.CallToolParams) {
			return g, with(tool("rename_pet"), g.asks(t, tool("get_pet")).RequestState, everything)
		},
		"to other arguments": func(t *testing.T, g, _ *guest) (*guest, *sdk.CallToolParams) {
			return g, with(toolWith("get_pet", 2), g.asks(t, toolWith("get_pet", 1)).RequestState, everything)
		},
		"to a number next to it": func(t *testing.T, g, _ *guest) (*guest, *sdk.CallToolParams) {
			return g, with(number("9007199254740993"), g.asks(t, number("9007199254740992")).RequestState, everything)
		},
		"to another principal": func(t *testing.T, g, bob *guest) (*guest, *sdk.CallToolParams) {
			return bob, with(tool("get_pet"), g.asks(t, tool("get_pet")).RequestState, everything)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.withKey(t)
				p := openClock(t, w)
				v := visit{version: modern, human: says(accept("Allow")), byHand: true}
				sender, params := forge(t, p.enterAs(t, "ann", v), p.enterAs(t, "bob", v))
				time.Sleep(time.Second) // slow enough for a person
				// Asked afresh, perhaps after having been held for another call's question.
				again := sender.asks(t, params)
				if again.RequestState == params.RequestState {
					t.Error("the same handle again")
				}
				if grants := sender.status(t).Grants; len(grants) != 0 {
					t.Errorf("grants: %q", grants)
				}
				w.wantDialogs(t)
				// The honest way is open still.
				time.Sleep(time.Second)
				sender.works(t, with(params, again.RequestState, "Allow"))
				if grants := sender.status(t).Grants; len(grants) != 0 {
					t.Errorf("grants: %q", grants)
				}
			})
		})
	}
}

// A handle that was sent with a wrong request is still good for its own.
func (s suite) handleSurvivesItsTheft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := s.withKey(t)
		p := openClock(t, w)
		v := visit{version: modern, human: says(accept("Allow")), byHand: true}
		ann, bob := p.enterAs(t, "ann", v), p.enterAs(t, "bob", v)
		handle := ann.asks(t, tool("get_pet")).RequestState
		time.Sleep(time.Second)
		bob.asks(t, with(tool("get_pet"), handle, everything))
		bob.asks(t, with(tool("rename_pet"), handle, everything))
		ann.works(t, with(tool("get_pet"), handle, everything))
		if grants := ann.status(t).Grants; !slices.Equal(grants, []string{"ann api_key "}) {
			t.Errorf("grants: %q", grants)
		}
	})
}

// A handle that is too old is none: the answer does not count, and as nobody answered for so long, the dialog is asked.
func (s suite) handleExpires(t *testing.T) {
	for _, age := range []time.Duration{5*time.Minute + time.Second, 10*time.Minute + time.Second} {
		t.Run(age.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.withKey(t, act{Answer: secrets.Deny})
				g := onClock.open(t, w).enter(t, visit{version: modern, human: says(accept("Allow")), byHand: true})
				handle := g.asks(t, tool("get_pet")).RequestState
				time.Sleep(age)
				g.fails(t, with(tool("get_pet"), handle, everything), refusedWords)
				w.wantDialogs(t, "Tool: get_pet")
				if grants := g.status(t).Grants; len(grants) != 0 {
					t.Errorf("grants: %q", grants)
				}
			})
		})
	}
}

// The same arguments in another order are the same request.
func (s suite) handleOfTheSameArguments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := onClock.open(t, s.withKey(t)).enter(t, visit{version: modern, human: says(accept("Allow")), byHand: true})
		params := func(text string) *sdk.CallToolParams {
			return &sdk.CallToolParams{Name: "get_pet", Arguments: json.RawMessage(text)}
		}
		handle := g.asks(t, params(`{"id":"1","more":{"a":1,"b":[2]}}`)).RequestState
		time.Sleep(time.Second)
		g.works(t, with(params(`{"more": {"b": [2], "a": 1}, "id": "1"}`), handle, "Allow"))
	})
}

// Only what was asked under the handle is answered with it.
func (s suite) answerToAnotherQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := s.withKey(t, act{Answer: secrets.Deny})
		g := onClock.open(t, w).enter(t, visit{version: modern, human: says(accept("Allow")), byHand: true})
		params := with(tool("get_pet"), g.asks(t, tool("get_pet")).RequestState, everything)
		params.InputResponses["codes"], params.InputResponses["x"] = params.InputResponses["permission"], params.InputResponses["permission"]
		delete(params.InputResponses, "permission")
		time.Sleep(time.Second)
		g.fails(t, params, refusedWords) // as an empty answer: the dialog decides
		w.wantDialogs(t, "Tool: get_pet")
	})
}

// Before 2026-07-28 there are no handles: an answer that comes with the request is none.
func (s suite) answersOfAnotherEra(t *testing.T) {
	for _, version := range versions[1:] {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.withKey(t)
				p := openClock(t, w)
				h := says(accept("Deny"))
				handle := p.enter(t, visit{version: modern, human: h, byHand: true}).asks(t, tool("get_pet")).RequestState
				old := p.enterAs(t, "bob", visit{version: version, human: h})
				time.Sleep(time.Second)
				old.fails(t, with(tool("get_pet"), handle, everything), refusedWords)
				w.wantDialogs(t)
			})
		})
	}
}

// What earlier rounds allowed once is still allowed in later ones: clients send only the last round's answers.
func (s suite) onceLastsForAllRounds(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.withKey(t)
				h := says(accept("Allow"))
				g := onClock.open(t, w).enter(t, visit{version: version, human: h})
				g.works(t, tool("two_steps"))
				g.works(t, tool("two_steps"))
				if forms := h.seen(); len(forms) != 4 {
					t.Errorf("%d forms, want one for each secret of each call", len(forms))
				}
				w.wantDialogs(t)
			})
		})
	}
}

// A handler that swallows the error is stopped by its context; what it returns does not count.
func (s suite) handlerThatSwallowsPending(t *testing.T) {
	for _, over := range []transport{overStdio, overHTTP} {
		t.Run(over.name, func(t *testing.T) {
			t.Parallel()
			h := says(accept("Allow"))
			g := over.open(t, s.withKey(t)).enter(t, visit{version: modern, human: h, byHand: true})
			request := g.asks(t, tool("swallow"))
			if len(request.Content) != 0 {
				t.Errorf("the input request has content: %q", textOf(request))
			}
			if now := g.status(t); now.Acts != 0 || !slices.Equal(now.Causes, []bool{true}) {
				t.Errorf("after the input request: %+v", now)
			}
			params, err := g.fulfil(t.Context(), tool("swallow"), request)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := g.call(t.Context(), params); err != nil || text != "acted, whatever it was" {
				t.Errorf("got %q, %v", text, err)
			}
			if now := g.status(t); now.Acts != 1 {
				t.Errorf("it acted %d times", now.Acts)
			}
		})
	}
	for _, version := range versions[1:] {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := onClock.open(t, s.withKey(t)).enter(t, visit{version: version, human: says(accept("Allow"))})
				if text, err := g.call(t.Context(), tool("swallow")); err != nil {
					t.Error(text, err)
				}
				if now := g.status(t); now.Acts != 1 || len(now.Causes) != 0 {
					t.Errorf("%+v", now)
				}
			})
		})
	}
}

// What earlier rounds allowed lasts as long as their handle: neither for its second use nor for one that is too old.
func (s suite) earlierRoundsEndWithTheHandle(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, *guest, *sdk.CallToolParams){
		"replayed": func(t *testing.T, g *guest, params *sdk.CallToolParams) { g.works(t, params) },
		"expired":  func(*testing.T, *guest, *sdk.CallToolParams) { time.Sleep(10*time.Minute + time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.withKey(t)
				g := onClock.open(t, w).enter(t, visit{version: modern, human: says(accept("Allow")), byHand: true})
				params := tool("two_steps")
				for range 2 {
					var err error
					if params, err = g.fulfil(t.Context(), params, g.asks(t, params)); err != nil {
						t.Fatal(err)
					}
				}
				if asked := g.human.seen(); !strings.Contains(asked[0].message, "API key") || !strings.Contains(asked[1].message, "User name") {
					t.Fatalf("forms: %v", asked)
				}
				spoil(t, g, params)
				again := g.asks(t, params).InputRequests["permission"].(*sdk.ElicitParams)
				if !strings.Contains(again.Message, "API key") {
					t.Errorf("what was allowed once is allowed again; asked is only:\n%s", again.Message)
				}
				w.wantDialogs(t)
			})
		})
	}
}
