package client

import (
	"errors"
	"fmt"

	"github.com/mcpsecrets/mcpsecrets/internal/jsonc"
)

// jsonFormat is JSON with an object of servers, by name.
type jsonFormat struct {
	section string // the key of the object
	typed   bool   // a server has a type
	// What else than JSON the client reads.
	comments, commas bool
}

// A program is a server in that object.
type program struct {
	Type    string            `json:"type,omitempty"`
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env,omitempty"`
}

func (f jsonFormat) program(s Server) program {
	p := program{Command: s.Command, Args: append([]string{}, s.Args...), Env: s.Env}
	if f.typed {
		p.Type = "stdio"
	}
	return p
}

func (f jsonFormat) snippet(s Server) string {
	return jsonc.Indented(map[string]map[string]program{f.section: {s.Name: f.program(s)}}, "", "  ") + "\n"
}

func (f jsonFormat) find(text, name string) (map[string]any, error) {
	document, err := f.parse(text)
	if err != nil {
		return nil, err
	}
	servers, err := f.only(document.Root, f.section)
	if err != nil || servers == nil {
		return nil, err
	}
	if !servers.Is('{') {
		return nil, &MistakeError{Text: fmt.Sprintf("its %q is no object", f.section)}
	}
	entry, err := f.only(servers, name)
	if err != nil || entry == nil {
		return nil, err
	}
	var old map[string]any
	if err := entry.Decode(&old); err != nil || old == nil {
		old = map[string]any{} // it is none that starts a server
	}
	return old, nil
}

// parse reads a text as its client does.
func (f jsonFormat) parse(text string) (*jsonc.Document, error) {
	document, err := jsonc.Parse(text)
	var mistake *jsonc.SyntaxError
	switch {
	case errors.As(err, &mistake): // its text has words of the file
		return nil, &MistakeError{mistake.Line, mistake.Column, "this is no valid JSON"}
	case err != nil:
		return nil, err
	case !f.comments && document.Comment.Line > 0:
		return nil, &MistakeError{document.Comment.Line, document.Comment.Column, "this is a comment, which the client does not read in this file"}
	case !f.commas && document.Comma.Line > 0:
		return nil, &MistakeError{document.Comma.Line, document.Comma.Column, "nothing follows this comma, and the client does not read it so"}
	case !document.Root.Is('{'):
		return nil, &MistakeError{Text: "it is no JSON object"}
	}
	return document, nil
}

// only returns the value of a key that an object has once at most.
func (jsonFormat) only(object *jsonc.Value, key string) (value *jsonc.Value, err error) {
	for _, m := range object.Members {
		if m.Key == key && value != nil {
			return nil, &MistakeError{Text: fmt.Sprintf("it has %q twice, of which readers take either: remove one", key)}
		}
		if m.Key == key {
			value = m.Value
		}
	}
	return value, nil
}

func (f jsonFormat) add(text string, s Server) (string, error) {
	document, err := f.parse(text)
	if err != nil {
		return "", err
	}
	if err := document.Ensure([]string{f.section}, struct{}{}); err != nil {
		return "", err
	}
	entry := []jsonc.Part{{Key: s.Name, Value: f.program(s)}}
	if err := document.Put([]string{f.section}, "", entry, func(string, *jsonc.Value) bool { return false }); err != nil {
		return "", err
	}
	return document.Text, sameBut(f.section, s, text, document.Text, f.values)
}

func (f jsonFormat) values(text string) (root map[string]any, err error) {
	document, err := f.parse(text)
	if err == nil {
		err = document.Root.Decode(&root)
	}
	return root, err
}
