package templates

import (
	"github.com/dave/jennifer/jen"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// emitGetter emits:
//
//	// APIKey returns api_key: ...
//	func (s *Secrets) APIKey(ctx context.Context, reason secrets.Reason) (secrets.Secret, error) {
//		return secrets.Get(ctx, s.Manager, KeyAPIKey, reason)
//	}
//
// A getter that nobody is asked about takes no reason, and one that may be unset calls GetOptional.
func emitGetter(f *jen.File, s *Secret) {
	reason := jen.Id("reason")
	if !s.Asks() {
		reason = ours("NoReason")
	}
	get := "Get"
	if s.Optional() {
		get = "GetOptional"
	}
	comment(f, s.Doc...)
	method(f, s.GoName, s.Asks(), typeCode(s)).Block(
		jen.Return(ours(get).Call(jen.Id("ctx"), jen.Id("s").Dot("Manager"), jen.Id(s.KeyName()), reason)),
	)
	f.Line()
}

// method emits the signature of a getter.
func method(f *jen.File, name string, asks bool, result jen.Code) *jen.Statement {
	params := []jen.Code{jen.Id("ctx").Qual("context", "Context")}
	if asks {
		params = append(params, jen.Id("reason").Add(ours("Reason")))
	}
	return f.Func().Params(jen.Id("s").Op("*").Id("Secrets")).Id(name).Params(params...).Params(result, jen.Error())
}

// typeCode is the type that the getter of s returns.
func typeCode(s *Secret) *jen.Statement {
	if s.Optional() {
		return ours("Optional").Types(plainTypeCode(s))
	}
	return plainTypeCode(s)
}

// plainTypeCode is the type of a value of s that is set.
func plainTypeCode(s *Secret) *jen.Statement {
	switch s.Type {
	case field.Password, field.Multiline:
		return ours("Secret")
	case field.URL:
		return jen.Op("*").Qual("net/url", "URL")
	case field.Duration:
		return jen.Qual("time", "Duration")
	case field.Integer:
		return jen.Int64()
	case field.Boolean:
		return jen.Bool()
	case field.Choice:
		return jen.Id(s.TypeName())
	default:
		return jen.String()
	}
}
