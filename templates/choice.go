package templates

import (
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
//		RegionEU Region = "eu"
//		RegionUS Region = "us"
//	)
func emitChoices(f *jen.File, p *Package) {
	for _, s := range p.Secrets {
		if s.Type != field.Choice {
			continue
		}
		comment(f, s.TypeName()+" is one of the choices for "+s.Name+".")
		f.Type().Id(s.TypeName()).String()
		f.Line()
		comment(f, "The choices for "+s.Name+".")
		f.Const().DefsFunc(func(g *jen.Group) {
			for _, c := range s.Constants {
				g.Id(c.GoName).Id(s.TypeName()).Op("=").Lit(c.Value)
			}
		})
		f.Line()
	}
}
