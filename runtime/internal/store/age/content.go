package age

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/keychain"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// format is the number of the format below. A file with another one was made by a later version.
const format = 1

// content is what is encrypted. Servers share a file, since a person has one MCP_SECRETS_STORE for all that they run:
//
//	{
//	  "format": 1,
//	  "servers": {
//	    "petstore": {
//	      "values": {"api_key": "...", "api_key@work": "..."},
//	      "principals": {"ann": {"api_key": "..."}}
//	    }
//	  }
//	}
type content struct {
	Format  int                `json:"format"`
	Servers map[string]*server `json:"servers"`
}

// A server has the values of who started it, and those of principals.
type server struct {
	Values     values            `json:"values,omitempty"`
	Principals map[string]values `json:"principals,omitempty"`
}

// values are by the names of entries, which are those that they have in the keychain: see [keychain.EntryName].
type values map[string]string

// checkNames refuses what is no scope or no name. The name of a secret has no "@".
func checkNames(in store.Scope, name string) error {
	if name == "" || strings.Contains(name, "@") || !utf8.ValidString(name) {
		return fmt.Errorf("%w: bad name of a secret", store.ErrFailed)
	}
	return checkScope(in)
}

// checkScope refuses names that JSON would make others of.
func checkScope(in store.Scope) error {
	if in.Server == "" || !utf8.ValidString(in.Server+"\n"+in.Account+"\n"+in.Principal) {
		return fmt.Errorf("%w: bad name of a server, an account or a principal", store.ErrFailed)
	}
	return nil
}

// parse reads what was decrypted. Nothing at all is what "age --passphrase" makes of an empty file. No error has a part of it.
func parse(text []byte) (*content, error) {
	c := &content{Format: format}
	if len(bytes.TrimSpace(text)) == 0 {
		return c, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var end json.RawMessage
	switch {
	case !utf8.Valid(text), decoder.Decode(c) != nil:
		return nil, errForeign
	case c.Format != format:
		return nil, fmt.Errorf("%w: it was made by a later version", store.ErrFailed)
	case decoder.Decode(&end) != io.EOF:
		return nil, errForeign
	}
	return c, nil
}

var errForeign = fmt.Errorf("%w: what is encrypted was not made by mcpsecrets", store.ErrFailed)

func (c *content) encode() ([]byte, error) { return json.MarshalIndent(c, "", "  ") }

// values returns those of a scope, in all of its accounts.
func (c *content) values(in store.Scope) values {
	of := c.Servers[in.Server]
	switch {
	case of == nil:
		return nil
	case in.Principal == "":
		return of.Values
	default:
		return of.Principals[in.Principal]
	}
}

func (c *content) set(in store.Scope, entry, value string) {
	all := c.values(in)
	if all == nil {
		all = values{}
		c.put(in, all)
	}
	all[entry] = value
}

// put makes all the values of a scope.
func (c *content) put(in store.Scope, all values) {
	if c.Servers == nil {
		c.Servers = map[string]*server{}
	}
	of := c.Servers[in.Server]
	if of == nil {
		of = &server{}
		c.Servers[in.Server] = of
	}
	if in.Principal == "" {
		of.Values = all
		return
	}
	if of.Principals == nil {
		of.Principals = map[string]values{}
	}
	of.Principals[in.Principal] = all
}

func (c *content) remove(in store.Scope, entry string) {
	all := c.values(in)
	if delete(all, entry); len(all) == 0 {
		c.clear(in)
	}
}

// clear leaves nothing of a scope, not even the name of its server if that has nothing else.
func (c *content) clear(in store.Scope) {
	of := c.Servers[in.Server]
	if of == nil {
		return
	}
	if in.Principal == "" {
		of.Values = nil
	} else {
		delete(of.Principals, in.Principal)
	}
	if len(of.Values) == 0 && len(of.Principals) == 0 {
		delete(c.Servers, in.Server)
	}
}

func (c *content) list(in store.Scope) []store.Entry {
	entries := []store.Entry{}
	for name := range c.values(in) {
		entries = append(entries, keychain.EntryOf(name))
	}
	slices.SortFunc(entries, store.Entry.Compare)
	return entries
}
