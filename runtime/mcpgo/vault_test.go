package mcpgo

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/mark3labs/mcp-go/server"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// attacked is the API key that is stored in a vault.
const attacked = "pets-0123456789abcdef"

// openVault opens the secrets of the pet store for a person who answers questions for permission, and types no values.
func openVault(t testing.TB, answer func() (secrets.Answer, error), options ...secrets.Option) *petstore.Secrets {
	t.Helper()
	store := runtimetest.NewStore()
	store.Put("petstore", "api_key", attacked)
	vault, err := petstore.OpenSecrets(append([]secrets.Option{
		secrets.WithStore(store), secrets.WithPrompter(person(answer)), secrets.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return vault
}

// A person answers questions for permission by a function.
type person func() (secrets.Answer, error)

func (p person) Enter(context.Context, secrets.Entry) (string, error) {
	_, err := p()
	return "", cmp.Or(err, secrets.ErrNoDisplay)
}

func (p person) Ask(context.Context, secrets.Question) (secrets.Answer, error) { return p() }

func (p person) Lock(context.Context) (unlock func(), err error) { return func() {}, nil }

// nobody is a person who is not there.
func nobody() (secrets.Answer, error) { return secrets.Deny, secrets.ErrNoDisplay }

// fromInside returns a context of requests by a client in the server's own process, which can't show forms.
func fromInside(ctx context.Context, srv *server.MCPServer) context.Context {
	return srv.WithContext(ctx, server.NewInProcessSession("inside", nil))
}
