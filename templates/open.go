package templates

import (
	"fmt"

	"github.com/dave/jennifer/jen"
)

// emitSecrets emits:
//
//	// Secrets has a getter for each secret and group. ...
//	type Secrets struct {
//		Manager *secrets.Manager
//	}
//
// The manager is a field and not embedded: a method that a later runtime gives it takes no name from a schema.
func emitSecrets(f *jen.File) {
	comment(f,
		"Secrets has a getter for each secret and group. What takes a key, such as Stored, Set, Forget and Reject, is on",
		"Manager.")
	f.Type().Id("Secrets").Struct(jen.Id("Manager").Op("*").Add(ours("Manager")))
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
//				keyAPIKey,
//			},
//		}, options...)
//		if err != nil {
//			return nil, err
//		}
//		return &Secrets{Manager: manager}, nil
//	}
func emitOpen(f *jen.File, p *Package) {
	var keys []jen.Code
	for _, s := range p.keys() {
		keys = append(keys, jen.Id(s.keyVariable()))
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
		jen.Return(jen.Op("&").Id("Secrets").Values(jen.Id("Manager").Op(":").Id("manager")), jen.Nil()),
	)
	f.Line()
}
