package conformance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// Who a call over HTTP belongs to, and what that is good for.

func (s suite) principalsShareNoGrant(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := s.withKey(t)
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
func (s suite) answerOfAnotherPrincipal(t *testing.T) {
	for _, version := range versions[1:] {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.withKey(t)
				p := openClock(t, w)
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
					return p.send(t, http.MethodPost, who, ann.ID(), version, body)
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
func (s suite) sessionOfAnotherPrincipal(t *testing.T) {
	for _, version := range versions[1:] {
		synctest.Test(t, func(t *testing.T) {
			p := openClock(t, s.withKey(t))
			ann := p.enterAs(t, "ann", visit{version: version, human: says(accept("Allow for session"))})
			ann.works(t, tool("get_pet"))
			for _, who := range []string{"bob", ""} {
				const call = `{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"get_pet"}}`
				for _, said := range []string{"", version} {
					if status := p.send(t, http.MethodPost, who, ann.ID(), said, call); status != http.StatusNotFound {
						t.Errorf("%s: %q: %d", version, who, status)
					}
				}
			}
		})
	}
}

// An HTTP caller that nobody verified: any process on this computer. The dialog is asked, each time anew; the client's own
// answers count for nothing.
func (s suite) callerWithoutPrincipal(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := s.newWorld(t, act{Text: goodKey}, act{Answer: secrets.AllowOnce}, act{Answer: secrets.AllowOnce}, act{Answer: secrets.Deny})
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
func (s suite) noGrantWithoutPrincipal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := s.withKey(t, act{Answer: secrets.AllowSession})
		p := openClock(t, w)
		g := p.enterAs(t, "", visit{version: modern})
		_, _ = g.call(t.Context(), tool("get_pet"))
		w.wantDialogs(t, "Tool: get_pet")
		if grants := p.Manager.Grants(); len(grants) != 0 {
			t.Errorf("grants: %v", grants)
		}
	})
}

// For whom it is asked, who answers is told: in dialogs for a value and for permission, and in the client's forms.
func (s suite) principalIsNamed(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.newWorld(t, act{Text: goodKey}, act{Answer: secrets.AllowOnce}, act{Answer: secrets.Deny}, act{Answer: secrets.Deny})
				p := openClock(t, w)
				p.AddTools()
				ann := p.enterAs(t, "ann", visit{version: version})
				ann.works(t, tool("get_pet"))
				if _, isError := ann.useTool(t, "secrets_forget", "api_key"); !isError {
					t.Error("removed against the user's will")
				}
				p.enterAs(t, "", visit{version: version}).fails(t, tool("get_pet"), refusedWords)
				const by = "\nAsked for by \"ann\"\n"
				w.wantDialogs(t, by, by, by, "\nAsked for by an unverified program on this computer.")

				h := says(accept("Deny"))
				p.enterAs(t, "mallory", visit{version: version, human: h}).fails(t, tool("get_pet"), refusedWords)
				if seen := h.seen(); len(seen) != 1 || !strings.Contains(seen[0].message, "\nAsked for by \"mallory\"\n") {
					t.Errorf("forms: %v", seen)
				}
			})
		})
	}
}

// Who is at this computer grants nobody else a session, even by a dialog that gives an answer which the question did not offer.
func (s suite) noGrantOfAPrincipalByDialog(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.withKey(t, act{Answer: secrets.AllowSession})
				p := openClock(t, w)
				p.enterAs(t, "mallory", visit{version: version}).fails(t, tool("get_pet"), refusedWords)
				w.wantDialogs(t, `Asked for by "mallory"`)
				if shown := w.shown(t)[0]; strings.Contains(shown, "for session") {
					t.Errorf("the question offers what can't be given:\n%s", shown)
				}
				if grants := p.Manager.Grants(); len(grants) != 0 {
					t.Errorf("grants: %v", grants)
				}
			})
		})
	}
}

// Who comes by a Unix socket is on this computer, and is asked in windows as others there. A proxy's word that it is somebody
// else's request is taken.
func (s suite) callerByAUnixSocket(t *testing.T) {
	for _, version := range versions {
		for remote, isLocal := range map[string]bool{"": true, "192.0.2.7": false, "192.0.2.7:4000": false} {
			t.Run(version+" "+remote, func(t *testing.T) {
				t.Parallel()
				w := s.withKey(t)
				if isLocal {
					w = s.withKey(t, act{Answer: secrets.AllowOnce}, act{Answer: secrets.Deny})
				}
				p := openUnix(t, w, remote)
				h := says(accept("Allow for session"))
				g := p.enterAs(t, "", visit{version: version, human: h})
				if isLocal {
					g.works(t, tool("get_pet"))
					g.fails(t, with(tool("get_pet"), "", everything), refusedWords)
					w.wantDialogs(t, "Tool: get_pet", "Tool: get_pet")
				} else {
					g.fails(t, tool("get_pet"), "can't be used")
					w.wantDialogs(t)
				}
				if len(h.seen()) != 0 || len(p.Manager.Grants()) != 0 {
					t.Errorf("forms %v, grants %v", h.seen(), p.Manager.Grants())
				}
			})
		}
	}
}

// From another computer, nobody is served who is not known.
func (s suite) callerFromElsewhere(t *testing.T) {
	for _, version := range versions {
		for _, peer := range []string{"192.0.2.7:4000", "[2001:db8::7]:4000", "[::ffff:192.0.2.7]:4000", "", "localhost:4000", "@"} {
			t.Run(version+" "+peer, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := s.withKey(t)
					p := openClock(t, w)
					h := says(accept("Allow for session"))
					v := visit{version: version, human: h}
					stranger := p.enterFrom(t, peer, "", v)
					stranger.fails(t, tool("get_pet"), "can't be used")
					stranger.fails(t, with(tool("get_pet"), "", everything), "can't be used")
					if text, err := stranger.call(t.Context(), tool("hello")); err != nil || text != "hello" {
						t.Errorf("a tool that needs no secret: %q, %v", text, err)
					}
					if len(h.seen()) != 0 {
						t.Errorf("forms: %v", h.seen())
					}
					// The same place, but known.
					p.enterFrom(t, peer, "ann", v).works(t, tool("get_pet"))
					stranger.fails(t, tool("get_pet"), "can't be used")
					w.wantDialogs(t)
				})
			})
		}
	}
}

// A token that the author's code lets in without saying whose it is makes nobody of its caller.
func (s suite) emptyPrincipalIsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := s.withKey(t)
		p := openClock(t, w)
		g := p.enterFrom(t, "192.0.2.7:1", anonymous, visit{version: modern, human: says(accept("Allow"))})
		g.fails(t, tool("get_pet"), "can't be used")
		w.wantDialogs(t)
	})
}

// A tokens adds the token of the moment.
type tokens struct {
	next func(token string) http.RoundTripper
	now  atomic.Pointer[string]
}

func (s *tokens) become(token string) { s.now.Store(&token) }

func (s *tokens) RoundTrip(r *http.Request) (*http.Response, error) {
	return s.next(*s.now.Load()).RoundTrip(r)
}

// A request belongs to its own token, not to the one that its client came with. Before 2026-07-28 the session is of the first
// one, and nobody else's request is served in it.
func (s suite) principalIsTheRequests(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.withKey(t, act{Answer: secrets.Deny})
				p := openClock(t, w)
				h := says(accept("Allow for session"))
				by := &tokens{next: func(token string) http.RoundTripper { return p.from("127.0.0.1:4000", token) }}
				by.become("ann")
				g := p.enterBy(t, by, visit{version: version, human: h})
				g.works(t, tool("get_pet"))
				h.answer = says(accept("Deny")).answer
				by.become("bob")
				if version != modern {
					session := g.ID()
					if text, err := g.call(t.Context(), tool("get_pet")); err == nil {
						t.Errorf("bob's call in ann's session: %q", text)
					}
					if len(h.seen()) != 1 {
						t.Errorf("forms: %v", h.seen())
					}
					// The client has given the session up.
					if status := p.send(t, http.MethodDelete, "ann", session, version, ""); status >= 300 {
						t.Errorf("ann's session is gone: %d", status)
					}
					return
				}
				g.fails(t, tool("get_pet"), refusedWords)
				if len(h.seen()) != 2 {
					t.Errorf("%d forms: bob was not asked", len(h.seen()))
				}
				by.become("")
				g.fails(t, tool("get_pet"), refusedWords)
				w.wantDialogs(t, "Tool: get_pet")
				by.become("ann")
				g.works(t, tool("get_pet"))
				if grants := g.status(t).Grants; !slices.Equal(grants, []string{"ann api_key "}) {
					t.Errorf("grants: %q", grants)
				}
			})
		})
	}
}

// A pool is connections that principals share. It knows who used each.
type pool struct {
	*http.Transport

	mu    sync.Mutex
	users map[net.Conn]map[string]bool
}

func (p *pool) of(principal string) http.RoundTripper { return bearer{principal, pooled{p, principal}} }

// shared returns how many connections had more than one user.
func (p *pool) shared() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, users := range p.users {
		if len(users) > 1 {
			n++
		}
	}
	return n
}

type pooled struct {
	*pool
	user string
}

func (p pooled) RoundTrip(r *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.users[got.Conn] == nil {
			p.users[got.Conn] = map[string]bool{}
		}
		p.users[got.Conn][p.user] = true
	}}
	return p.Transport.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
}

// As behind a proxy: what one connection carries is of many.
func (s suite) principalsShareConnections(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := s.withKey(t)
			p := openHTTP(t, w)
			connections := &pool{Transport: &http.Transport{}, users: map[net.Conn]map[string]bool{}}
			defer connections.CloseIdleConnections()
			yes, no := says(accept("Allow for session")), says(accept("Deny"))
			ann := p.enterBy(t, connections.of("ann"), visit{version: version, human: yes})
			bob := p.enterBy(t, connections.of("bob"), visit{version: version, human: no})
			for range 5 {
				ann.works(t, tool("get_pet"))
				bob.fails(t, tool("get_pet"), refusedWords)
			}
			var calls sync.WaitGroup
			for range 20 {
				calls.Go(func() {
					if text, err := ann.call(t.Context(), tool("get_pet")); err != nil || text != worked {
						t.Errorf("ann: %q, %v", text, err)
					}
				})
				calls.Go(func() {
					if text, err := bob.call(t.Context(), tool("get_pet")); err == nil || !strings.Contains(err.Error(), refusedWords) {
						t.Errorf("bob: %q, %v", text, err)
					}
				})
			}
			calls.Wait()
			if len(yes.seen()) != 1 || len(no.seen()) != 1 {
				t.Errorf("ann was asked %d times, bob %d times, want once each", len(yes.seen()), len(no.seen()))
			}
			if grants := ann.status(t).Grants; !slices.Equal(grants, []string{"ann api_key "}) {
				t.Errorf("grants: %q", grants)
			}
			if connections.shared() == 0 {
				t.Error("no connection was shared")
			}
			w.wantDialogs(t)
		})
	}
}

// Of a request that the adapter's handler has not seen nothing is known but what the author's code verified. And as nobody
// kept its session, no answer in it counts.
func (s suite) anotherHandlerThanTheAdapters(t *testing.T) {
	for _, version := range versions {
		for _, peer := range []string{"127.0.0.1:4000", "192.0.2.7:4000"} {
			t.Run(version+" "+peer, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := s.withKey(t, act{Answer: secrets.AllowOnce})
					p := openClock(t, w)
					p.serveBy(p.BareHTTPHandler(named))
					h := says(accept("Allow"))
					v := visit{version: version, human: h}
					for _, token := range []string{"", anonymous} {
						stranger := p.enterFrom(t, peer, token, v)
						stranger.fails(t, tool("get_pet"), "can't be used")
						stranger.fails(t, with(tool("get_pet"), "", everything), "can't be used")
					}
					if len(h.seen()) != 0 {
						t.Errorf("forms: %v", h.seen())
					}
					w.wantDialogs(t)
					p.enterFrom(t, peer, "ann", v).works(t, tool("get_pet"))
					if version != modern {
						w.wantDialogs(t, "Tool: get_pet")
					}
					if asked := len(h.seen()) + len(w.shown(t)); asked != 1 {
						t.Errorf("ann was asked %d times", asked)
					}
				})
			})
		}
	}
}

// What a handler makes of its context gives it nobody else's grants.
func (s suite) contextsThatAreMadeUp(t *testing.T) {
	for _, version := range versions {
		for how, row := range map[string]struct {
			want  string
			forms int
		}{
			"another principal": {refusedWords, 1},
			"the server's own":  {refusedWords, 1},
			"no context":        {"can't be used", 0},
		} {
			t.Run(version+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := s.withKey(t)
					p := openClock(t, w)
					p.enterAs(t, "ann", visit{version: version, human: says(accept("Allow for session"))}).works(t, tool("get_pet"))
					no := says(accept("Deny"))
					bob := p.enterAs(t, "bob", visit{version: version, human: no})
					bob.fails(t, madeUp(how), row.want)
					if len(no.seen()) != row.forms {
						t.Errorf("bob's forms: %v", no.seen())
					}
					w.wantDialogs(t)
				})
			})
		}
		t.Run(version+" of a call that is over", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := openClock(t, s.withKey(t, act{Answer: secrets.Deny}))
				h := says(accept("Allow"))
				ann := p.enterAs(t, "ann", visit{version: version, human: h})
				ann.works(t, madeUp("keep"))
				h.answer = says(accept("Deny")).answer
				if key, err := p.APIKey(p.kept, reason); err == nil {
					t.Errorf("what was allowed once is allowed still: %q", key.Reveal())
				}
			})
		})
	}
}

func madeUp(how string) *sdk.CallToolParams {
	return &sdk.CallToolParams{Name: "make_up", Arguments: map[string]any{"how": how}}
}

// A getter outside any call is the server's own: a client's grant is none for it.
func (s suite) getterOutsideAnyCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := s.withKey(t, act{Answer: secrets.AllowSession})
		p := openClock(t, w)
		h := says(accept("Allow for session"))
		g := p.enter(t, visit{version: modern, human: h})
		g.works(t, tool("get_pet"))
		if _, err := p.APIKey(context.Background(), reason); !errors.Is(err, secrets.ErrOutsideCall) {
			t.Errorf("a context that nobody vouches for: %v", err)
		}
		for range 2 { // the second by the grant of the first
			if _, err := p.APIKey(p.Manager.Background(context.Background()), reason); err != nil {
				t.Fatal(err)
			}
		}
		w.wantDialogs(t, "Asked for by the server itself")
		if len(h.seen()) != 1 {
			t.Errorf("forms: %v", h.seen())
		}
	})
}
