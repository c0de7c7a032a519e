package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/internal/reason"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

const defaultSchema = "secrets.yaml"

// generate writes what every schema asks for, once all of it is made. Code that does not compile is reported and no failure: it
// may use what is only now generated, and what the next schema will have.
func generate(schemas []string, t target, stderr io.Writer) error {
	made, err := renderAll(schemas, t, stderr)
	if err != nil {
		return err
	}
	reportBroken(stderr, made.broken)
	return write(made.outputs)
}

// maxBroken is how many of the reasons why code does not compile are told: the compiler tells them all.
const maxBroken = 10

// reportBroken says where code does not compile.
func reportBroken(stderr io.Writer, broken schema.ErrorList) {
	if len(broken) == 0 {
		return
	}
	for _, err := range broken[:min(len(broken), maxBroken)] {
		fmt.Fprintln(stderr, err)
	}
	if more := len(broken) - maxBroken; more > 0 {
		fmt.Fprintf(stderr, "mcpsecrets-gen: and %d more\n", more)
	}
	fmt.Fprintln(stderr, "mcpsecrets-gen: this code does not compile, so reasons may be missing that it gives; those of the manifest as it was are kept")
	fmt.Fprintln(stderr, "mcpsecrets-gen: hint: generate again once it compiles")
}

// A rendering is what is made of schemas.
type rendering struct {
	outputs []output
	broken  schema.ErrorList // why code does not compile whose reasons were looked for
}

// renderAll makes the outputs of schemas in memory. It reports the mistakes of all of them, and writes warnings to stderr.
func renderAll(schemas []string, t target, stderr io.Writer) (rendering, error) {
	if len(schemas) == 0 {
		schemas = []string{defaultSchema}
	}
	if len(schemas) > 1 && t.out != "" {
		return rendering{}, usagef("--out is for one schema, not for %d", len(schemas))
	}
	var drafts []draft
	var failed failures
	writer := map[string]string{} // schema by folder: one package can't have two OpenSecrets
	for _, name := range schemas {
		folder, err := filepath.Abs(filepath.Dir(name))
		if err != nil {
			return rendering{}, err
		}
		if other, taken := writer[folder]; taken {
			return rendering{}, usagef("%s and %s would both be written to %s: give each a folder of its own", other, name, defaultOut)
		}
		writer[folder] = name
		made, err := render(name, t, stderr)
		if err != nil {
			failed = append(failed, err)
		}
		drafts = append(drafts, made)
	}
	if len(failed) > 0 {
		return rendering{}, failed
	}
	return finish(drafts, t)
}

// A draft is what is made of one schema before the reasons are known.
type draft struct {
	model    *templates.Package
	manifest output // without its text
	code     output
}

// finish finds the reasons for each draft. All code is made by then, since code that uses two vaults does not compile with one.
func finish(drafts []draft, t target) (all rendering, err error) {
	run := &reason.Run{Written: map[string][]byte{}}
	for _, d := range drafts {
		run.Written[d.code.path] = d.code.text
	}
	var mistakes schema.ErrorList
	for _, d := range drafts {
		found, err := t.findReasons(d.code.path, run)
		if list := (schema.ErrorList)(nil); errors.As(err, &list) {
			mistakes = withNew(mistakes, list)
			continue
		}
		if err == nil {
			d.manifest.text, err = manifestText(d.model, found, d.manifest.old)
		}
		if err != nil {
			return rendering{}, err
		}
		all.outputs = append(all.outputs, d.manifest, d.code)
		if found != nil {
			all.broken = withNew(all.broken, found.Broken)
		}
	}
	if len(mistakes) > 0 {
		return rendering{}, withWayOut(mistakes)
	}
	return all, nil
}

// withNew adds to a list what it does not have: two schemas are used by the same code.
func withNew(list, more schema.ErrorList) schema.ErrorList {
	for _, m := range more {
		if !slices.ContainsFunc(list, func(known *schema.Error) bool { return *known == *m }) {
			list = append(list, m)
		}
	}
	return list
}

// render makes the code of one schema.
func render(name string, t target, stderr io.Writer) (draft, error) {
	source, err := readSchema(name)
	if err != nil {
		return draft{}, err
	}
	file, err := templates.Parse(name, source)
	if err != nil {
		return draft{}, err
	}
	if err := warn(file, t.strict, stderr); err != nil {
		return draft{}, err
	}
	out, err := t.file(name)
	if err != nil {
		return draft{}, err
	}
	if err := checkAlone(out); err != nil {
		return draft{}, err
	}
	pkg, err := t.packageName(out)
	if err != nil {
		return draft{}, err
	}
	manifest := manifestPath(out)
	model := templates.New(file, templates.Options{Package: pkg, Embed: filepath.Base(manifest)})
	code, err := model.Render()
	if err != nil {
		return draft{}, err
	}
	outputs, err := newOutputs(output{path: manifest}, output{path: out, text: code})
	if err != nil {
		return draft{}, err
	}
	return draft{model, outputs[0], outputs[1]}, nil
}

// manifestText is the manifest with the reasons that were found. Where code does not compile, it keeps those that it had.
func manifestText(model *templates.Package, found *reason.Found, old []byte) ([]byte, error) {
	manifest := model.Manifest(found)
	if found != nil && len(found.Broken) > 0 {
		if before, ok, err := templates.ReadManifest(old); ok && err == nil {
			manifest.KeepReasons(before)
		}
	}
	return manifest.JSON()
}
