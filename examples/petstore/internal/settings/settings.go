// Package settings is the command line of the pet store's servers.
package settings

import (
	"errors"
	"flag"
)

// Settings are what a server was started with.
type Settings struct {
	Address   string // where to serve HTTP; without it, the server is for standard input and output
	Token     Token  // "" where it does not serve HTTP
	AcceptKey string // the key that the pet store inside this process takes; without one, there is none
	// Terminal are the words behind the flags that are for the terminal command, such as "secrets", "status".
	Terminal []string
}

// Read reads the flags.
func Read() (*Settings, error) {
	var s Settings
	flag.StringVar(&s.Address, "http", "", "serve streamable HTTP at `ADDRESS`/mcp, such as 127.0.0.1:8080; needs -token")
	tokenFile := flag.String("token", "", "the `FILE` with the token that HTTP clients must send")
	flag.StringVar(&s.AcceptKey, "accept-key", "pets-0123456789abcdef", "the `KEY` that the pet store inside this process takes; with \"\" there is none")
	flag.Parse()
	if flag.Arg(0) == "secrets" {
		s.Terminal = flag.Args()
		return &s, nil
	}
	if flag.NArg() > 0 || (s.Address == "") != (*tokenFile == "") {
		return nil, errors.New("usage: petstore [-http ADDRESS -token FILE] [-accept-key KEY]")
	}
	var err error
	if *tokenFile != "" {
		s.Token, err = readToken(*tokenFile)
	}
	return &s, err
}
