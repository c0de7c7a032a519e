package conformance

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	alternatives "github.com/mcpsecrets/mcpsecrets/testdata/golden/alternatives/want"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// The server of these tests has other secrets: those of a schema with a one_of.

const (
	whichWay = "How do you sign in?"
	byToken  = "Service account token"
	byName   = "User name and password"
)

// fork has a shop use the alternatives in place of the petstore's secrets.
func (s *shop) fork(options []secrets.Option) (err error) {
	if s.alternatives, err = alternatives.OpenSecrets(options...); err != nil {
		return err
	}
	s.Secrets = &petstore.Secrets{Manager: s.alternatives.Manager}
	return nil
}

func (s *shop) forkFeatures() []Feature {
	return []Feature{
		{Kind: "tool", Name: "sign_in", Handle: func(ctx context.Context, arguments map[string]any, _ any) (any, error) {
			auth, err := s.alternatives.Auth(ctx, "Sign in")
			if err != nil {
				return nil, err
			}
			if arguments["id"] == "rejected" {
				return nil, s.Manager.Reject(ctx, alternatives.KeyAuth(), "")
			}
			return content(signedIn(auth)), nil
		}},
		{Kind: "tool", Name: "declared_sign_in", Reason: "Sign in", Get: func(ctx context.Context, reason secrets.Reason) (any, error) {
			return s.alternatives.Auth(ctx, reason)
		}, Handle: func(_ context.Context, _ map[string]any, got any) (any, error) {
			return content(signedIn(got.(alternatives.Auth))), nil
		}},
	}
}

func signedIn(auth alternatives.Auth) string {
	switch auth := auth.(type) {
	case alternatives.AuthToken:
		return fmt.Sprintf("by a token of %d characters", len(auth.ServiceAccountToken.Reveal()))
	case alternatives.AuthBasic:
		return fmt.Sprintf("as %s with %d characters", auth.Username, len(auth.Password.Reveal()))
	}
	return "by nothing"
}

// gives fails the test unless a tool says words.
func (g *guest) gives(t *testing.T, name, words string) {
	t.Helper()
	if text, err := g.call(t.Context(), tool(name)); err != nil || text != words {
		t.Fatalf("%s: %q, %v, want %q", name, text, err, words)
	}
}

// The person is asked which, then only for what belongs to it, in one go: the client shows one form with the code for all of it, and
// one question for permission. After a rejection, and by the tool secrets_set, another way can be chosen.
func (s suite) alternativeIsChosenThenAskedFor(t *testing.T) {
	for _, tool := range []string{"sign_in", "declared_sign_in"} {
		onEachClock(t, func(t *testing.T, over transport, version string) {
			typed := func(text string) act { return act{Text: text, Open: time.Second} }
			w := s.newWorld(t, typed(byName), typed("ann"), typed("feed-the-axolotl"),
				typed(byToken), typed("token-0123456789"), // after the rejection
				typed(byToken), typed("token-0123456789-new"), // by the tool
			)
			w.Fork = true
			p := over.open(t, w)
			shopOf(p).AddTools()
			g := p.enter(t, visit{version: version, human: says(accept("Allow"))})
			g.gives(t, tool, "as ann with 16 characters")
			forms := g.human.seen()
			if len(forms) != 2 || !strings.Contains(forms[0].message, "asks for: "+whichWay+".") {
				t.Fatalf("the client shows %v", forms)
			}
			if ask := forms[1].message; !strings.Contains(ask, "User name") || !strings.Contains(ask, "Password goes to site.example") || strings.Contains(ask, byToken) {
				t.Errorf("the question is %q", ask)
			}
			w.wantDialogs(t, whichWay, "Value 2 of 3", "Value 3 of 3")

			g.fails(t, toolWith("sign_in", "rejected"), "was rejected")
			g.gives(t, tool, "by a token of 16 characters")
			w.wantDialogs(t, whichWay, "User name", "Password", "unless you choose another way", byToken)

			if text, err := g.call(t.Context(), toolOf("secrets_set", "auth")); err != nil || !strings.Contains(text, "auth") {
				t.Fatal(text, err)
			}
			g.gives(t, tool, "by a token of 20 characters")
		})
	}
}

// Who closes the window of one member has chosen nothing, and nothing is stored.
func (s suite) alternativeIsStoredWholeOrNot(t *testing.T) {
	onEachClock(t, func(t *testing.T, over transport, version string) {
		w := s.newWorld(t, act{Text: byName, Open: time.Second}, act{Text: "ann", Open: time.Second}, act{Dismisses: true, Open: time.Second})
		w.Fork = true
		p := over.open(t, w)
		g := p.enter(t, visit{version: version, human: says(accept("Allow"))})
		g.fails(t, tool("sign_in"), "closed the window that asked for auth")
		for _, name := range []string{"auth", "username", "password"} {
			if value, ok := shopOf(p).store.Value("alternatives", name); ok {
				t.Errorf("%s is %q", name, value)
			}
		}
	})
}
