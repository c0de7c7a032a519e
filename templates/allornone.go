package templates

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"
)

// emitAllOrNone emits:
//
//	// MTLSSecrets are the values of mtls, which are set together.
//	type MTLSSecrets struct { ... }
//
//	// MTLS returns mtls, which may be unset: ...
//	func (s *Secrets) MTLS(ctx context.Context, reason secrets.Reason) (secrets.Optional[MTLSSecrets], error) { ... }
//
//	func intoMTLS(target *secrets.Optional[MTLSSecrets]) secrets.Binding {
//		var values MTLSSecrets
//		return secrets.Together(func(isSet bool) {
//			if isSet {
//				*target = secrets.Some(values)
//			}
//		},
//			KeyClientCert.Into(&values.ClientCert),
//			KeyClientKey.Into(&values.ClientKey),
//		)
//	}
func emitAllOrNone(f *jen.File, g *Group) {
	comment(f, g.TypeName()+" are the values of "+g.Name+", which are set together.")
	emitStruct(f, g.TypeName(), allSet(g.Members))
	comment(f, g.Doc...)
	emitBoundGetter(f, g.GoName, g.into(), optionalGroup(g), asksAny(g.Members))
	comment(f, g.into()+" binds the members, which are all set or none.")
	f.Func().Id(g.into()).Params(jen.Id("target").Op("*").Add(optionalGroup(g))).Add(ours("Binding")).Block(
		jen.Var().Id("values").Id(g.TypeName()),
		jen.Return(ours("Together").CustomFunc(argumentLines, func(arguments *jen.Group) {
			arguments.Func().Params(jen.Id("isSet").Bool()).Block(
				jen.If(jen.Id("isSet")).Block(jen.Op("*").Id("target").Op("=").Add(ours("Some")).Call(jen.Id("values"))),
			)
			for _, s := range g.Members {
				arguments.Line().Id(s.keyVariable()).Dot("Into").Call(jen.Op("&").Id("values").Dot(s.GoName))
			}
			arguments.Line()
		})),
	)
	f.Line()
}

// allSet are the slots of members that are all set, where any is.
func allSet(members []*Secret) []slot {
	slots := make([]slot, len(members))
	for i, s := range members {
		slots[i] = slot{goName: s.GoName, doc: s.FieldDoc, result: s.valueType().code()}
	}
	return slots
}

// into is the function that binds all members of an all_or_none.
func (g *Group) into() string { return "into" + g.GoName }

func optionalGroup(g *Group) *jen.Statement { return ours("Optional").Types(jen.Id(g.TypeName())) }

func allOrNoneDoc(g *Group) []string {
	return paragraph(nil, fmt.Sprintf("%s returns %s: %s, all of them or none.", g.GoName, g.Name, strings.Join(namesOf(g.Members), ", ")),
		"While none is stored it is unset, which is no error; once one is, the user is asked for the others.", consentOfAll(g.Members, "them"))
}
