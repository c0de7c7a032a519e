// Package client puts a server into the files in which MCP clients list their servers: begin with [Find] and [Client.Add].
// clients.go has what is known of each client, json.go and toml.go the two formats, and file.go how a file is replaced.
//
// What else is in a file stays as it is, to the byte, comments included. A file that can't be read as its client would read it is
// left alone, and so is an entry of the same name, unless the user wants it replaced. No text of a file gets into an error: an
// entry may have its user's keys in it.
package client

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Client is an MCP client with a file that lists its servers.
type Client struct {
	Name  string // as a user types it
	Title string // as its makers write it
	// Note and ProjectNote say what the user has to know, "" where there is nothing.
	Note, ProjectNote string

	format  format
	expands string // what begins the name of a variable that the client puts in place, "" if it does not
	user    func(Place) (string, error)
	project []string // the path of the file in a project
}

// A Server is a server as a client starts it.
type Server struct {
	Name    string
	Command string // the program's full path
	Args    []string
	Env     map[string]string
}

// A format is that of a file.
type format interface {
	// snippet returns a file that has this server and nothing else.
	snippet(Server) string
	// find returns the entry of that name, nil if there is none.
	find(text, name string) (map[string]any, error)
	// add adds the server, in the place of the entry that has its name.
	add(text string, s Server) (string, error)
}

// ErrThere is the error of [Client.Add] where the file has the server already, as it should be.
var ErrThere = errors.New("the server is there already")

// A TakenError says that an entry of the same name starts something else.
type TakenError struct {
	Differs []string // in what it does
	Has     []string // what else it has, by name, which is in quotes where a terminal could take it for something else
}

func (e *TakenError) Error() string {
	return "another entry has the name: " + strings.Join(e.Differs, ", ")
}

// A MistakeError says what is wrong with a file, and where: Line is 0 where that is no single place.
type MistakeError struct {
	Line, Column int
	Text         string
}

func (e *MistakeError) Error() string { return e.Text }

// Snippet returns the server as it stands in the client's file. The error says why it can't stand there.
func (c Client) Snippet(s Server) (string, error) {
	if err := c.check(s); err != nil {
		return "", err
	}
	return c.format.snippet(s), nil
}

// Add adds the server to the text of the client's file, which is "" where there is none. An entry of that name which starts the
// same is [ErrThere], and another is a [*TakenError], unless it is to be replaced. A [*MistakeError] is for whoever wrote the file.
func (c Client) Add(text string, s Server, replace bool) (string, error) {
	if err := c.check(s); err != nil {
		return "", err
	}
	if strings.TrimSpace(strings.TrimPrefix(text, byteOrderMark)) == "" {
		return c.format.snippet(s), nil
	}
	old, err := c.format.find(text, s.Name)
	if err != nil {
		return "", err
	}
	if old != nil {
		taken := s.compare(old)
		switch {
		case taken == nil:
			return "", ErrThere
		case !replace:
			return "", taken
		}
	}
	return c.format.add(text, s)
}

const byteOrderMark = "\ufeff"

// validName are the names that all clients take: Claude Code takes no others in its own command, and in TOML they need no quotes.
var validName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// IsName reports whether a server can have the name in every client.
func IsName(name string) bool { return validName.MatchString(name) }

// check says why the client would not start the server so.
func (c Client) check(s Server) error {
	if !IsName(s.Name) {
		return errors.New("a server's name is made of letters of ASCII, digits, \"_\" and \"-\"")
	}
	for _, text := range slices.Concat([]string{s.Command}, s.Args, slices.Collect(maps.Values(s.Env))) {
		switch {
		case !utf8.ValidString(text):
			return fmt.Errorf("a path, an argument or a variable is no UTF-8, which the file of %s can't have", c.Title)
		case c.expands != "" && strings.Contains(text, c.expands):
			return fmt.Errorf("%s would put the value of a variable in place of what begins with %q", c.Title, c.expands)
		}
	}
	return nil
}

// compare returns how an entry differs from the server, nil if it starts the same. What else an entry has is its user's, such as a
// time limit. No value is in the result: it may be a key.
func (s Server) compare(old map[string]any) *TakenError {
	taken := &TakenError{}
	differs := func(format string, args ...any) { taken.Differs = append(taken.Differs, fmt.Sprintf(format, args...)) }
	switch command, ok := old["command"].(string); {
	case !ok:
		differs("it has no command")
	case command != s.Command && strings.Contains(command, "="): // such as KEY=value before a program
		differs("its command is another")
	case command != s.Command:
		differs("its command is %+q", command)
	}
	if kind, ok := old["type"]; ok && kind != "stdio" {
		differs("its type is another")
	}
	if args, ok := texts(old["args"]); !ok || !slices.Equal(args, s.Args) {
		differs("its arguments are others")
	}
	env, _ := old["env"].(map[string]any)
	for _, name := range sorted(s.Env) {
		switch value, ok := env[name]; {
		case !ok:
			differs("it does not set %s", name)
		case value != s.Env[name]:
			differs("it sets another %s", name)
		}
	}
	for _, key := range sorted(old) {
		switch key {
		case "type", "command", "args", "env":
		default:
			taken.Has = append(taken.Has, shown(key))
		}
	}
	for _, name := range sorted(env) {
		if _, ok := s.Env[name]; !ok {
			taken.Has = append(taken.Has, "env."+shown(name))
		}
	}
	if taken.Differs == nil {
		return nil
	}
	return taken
}

// shown returns a key of a file as a terminal may show it.
func shown(key string) string {
	if IsName(key) {
		return key
	}
	return strconv.QuoteToASCII(key)
}

// texts returns a list of texts.
func texts(list any) (result []string, ok bool) {
	items, _ := list.([]any)
	for _, item := range items {
		text, ok := item.(string)
		if !ok {
			return nil, false
		}
		result = append(result, text)
	}
	return result, list == nil || items != nil
}

func sorted[V any](values map[string]V) []string { return slices.Sorted(maps.Keys(values)) }

// sameBut returns an error unless the changed text says what the old one does, and has the server. It would be a mistake of this
// package, and is found before anything is written.
func sameBut(section string, s Server, old, changed string, parse func(string) (map[string]any, error)) error {
	before, err := parse(old)
	if err != nil {
		return err
	}
	after, err := parse(changed)
	take(before, section, s.Name)
	if entry := take(after, section, s.Name); err != nil || entry == nil || s.compare(entry) != nil || describe(before) != describe(after) {
		return errors.New("the server can't be added without a change to something else: please report this")
	}
	return nil
}

// take takes an entry out of what a file says, and its section with it if nothing else is in there.
func take(root map[string]any, section, name string) map[string]any {
	servers, _ := root[section].(map[string]any)
	entry, _ := servers[name].(map[string]any)
	delete(servers, name)
	if len(servers) == 0 {
		delete(root, section)
	}
	return entry
}

// describe returns what values are, so that equal ones have the same text, also numbers that are none.
func describe(root map[string]any) string { return fmt.Sprintf("%#v", root) }
