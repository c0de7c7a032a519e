package secrets_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	derived "github.com/mcpsecrets/mcpsecrets/testdata/golden/derived/want"
)

func openDerived(t *testing.T, values map[string]string) (*derived.Secrets, *runtimetest.User) {
	t.Helper()
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	for name, value := range values {
		store.Put("derived", name, value)
	}
	vault, err := derived.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return vault, user
}

// TestDerivedIsMadeOfItsParts: the missing parts are asked for, one question names those that need permission and where the url
// goes, and what is made is masked like its parts.
func TestDerivedIsMadeOfItsParts(t *testing.T) {
	vault, user := openDerived(t, map[string]string{"host": "2001:db8::1"})
	ctx := vault.Manager.Background(t.Context())
	user.Types("Database user", "ann@home").Types("Database password", "p/w?#secret@8").Answers(secrets.AllowSession)
	dsn, err := vault.DSN(ctx, "")
	const want = "postgres://ann%40home:p%2Fw%3F%23secret%408@[2001:db8::1]:5432/app?sslmode=require"
	if err != nil || dsn.Reveal() != want {
		t.Fatal(dsn.Reveal(), err)
	}
	question := user.Shown()[2].Question
	if question == nil || !strings.Contains(question.Text, "wants to use: Database password") || !strings.Contains(question.Text, "goes to postgres://[2001:db8::1]:5432") {
		t.Errorf("%+v", question)
	}
	if masked := string(vault.Manager.MaskJSON([]byte(`"failed: ` + want + ` p/w?#secret@8"`))); strings.Contains(masked, "secret") {
		t.Error(masked)
	}
	if _, err := vault.DSN(ctx, ""); err != nil {
		t.Error("allowed for the session:", err)
	}
	// Allowed for the database is not allowed for whatever the caller likes.
	user.Answers(secrets.Deny)
	if _, err := vault.Password(ctx, ""); !errors.Is(err, secrets.ErrDenied) {
		t.Error(err)
	}
}

// TestDerivedIsUnsetWithItsParts: an optional part that is unset makes none, and asks nobody.
func TestDerivedIsUnsetWithItsParts(t *testing.T) {
	vault, user := openDerived(t, map[string]string{"password": "12345678", "account": "acme", "user": "ann"})
	ctx := vault.Manager.Background(t.Context())
	if bearer, err := vault.Bearer(ctx, ""); err != nil || bearer.IsSet() {
		t.Error(bearer, err)
	}
	if got, err := vault.Greeting(ctx); err != nil || got != "ann at https://acme.api.example/v1 {}" {
		t.Error(got, err)
	}
	if len(user.Shown()) > 0 {
		t.Error(user.Shown())
	}
	if err := vault.Manager.Set(ctx, derived.KeyToken(), "t0ken-of-hers"); err != nil {
		t.Fatal(err)
	}
	user.Answers(secrets.AllowOnce)
	login, err := vault.Login(ctx, "")
	if value, _ := login.Get(); err != nil || value.Reveal() != "12345678t0ken-of-hers" {
		t.Error(value.Reveal(), err)
	}
	if q := user.Shown()[0].Question; !strings.Contains(q.Text, "- Database password") || !strings.Contains(q.Text, "- Security token goes to acme.api.example") {
		t.Error(q.Text)
	}
}

// TestDerivedInGroups: a group and all secrets have the value beside its parts, with one question.
func TestDerivedInGroups(t *testing.T) {
	vault, user := openDerived(t, map[string]string{"password": "12345678", "account": "acme", "user": "ann", "host": "db.example", "token": "t0ken-of-hers"})
	ctx := vault.Manager.Background(t.Context())
	user.Answers(secrets.AllowOnce).Answers(secrets.AllowOnce)
	access, err := vault.DatabaseAccess(ctx, "")
	if err != nil || access.User != "ann" || !strings.HasPrefix(access.DSN.Reveal(), "postgres://ann:12345678@db.example") {
		t.Error(access, err)
	}
	all, err := vault.All(ctx, "")
	both, _ := all.Both.Get()
	if err != nil || all.Password.Reveal() != "12345678" || both.Reveal() != all.DSN.Reveal()+" Bearer t0ken-of-hers" {
		t.Error(both.Reveal(), err)
	}
	if len(user.Shown()) != 2 {
		t.Error(user.Shown())
	}
}

// TestDerivedTextBesideURL: what was allowed for a url's host is not allowed for a text of the same parts, which goes anywhere, in
// whichever order a group has them.
func TestDerivedTextBesideURL(t *testing.T) {
	for _, isTextFirst := range []bool{true, false} {
		vault, user := openDerived(t, map[string]string{"password": "12345678", "account": "acme", "user": "ann", "host": "db.example", "token": "t0ken-of-hers"})
		ctx := vault.Manager.Background(t.Context())
		user.Answers(secrets.AllowSession)
		if _, err := vault.DSN(ctx, ""); err != nil {
			t.Fatal(err)
		}
		var dsn secrets.Secret
		var login secrets.Optional[secrets.Secret]
		bindings := []secrets.Binding{derived.KeyDSN().Into(&dsn), derived.KeyLogin().IntoOptional(&login)}
		if isTextFirst {
			slices.Reverse(bindings)
		}
		user.Answers(secrets.AllowOnce)
		if err := secrets.GetGroup(ctx, vault.Manager, "", bindings...); err != nil {
			t.Fatal(err)
		}
		question := user.Shown()[1].Question.Text
		if !strings.Contains(question, "Database password") || strings.Contains(question, "goes to postgres") {
			t.Errorf("text first %v: %s", isTextFirst, question)
		}
	}
}

// TestDerivedIsNotStored: it can't be set or forgotten, a part that fits nowhere is named, and a rejection is one of the
// confidential parts.
func TestDerivedIsNotStored(t *testing.T) {
	vault, user := openDerived(t, map[string]string{"password": "12345678", "account": "acme/../x", "user": "ann", "host": "db.example"})
	ctx := vault.Manager.Background(t.Context())
	for _, err := range []error{vault.Manager.Set(ctx, derived.KeyDSN(), "postgres://x"), vault.Manager.Forget(ctx, derived.KeyDSN())} {
		if !errors.Is(err, secrets.ErrInvalid) || !strings.Contains(err.Error(), "it is made of user, password, host, port, database, ssl_mode") {
			t.Error(err)
		}
	}
	if _, err := vault.API(ctx); !errors.Is(err, secrets.ErrInvalid) || !strings.Contains(err.Error(), "account") {
		t.Error(err)
	}
	stored, errStored := vault.Manager.Stored(ctx, derived.KeyDSN())
	unset, errUnset := vault.Manager.Stored(ctx, derived.KeyBearer())
	if !stored || unset || errStored != nil || errUnset != nil {
		t.Error(stored, unset, errStored, errUnset)
	}
	user.Answers(secrets.AllowOnce)
	if _, err := vault.DSN(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if err := vault.Manager.Reject(ctx, derived.KeyDSN(), ""); !errors.Is(err, secrets.ErrRejected) {
		t.Error(err)
	}
	user.Types("Database password", "87654321").Answers(secrets.AllowOnce)
	if dsn, err := vault.DSN(ctx, ""); err != nil || !strings.Contains(dsn.Reveal(), "ann:87654321@") {
		t.Error(dsn.Reveal(), err)
	}
}

// TestDerivedKeysByHand: a key that would hand out what is confidential as if it were not does not open.
func TestDerivedKeysByHand(t *testing.T) {
	for want, keys := range map[string][]secrets.AnyKey{
		"which is confidential": {secrets.Password("a", secrets.Field{}), secrets.Text("b", secrets.Field{Derived: "{a}"})},
		"there is no":           {secrets.Text("a", secrets.Field{}), secrets.Text("b", secrets.Field{Derived: "{c}"})},
		"it is made of itself":  {secrets.Text("a", secrets.Field{Derived: "{b}"}), secrets.Text("b", secrets.Field{Derived: "{a}"})},
	} {
		_, err := secrets.Open(secrets.Schema{Server: "s", Manifest: `{"server":"s","secrets":[{"name":"a","label":"a"},{"name":"b","label":"b"}]}`, Keys: keys})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
