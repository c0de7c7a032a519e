package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// A File is what the author of a server wrote about its secrets, read and checked by [Parse].
type File struct {
	Name      string // as given to [Parse], used in errors
	Server    string // the keychain service is "com.mcp." + Server
	ServerPos Pos
	Secrets   []*Secret // in file order, at least one
	Groups    []*Group  // in file order

	OneOfs     []*OneOf // in file order
	AllOrNones []*Group // in file order: secrets that are all set or none

	secrets map[string]*Secret
}

// Secret returns the secret of that name, or nil.
func (f *File) Secret(name string) *Secret { return f.secrets[name] }

// Errorf returns a mistake at a place of f, for a [Rule].
func (f *File) Errorf(pos Pos, format string, args ...any) *Error {
	return &Error{File: f.Name, Pos: pos, Text: fmt.Sprintf(format, args...)}
}

// A Secret is one entry under "secrets". What the author may leave out is filled in: Label with the name, Type with
// password, Permission with ask, Scope with server.
type Secret struct {
	field.Field
	Pos           Pos      // of its name
	GoName        string   // as written, not checked here; "" is none
	ChoiceGoNames []string // parallel to Choices, as written, not checked here; "" is none

	places  places
	choices []Pos
	part    *part // nil: it has a getter of its own
}

// At returns where the value of a key such as "default" stands, or the place of the name if the key is not written.
func (s *Secret) At(key string) Pos { return s.places.at(key, s.Pos) }

// ChoiceAt returns where choice i gets its Go name: the place of its go_name, or of the choice if that has none.
func (s *Secret) ChoiceAt(i int) Pos { return s.choices[i] }

// IsPart reports whether s is a member of a one_of or an all_or_none, where its getter is.
func (s *Secret) IsPart() bool { return s.part != nil }

// A Group is one entry under "groups": secrets that are asked for in one question.
type Group struct {
	Name    string
	Pos     Pos      // of its name
	Members []string // names of secrets, in the author's order, at least one
	GoName  string   // as written, not checked here; "" is none
	SentAs  field.SentAs
	Sent    []string // those of Members that are sent, in the order of the form's roles

	places  places
	members []Pos
	written int // how many members the author wrote, whatever they are
}

// At returns where the value of a key such as "secrets" or "sent_as" stands, or the place of the name if the key is not written.
func (g *Group) At(key string) Pos { return g.places.at(key, g.Pos) }

// MemberAt returns where member i stands.
func (g *Group) MemberAt(i int) Pos { return g.members[i] }

// places remembers where values stand. A secret has few keys: a list is smaller than a map, and as quick.
type places []place

type place struct {
	key string
	pos Pos
}

// note remembers where the value of a key stands. A label of spaces is none: the name is shown in its place.
func (p *places) note(e entry) {
	if e.key == "label" && e.value.kind == text && strings.TrimSpace(e.value.text) == "" {
		return
	}
	*p = append(*p, place{e.key, e.value.pos})
}

func (p places) at(key string, otherwise Pos) Pos {
	for _, place := range p {
		if place.key == key {
			return place.pos
		}
	}
	return otherwise
}

func (p places) has(key string) bool {
	return slices.ContainsFunc(p, func(at place) bool { return at.key == key })
}
