package secrets_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	lists "github.com/mcpsecrets/mcpsecrets/testdata/golden/lists/want"
)

func openLists(t *testing.T) (*lists.Secrets, *runtimetest.Store, *runtimetest.User) {
	t.Helper()
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	vault, err := lists.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return vault, store, user
}

// TestListIsAskedForUntilEachItemIsRight: the dialog says which item is wrong, and what is stored is one text.
func TestListIsAskedForUntilEachItemIsRight(t *testing.T) {
	vault, values, user := openLists(t)
	user.Types("Projects", "OPS, web, OPS").Types("2nd item must match", "OPS, WEB, OPS").Types("3rd item must not be there twice", " OPS ,WEB,")
	got, err := vault.Projects(vault.Manager.Background(t.Context()))
	if err != nil || !slices.Equal(got, []string{"OPS", "WEB"}) {
		t.Fatal(got, err)
	}
	if text, err := values.Get(t.Context(), store.Scope{Server: "lists"}, "projects"); err != nil || text != "OPS, WEB" {
		t.Errorf("%q is stored, %v", text, err)
	}
	got[0] = "changed"
	if again, err := vault.Projects(vault.Manager.Background(t.Context())); err != nil || again[0] != "OPS" {
		t.Errorf("what a caller changed is what the next gets: %v, %v", again, err)
	}
}

// TestListDefaultsAndChoices: a default serves as a list, and a dialog has a person tick several choices.
func TestListDefaultsAndChoices(t *testing.T) {
	vault, _, user := openLists(t)
	ctx := vault.Manager.Background(t.Context())
	ports, errPorts := vault.Ports(ctx)
	waits, errWaits := vault.Waits(ctx)
	scopes, errScopes := vault.Scopes(ctx)
	if errPorts != nil || errWaits != nil || errScopes != nil || !slices.Equal(ports, []int64{443, 8443}) ||
		!slices.Equal(waits, []time.Duration{time.Second, 30 * time.Second}) || !slices.Equal(scopes, []lists.Scopes{lists.ScopesRead, lists.ScopesAdminAll}) {
		t.Fatal(ports, waits, scopes, errPorts, errWaits, errScopes)
	}
	user.Types("Scopes", `["write","admin, all"]`)
	for _, tool := range vault.Manager.Inside().Tools() {
		if tool.Name == "secrets_set" {
			if _, err := tool.Run(ctx, "scopes"); err != nil {
				t.Fatal(err)
			}
		}
	}
	scopes, err := vault.Scopes(ctx)
	if err != nil || !slices.Equal(scopes, []lists.Scopes{lists.ScopesWrite, lists.ScopesAdminAll}) {
		t.Error(scopes, err)
	}
	if e := user.Shown()[0].Entry; e.Kind != "choices" || e.Prefill != `["read","admin, all"]` || len(e.Choices) != 3 {
		t.Errorf("%+v", e)
	}
}

// TestConfidentialItems: each item is confidential by itself, and masked; a question names all hosts.
func TestConfidentialItems(t *testing.T) {
	vault, _, user := openLists(t)
	ctx := vault.Manager.Background(t.Context())
	const first, second = "https://hooks.example/s3cr3t-path-1", "https://other.example/s3cr3t-path-2"
	if err := vault.Manager.Set(ctx, lists.KeyHooks(), first+"\n"+second); err != nil {
		t.Fatal(err)
	}
	user.Types("Tokens", "tok_0123456789ab, tok_ba9876543210").Answers(secrets.AllowOnce)
	got, err := vault.Access(ctx, "")
	hooks, _ := got.Hooks.Get()
	if err != nil || len(got.Tokens) != 2 || got.Tokens[1].Reveal() != "tok_ba9876543210" || len(hooks) != 2 {
		t.Fatal(got, err)
	}
	var _ *url.URL = hooks[0].Reveal()
	if text := fmt.Sprintf("%+v %#v %s", got, got, got.Tokens); strings.Contains(text, "s3cr3t") || strings.Contains(text, "tok_0") {
		t.Error(text)
	}
	masked := string(vault.Manager.MaskJSON([]byte(`"` + first + ` ` + second + ` tok_0123456789ab tok_ba9876543210"`)))
	for _, part := range []string{"path-1", "path-2", "0123456789ab", "ba9876543210"} {
		if strings.Contains(masked, part) {
			t.Errorf("%s is left in %s", part, masked)
		}
	}
	question := user.Shown()[1].Question
	if question == nil || !strings.Contains(question.Text, "Web hooks goes to hooks.example, other.example") {
		t.Errorf("%+v", question)
	}
	if e := user.Shown()[0].Entry; e.Kind != "hidden" {
		t.Errorf("%+v", e)
	}
}

// TestListKeysByHand: a list of what can be none does not open, and a zero key stays one.
func TestListKeysByHand(t *testing.T) {
	for _, key := range []secrets.AnyKey{secrets.List(secrets.Boolean("a", secrets.Field{})), secrets.List(secrets.Multiline("a", secrets.Field{}))} {
		if _, err := secrets.Open(secrets.Schema{Server: "s", Manifest: `{"server":"s","secrets":[{"name":"a","label":"a"}]}`, Keys: []secrets.AnyKey{key}}); err == nil || !strings.Contains(err.Error(), "there is no list of") {
			t.Error(err)
		}
	}
	if d := secrets.List(secrets.Key[string]{}).Describe(); d.Name != "" {
		t.Error(d)
	}
	if values, err := secrets.Validate(lists.KeyBrokers(), "https://a.example\nhttps://b.example"); err != nil || values[1].Host != "b.example" {
		t.Error(values, err)
	}
}

// TestSentToAListByHand: a list to which others are sent does not open unless it knows, and so is as short as a question needs.
func TestSentToAListByHand(t *testing.T) {
	open := func(knows bool) error {
		hosts := secrets.List(secrets.Text("hosts", secrets.Field{Format: "host", Permission: secrets.NoAsking, IsSentTo: knows}))
		_, err := secrets.Open(secrets.Schema{
			Server: "s", Manifest: `{"server":"s","secrets":[{"name":"hosts","label":"hosts"},{"name":"a","label":"a"}]}`,
			Keys: []secrets.AnyKey{hosts, secrets.Password("a", secrets.Field{SentTo: "hosts"})},
		})
		return err
	}
	if err := open(true); err != nil {
		t.Error(err)
	}
	if err := open(false); err == nil || !strings.Contains(err.Error(), `sent_to "hosts" is no key of this schema that says where values go`) {
		t.Error(err)
	}
}
