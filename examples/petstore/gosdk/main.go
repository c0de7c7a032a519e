// Command gosdk is the MCP server for a pet store on the official SDK, github.com/modelcontextprotocol/go-sdk. It does what the
// one in the folder above does; README.md there says how to read them.
//
//	petstore                                     serves on standard input and output
//	petstore -http 127.0.0.1:8080 -token FILE    serves at http://127.0.0.1:8080/mcp whoever sends the token in FILE
//	petstore secrets status                      says which secrets are set; see "petstore secrets help"
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/modelcontextprotocol/go-sdk/auth"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/settings"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/store"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	"github.com/mcpsecrets/mcpsecrets/runtime/gosdk"
	"github.com/mcpsecrets/mcpsecrets/runtime/usercmd"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("petstore: ")
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	v, err := vault.OpenSecrets() // reads no keychain and asks nobody yet
	if err != nil {
		return err
	}
	set, err := settings.Read()
	if err != nil {
		return err
	}
	pets, err := store.Open(v, set.AcceptKey)
	if err != nil {
		return err
	}
	if err := v.Manager.Verify(pets.CheckKey, vault.KeyAPIKey()); err != nil { // a wrong key is found when it is typed
		return err
	}
	if code, ok := usercmd.Run(v.Manager, set.Terminal); ok {
		os.Exit(code)
	}
	srv := newServer(v, pets)
	if set.Address == "" {
		return gosdk.ServeStdio(v.Manager, srv)
	}
	log.Printf("serving http://%s/mcp", set.Address)
	return gosdk.ServeHTTP(v.Manager, srv, set.Address, bearersOf(set.Token))
}

// bearersOf has the SDK let through requests that bear the token, and says whose they are.
func bearersOf(token settings.Token) func(http.Handler) http.Handler {
	verify := func(_ context.Context, sent string, _ *http.Request) (*auth.TokenInfo, error) {
		if !token.Is(sent) {
			return nil, auth.ErrInvalidToken
		}
		return &auth.TokenInfo{UserID: settings.Owner}, nil
	}
	return auth.RequireBearerToken(verify, &auth.RequireBearerTokenOptions{AllowMissingExpiration: true})
}
