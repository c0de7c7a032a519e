package templates

import (
	"fmt"

	"github.com/dave/jennifer/jen"
)

// emitSecrets emits:
//
//	// Secrets has a getter for each secret, and the methods of its manager ...
//	type Secrets struct {
//		*secrets.Manager
//	}
func emitSecrets(f *jen.File) {
	comment(f,
		"Secrets has a getter for each secret and group. What takes a key, such as Set, Forget and Reject, are methods of",
		"its manager.")
	f.Type().Id("Secrets").Struct(jen.Op("*").Add(ours("Manager")))
	f.Line()
}

// emitOpen emits:
//
//	// OpenSecrets makes the secrets of the MCP server petstore. ...
//	func OpenSecrets(options ...secrets.Option) (*Secrets, error) {
//		manager, err := secrets.Open(secrets.Schema{
//			Server:   "petstore",
//			Manifest: secretsManifest,
//			Keys: []secrets.AnyKey{
//				KeyAPIKey,
//			},
//		}, options...)
//		if err != nil {
//			return nil, err
//		}
//		return &Secrets{manager}, nil
//	}
func emitOpen(f *jen.File, p *Package) {
	keys := make([]jen.Code, len(p.Secrets))
	for i, s := range p.Secrets {
		keys[i] = jen.Id(s.KeyName())
	}
	schema := ours("Schema").Add(lines([]jen.Code{
		jen.Id("Server").Op(":").Lit(p.Server),
		jen.Id("Manifest").Op(":").Id("secretsManifest"),
		jen.Id("Keys").Op(":").Index().Add(ours("AnyKey")).Add(lines(keys)),
	}))
	comment(f, paragraph(nil, fmt.Sprintf("OpenSecrets makes the secrets of the MCP server %s.", p.Server),
		"It reads no keychain and asks nobody. An error is a mistake in the options, or means that this file and its manifest",
		"were not generated together.")...)
	f.Func().Id("OpenSecrets").Params(jen.Id("options").Op("...").Add(ours("Option"))).
		Params(jen.Op("*").Id("Secrets"), jen.Error()).Block(
		jen.List(jen.Id("manager"), jen.Err()).Op(":=").Add(ours("Open")).Call(schema, jen.Id("options").Op("...")),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err())),
		jen.Return(jen.Op("&").Id("Secrets").Values(jen.Id("manager")), jen.Nil()),
	)
	f.Line()
}
