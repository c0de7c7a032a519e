package templates

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"
)

// runtimePath is what generated code imports, always as secrets, so that nobody takes it for Go's own runtime.
const runtimePath = "github.com/mcpsecrets/mcpsecrets/runtime"

// Render returns the Go code of p, formatted. The same Package gives the same bytes on every machine. An error is a
// mistake in this package, not in the schema.
func (p *Package) Render() ([]byte, error) {
	f := jen.NewFile(p.Name)
	f.ImportName("context", "context")
	f.ImportName("encoding/json", "json")
	f.ImportName("math", "math")
	f.ImportName("net/http", "http")
	f.ImportName("net/url", "url")
	f.ImportName("slices", "slices")
	f.ImportName("time", "time")
	f.ImportAlias(runtimePath, "secrets")
	emitHeader(f, p)
	emitHandshake(f)
	emitManifest(f, p)
	emitKeys(f, p)
	emitChoices(f, p)
	emitSecrets(f)
	emitOpen(f, p)
	for _, s := range p.Secrets {
		if s.hasGetter() {
			emitGetter(f, s)
		}
		if sender := s.sender(); sender != nil {
			emitSender(f, sender)
		}
	}
	for _, g := range p.Groups {
		emitGroup(f, g)
		if sender := g.sender(); sender != nil {
			emitSender(f, sender)
		}
	}
	for _, o := range p.OneOfs {
		emitOneOf(f, o)
	}
	for _, g := range p.AllOrNones {
		emitAllOrNone(f, g)
	}
	emitAll(f, p)
	for _, s := range p.Secrets {
		if s.HasRules() {
			emitValidator(f, s)
		}
	}
	var out bytes.Buffer
	if err := f.Render(&out); err != nil {
		return nil, fmt.Errorf("mcpsecrets-gen made code that is no Go, please report this: %w", err)
	}
	return separateImports(out.Bytes()), nil
}

// separateImports puts the runtime, the one import that is not Go's own, into a group of its own. It edits the formatted
// text: a pass of goimports would take as long as all the rest.
func separateImports(code []byte) []byte {
	line := []byte("\tsecrets \"" + runtimePath + "\"\n")
	before, after, _ := bytes.Cut(code, line)
	others, rest, _ := bytes.Cut(after, []byte(")\n")) // the imports are the first parenthesis of the file
	return slices.Concat(before, others, []byte("\n"), line, []byte(")\n"), rest)
}

// comment adds a comment of whole lines. A line always follows "// ", so that it is no directive; that it is no build
// constraint, for which the space makes no difference, is seen to where texts are wrapped into lines.
func comment(to interface{ Comment(string) *jen.Statement }, lines ...string) {
	for _, line := range lines {
		if line == "" {
			to.Comment("//")
			continue
		}
		to.Comment("// " + line)
	}
}

// ours names something of the runtime.
func ours(name string) *jen.Statement { return jen.Qual(runtimePath, name) }

// lines puts each item on a line of its own between braces, in the given order.
func lines(items []jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, items...)
}
