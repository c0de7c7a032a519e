// Package templates turns a checked schema into Go code and a manifest.
//
// [Parse] reads a schema with [schema.Parse] and chooses its Go names, [New] makes a [Package] of it, the model;
// [Package.Render] emits the code with jennifer, block by block in output order, and [Package.Manifest] returns what a
// reviewer reads, with the reasons that package reason has found. The package reads and writes no file and knows no YAML.
//
//	file, err := templates.Parse("secrets.yaml", source)
//	pkg := templates.New(file, templates.Options{Package: "vault"})
//	code, err := pkg.Render()
package templates
