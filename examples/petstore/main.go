// Command petstore is an MCP server for a pet store, and the example of how to use mcpsecrets. Read README.md, then tools.go.
// This one is on github.com/mark3labs/mcp-go; the one in gosdk is the same on the official SDK.
//
//	petstore                                     serves on standard input and output
//	petstore -http 127.0.0.1:8080 -token FILE    serves at http://127.0.0.1:8080/mcp whoever sends the token in FILE
//	petstore secrets status                      says which secrets are set; see "petstore secrets help"
package main

import (
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/settings"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/store"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/mcpgo"
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
		return mcpgo.ServeStdio(v.Manager, srv)
	}
	log.Printf("serving http://%s/mcp", set.Address)
	return mcpgo.ServeHTTP(v.Manager, srv, set.Address, bearersOf(set.Token))
}

// bearersOf lets through requests that bear the token, and says whose they are.
func bearersOf(token settings.Token) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !ok || !token.Is(sent) {
				w.Header().Set("WWW-Authenticate", "Bearer")
				http.Error(w, "the token is missing or wrong", http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r.WithContext(secrets.WithPrincipal(r.Context(), settings.Owner)))
		})
	}
}
