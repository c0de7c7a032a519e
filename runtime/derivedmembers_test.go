package secrets_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	salesforce "github.com/mcpsecrets/mcpsecrets/testdata/golden/servers-12-salesforce/want"
)

const (
	securityToken = "Zq8vLw3nXb7KdT5rYp2mHc6J"
	byPassword    = "Password"
	byApp         = "As a connected app"
)

// openFlow opens a vault of which one alternative has a member that is made of two others.
func openFlow(t *testing.T, stored ...string) (*salesforce.Secrets, *runtimetest.Store, *runtimetest.User, context.Context) {
	t.Helper()
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	for i := 0; i < len(stored); i += 2 {
		store.Put("salesforce", stored[i], stored[i+1])
	}
	vault, err := salesforce.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user), secrets.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return vault, store, user, vault.Manager.Background(t.Context())
}

// wantPasswordFlow gets the flow and fails unless it is that of the password.
func wantPasswordFlow(t *testing.T, ctx context.Context, vault *salesforce.Secrets) {
	t.Helper()
	flow, err := vault.Flow(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	got, ok := flow.(salesforce.FlowPassword)
	if !ok || got.PasswordAndToken.Reveal() != "hunter22"+securityToken || got.Password.Reveal() != "hunter22" {
		t.Fatalf("%T: %q", flow, got.PasswordAndToken.Reveal())
	}
}

// TestDerivedMember: nobody is asked for what is made of the others, the question is about those, and nothing of it is stored.
func TestDerivedMember(t *testing.T) {
	vault, store, user, ctx := openFlow(t)
	user.Types("How do you sign in?", byPassword).Types("Password", "hunter22").Types("Security token", securityToken).
		Answers(secrets.AllowOnce)
	wantPasswordFlow(t, ctx, vault)
	question := user.Shown()[3].Text()
	for _, want := range []string{"2 secrets", "- Password goes to login.salesforce.com", "- Security token goes to login.salesforce.com"} {
		if !strings.Contains(question, want) {
			t.Errorf("the question lacks %q:\n%s", want, question)
		}
	}
	if _, isThere := store.Value("salesforce", "password_and_token"); isThere {
		t.Error("it is stored")
	}
	if masked := string(vault.Manager.MaskJSON([]byte(`"got hunter22` + securityToken + `"`))); strings.Contains(masked, "Zq8v") || strings.Contains(masked, "hunter") {
		t.Error(masked)
	}
}

// TestDerivedMemberMakesNoAlternativeUnclear: what is stored of the parts says which alternative is whole.
func TestDerivedMemberMakesNoAlternativeUnclear(t *testing.T) {
	vault, _, user, ctx := openFlow(t, "password", "hunter22", "security_token", securityToken)
	user.Answers(secrets.AllowOnce)
	wantPasswordFlow(t, ctx, vault)
	if isStored, err := vault.Manager.Stored(ctx, salesforce.KeyFlow()); err != nil || !isStored {
		t.Error(isStored, err)
	}
}

// TestDerivedMemberOfAnotherAlternative: what is made of the members that are not chosen is not handed out, nor asked about.
func TestDerivedMemberOfAnotherAlternative(t *testing.T) {
	key := "-----BEGIN PRIVATE KEY-----\nTUlJQ1hRSUJBQUtCZ1FDOXNkZg==\n-----END PRIVATE KEY-----\n"
	vault, _, user, ctx := openFlow(t, "flow", "jwt", "password", "hunter22", "security_token", securityToken,
		"consumer_key", "3MVG9consumerkey", "private_key", key)
	user.Answers(secrets.AllowOnce)
	flow, err := vault.Flow(ctx, "")
	if got, ok := flow.(salesforce.FlowJWT); err != nil || !ok || got.ConsumerKey != "3MVG9consumerkey" {
		t.Fatalf("%T, %v", flow, err)
	}
	if question := user.Shown()[0].Text(); strings.Contains(question, "Password") || !strings.Contains(question, "wants to use: Private key") {
		t.Errorf("asked:\n%s", question)
	}
	if got, err := secrets.Get(ctx, vault.Manager, salesforce.KeyPasswordAndToken(), ""); !errors.Is(err, secrets.ErrNotSet) || !got.IsZero() {
		t.Error(got.IsZero(), err)
	}
}

// TestDerivedMemberByItself: a refusal of its parts is one of it, and a rejection asks for the parts again, with the choice.
func TestDerivedMemberByItself(t *testing.T) {
	vault, _, user, ctx := openFlow(t, "flow", "password", "password", "hunter22", "security_token", securityToken)
	user.Answers(secrets.AllowOnce)
	wantPasswordFlow(t, ctx, vault)
	if err := vault.Manager.Reject(ctx, salesforce.KeyPasswordAndToken(), ""); err == nil {
		t.Fatal("no error to return")
	}
	user.Types("How do you sign in?", byPassword).Types("Password", "hunter22").Types("Security token", securityToken).Answers(secrets.Deny)
	for range 2 { // the second time nobody is asked
		if _, err := secrets.Get(ctx, vault.Manager, salesforce.KeyPasswordAndToken(), ""); !errors.Is(err, secrets.ErrDenied) {
			t.Fatal(err)
		}
	}
}

// TestToolsForDerivedMembers: who sets the choice again types the parts, and who forgets it forgets them.
func TestToolsForDerivedMembers(t *testing.T) {
	vault, store, user, ctx := openFlow(t, "flow", "password", "password", "hunter22", "security_token", securityToken, "domain", "test")
	run := func(name string) {
		t.Helper()
		for _, tool := range vault.Manager.Inside().Tools() {
			if tool.Name == name {
				if _, err := tool.Run(ctx, "flow"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	user.Types("How do you sign in?", byPassword).Types("Password", "hunter33").Types("Security token", securityToken)
	run("secrets_set")
	if value, _ := store.Value("salesforce", "password"); value != "hunter33" {
		t.Errorf("the password is %q", value)
	}
	user.Answers(secrets.AllowOnce)
	run("secrets_forget")
	if names, err := vault.Manager.List(ctx); err != nil || len(names) != 1 || names[0] != "domain" {
		t.Errorf("stored are %q, %v", names, err)
	}
	user.Types("How do you sign in?", byApp).Dismisses("Consumer key")
	if _, err := vault.Flow(ctx, ""); !errors.Is(err, secrets.ErrDismissed) {
		t.Error(err)
	}
}

// TestDerivedMemberOfOthers: what is made of secrets that belong nowhere is used with its own alternative only.
func TestDerivedMemberOfOthers(t *testing.T) {
	account := secrets.Password("account", secrets.Field{Label: "Account number", Required: true})
	pin := secrets.Password("pin", secrets.Field{Label: "PIN", Required: true})
	ticket := secrets.Password("ticket", secrets.Field{Label: "Ticket", Required: true})
	login := secrets.Password("login", secrets.Field{Label: "Login", Required: true, Derived: "{account}"})
	way := secrets.Choice[string]("way", secrets.Field{Label: "Way", Required: true, Permission: secrets.NoAsking, Choices: []string{"pin", "ticket"},
		Members: map[string][]string{"pin": {"pin", "login"}, "ticket": {"ticket"}}})
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	for name, value := range map[string]string{"account": "account-1234", "pin": "pin-12345678", "ticket": "ticket-12345", "way": "ticket"} {
		store.Put("made", name, value)
	}
	m, err := openWith("made", []secrets.AnyKey{account, pin, ticket, login, way}, secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	var chosen string
	var ofPIN, ofLogin, ofTicket secrets.Secret
	user.Answers(secrets.AllowOnce)
	err = secrets.GetGroup(m.Background(t.Context()), m, "", secrets.Together(func(bool) {},
		way.Into(&chosen), pin.Into(&ofPIN), login.Into(&ofLogin), ticket.Into(&ofTicket)))
	if err != nil || chosen != "ticket" || ofTicket.Reveal() != "ticket-12345" || !ofLogin.IsZero() {
		t.Fatal(chosen, ofLogin.IsZero(), err)
	}
	if question := user.Shown()[0].Text(); strings.Contains(question, "Account number") {
		t.Errorf("asked for another alternative:\n%s", question)
	}
}

// TestOpenChoiceStaysInItsHost: a text of one's own in the place of a choice moves no host of the url that is derived of it.
func TestOpenChoiceStaysInItsHost(t *testing.T) {
	for domain, want := range map[string]string{"login": "login.salesforce.com", "example.my": "example.my.salesforce.com"} {
		vault, _, _, ctx := openFlow(t, "domain", domain)
		if server, err := vault.LoginURL(ctx); err != nil || server.Host != want {
			t.Errorf("%q: %v, %v", domain, server, err)
		}
	}
	for _, domain := range []string{"evil.example/", "evil.example#", "evil.example?", "evil.example:443/", "evil.example\\", "evil.example/@login", "user@evil", "login.", "a b", "%2f"} {
		vault, _, _, ctx := openFlow(t, "domain", domain)
		if server, err := vault.LoginURL(ctx); err == nil {
			t.Errorf("%q makes %s", domain, server)
		}
	}
}
