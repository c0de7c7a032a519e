package templates

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

// A OneOf is one entry of one_of and everything that is generated for it.
type OneOf struct {
	GoName       string  // of the getter and of the interface
	Choice       *Secret // what is stored of it: the name of the alternative
	Alternatives []*Alternative
	Doc          []string // the getter's comment
}

// An Alternative is what a person can choose.
type Alternative struct {
	Name     string // the schema's name
	TypeName string // of its struct, such as AuthToken
	Members  []*Secret
}

// Members returns those of all alternatives.
func (o *OneOf) Members() (members []*Secret) {
	for _, a := range o.Alternatives {
		members = append(members, a.Members...)
	}
	return members
}

func newOneOf(in *schema.OneOf, n *names, byName map[string]*Secret) *OneOf {
	o := &OneOf{GoName: n.oneOfs[in], Choice: &Secret{Field: in.Field(), GoName: n.oneOfs[in]}}
	for _, alternative := range in.Alternatives {
		o.Alternatives = append(o.Alternatives, &Alternative{alternative.Name, n.alternatives[alternative], secretsOf(alternative.Members, byName)})
	}
	o.Doc = oneOfDoc(o)
	return o
}

func oneOfDoc(o *OneOf) []string {
	c := o.Choice
	what := c.Name
	if c.Label != c.Name {
		what += ": " + c.Label
	}
	presence := "The user is asked which, if that is not known, and for what is missing of it."
	if !c.Required {
		presence = "It may be unset, which is no error. Once one is chosen, the user is asked for what is missing of it."
	}
	doc := paragraph(nil, o.GoName+" returns "+sentence(what), c.Help)
	return paragraph(doc, "It is "+field.List(o.typeNames(), "or")+", whichever the user has chosen.", presence, consentOfAll(o.Members(), "its values"))
}

func (o *OneOf) typeNames() []string {
	names := make([]string, len(o.Alternatives))
	for i, a := range o.Alternatives {
		names[i] = a.TypeName
	}
	return names
}

// method is the unexported one that only the alternatives have.
func (o *OneOf) method() string { return "is" + o.GoName }

// into is the function that binds all of it.
func (o *OneOf) into() string { return "into" + o.GoName }

func (o *OneOf) resultCode() *jen.Statement {
	if o.Choice.Required {
		return jen.Id(o.GoName)
	}
	return ours("Optional").Types(jen.Id(o.GoName))
}

func (o *OneOf) resultText() string {
	if o.Choice.Required {
		return o.GoName
	}
	return "secrets.Optional[" + o.GoName + "]"
}

// emitOneOf emits:
//
//	// Auth is AuthToken or AuthBasic. A type switch tells which.
//	type Auth interface{ isAuth() }
//
//	// AuthToken has the values of the alternative token of auth.
//	type AuthToken struct { ServiceAccountToken secrets.Secret }
//
//	func (AuthToken) isAuth() {}
//
//	// Auth returns auth: ...
//	func (s *Secrets) Auth(ctx context.Context, reason secrets.Reason) (Auth, error) { ... }
//
//	func intoAuth(target *Auth) secrets.Binding { ... }
func emitOneOf(f *jen.File, o *OneOf) {
	comment(f, paragraph(nil, fmt.Sprintf("%s is %s. A type switch tells which:", o.GoName, field.List(o.typeNames(), "or")))...)
	comment(f, o.switchLines()...)
	f.Type().Id(o.GoName).Interface(jen.Id(o.method()).Params())
	f.Line()
	for _, a := range o.Alternatives {
		comment(f, paragraph(nil, a.TypeName+" has the values of the alternative "+a.Name+" of "+o.Choice.Name+".")...)
		emitStruct(f, a.TypeName, slotsOf(a.Members))
		f.Func().Params(jen.Id(a.TypeName)).Id(o.method()).Params().Block()
		f.Line()
	}
	comment(f, o.Doc...)
	emitBoundGetter(f, o.GoName, o.into(), o.resultCode(), asksAny(o.Members()))
	emitIntoOneOf(f, o)
}

// switchLines are the lines of a comment that show the switch.
func (o *OneOf) switchLines() []string {
	lines := []string{"", "\tswitch value := value.(type) {"}
	for _, a := range o.Alternatives {
		lines = append(lines, "\tcase "+a.TypeName+":")
	}
	return append(lines, "\t}")
}

// emitBoundGetter emits:
//
//	func (s *Secrets) Auth(ctx context.Context, reason secrets.Reason) (Auth, error) {
//		var value Auth
//		err := secrets.GetGroup(ctx, s.Manager, reason, intoAuth(&value))
//		return value, err
//	}
func emitBoundGetter(f *jen.File, name, into string, result jen.Code, asks bool) {
	method(f, name, asks, result).Block(
		jen.Var().Id("value").Add(result),
		jen.Err().Op(":=").Add(ours("GetGroup")).Call(jen.Id("ctx"), jen.Id("s").Dot("Manager"), reasonCode(asks), jen.Id(into).Call(jen.Op("&").Id("value"))),
		jen.Return(jen.Id("value"), jen.Err()),
	)
	f.Line()
}

// emitIntoOneOf emits:
//
//	// intoAuth binds the choice, and the members of every alternative: those of the one that is chosen get values.
//	func intoAuth(target *Auth) secrets.Binding {
//		var chosen string
//		var values struct {
//			AuthToken AuthToken
//			AuthBasic AuthBasic
//		}
//		return secrets.Together(func(bool) {
//			switch chosen {
//			case "token":
//				*target = values.AuthToken
//			case "basic":
//				*target = values.AuthBasic
//			}
//		},
//			keyAuth.Into(&chosen),
//			keyServiceAccountToken.Into(&values.AuthToken.ServiceAccountToken),
//			...
//		)
//	}
//
// An optional one_of is secrets.Some[Auth](values.AuthToken).
func emitIntoOneOf(f *jen.File, o *OneOf) {
	comment(f, o.into()+" binds the choice, and the members of every alternative: those of the one that is chosen get values.")
	f.Func().Id(o.into()).Params(jen.Id("target").Op("*").Add(o.resultCode())).Add(ours("Binding")).Block(
		jen.Var().Id("chosen").String(),
		jen.Var().Id("values").StructFunc(func(g *jen.Group) {
			for _, a := range o.Alternatives {
				g.Id(a.TypeName).Id(a.TypeName)
			}
		}),
		jen.Return(ours("Together").CustomFunc(argumentLines, func(g *jen.Group) {
			g.Func().Params(jen.Bool()).Block(jen.Switch(jen.Id("chosen")).BlockFunc(o.emitCases))
			g.Line().Id(o.Choice.keyVariable()).Dot("Into").Call(jen.Op("&").Id("chosen"))
			for _, a := range o.Alternatives {
				for _, s := range a.Members {
					g.Line().Id(s.keyVariable()).Dot("Into").Call(jen.Op("&").Id("values").Dot(a.TypeName).Dot(s.GoName))
				}
			}
			g.Line()
		})),
	)
	f.Line()
}

func (o *OneOf) emitCases(g *jen.Group) {
	for _, a := range o.Alternatives {
		value := jen.Id("values").Dot(a.TypeName)
		if !o.Choice.Required {
			value = ours("Some").Types(jen.Id(o.GoName)).Call(value)
		}
		g.Case(jen.Lit(a.Name)).Block(jen.Op("*").Id("target").Op("=").Add(value))
	}
}

// A slot is one value in a struct: a secret, a one_of or an all_or_none.
type slot struct {
	goName string
	doc    []string // the comment of its field in a struct
	result jen.Code
	bind   func(target jen.Code) jen.Code
}

func slotsOf(members []*Secret) []slot {
	slots := make([]slot, len(members))
	for i, s := range members {
		into := "Into"
		if s.Optional() {
			into = "IntoOptional"
		}
		slots[i] = slot{goName: s.GoName, doc: s.FieldDoc, result: s.resultCode(), bind: func(target jen.Code) jen.Code {
			return jen.Id(s.keyVariable()).Dot(into).Call(target)
		}}
	}
	return slots
}

// slots are what All returns.
func (p *Package) slots() []slot {
	slots := slotsOf(p.single())
	for _, o := range p.OneOfs {
		slots = append(slots, slot{goName: o.GoName, doc: fieldDoc(o.Choice), result: o.resultCode(), bind: func(target jen.Code) jen.Code {
			return jen.Id(o.into()).Call(target)
		}})
	}
	for _, g := range p.AllOrNones {
		slots = append(slots, slot{goName: g.GoName, doc: []string{g.GoName + " is the all_or_none " + g.Name + "."}, result: optionalGroup(g), bind: func(target jen.Code) jen.Code {
			return jen.Id(g.into()).Call(target)
		}})
	}
	return slots
}

// single are the secrets that have a getter of their own.
func (p *Package) single() []*Secret {
	return slices.DeleteFunc(slices.Clone(p.Secrets), func(s *Secret) bool { return !s.hasGetter() })
}

// revealed are the secrets that some getter returns.
func (p *Package) revealed() []*Secret {
	return slices.DeleteFunc(slices.Clone(p.Secrets), func(s *Secret) bool { return s.Unrevealed })
}

// keys are the secrets, and the choices of the one_ofs, which are stored as they are.
func (p *Package) keys() []*Secret {
	keys := slices.Clone(p.Secrets)
	for _, o := range p.OneOfs {
		keys = append(keys, o.Choice)
	}
	return keys
}

func asksAny(members []*Secret) bool {
	return slices.ContainsFunc(members, func(s *Secret) bool { return s.Asks() })
}

// argumentLines puts arguments on lines of their own.
var argumentLines = jen.Options{Open: "(", Close: ")", Separator: ","}
