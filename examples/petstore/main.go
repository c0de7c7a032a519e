// Command petstore is an MCP server for a pet store, and the example of how to use mcpsecrets. Read README.md, then
// tools.go.
//
//	petstore                                     serves on standard input and output
//	petstore -http 127.0.0.1:8080 -token FILE    serves at http://127.0.0.1:8080/mcp whoever sends the token in FILE
//	petstore secrets status                      says which secrets are set; see "petstore secrets help"
package main

import (
	"errors"
	"flag"
	"log"
	"net/url"
	"os"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
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
	if code, ok := usercmd.Run(v.Manager, os.Args[1:]); ok {
		os.Exit(code)
	}

	address := flag.String("http", "", "serve streamable HTTP at `ADDRESS`/mcp, such as 127.0.0.1:8080; needs -token")
	tokenFile := flag.String("token", "", "the `FILE` with the token that HTTP clients must send")
	apiURL := flag.String("api", "", "the `URL` of the pet store; without it, one inside this process")
	acceptKey := flag.String("accept-key", "pets-0123456789abcdef", "the `KEY` that the pet store inside this process takes")
	flag.Parse()
	if flag.NArg() > 0 || (*address == "") != (*tokenFile == "") {
		return errors.New("usage: petstore [-http ADDRESS -token FILE] [-api URL | -accept-key KEY]")
	}

	var api *url.URL
	if *apiURL == "" {
		api, err = startAPI(*acceptKey)
	} else {
		api, err = vault.ValidateBaseURL(*apiURL)
	}
	if err != nil {
		return err
	}

	srv := newServer(v, api)
	if *address == "" {
		return mcpgo.ServeStdio(v.Manager, srv)
	}
	token, err := readToken(*tokenFile)
	if err != nil {
		return err
	}
	log.Printf("serving http://%s/mcp", *address)
	return mcpgo.ServeHTTP(v.Manager, srv, *address, bearersOf(token))
}
