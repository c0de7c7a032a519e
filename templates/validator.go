package templates

import "github.com/dave/jennifer/jen"

// emitValidator emits:
//
//	// ValidateBaseURL returns the value of base_url that text stands for, or an error that names the rule it breaks.
//	func ValidateBaseURL(text string) (*url.URL, error) {
//		return secrets.Validate(keyBaseURL, text)
//	}
func emitValidator(f *jen.File, s *Secret) {
	comment(f, paragraph(nil, s.ValidatorName()+" returns the value of "+s.Name+" that text stands for, or an error that names the rule",
		"it breaks and is secrets.ErrInvalid.")...)
	f.Func().Id(s.ValidatorName()).Params(jen.Id("text").String()).Params(s.valueType().code(), jen.Error()).Block(
		jen.Return(ours("Validate").Call(jen.Id(s.keyVariable()), jen.Id("text"))),
	)
	f.Line()
}
