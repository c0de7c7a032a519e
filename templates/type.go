package templates

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// A goType is a type of the generated code, which emitters need as code, and the manifest as text.
type goType struct {
	star string // "*" for a pointer
	path string // what is imported for it; "" for a type that needs no import
	pkg  string // what generated code calls the import
	name string
}

// goTypes are the types of values that are set. A choice is not here, since it has a type of its own.
var goTypes = map[field.Type]goType{
	field.Text:      {name: "string"},
	field.Password:  {path: runtimePath, pkg: "secrets", name: "Secret"},
	field.URL:       {star: "*", path: "net/url", pkg: "url", name: "URL"},
	field.Email:     {name: "string"},
	field.Integer:   {name: "int64"},
	field.Boolean:   {name: "bool"},
	field.Duration:  {path: "time", pkg: "time", name: "Duration"},
	field.Multiline: {path: runtimePath, pkg: "secrets", name: "Secret"},
}

// valueType is the type of a value of s that is set.
func (s *Secret) valueType() goType {
	if s.IsOneOf() {
		return goType{name: "string"}
	}
	if s.Type == field.Choice {
		return goType{name: s.TypeName()}
	}
	t, ok := goTypes[s.Type]
	if !ok {
		panic(fmt.Sprintf("templates: field type %q has no Go type", s.Type)) // schema.Parse accepts no other
	}
	return t
}

func (t goType) code() *jen.Statement {
	if t.path == "" {
		return jen.Id(t.name)
	}
	return jen.Op(t.star).Qual(t.path, t.name)
}

func (t goType) text() string {
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
