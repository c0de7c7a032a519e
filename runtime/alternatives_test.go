package secrets_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	alternatives "github.com/mcpsecrets/mcpsecrets/testdata/golden/alternatives/want"
)

const (
	goodToken = "token-0123456789"
	which     = "How do you sign in?"
	byToken   = "Service account token"
	byName    = "User name and password"
)

// A fork is a vault with alternatives, on an in-memory store with a scripted user.
type fork struct {
	*alternatives.Secrets
	store *runtimetest.Store
	user  *runtimetest.User
	ctx   context.Context
}

func openFork(t *testing.T, stored ...string) fork {
	t.Helper()
	f := fork{store: runtimetest.NewStore(), user: runtimetest.NewUser(t)}
	vault, err := alternatives.OpenSecrets(secrets.WithStore(f.store), secrets.WithPrompter(f.user), secrets.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	for i := 0; i < len(stored); i += 2 {
		f.store.Put("alternatives", stored[i], stored[i+1])
	}
	f.Secrets, f.ctx = vault, vault.Manager.Background(t.Context())
	return f
}

// signIn gets auth and says what it is.
func (f fork) signIn(t *testing.T) (string, error) {
	t.Helper()
	auth, err := f.Auth(f.ctx, "Sign in")
	switch auth := auth.(type) {
	case alternatives.AuthToken:
		return auth.ServiceAccountToken.Reveal(), err
	case alternatives.AuthBasic:
		return auth.Username + ":" + auth.Password.Reveal(), err
	}
	if err == nil {
		t.Error("neither an alternative nor an error")
	}
	return "", err
}

func (f fork) wantSignIn(t *testing.T, want string) {
	t.Helper()
	if got, err := f.signIn(t); err != nil || got != want {
		t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}

// wantStored checks all that is stored, as "name value" pairs.
func (f fork) wantStored(t *testing.T, want ...string) {
	t.Helper()
	names, err := f.Manager.List(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != len(want)/2 {
		t.Errorf("stored is %q, want %q", names, want)
	}
	for i := 0; i < len(want); i += 2 {
		if value, _ := f.store.Value("alternatives", want[i]); value != want[i+1] {
			t.Errorf("%s is stored as %q, want %q", want[i], value, want[i+1])
		}
	}
}

func TestAlternativeIsChosenThenAskedFor(t *testing.T) {
	f := openFork(t)
	f.user.Types(which, byName).Types("User name", "ann").Types("Password", "hunter22").Answers(secrets.AllowOnce)
	f.wantSignIn(t, "ann:hunter22")
	f.wantStored(t, "auth", "basic", "username", "ann", "password", "hunter22")
	shown := f.user.Shown()
	if got := shown[0].Entry; got.Kind != "choice" || strings.Join(got.Choices, "|") != byToken+"|"+byName {
		t.Errorf("offered %q", got.Choices)
	}
	if !strings.Contains(shown[1].Text(), "Value 2 of 3") || strings.Contains(shown[0].Text(), "Value 1") {
		t.Errorf("numbers:\n%s\n%s", shown[0].Text(), shown[1].Text())
	}
	question := shown[3].Text()
	if !strings.Contains(question, "User name") || !strings.Contains(question, "Password goes to site.example") || strings.Contains(question, byToken) {
		t.Errorf("the question is not about the alternative:\n%s", question)
	}
}

func TestNothingOfAnAlternativeIsStoredIfADialogIsClosed(t *testing.T) {
	f := openFork(t)
	f.user.Types(which, byName).Types("User name", "ann").Dismisses("Password")
	if _, err := f.signIn(t); !errors.Is(err, secrets.ErrDismissed) || !strings.Contains(err.Error(), "auth") {
		t.Fatal(err)
	}
	f.wantStored(t)
	if _, err := f.signIn(t); !errors.Is(err, secrets.ErrDismissed) { // nobody is asked again at once
		t.Fatal(err)
	}
}

func TestOnlyWholeAlternativeIsTaken(t *testing.T) {
	f := openFork(t, "username", "ann", "password", "hunter22")
	f.user.Answers(secrets.AllowOnce)
	f.wantSignIn(t, "ann:hunter22")
	f.wantStored(t, "username", "ann", "password", "hunter22") // no word: another value may make it unclear again
	if isStored, err := f.Manager.Stored(f.ctx, alternatives.KeyAuth()); err != nil || !isStored {
		t.Error(isStored, err)
	}

	f = openFork(t, "username", "ann", "password", "hunter22", "service_account_token", goodToken)
	f.user.Types(which, byToken).Answers(secrets.AllowOnce)
	f.wantSignIn(t, goodToken)

	f = openFork(t, "username", "ann")
	f.user.Types(which, byName).Types("Password", "hunter22").Answers(secrets.AllowOnce)
	f.wantSignIn(t, "ann:hunter22")
}

func TestRejectedMemberIsAskedForWithTheChoice(t *testing.T) {
	for name, key := range map[string]secrets.AnyKey{"member": alternatives.KeyPassword(), "one_of": alternatives.KeyAuth()} {
		t.Run(name, func(t *testing.T) {
			f := openFork(t, "auth", "basic", "username", "ann", "password", "hunter22")
			f.user.Answers(secrets.AllowOnce)
			f.wantSignIn(t, "ann:hunter22")
			if err := f.Manager.Reject(f.ctx, key, ""); err == nil {
				t.Fatal("no error to return")
			}
			f.user.Types(which, byName)
			if name == "one_of" { // which of them is wrong is not known
				f.user.Types("User name", "ann")
			}
			f.user.Types("Password", "hunter33").Answers(secrets.AllowOnce)
			f.wantSignIn(t, "ann:hunter33")
			if entry := f.user.Shown()[1].Entry; entry.Prefill != byName || !strings.Contains(entry.Text, "is asked for next, unless you choose another way") {
				t.Errorf("offered %q\n%s", entry.Prefill, entry.Text)
			}
		})
	}
}

func TestAnotherWayAfterARejection(t *testing.T) {
	f := openFork(t, "auth", "basic", "username", "ann", "password", "hunter22")
	f.user.Answers(secrets.AllowOnce)
	f.wantSignIn(t, "ann:hunter22")
	if err := f.Manager.Reject(f.ctx, alternatives.KeyPassword(), ""); err == nil {
		t.Fatal("no error to return")
	}
	f.user.Types(which, byToken).Types(byToken, goodToken).Answers(secrets.AllowOnce)
	f.wantSignIn(t, goodToken)
	f.wantStored(t, "auth", "token", "username", "ann", "password", "hunter22", "service_account_token", goodToken)
}

// Who refused the use of one alternative has not refused that of another.
func TestRefusalIsOfOneAlternative(t *testing.T) {
	f := openFork(t, "auth", "basic", "username", "ann", "password", "hunter22", "service_account_token", goodToken)
	f.user.Answers(secrets.Deny)
	for range 2 {
		if _, err := f.signIn(t); !errors.Is(err, secrets.ErrDenied) {
			t.Fatal(err)
		}
	}
	if err := f.Manager.Set(f.ctx, alternatives.KeyAuth(), "token"); err != nil {
		t.Fatal(err)
	}
	f.user.Answers(secrets.AllowOnce)
	f.wantSignIn(t, goodToken)
}

func TestOptionalOneOfOpensNoDialog(t *testing.T) {
	f := openFork(t)
	if signing, err := f.Signing(f.ctx, "Sign"); err != nil || signing.IsSet() {
		t.Fatal(signing, err)
	}
	f = openFork(t, "signing", "passphrase")
	f.user.Types("signing", "passphrase").Types("Passphrase", "open sesame").Answers(secrets.AllowOnce)
	signing, err := f.Signing(f.ctx, "Sign")
	if got, ok := signing.Or(nil).(alternatives.SigningPassphrase); err != nil || !ok || got.Passphrase.Reveal() != "open sesame" {
		t.Fatal(signing, err)
	}
	f = openFork(t, "agent_socket", "/run/agent")
	signing, err = f.Signing(f.ctx, "Sign") // of which nothing needs permission
	if got, ok := signing.Or(nil).(alternatives.SigningSSHAgent); err != nil || !ok || got.AgentSocket != "/run/agent" {
		t.Fatal(signing, err)
	}
}

// A member of an alternative that is not chosen is not handed out, whoever asks for it.
func TestMemberThatIsNotChosen(t *testing.T) {
	f := openFork(t, "auth", "token", "service_account_token", goodToken, "username", "ann", "password", "hunter22")
	if got, err := secrets.Get(f.ctx, f.Manager, alternatives.KeyPassword(), ""); !errors.Is(err, secrets.ErrNotSet) || !got.IsZero() {
		t.Fatal(got, err)
	}
}

func TestAllOrNone(t *testing.T) {
	f := openFork(t)
	if mtls, err := f.MTLS(f.ctx, "Connect"); err != nil || mtls.IsSet() {
		t.Fatal(mtls, err)
	}
	f = openFork(t, "client_key", "key-12345678")
	f.user.Types("Client certificate", "cert\n").Answers(secrets.AllowOnce)
	mtls, err := f.MTLS(f.ctx, "Connect")
	if got, ok := mtls.Get(); err != nil || !ok || got.ClientCert.Reveal() != "cert\n" || got.ClientKey.Reveal() != "key-12345678" {
		t.Fatal(mtls, err)
	}
	if entry := f.user.Shown()[0].Entry; entry.Optional || strings.Contains(entry.Text, "leave it empty") {
		t.Errorf("it may be left empty:\n%s", entry.Text)
	}
	f = openFork(t, "host", "db", "port", "5432")
	if address, err := f.Address(f.ctx); err != nil || address.Or(alternatives.AddressSecrets{}) != (alternatives.AddressSecrets{Host: "db", Port: 5432}) {
		t.Fatal(address, err)
	}
}

func TestRequiredWhen(t *testing.T) {
	f := openFork(t, "auth_mode", "data_center")
	if email, err := f.Email(f.ctx); err != nil || email.IsSet() {
		t.Fatal(email, err)
	}
	f = openFork(t)
	f.user.Types("Kind of account", "cloud").Types("Mail address", "a@b.example")
	if email, err := f.Email(f.ctx); err != nil || email.Or("") != "a@b.example" {
		t.Fatal(email, err)
	}
	f = openFork(t, "auth", "token")
	if u, err := f.ProxyURL(f.ctx); err != nil || u.Host != "relay.example" {
		t.Fatal(u, err)
	}
	f = openFork(t, "auth", "token", "proxy_mode", "proxy")
	f.user.Types("proxy_url", "http://other.example")
	if u, err := f.ProxyURL(f.ctx); err != nil || u.Host != "other.example" || f.user.Shown()[0].Entry.Prefill != "http://relay.example" {
		t.Fatal(u, err)
	}
}

func TestForgetOneOf(t *testing.T) {
	f := openFork(t, "auth", "token", "service_account_token", goodToken, "username", "ann", "password", "hunter22", "host", "db")
	if err := f.Manager.Forget(f.ctx, alternatives.KeyAuth()); err != nil {
		t.Fatal(err)
	}
	f.wantStored(t, "host", "db")
	if isStored, err := f.Manager.Stored(f.ctx, alternatives.KeyAuth()); err != nil || isStored {
		t.Error(isStored, err)
	}
}

func TestAllHasAlternatives(t *testing.T) {
	f := openFork(t, "auth_mode", "cloud", "email", "a@b.example", "auth", "basic", "username", "ann", "password", "hunter22",
		"passphrase", "open", "client_cert", "c", "client_key", "key-12345678")
	f.user.Answers(secrets.AllowOnce)
	all, err := f.All(f.ctx, "Show")
	if err != nil {
		t.Fatal(err)
	}
	if auth, ok := all.Auth.(alternatives.AuthBasic); !ok || auth.Username != "ann" || !all.Signing.IsSet() || !all.MTLS.IsSet() || all.Address.IsSet() {
		t.Errorf("got %+v", all)
	}
}

// tool runs one of the tools that an adapter's AddTools adds.
func (f fork) tool(t *testing.T, name, secret string) string {
	t.Helper()
	for _, tool := range f.Manager.Inside().Tools() {
		if tool.Name != name {
			continue
		}
		result, err := tool.Run(f.ctx, secret)
		if err != nil {
			return err.Error()
		}
		text, err := json.Marshal(result)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	t.Fatalf("no tool %q", name)
	return ""
}

func TestToolsForAlternatives(t *testing.T) {
	f := openFork(t, "auth", "basic", "username", "ann", "password", "hunter22")
	status := f.tool(t, "secrets_status", "")
	for _, want := range []string{
		`{"name":"auth","label":"How do you sign in?","required":true,"set":true,"chosen":"basic"}`,
		`{"name":"service_account_token","label":"Service account token","required":false,"set":false,"member_of":"auth: token"}`,
		`{"name":"password","label":"Password","required":true,"set":true,"member_of":"auth: basic"}`,
		`{"name":"email","label":"Mail address","required":false,"set":false}`,
	} {
		if !strings.Contains(status, want) {
			t.Errorf("status lacks %s:\n%s", want, status)
		}
	}
	f.user.Types(which, byToken).Types(byToken, goodToken) // another way
	f.tool(t, "secrets_set", "auth")
	f.wantStored(t, "auth", "token", "username", "ann", "password", "hunter22", "service_account_token", goodToken)
	if status, want := f.tool(t, "secrets_status", ""), `"required":false,"set":true,"member_of":"auth: basic","unused":true}`; strings.Count(status, want) != 2 {
		t.Errorf("the status does not say of two that nothing uses them:\n%s", status)
	}
	f.user.Types(which, byToken).Types(byToken, "token-9876543210") // the same way, with another value
	f.tool(t, "secrets_set", "auth")
	f.wantStored(t, "auth", "token", "username", "ann", "password", "hunter22", "service_account_token", "token-9876543210")
	f.user.Answers(secrets.AllowOnce)
	f.tool(t, "secrets_forget", "auth")
	f.wantStored(t)

	f = openFork(t, "signing", "passphrase", "passphrase", "open")
	f.user.Types("signing", "") // nothing is chosen
	f.tool(t, "secrets_set", "signing")
	f.wantStored(t)
}
