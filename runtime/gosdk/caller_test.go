package gosdk_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

// Whom a request belongs to, and what that is good for.

// With sessions the SDK does not serve 2026-07-28 at all, and without them older clients can't be asked.
func TestOneHandlerServesBothEras(t *testing.T) {
	s := openWithKey(t, runtimetest.NewUser(t))
	w := overHTTP(t, s, new(wire))
	for _, version := range versions {
		g := w.comeAs(t, "ann", client{version: version, human: says(accept("Allow"))})
		g.works(t, tool("get_pet"))
		if hasSession := g.ID() != ""; hasSession != (version != modern) {
			t.Errorf("%s: session %q", version, g.ID())
		}
	}
}

func TestUsersShareNoGrant(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := openWithKey(t, runtimetest.NewUser(t))
			w := overHTTP(t, s, new(wire))
			yes, no := says(accept("Allow for session")), says(accept("Deny"))
			ann := w.comeAs(t, "ann", client{version: version, human: yes})
			bob := w.comeAs(t, "bob", client{version: version, human: no})
			ann.works(t, tool("get_pet"))
			bob.fails(t, tool("get_pet"), refused)
			ann.works(t, tool("get_pet")) // nor does bob's refusal count for ann
			if len(yes.seen()) != 1 || len(no.seen()) != 1 {
				t.Errorf("ann was asked %d times, bob %d times", len(yes.seen()), len(no.seen()))
			}
			w.comeAs(t, "ann", client{version: version, human: no}).works(t, tool("get_pet"))
		})
	}
}

// Any process of this computer may be behind a request without a token: the dialog is asked, each time anew, and the client's
// own answers count for nothing.
func TestLocalCallerWithoutAToken(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			user := runtimetest.NewUser(t).Types("Petstore API key", goodKey).Answers(secrets.AllowOnce).Answers(secrets.AllowOnce).Answers(secrets.Deny)
			s := open(t, user)
			h := says(accept("Allow for session"))
			g := overHTTP(t, s, new(wire)).comeAs(t, "", client{version: version, human: h})
			g.works(t, tool("get_pet"))
			g.works(t, tool("get_pet"))
			g.fails(t, with(tool("get_pet"), "", "Allow for session"), refused)
			for _, shown := range user.Shown()[1:] {
				if shown.Question.AllowForSession != "" {
					t.Errorf("the question offers what can't be given: %+v", shown.Question)
				}
			}
			if len(h.seen()) != 0 || len(s.Manager.Grants()) != 0 {
				t.Errorf("forms %v, grants %v", h.seen(), s.Manager.Grants())
			}
		})
	}
}

func TestCallerFromElsewhereIsRefused(t *testing.T) {
	for _, version := range versions {
		for _, peer := range []string{"192.0.2.7:4000", "[2001:db8::7]:4000", "[::ffff:192.0.2.7]:4000", "", "localhost:4000", "@"} {
			t.Run(version+" "+peer, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := onClock(openWithKey(t, runtimetest.NewUser(t)))
					h := says(accept("Allow for session"))
					g := w.comeBy(t, w.from(peer, ""), client{version: version, human: h})
					g.fails(t, tool("get_pet"), stranger)
					g.fails(t, tool("secrets_status"), stranger)
					g.fails(t, with(tool("get_pet"), "", "Allow for session"), stranger)
					if text, err := g.call(t.Context(), tool("hello")); err != nil || text != "hello" {
						t.Errorf("a tool that needs no secret: %q, %v", text, err)
					}
					if len(h.seen()) != 0 {
						t.Errorf("forms: %v", h.seen())
					}
					w.comeBy(t, w.from(peer, "ann"), client{version: version, human: h}).works(t, tool("get_pet"))
				})
			})
		}
	}
}

const toolCall = `{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"get_pet","arguments":{}}}`

// A sender is a peer with a token.
type sender struct{ peer, user string }

// senders are kinds of peers, none of which is another.
var senders = []sender{{"127.0.0.1:4000", "ann"}, {"127.0.0.1:4000", "bob"}, {"127.0.0.1:4000", ""}, {"192.0.2.7:4000", ""}}

// is reports whether both are the same: a user may move.
func (s sender) is(other sender) bool {
	return s.user == other.user && (s.user != "" || s.peer == other.peer)
}

// The SDK looks after the user of a session only if it was begun with a token.
func TestSessionOfAnotherPeer(t *testing.T) {
	for _, version := range versions[1:] {
		for _, first := range senders {
			for _, second := range append(senders[:len(senders):len(senders)], sender{"192.0.2.7:4000", "ann"}) {
				t.Run(fmt.Sprint(version, first, second), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := openWithKey(t, runtimetest.NewUser(t))
						w := onClock(s)
						g := w.comeBy(t, w.from(first.peer, first.user), client{version: version, human: says(accept("Allow for session"))})
						for _, p := range []post{
							{body: `{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"hello","arguments":{}}}`},
							{body: `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`},
							{method: http.MethodDelete},
						} {
							p.session, p.version = g.ID(), version
							status, body := p.send(t, w.from(second.peer, second.user), "")
							if ok := status < 300; ok != first.is(second) || !ok && status != http.StatusNotFound {
								t.Errorf("%s %q: %d %s", p.method, p.body, status, body)
							}
						}
					})
				})
			}
		}
	}
}

// The id of a session is no proof of who sends an answer.
func TestAnswerOfAnotherPeer(t *testing.T) {
	for _, version := range versions[1:] {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openWithKey(t, runtimetest.NewUser(t))
				w := onClock(s)
				h := says(said{never: true})
				g := w.comeBy(t, w.from("127.0.0.1:4000", "ann"), client{version: version, human: h})
				done := make(chan error, 1)
				go func() {
					_, err := g.call(t.Context(), tool("get_pet"))
					done <- err
				}()
				eventually(t, "ann is asked", func() bool { return len(h.seen()) == 1 })
				time.Sleep(time.Second)
				answer := func(peer, user, version string, id int) int {
					body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{"action":"accept","content":{"answer":"Allow for session"}}}`, id)
					status, _ := post{session: g.ID(), version: version, body: body}.send(t, w.from(peer, user), "")
					return status
				}
				for _, from := range senders[1:] {
					for id := range 10 {
						if got := answer(from.peer, from.user, version, id); got < 400 {
							t.Errorf("an answer of %v was taken: %d", from, got)
						}
						// The other side has no sessions, so there is nothing to answer.
						answer(from.peer, from.user, modern, id)
						answer("127.0.0.1:4000", "ann", modern, id)
					}
				}
				synctest.Wait()
				if len(s.Manager.Grants()) != 0 || len(done) != 0 {
					t.Fatalf("grants %v, and ann's call has ended: %t", s.Manager.Grants(), len(done) != 0)
				}
				for id := range 10 { // the same from ann counts, so it was not the form of the answer
					answer("127.0.0.1:4001", "ann", version, id)
				}
				if err := <-done; err != nil || len(s.Manager.Grants()) != 1 {
					t.Errorf("%v, grants %v", err, s.Manager.Grants())
				}
			})
		})
	}
}

// In a session, the context of every call is that of the session's first request: whoever reads a name there reads an old one.
// This pins the trap, and that the request's own token counts nevertheless.
func TestPrincipalIsOfTheVeryRequest(t *testing.T) {
	user := runtimetest.NewUser(t).Answers(secrets.AllowOnce).Answers(secrets.AllowOnce).Answers(secrets.Deny)
	s := openWithKey(t, user)
	// Not our handler, which does not let others into a session.
	foreign := listen(t, authenticated(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s.Server }, nil)))
	g := foreign.comeAs(t, "", client{version: "2025-11-25", human: says(accept("Allow for session"))})
	by := func(user, name string) string {
		body := `{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"` + name + `","arguments":{}}}`
		status, answer := post{session: g.ID(), version: "2025-11-25", body: body}.send(t, bearer{user, http.DefaultTransport}, foreign.url)
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, answer)
		}
		return answer
	}
	by("ann", "whose")
	if !slices.Equal(s.subjects, []string{""}) {
		t.Errorf("the context has the names %q: the SDK does not freeze it any more", s.subjects)
	}
	if got := by("ann", "get_pet"); !strings.Contains(got, worked) {
		t.Errorf("ann: %s", got)
	}
	if got := by("ann", "get_pet"); !strings.Contains(got, worked) { // for which her dialog is asked again
		t.Errorf("ann: %s", got)
	}
	if got := by("bob", "get_pet"); !strings.Contains(got, refused) {
		t.Errorf("bob: %s", got)
	}
	if got := by("", "get_pet"); !strings.Contains(got, stranger) {
		t.Errorf("nobody: %s", got)
	}
	for i, name := range []string{"ann", "ann", "bob"} {
		if shown := user.Shown()[i].Text(); !strings.Contains(shown, "\nAsked for by \""+name+"\"\n") {
			t.Errorf("the dialog for %s says\n%s", name, shown)
		}
	}
}

// Whoever comes by another handler of the SDK with a token is known, but anybody may have answered for him there.
func TestForeignHandlerAsksInDialogsOnly(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			s := openWithKey(t, runtimetest.NewUser(t).Answers(secrets.AllowOnce))
			foreign := listen(t, authenticated(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s.Server },
				&mcp.StreamableHTTPOptions{Stateless: version == modern})))
			h := says(accept("Allow for session"))
			foreign.comeAs(t, "ann", client{version: version, human: h}).works(t, tool("get_pet"))
			if len(h.seen()) != 0 || len(s.Manager.Grants()) != 0 {
				t.Errorf("forms %v, grants %v", h.seen(), s.Manager.Grants())
			}
		})
	}
}

// Nothing says with certainty who is at the other end.
func TestForeignTransportsAreRefused(t *testing.T) {
	server := func(s *shop) func(*http.Request) *mcp.Server {
		return func(*http.Request) *mcp.Server { return s.Server }
	}
	for name, come := range map[string]func(*testing.T, *shop, client) *guest{
		"in memory": func(t *testing.T, s *shop, c client) *guest {
			here, there := mcp.NewInMemoryTransports()
			if _, err := s.Server.Connect(t.Context(), here, nil); err != nil {
				t.Fatal(err)
			}
			return c.connect(t, there)
		},
		"in memory, with the context of a session of ours": func(t *testing.T, s *shop, c client) *guest {
			var inner mcp.Transport
			mcp.AddTool(s.Server, &mcp.Tool{Name: "nested"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ petID) (*mcp.CallToolResult, any, error) {
				here, there := mcp.NewInMemoryTransports()
				inner = there
				_, err := s.Server.Connect(ctx, here, nil)
				return text("nested"), nil, err
			})
			if _, err := inMemory(t, s, c).call(t.Context(), tool("nested")); err != nil {
				t.Fatal(err)
			}
			return c.connect(t, inner)
		},
		"streamable HTTP": func(t *testing.T, s *shop, c client) *guest {
			options := &mcp.StreamableHTTPOptions{Stateless: c.version == modern}
			return listen(t, mcp.NewStreamableHTTPHandler(server(s), options)).comeAs(t, "", c)
		},
		"SSE": func(t *testing.T, s *shop, c client) *guest {
			if c.version == modern {
				t.Skip("SSE has no such revision")
			}
			web := httptest.NewServer(mcp.NewSSEHandler(server(s), nil))
			t.Cleanup(web.Close)
			t.Cleanup(web.CloseClientConnections)
			return c.connect(t, &mcp.SSEClientTransport{Endpoint: web.URL})
		},
	} {
		for _, version := range versions {
			t.Run(name+" "+version, func(t *testing.T) {
				s := openWithKey(t, runtimetest.NewUser(t))
				h := says(accept("Allow for session"))
				come(t, s, client{version: version, human: h}).fails(t, tool("get_pet"), stranger)
				if len(h.seen()) != 0 {
					t.Errorf("forms: %v", h.seen())
				}
			})
		}
	}
}

// A handler may send the headers of its request on, as a gateway does: they say nothing of the request that it makes.
func TestVisitIsOfOneSession(t *testing.T) {
	s := openWithKey(t, runtimetest.NewUser(t))
	s.Manager.Mask(t.Context(), goodKey)
	bare := listen(t, mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s.Server }, &mcp.StreamableHTTPOptions{Stateless: true}))
	s.AddTool(&mcp.Tool{Name: "key", InputSchema: map[string]any{"type": "object"}}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return text("it is " + goodKey), nil
	})
	answers := map[string]string{}
	s.AddTool(&mcp.Tool{Name: "relay", InputSchema: map[string]any{"type": "object"}}, func(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		header := http.Header{gosdk.VisitHeader: req.Extra.Header[gosdk.VisitHeader]}
		for _, name := range []string{"get_pet", "key"} {
			_, answers[name] = post{version: "2025-11-25", body: strings.Replace(toolCall, "get_pet", name, 1), header: header}.send(t, http.DefaultTransport, bare.url)
		}
		return text("done"), nil
	})
	g := overHTTP(t, s, new(wire)).comeAs(t, "", client{version: "2025-11-25"})
	if _, err := g.CallTool(t.Context(), tool("relay")); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(answers["get_pet"], stranger) || !strings.Contains(answers["key"], "it is [redacted]") {
		t.Errorf("by another handler: %q", answers)
	}
}

// The header by which our handler finds a request again is nobody else's to set.
func TestVisitHeaderOfTheClientCountsForNothing(t *testing.T) {
	header := http.Header{gosdk.VisitHeader: {"made up", "twice"}, "mcpsecrets-visit": {"small"}}
	body := func(version string) string {
		if version != modern {
			return toolCall
		}
		return strings.Replace(toolCall, `"arguments"`, `"_meta":{"`+mcp.MetaKeyProtocolVersion+`":"`+modern+`","`+mcp.MetaKeyClientCapabilities+`":{}},"arguments"`, 1)
	}
	headers := func(version string) http.Header {
		h := header.Clone()
		if version == modern {
			h.Set("Mcp-Method", "tools/call")
			h.Set("Mcp-Name", "get_pet")
		}
		return h
	}
	s := openWithKey(t, runtimetest.NewUser(t))
	for _, version := range versions {
		w := onClock(s)
		g := w.comeBy(t, w.from("192.0.2.7:4000", ""), client{version: version})
		status, answer := post{session: g.ID(), version: version, body: body(version), header: headers(version)}.send(t, w.from("192.0.2.7:4000", ""), "")
		if status != http.StatusOK || !strings.Contains(answer, stranger) {
			t.Errorf("%s, by our handler: %d %s", version, status, answer)
		}
		_ = g.Close()
		foreign := listen(t, mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s.Server }, &mcp.StreamableHTTPOptions{Stateless: version == modern}))
		g = foreign.comeAs(t, "", client{version: version})
		status, answer = post{session: g.ID(), version: version, body: body(version), header: headers(version)}.send(t, http.DefaultTransport, foreign.url)
		if status != http.StatusOK || strings.Contains(answer, worked) || !strings.Contains(answer, "error") {
			t.Errorf("%s, by another: %d %s", version, status, answer)
		}
	}
	eventually(t, "no visit is kept", func() bool { return gosdk.Visits() == 0 })
}

// With the option Stateless there is no session in which older clients could be asked.
func TestStatelessOlderClientsAreAskedInDialogs(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			user := runtimetest.NewUser(t).Types("Petstore API key", goodKey)
			if version != modern {
				user.Answers(secrets.AllowOnce)
			} else {
				user.During(func() { time.Sleep(2 * slow) })
			}
			s := open(t, user)
			h := says(accept("Allow"))
			w := overHTTP(t, s, new(wire), func(o *mcp.StreamableHTTPOptions) { o.Stateless = true })
			g := w.comeAs(t, "ann", client{version: version, human: h})
			g.works(t, tool("get_pet"))
			if asked := len(h.seen()) == 2; asked != (version == modern) || g.ID() != "" {
				t.Errorf("forms %v, session %q", h.seen(), g.ID())
			}
			if code := strings.Contains(user.Shown()[0].Text(), "Code "); code != (version == modern) {
				t.Errorf("a code that nothing can be compared with, or none: %q", user.Shown()[0].Text())
			}
		})
	}
}

// A request with the header of one era and the body of another is served by neither.
func TestErasDoNotMix(t *testing.T) {
	s := openWithKey(t, runtimetest.NewUser(t))
	w := onClock(s)
	meta := func(version string) string {
		return strings.Replace(toolCall, `"arguments"`, `"_meta":{"`+mcp.MetaKeyProtocolVersion+`":"`+version+`","`+mcp.MetaKeyClientCapabilities+`":{"elicitation":{}}},"arguments"`, 1)
	}
	g := w.comeBy(t, w.from("127.0.0.1:4000", "ann"), client{version: "2025-11-25"})
	for name, p := range map[string]post{
		"modern body, no header":           {body: meta(modern)},
		"modern body, no header, session":  {body: meta(modern), session: g.ID()},
		"modern body, old header":          {body: meta(modern), version: "2025-11-25"},
		"modern body, old header, session": {body: meta(modern), version: "2025-11-25", session: g.ID()},
		"old body, modern header":          {body: toolCall, version: modern},
		"old body, modern header, session": {body: toolCall, version: modern, session: g.ID()},
		"old meta, modern header":          {body: meta("2025-11-25"), version: modern},
		"future header":                    {body: toolCall, version: "2099-01-01"},
		"future":                           {body: meta("2099-01-01"), version: "2099-01-01"},
		"old body, no session":             {body: toolCall, version: "2025-11-25"},
	} {
		p.header = http.Header{"Mcp-Method": {"tools/call"}, "Mcp-Name": {"get_pet"}}
		status, answer := p.send(t, w.from("127.0.0.1:4000", "ann"), "")
		if strings.Contains(answer, worked) || strings.Contains(answer, "input_required") || !strings.Contains(answer, "rror") && status < 400 {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
}

// Few clients end their sessions.
func TestSessionsAreBounded(t *testing.T) {
	s := openWithKey(t, runtimetest.NewUser(t))
	w := &web{handler: gosdk.SmallHandler(s.Server, 10)}
	begin := post{body: initialize}
	for range 100 {
		if status, body := begin.send(t, w.from("127.0.0.1:4000", ""), ""); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
	}
	eventually(t, "the SDK's sessions end too", func() bool {
		n := 0
		for range s.Server.Sessions() {
			n++
		}
		return n <= 10
	})
	g := w.comeBy(t, w.from("127.0.0.1:4000", ""), client{version: "2025-11-25"})
	if text, err := g.call(t.Context(), tool("hello")); err != nil || text != "hello" {
		t.Errorf("%q, %v", text, err)
	}
}
