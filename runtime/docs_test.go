package secrets_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

const docs = "https://docs.example.com/keys"

// The link of a secret is shown wherever its value is wanted: in the dialog, in the form of the MCP client, and in the error where
// neither opens. It is not told where nothing is wanted.
func TestLinkIsShownWhereAValueIsWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := secrets.Password("api_key", secrets.Field{Label: "API key", Required: true, Docs: docs})
		user := runtimetest.NewUser(t)
		m, err := openWith("test", []secrets.AnyKey{key}, secrets.WithStore(runtimetest.NewStore()), secrets.WithPrompter(user))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		var mu sync.Mutex
		var forms []string
		get := func() error {
			ctx, turn := m.Begin(t.Context(), secrets.Call{
				Kind: "tool", Name: "get_pet", Principal: secrets.Process(), Shows: secrets.Shows{Forms: true},
				Ask: func(_ context.Context, form secrets.Form) secrets.Reply {
					mu.Lock()
					forms = append(forms, form.Message)
					mu.Unlock()
					time.Sleep(time.Second)
					return secrets.Reply{Action: "accept", Answer: form.Choices[0]}
				},
			}, "", nil)
			defer turn.End()
			_, err := secrets.Get(ctx, m, key, "")
			return err
		}
		user.Fails(true, secrets.ErrNoDisplay)
		if err := get(); !errors.Is(err, secrets.ErrNoDisplay) || !strings.HasSuffix(err.Error(), " About api_key: "+docs) {
			t.Errorf("the error is %v", err)
		}
		user.Types("See "+docs+"\n", goodKey).During(func() { time.Sleep(2 * time.Second) })
		if err := get(); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if len(forms) < 2 || !strings.HasSuffix(forms[0], "\nAPI key: "+docs) || strings.Contains(forms[len(forms)-1], docs) {
			t.Errorf("the forms are %q", forms)
		}
	})
}

// A key that was written by hand has a link that people can be given, or none.
func TestOpenRefusesWhatIsNoLink(t *testing.T) {
	for _, link := range []string{"http://docs.example.com", "javascript:alert(1)", "https://a b", "https://docs.example.com/\nx"} {
		if err := openKeys(secrets.Text("x", secrets.Field{Docs: link})); err == nil {
			t.Errorf("%q is taken for a link", link)
		}
	}
}
