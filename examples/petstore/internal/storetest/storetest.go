// Package storetest has the tests of the pet store's tools, which are the same on any SDK, and shows how to test a server that
// uses mcpsecrets: with a store in memory, and a user who answers dialogs by a script.
package storetest

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/api"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/settings"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/store"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

const (
	goodKey  = "pets-0123456789abcdef"
	wrongKey = "pets-fedcba9876543210"
	askKey   = "petstore: Petstore API key" // the title of the dialog
)

// A Server is the pet store on an SDK.
type Server struct {
	// Connect connects a client in this process, which can show no forms.
	Connect func(*testing.T, *vault.Secrets, *store.Store) Client
	// Handler serves HTTP to whoever sends the token.
	Handler func(*vault.Secrets, *store.Store, settings.Token) http.Handler
}

// A Client is one that has connected. Its methods return the first text of what the server answers.
type Client interface {
	Call(ctx context.Context, tool string, arguments map[string]any) (text string, isError bool, err error)
	Prompt(ctx context.Context, name string) (text string, err error)
	Resource(ctx context.Context, uri string) (text string, err error)
}

// Run runs the tests on a server.
func Run(t *testing.T, server Server) {
	for name, test := range map[string]func(*testing.T, *bench){
		"Journey":                             journey,
		"WrongKeyIsReplaced":                  wrongKeyIsReplaced,
		"WrongKeyIsFoundWhenItIsTyped":        wrongKeyIsFoundWhenItIsTyped,
		"OnlyUnauthorizedIsARejection":        onlyUnauthorizedIsARejection,
		"KeyUnderItsFormerName":               keyUnderItsFormerName,
		"LeaksAreMasked":                      leaksAreMasked,
		"CreatePetUsesTheContactIfThereIsOne": createPetUsesTheContactIfThereIsOne,
		"WhoAmI":                              whoAmI,
		"TheQuestionShowsWhereTheKeyGoes":     theQuestionShowsWhereTheKeyGoes,
		"PetsInTheOrderThatTheUserHasSet":     petsInTheOrderThatTheUserHasSet,
		"PromptAndResource":                   promptAndResource,
		"HTTPServesWhoeverHasTheToken":        httpServesWhoeverHasTheToken,
	} {
		t.Run(name, func(t *testing.T) { test(t, start(t, server)) })
	}
}

// A bench is the server with a store in memory and a user who answers dialogs by a script.
type bench struct {
	t      *testing.T
	server Server
	vault  *vault.Secrets
	store  *runtimetest.Store
	user   *runtimetest.User
	pets   *store.Store
	client Client
}

func start(t *testing.T, server Server) *bench {
	t.Helper()
	b := &bench{t: t, server: server, store: runtimetest.NewStore(), user: runtimetest.NewUser(t)}
	base, err := api.Start(goodKey)
	b.must(err)
	trust(base)
	b.vault, err = vault.OpenSecrets(secrets.WithStore(b.store), secrets.WithPrompter(b.user), secrets.WithLogger(slog.New(slog.DiscardHandler)))
	b.must(err)
	t.Cleanup(func() { _ = b.vault.Manager.Close() })
	b.pets = store.New(b.vault, base)
	b.client = server.Connect(t, b.vault, b.pets)
	return b
}

// trust has a transport know the certificate of every httptest.NewTLSServer, which is the same one.
func trust(base *http.Transport) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	base.TLSClientConfig.RootCAs.AddCert(server.Certificate())
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// call returns what a tool says, and whether that is an error.
func (b *bench) call(tool string, arguments map[string]any) (text string, isError bool) {
	b.t.Helper()
	text, isError, err := b.client.Call(b.t.Context(), tool, arguments)
	b.must(err)
	return text, isError
}

// says fails unless a tool succeeds and its result has the words.
func (b *bench) says(words, tool string, arguments map[string]any) {
	b.t.Helper()
	if text, isError := b.call(tool, arguments); isError || !strings.Contains(text, words) {
		b.t.Fatalf("%s: got %q, want %q", tool, text, words)
	}
}

// refuses fails unless a tool's result is an error with the words.
func (b *bench) refuses(words, tool string, arguments map[string]any) {
	b.t.Helper()
	if text, isError := b.call(tool, arguments); !isError || !strings.Contains(text, words) {
		b.t.Fatalf("%s: got %q, want the error %q", tool, text, words)
	}
}
