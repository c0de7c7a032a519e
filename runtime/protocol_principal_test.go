package secrets_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/testdata/inprocess"
)

// Who a call over HTTP belongs to, and what that is good for.

func TestProtocolPrincipalsShareNoGrant(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := withKey(t)
			p := openHTTP(t, w)
			yes, no := says(accept("Allow for session")), says(accept("Deny"))
			ann := p.enterAs(t, "ann", visit{version: version, human: yes})
			bob := p.enterAs(t, "bob", visit{version: version, human: no})
			ann.works(t, tool("get_pet"))
			bob.fails(t, tool("get_pet"), refusedWords)
			ann.works(t, tool("get_pet")) // nor does bob's refusal count for ann
			if len(yes.seen()) != 1 || len(no.seen()) != 1 {
				t.Errorf("ann was asked %d times, bob %d times, want once each", len(yes.seen()), len(no.seen()))
			}
			if got := fmt.Sprint(p.Manager.Grants()); !strings.Contains(got, "ann") || strings.Contains(got, "bob") {
				t.Errorf("grants: %s", got)
			}
			// Another client of ann's has her grant, but not the one who stole its session.
			p.enterAs(t, "ann", visit{version: version, human: no}).works(t, tool("get_pet"))
			w.wantDialogs(t)
		})
	}
}

// The id of a session is no proof of who sends a request.
func TestProtocolAnswerOfAnotherPrincipal(t *testing.T) {
	for _, version := range versions[1:] {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := withKey(t)
				p := clockPlace{newWebPlace(t, w)}
				h := says(said{never: true})
				ann := p.enterAs(t, "ann", visit{version: version, human: h})
				done := make(chan error, 1)
				go func() {
					_, err := ann.call(t.Context(), tool("get_pet"))
					done <- err
				}()
				eventually(t, "ann is asked", func() bool { return len(h.seen()) == 1 })
				time.Sleep(time.Second)
				post := func(who string, id int) int {
					body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{"action":"accept","content":{"answer":"Allow for session"}}}`, id)
					r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/mcp", strings.NewReader(body))
					if err != nil {
						t.Fatal(err)
					}
					r.Header.Set("Content-Type", "application/json")
					r.Header.Set("Accept", "application/json, text/event-stream")
					r.Header.Set("Mcp-Session-Id", ann.ID())
					r.Header.Set("Mcp-Protocol-Version", version)
					response, err := inprocess.Transport{Handler: p.handler, Peer: "127.0.0.1:4001", Token: who}.RoundTrip(r)
					if err != nil {
						t.Fatal(err)
					}
					_ = response.Body.Close()
					return response.StatusCode
				}
				for _, who := range []string{"bob", ""} {
					for id := range 10 {
						if got := post(who, id); got < 400 {
							t.Errorf("an answer of %q was taken: %d", who, got)
						}
					}
				}
				synctest.Wait()
				if len(p.Manager.Grants()) != 0 || len(done) != 0 {
					t.Fatalf("grants %v, and ann's call has ended: %t", p.Manager.Grants(), len(done) != 0)
				}
				// The same from ann counts, so it was not the form of the answer.
				for id := range 10 {
					_ = post("ann", id)
				}
				if err := <-done; err != nil || len(p.Manager.Grants()) != 1 {
					t.Errorf("%v, grants %v", err, p.Manager.Grants())
				}
			})
		})
	}
}

// Whose session is gone, or was never theirs, can't call in it.
func TestProtocolSessionOfAnotherPrincipal(t *testing.T) {
	for _, version := range versions[1:] {
		synctest.Test(t, func(t *testing.T) {
			p := clockPlace{newWebPlace(t, withKey(t))}
			ann := p.enterAs(t, "ann", visit{version: version, human: says(accept("Allow for session"))})
			ann.works(t, tool("get_pet"))
			for _, who := range []string{"bob", ""} {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/mcp",
					strings.NewReader(`{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"get_pet"}}`))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Mcp-Session-Id", ann.ID())
				response, err := inprocess.Transport{Handler: p.handler, Peer: "127.0.0.1:4001", Token: who}.RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				if response.StatusCode != http.StatusNotFound {
					t.Errorf("%s: %q: %d", version, who, response.StatusCode)
				}
				_ = response.Body.Close()
			}
		})
	}
}

// An HTTP caller that nobody verified: any process on this computer. The dialog is asked, each time anew; the client's own
// answers count for nothing.
func TestProtocolCallerWithoutPrincipal(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, act{Text: goodKey}, act{Answer: secrets.AllowOnce}, act{Answer: secrets.AllowOnce}, act{Answer: secrets.Deny})
			p := openHTTP(t, w)
			h := says(accept("Allow for session"))
			g := p.enterAs(t, "", visit{version: version, human: h})
			g.works(t, tool("get_pet"))
			g.works(t, tool("get_pet"))
			g.fails(t, with(tool("get_pet"), "", everything), refusedWords)
			w.wantDialogs(t, "asks for: Petstore API key", "Tool: get_pet", "Tool: get_pet", "Tool: get_pet")
			for _, shown := range w.shown(t)[1:] {
				if strings.Contains(shown, "for session") {
					t.Errorf("the question offers what can't be given:\n%s", shown)
				}
			}
			if len(h.seen()) != 0 || len(p.Manager.Grants()) != 0 {
				t.Errorf("forms %v, grants %v", h.seen(), p.Manager.Grants())
			}
		})
	}
}

// Even a dialog that gives an answer which the question did not offer makes no grant.
func TestProtocolNoGrantWithoutPrincipal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withKey(t, act{Answer: secrets.AllowSession})
		p := clockPlace{newWebPlace(t, w)}
		g := p.enterAs(t, "", visit{version: modern})
		_, _ = g.call(t.Context(), tool("get_pet"))
		w.wantDialogs(t, "Tool: get_pet")
		if grants := p.Manager.Grants(); len(grants) != 0 {
			t.Errorf("grants: %v", grants)
		}
	})
}

// From another computer, nobody is served who is not known.
func TestProtocolCallerFromElsewhere(t *testing.T) {
	for _, version := range versions {
		for _, peer := range []string{"192.0.2.7:4000", "[2001:db8::7]:4000", "[::ffff:192.0.2.7]:4000", "", "localhost:4000", "@"} {
			t.Run(version+" "+peer, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := withKey(t)
					p := newWebPlace(t, w)
					p.url = "http://127.0.0.1/mcp"
					h := says(accept("Allow for session"))
					v := visit{version: version, human: h}
					stranger := p.enterBy(t, inprocess.Transport{Handler: p.handler, Peer: peer, Token: ""}, v)
					stranger.fails(t, tool("get_pet"), "can't be used")
					stranger.fails(t, with(tool("get_pet"), "", everything), "can't be used")
					if text, err := stranger.call(t.Context(), tool("hello")); err != nil || text != "hello" {
						t.Errorf("a tool that needs no secret: %q, %v", text, err)
					}
					if len(h.seen()) != 0 {
						t.Errorf("forms: %v", h.seen())
					}
					// The same place, but known.
					p.enterBy(t, inprocess.Transport{Handler: p.handler, Peer: peer, Token: "ann"}, v).works(t, tool("get_pet"))
					stranger.fails(t, tool("get_pet"), "can't be used")
					w.wantDialogs(t)
				})
			})
		}
	}
}

// A principal that the author puts in place of the request's, by mistake the empty one, is nobody.
func TestProtocolEmptyPrincipalIsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withKey(t)
		p := newWebPlace(t, w)
		p.url = "http://127.0.0.1/mcp"
		inner := p.handler
		p.handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			inner.ServeHTTP(rw, r.WithContext(secrets.WithPrincipal(context.WithoutCancel(r.Context()), "")))
		})
		g := p.enterBy(t, inprocess.Transport{Handler: p.handler, Peer: "192.0.2.7:1", Token: ""}, visit{version: modern, human: says(accept("Allow"))})
		g.fails(t, tool("get_pet"), "can't be used")
		w.wantDialogs(t)
	})
}
