package templates

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// emitChoices emits, for each choice:
//
//	// Region is one of the choices for region.
//	type Region string
//
//	// The choices for region.
//	const (
//		RegionEU Region = "eu" // Europe
//		RegionUS Region = "us" // United States
//	)
//
//	// AllRegion returns the choices for region, in the schema's order. The slice is the caller's own.
//	func AllRegion() []Region {
//		return []Region{RegionEU, RegionUS}
//	}
//
//	// Valid reports whether r is one of the choices for region.
//	func (r Region) Valid() bool {
//		return slices.Contains(AllRegion(), r)
//	}
func emitChoices(f *jen.File, p *Package) {
	for _, s := range p.Secrets {
		if s.Type != field.Choice {
			continue
		}
		comment(f, paragraph(nil, s.TypeName()+" is "+choiceOf(s)+".")...)
		f.Type().Id(s.TypeName()).String()
		f.Line()
		comment(f, "The choices for "+s.Name+".")
		f.Const().DefsFunc(func(g *jen.Group) {
			for _, c := range s.Constants {
				constant := g.Id(c.GoName).Id(s.TypeName()).Op("=").Lit(c.Value)
				if c.Label != "" {
					constant.Comment("// " + c.Label)
				}
			}
		})
		f.Line()
		emitList(f, s)
		emitValid(f, s)
	}
}

// choiceOf says what a value of s is.
func choiceOf(s *Secret) string {
	if s.Open {
		return "a value of " + s.Name + ": one of the constants, or another text"
	}
	return "one of the choices for " + s.Name
}

func emitList(f *jen.File, s *Secret) {
	comment(f, paragraph(nil, s.ListName()+" returns the choices for "+s.Name+", in the schema's order. The slice is the caller's own.")...)
	f.Func().Id(s.ListName()).Params().Index().Id(s.TypeName()).Block(
		jen.Return(jen.Index().Id(s.TypeName()).ValuesFunc(func(g *jen.Group) {
			for _, c := range s.Constants {
				g.Id(c.GoName)
			}
		})))
	f.Line()
}

func emitValid(f *jen.File, s *Secret) {
	receiver := strings.ToLower(s.TypeName()[:1])
	what := receiver + " is one of the choices for " + s.Name
	if s.Open {
		what += ", which a value need not be"
	}
	comment(f, paragraph(nil, "Valid reports whether "+what+".")...)
	f.Func().Params(jen.Id(receiver).Id(s.TypeName())).Id("Valid").Params().Bool().Block(
		jen.Return(jen.Qual("slices", "Contains").Call(jen.Id(s.ListName()).Call(), jen.Id(receiver))))
	f.Line()
}
