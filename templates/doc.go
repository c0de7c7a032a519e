// Package templates turns a checked schema into Go code and a manifest.
//
// [New] chooses the Go names and the order and returns a [Package], the model; [Package.Render] emits the code with
// jennifer, block by block in output order, and [Package.Manifest] returns what a reviewer reads. [Names] is the rule
// that finds Go names which can't be, for [schema.Parse] to report with all other mistakes. The package reads and writes
// no file and knows no YAML.
//
//	file, err := schema.Parse("secrets.yaml", source, templates.Names)
//	pkg, err := templates.New(file, templates.Options{Package: "vault"})
//	code, err := pkg.Render()
package templates
