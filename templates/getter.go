package templates

import "github.com/dave/jennifer/jen"

// emitGetter emits:
//
//	// APIKey returns api_key: ...
//	func (s *Secrets) APIKey(ctx context.Context, reason secrets.Reason) (secrets.Secret, error) {
//		return secrets.Get(ctx, s.Manager, keyAPIKey, reason)
//	}
//
// A getter that nobody is asked about takes no reason and passes on "", and one that may be unset calls GetOptional.
func emitGetter(f *jen.File, s *Secret) {
	get := "Get"
	if s.Optional() {
		get = "GetOptional"
	}
	comment(f, s.Doc...)
	method(f, s.GoName, s.Asks(), s.resultCode()).Block(
		jen.Return(ours(get).Call(jen.Id("ctx"), jen.Id("s").Dot("Manager"), jen.Id(s.keyVariable()), reasonCode(s.Asks()))),
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

// reasonCode is what a getter passes on for a reason.
func reasonCode(asks bool) *jen.Statement {
	if asks {
		return jen.Id("reason")
	}
	return jen.Lit("")
}
