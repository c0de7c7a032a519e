package templates

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// A goType is a type of the generated code, which emitters need as code, and the manifest as text.
type goType struct {
	list   bool   // a slice
	hidden bool   // in a secrets.Confidential
	star   string // "*" for a pointer
	path   string // what is imported for it; "" for a type that needs no import
	pkg    string // what generated code calls the import
	name   string
}

// goTypes are the types of values that are set, before what is confidential is hidden. A choice is not here, since it has a
// type of its own.
var goTypes = map[field.Type]goType{
	field.Text:      {name: "string"},
	field.Password:  {name: "string"},
	field.URL:       {star: "*", path: "net/url", pkg: "url", name: "URL"},
	field.Email:     {name: "string"},
	field.Integer:   {name: "int64"},
	field.Number:    {name: "float64"},
	field.Boolean:   {name: "bool"},
	field.Duration:  {path: "time", pkg: "time", name: "Duration"},
	field.Multiline: {name: "string"},
	field.File:      {name: "string"},
}

// formatTypes are the types of values that have a format; the others are texts.
var formatTypes = map[field.Format]goType{
	field.PEMFormat:      {path: runtimePath, pkg: "secrets", name: "PEM"},
	field.JSONFormat:     {path: "encoding/json", pkg: "json", name: "RawMessage"},
	field.Base64Format:   {name: "[]byte"},
	field.DateFormat:     {path: "time", pkg: "time", name: "Time"},
	field.PortFormat:     {name: "uint16"},
	field.HostPortFormat: {path: runtimePath, pkg: "secrets", name: "HostPort"},
}

var secretType = goType{path: runtimePath, pkg: "secrets", name: "Secret"}

// valueType is the type of a value of s that is set.
func (s *Secret) valueType() goType {
	t := s.itemType()
	t.list = s.List
	return t
}

// itemType is the type of one value of s, of which a list has several.
func (s *Secret) itemType() goType {
	t := s.shownType()
	switch {
	case s.Confidential() && t == (goType{name: "string"}):
		return secretType
	case s.Confidential():
		t.hidden = true
	}
	return t
}

// shownType is the type of a value of s where nothing hides it.
func (s *Secret) shownType() goType {
	if s.Type == field.Choice {
		return s.choiceType()
	}
	if s.IsConnection() {
		return goType{name: "string"}
	}
	if t, ok := formatTypes[s.Format]; ok {
		return t
	}
	t, ok := goTypes[s.Type]
	if !ok {
		panic(fmt.Sprintf("templates: field type %q has no Go type", s.Type)) // schema.Parse accepts no other
	}
	return t
}

func (t goType) code() *jen.Statement {
	if t.list {
		t.list = false
		return jen.Index().Add(t.code())
	}
	if t.hidden {
		t.hidden = false
		return ours("Confidential").Types(t.code())
	}
	if t.path == "" {
		return jen.Id(t.name)
	}
	return jen.Op(t.star).Qual(t.path, t.name)
}

func (t goType) text() string {
	if t.list {
		t.list = false
		return "[]" + t.text()
	}
	if t.hidden {
		t.hidden = false
		return "secrets.Confidential[" + t.text() + "]"
	}
	if t.path == "" {
		return t.name
	}
	return t.star + t.pkg + "." + t.name
}

// resultCode is the type that the getter of s returns.
func (s *Secret) resultCode() *jen.Statement {
	if s.Optional() {
		return ours("Optional").Types(s.valueType().code())
	}
	return s.valueType().code()
}

// resultText is the same as the manifest writes it.
func (s *Secret) resultText() string {
	if s.Optional() {
		return "secrets.Optional[" + s.valueType().text() + "]"
	}
	return s.valueType().text()
}

// choiceType is the type of a choice: one of its own, but for the one between alternatives, whose values callers never see.
func (s *Secret) choiceType() goType {
	if s.IsOneOf() {
		return goType{name: "string"}
	}
	return goType{name: s.TypeName()}
}
