package secrets_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	alternatives "github.com/mcpsecrets/mcpsecrets/testdata/golden/alternatives/want"
)

const (
	whichTitle = "alternatives: " + which
	forkAsks   = "alternatives asks for permission"
)

// A person chooses in a real list, enters into a real keychain, and changes their mind when the upstream server says no.
func TestRealAlternatives(t *testing.T) {
	d := desktop.ForTest(t, desktop.Options{})
	vault, err := alternatives.OpenSecrets()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	r := &real{Desktop: d, t: t}
	ctx := vault.Manager.Background(context.Background())
	signIn := func() func(want string) {
		done := make(chan string, 1)
		go func() {
			auth, err := vault.Auth(ctx, "Sign in")
			switch auth := auth.(type) {
			case alternatives.AuthToken:
				done <- "token " + auth.ServiceAccountToken.Reveal()
			case alternatives.AuthBasic:
				done <- auth.Username + ":" + auth.Password.Reveal()
			default:
				done <- fmt.Sprint(err)
			}
		}()
		return func(want string) {
			t.Helper()
			select {
			case got := <-done:
				if got != want {
					t.Fatalf("got %q, want %q", got, want)
				}
			case <-time.After(patience):
				t.Fatal("the getter does not return")
			}
		}
	}
	stored := func(name string) string {
		t.Helper()
		return r.output("secret-tool", "lookup", "service", "com.mcp.alternatives", "username", name)
	}

	get := signIn()
	r.presses(whichTitle, "Down", "Down", "Return") // the rows are: nothing, token, basic
	r.types("alternatives: User name", "ann")
	r.types("alternatives: Password", "hunter22")
	r.presses(forkAsks, r.Keys(desktop.AllowAll)...)
	get("ann:hunter22")
	if got := stored("auth") + " " + stored("username") + " " + stored("password"); got != "basic ann hunter22" {
		t.Errorf("stored is %q", got)
	}

	if err := vault.Manager.Reject(ctx, alternatives.KeyPassword(), ""); err == nil {
		t.Fatal("no error to return")
	}
	get = signIn()
	r.presses(whichTitle, "Down", "Return") // what was chosen is first, and marked
	r.types("alternatives: Service account token", goodToken)
	r.presses(forkAsks, r.Keys(desktop.AllowAll)...)
	get("token " + goodToken)
	if got := stored("auth") + " " + stored("service_account_token") + " " + stored("password"); got != "token "+goodToken+" hunter22" {
		t.Errorf("stored is %q", got)
	}

	if err := vault.Manager.Reject(ctx, alternatives.KeyServiceAccountToken(), ""); err == nil {
		t.Fatal("no error to return")
	}
	get = signIn()
	r.presses(whichTitle, r.Keys(desktop.Agree)...) // the same way
	r.types("alternatives: Service account token", goodToken+"2")
	r.presses(forkAsks, r.Keys(desktop.AllowAll)...)
	get("token " + goodToken + "2")
	if r.must(r.WaitNoWindow()); stored("service_account_token") != goodToken+"2" {
		t.Errorf("stored is %q", stored("service_account_token"))
	}
}
