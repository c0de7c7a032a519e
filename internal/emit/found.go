package emit

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// Here what a file of another format says becomes a schema. What is guessed is said, and what a schema does not take is left out,
// and said too.

// An Import is what a file of another format says of secrets.
type Import struct {
	Format string   // its name
	Server string   // the one that was wanted, or as the file calls it
	Info   []byte   // the secrets, as a SECRETS_INFO dictionary for [templates.ParseInfo]
	Notes  []string // what was guessed or left out, a line each
}

// found is what a format reads.
type found struct {
	server  string
	entries []entry
}

// A secret is an entry on its way into a schema.
type secret struct {
	name    string
	keys    []dictionaryKey
	guessed bool // its type is a guess, which may be wrong
	notes   []string
}

type dictionaryKey struct {
	name  string
	value any
}

// toImport makes the secrets of a schema for server of what was read.
func (found *found) toImport(s says, server string) (*Import, error) {
	result := &Import{Server: server}
	taken, variables := map[string]bool{}, map[string]bool{}
	var all []*secret
	for _, e := range found.entries {
		made := s.secret(e, taken, variables)
		if err := made.settle(server); err != nil {
			return nil, fmt.Errorf("%q: %w", made.name, err)
		}
		all = append(all, made)
		for _, note := range made.notes {
			result.Notes = append(result.Notes, made.name+": "+note)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("it declares nothing that a user could be asked for")
	}
	result.Info = []byte(dictionary(all...))
	return result, nil
}

// dictionary returns secrets as JSON, each key on a line of its own: the first of the first secret on line 3.
func dictionary(all ...*secret) string {
	var text strings.Builder
	text.WriteString("{\n")
	for i, s := range all {
		fmt.Fprintf(&text, "%s: {\n", JSON(s.name))
		for j, key := range s.keys {
			fmt.Fprintf(&text, "%s: %s%s\n", JSON(key.name), JSON(key.value), comma(j, len(s.keys)))
		}
		fmt.Fprintf(&text, "}%s\n", comma(i, len(all)))
	}
	return text.String() + "}\n"
}

func comma(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}

func (s *secret) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// add adds a key with a value that is not nothing.
func (s *secret) add(name string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case bool:
		if !v {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	case []map[string]string:
		if len(v) == 0 {
			return
		}
	case json.RawMessage:
		if len(v) == 0 {
			return
		}
	}
	s.keys = append(s.keys, dictionaryKey{name, value})
}

func (s *secret) set(name string, value any) {
	for i := range s.keys {
		if s.keys[i].name == name {
			s.keys[i].value = value
			return
		}
	}
	s.keys = append(s.keys, dictionaryKey{name, value})
}

func (s *secret) drop(name string) {
	s.keys = slices.DeleteFunc(s.keys, func(k dictionaryKey) bool { return k.name == name })
}

// secret makes a secret of an entry. Names that are taken are those of secrets, and in capitals those of variables.
func (s says) secret(e entry, taken, variables map[string]bool) *secret {
	identity := s.identity(e)
	made := &secret{}
	made.name = unusedName(nameFor(identity), taken)
	if made.name != identity && !strings.EqualFold(made.name, identity) {
		made.note("its name was %q", identity)
	}
	label, help, ours := s.split(&e)
	if e.remark != "" {
		made.note("%s", e.remark)
	}
	if e.isList {
		made.note("several values, read as a list")
	}
	if label == "" && s.variables && !strings.EqualFold(made.name, identity) {
		label = identity
	}
	s.guess(made, &e, ours)
	made.add("label", label)
	made.add("field_type", string(e.kind))
	made.add("required", e.required)
	made.add("default", typedValue(e))
	made.add("help_text", help)
	made.add("placeholder", e.example)
	if len(e.labels) > 0 {
		made.add("choices", choiceItems(e.choices, e.labels))
	} else {
		made.add("choices", e.choices)
	}
	made.add("min", json.RawMessage(e.low))
	made.add("max", json.RawMessage(e.high))
	if e.isPath {
		made.add("format", string(field.PathFormat))
	}
	made.add("list", e.isList)
	made.add("schemes", e.address.schemes)
	made.add("hosts", e.address.hosts)
	made.add("user_info", e.address.userInfo)
	switch upper := strings.ToUpper(e.variable); {
	case e.variable == "":
	case !field.ValidEnv(e.variable), variables[upper]:
		made.note("the variable %q is left out: a schema takes it for none, or for that of another", e.variable)
	default:
		variables[upper] = true
		made.add("env", e.variable)
	}
	return made
}
