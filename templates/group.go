package templates

import "github.com/dave/jennifer/jen"

// emitGroup emits:
//
//	// LoginSecrets are the values of the group login.
//	type LoginSecrets struct {
//		// Username is username: User name.
//		Username string
//		// Password is password.
//		Password secrets.Secret
//	}
//
//	// Login returns the group login with one question for all: username, password. ...
//	func (s *Secrets) Login(ctx context.Context, reason secrets.Reason) (LoginSecrets, error) { ... }
//
// A group with a member that is not revealed is only sent.
func emitGroup(f *jen.File, g *Group) {
	if !g.hasGetter() {
		return
	}
	comment(f, g.TypeName()+" are the values of the group "+g.Name+".")
	emitStruct(f, g.TypeName(), slotsOf(g.Members))
	comment(f, g.Doc...)
	emitGroupGetter(f, g.GoName, g.TypeName(), slotsOf(g.Members), asksAny(g.Members))
}

// emitAll emits:
//
//	// Values are the values of all secrets.
//	type Values struct { ... }
//
//	// All returns every secret with one question for all of them. ...
//	func (s *Secrets) All(ctx context.Context, reason secrets.Reason) (Values, error) { ... }
//
// What is not revealed is not among them, and where nothing is revealed there is neither.
func emitAll(f *jen.File, p *Package) {
	revealed := p.revealed()
	values, every := "Values are the values of all secrets.", "every secret"
	switch {
	case len(revealed) == 0:
		return
	case len(revealed) < len(p.Secrets):
		values, every = "Values are the values of all secrets that are revealed.", "every secret that is revealed"
	}
	comment(f, values)
	emitStruct(f, "Values", p.slots())
	comment(f, "All returns "+every+" with one question for all of them. An error means that none of them is there.")
	emitGroupGetter(f, "All", "Values", p.slots(), asksAny(revealed))
}

// emitStruct emits a struct with a field for each member.
func emitStruct(f *jen.File, name string, members []slot) {
	f.Type().Id(name).StructFunc(func(g *jen.Group) {
		for _, s := range members {
			comment(g, s.doc...)
			g.Id(s.goName).Add(s.result)
		}
	})
	f.Line()
}

// emitGroupGetter emits:
//
//	func (s *Secrets) Login(ctx context.Context, reason secrets.Reason) (LoginSecrets, error) {
//		var values LoginSecrets
//		err := secrets.GetGroup(ctx, s.Manager, reason,
//			keyUsername.Into(&values.Username),
//			keyPassword.Into(&values.Password),
//		)
//		return values, err
//	}
//
// Where nobody is asked about any member, there is no reason either.
func emitGroupGetter(f *jen.File, name, result string, members []slot, asks bool) {
	method(f, name, asks, jen.Id(result)).Block(
		jen.Var().Id("values").Id(result),
		jen.Err().Op(":=").Add(ours("GetGroup")).CustomFunc(argumentLines, func(g *jen.Group) {
			g.Id("ctx")
			g.Id("s").Dot("Manager")
			g.Add(reasonCode(asks))
			for _, s := range members {
				g.Line().Add(s.bind(jen.Op("&").Id("values").Dot(s.goName)))
			}
			g.Line()
		}),
		jen.Return(jen.Id("values"), jen.Err()),
	)
	f.Line()
}
