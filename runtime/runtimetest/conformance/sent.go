package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	hostbound "github.com/mcpsecrets/mcpsecrets/testdata/golden/host-bound/want"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// The server of these tests has a key that is only sent: its tools use the generated client, which is made once, before any call.

// A sender is what its tools share.
type sender struct {
	*hostbound.Secrets
	api      *upstream
	client   *http.Client
	retrying *http.Client
}

// send has a shop use a key that is only sent in place of the petstore's secrets.
func (s *shop) send(w world, options []secrets.Option) (err error) {
	sends := &sender{}
	if sends.Secrets, err = hostbound.OpenSecrets(options...); err != nil {
		return err
	}
	if sends.api, err = openUpstream(!w.KeyExpired); err != nil {
		return err
	}
	sends.client = sends.APIKeyClient("Read your pets", secrets.WithBase(sends.api.base()))
	sends.retrying = sends.APIKeyClient("Read your pets", secrets.WithBase(sends.api.base()), secrets.WithRetry())
	s.Secrets, s.sends = &petstore.Secrets{Manager: sends.Manager}, sends
	return nil
}

// close ends connections.
func (s *sender) close() {
	s.client.CloseIdleConnections()
	s.retrying.CloseIdleConnections()
	_ = s.api.server.Close()
}

func (s *sender) features() []Feature {
	list := func(name string, client *http.Client, requests int) Feature {
		return Feature{Kind: "tool", Name: name, Handle: func(ctx context.Context, _ map[string]any, _ any) (any, error) {
			return pets(ctx, client, requests)
		}}
	}
	return []Feature{
		list("find_pet", s.client, 1), list("find_again", s.retrying, 1), list("list_pets", s.client, 2), list("count_pets", s.client, 2),
		{Kind: "tool", Name: "list_unbound", Handle: func(context.Context, map[string]any, any) (any, error) {
			return pets(context.Background(), s.client, 2)
		}},
		{Kind: "tool", Name: "list_bound", Handle: func(ctx context.Context, _ map[string]any, _ any) (any, error) {
			bound := *s.client
			bound.Transport = secrets.InCall(ctx, s.client.Transport)
			return pets(context.Background(), &bound, 2)
		}},
	}
}

// pets makes requests at once, as a client may that pages, and returns what they were answered.
func pets(ctx context.Context, client *http.Client, requests int) (any, error) {
	texts, failed := make([]string, requests), make([]error, requests)
	var group sync.WaitGroup
	for i := range texts {
		group.Go(func() { texts[i], failed[i] = get(ctx, client, fmt.Sprint("https://base_url.invalid/pets/", i)) })
	}
	group.Wait()
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	return content(texts...), nil
}

// get returns the status of an answer, a header and the body.
func get(ctx context.Context, client *http.Client, address string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d, %s: %s .", resp.StatusCode, resp.Header.Get("X-Got"), text), err // what touches a masked text is masked
}

// withSender is newWorld with a server that sends a key, which is stored.
func (s suite) withSender(t *testing.T, dialogs ...act) world {
	w := s.newWorld(t, dialogs...)
	w.Sends, w.Stored = true, true
	return w
}

// lists fails the test unless a tool's requests were answered with a status, and what it says has no key.
func (g *guest) lists(t *testing.T, name string, status int) {
	t.Helper()
	text, err := g.call(t.Context(), tool(name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for i, part := range strings.Split(text, "\n") {
		if !strings.HasPrefix(part, fmt.Sprint(status)+", ") || !strings.Contains(part, fmt.Sprint("/api/v3/pets/", i, " with ")) || !strings.Contains(part, "redacted") {
			t.Errorf("%s: %q", name, part)
		}
	}
}

// leaksNoKey fails the test if what a server sent, or logged, has a key.
func leaksNoKey(t *testing.T, p place, w world) {
	t.Helper()
	for _, key := range []string{goodKey, otherKey} {
		if log := readLines[map[string]any](t, w.logFile()); bytes.Contains(p.written(), []byte(key)) || strings.Contains(fmt.Sprint(log), key) {
			t.Error("the key has left")
		}
	}
}

// The client of a tool asks as a getter does: by one question for all of a call's requests, which names the tool and where the value
// goes. Allowed once, it is allowed for that call alone.
func (s suite) sentKeyIsAskedForOnce(t *testing.T) {
	test := func(t *testing.T, over transport, version string) {
		for _, name := range []string{"list_pets", "list_bound"} {
			w := s.withSender(t)
			p := over.open(t, w)
			h := says(accept("Allow"))
			g := p.enter(t, visit{version: version, human: h})
			for n := 1; n <= 2; n++ {
				g.lists(t, name, http.StatusOK)
				forms := h.seen()
				if len(forms) != n || !forms[n-1].isPermission() || !strings.Contains(forms[n-1].message, name) || !strings.Contains(forms[n-1].message, "pets.example") {
					t.Fatalf("%s: forms: %q", name, forms)
				}
			}
			w.wantDialogs(t)
			leaksNoKey(t, p, w)
		}
	}
	onEachClock(t, test)
	for _, version := range versions {
		t.Run("stdio "+version, func(t *testing.T) {
			t.Parallel()
			test(t, overStdio, version)
		})
	}
}

// A grant for the session is for all tools, and for what a request carries alike.
func (s suite) sentKeyByAGrant(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withSender(t)
		h := says(accept("Allow for session"))
		g := over.open(t, w).enter(t, visit{version: version, human: h})
		for _, name := range []string{"list_pets", "count_pets", "list_bound", "list_pets"} {
			g.lists(t, name, http.StatusOK)
		}
		if forms := h.seen(); len(forms) != 1 {
			t.Errorf("forms: %q", forms)
		}
	})
}

// What was refused is not sent, and not asked again.
func (s suite) sentKeyIsRefused(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withSender(t)
		p := over.open(t, w)
		h := says(accept("Deny"))
		g := p.enter(t, visit{version: version, human: h})
		for _, name := range []string{"list_pets", "list_pets", "count_pets", "list_bound"} {
			g.fails(t, tool(name), refusedWords)
		}
		if forms := h.seen(); len(forms) != 1 {
			t.Errorf("forms: %q", forms)
		}
		w.wantDialogs(t)
		if grants := shopOf(p).Manager.Grants(); len(grants) > 0 {
			t.Errorf("grants: %v", grants)
		}
	})
}

// A request belongs to the call of its context: one of none is refused, also in a handler that a grant would let.
func (s suite) sentKeyOutsideAnyCall(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.withSender(t)
		p := over.open(t, w)
		h := says(accept("Allow for session"))
		g := p.enter(t, visit{version: version, human: h})
		g.lists(t, "list_pets", http.StatusOK)
		g.fails(t, tool("list_unbound"), "api_key")
		if _, err := pets(context.Background(), shopOf(p).sends.client, 1); !errors.Is(err, secrets.ErrOutsideCall) {
			t.Errorf("outside any call: %v", err)
		}
		if forms := h.seen(); len(forms) != 1 {
			t.Errorf("forms: %q", forms)
		}
		w.wantDialogs(t)
	})
}

// A missing value is asked for, with a code that the client shows too; an answer with 401 has another one asked for, and the dialog says
// why: by the next call, or where the client sends again, by the same one.
func (s suite) sentKeyIsRejected(t *testing.T) {
	for name, statuses := range map[string][]int{"find_pet": {http.StatusUnauthorized, http.StatusOK}, "find_again": {http.StatusOK, http.StatusOK}} {
		onEachClock(t, func(t *testing.T, over transport, version string) {
			typed := func(text string) act { return act{Text: text, Open: time.Second} }
			w := s.withSender(t, typed(goodKey), typed(otherKey))
			w.Stored, w.KeyExpired = false, true
			p := over.open(t, w)
			h := says(accept("Allow for session"))
			g := p.enter(t, visit{version: version, human: h})
			for _, status := range statuses {
				g.lists(t, name, status)
			}
			w.wantDialogs(t, "Pets API key", "401 Unauthorized")
			if stored, _ := shopOf(p).store.Value("host-bound", "api_key"); stored != otherKey {
				t.Error("the new value is not stored")
			}
			codes, permissions := 0, 0
			for _, f := range h.seen() {
				if f.isPermission() {
					permissions++
				} else {
					codes++
				}
			}
			if codes != 2 || permissions != 2 { // a grant ends with its value
				t.Errorf("%d forms with codes, %d for permission: %q", codes, permissions, h.seen())
			}
			leaksNoKey(t, p, w)
		})
	}
}

// Where the client can't ask, the native dialog does, and says where the value goes.
func (s suite) sentKeyWithoutForms(t *testing.T) {
	for _, version := range versions {
		t.Run("http "+version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := s.withSender(t, act{Answer: secrets.AllowOnce}, act{Answer: secrets.Deny})
				g := openClock(t, w).enter(t, visit{version: version})
				g.lists(t, "list_pets", http.StatusOK)
				g.fails(t, tool("count_pets"), refusedWords)
				w.wantDialogs(t, "pets.example", "Tool: count_pets")
			})
		})
		t.Run("stdio "+version, func(t *testing.T) {
			t.Parallel()
			w := s.withSender(t, act{Answer: secrets.AllowSession})
			p := startProcess(t, w)
			g := p.enter(t, visit{version: version})
			g.lists(t, "list_pets", http.StatusOK)
			g.lists(t, "count_pets", http.StatusOK)
			w.wantDialogs(t, "pets.example")
			leaksNoKey(t, p, w)
		})
	}
}
