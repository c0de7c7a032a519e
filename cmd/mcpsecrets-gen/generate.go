package main

import (
	"io"
	"path/filepath"

	"github.com/mcpsecrets/mcpsecrets/templates"
)

const defaultSchema = "secrets.yaml"

// generate writes what every schema asks for, once all of it is made.
func generate(schemas []string, t target, stderr io.Writer) error {
	outputs, err := renderAll(schemas, t, stderr)
	if err != nil {
		return err
	}
	return write(outputs)
}

// renderAll makes the outputs of schemas in memory. It reports the mistakes of all of them, and writes warnings to stderr.
func renderAll(schemas []string, t target, stderr io.Writer) ([]output, error) {
	if len(schemas) == 0 {
		schemas = []string{defaultSchema}
	}
	if len(schemas) > 1 && t.out != "" {
		return nil, usagef("--out is for one schema, not for %d", len(schemas))
	}
	var outputs []output
	var failed failures
	writer := map[string]string{} // schema by folder: one package can't have two OpenSecrets
	for _, name := range schemas {
		folder, err := filepath.Abs(filepath.Dir(name))
		if err != nil {
			return nil, err
		}
		if other, taken := writer[folder]; taken {
			return nil, usagef("%s and %s would both be written to %s: give each a folder of its own", other, name, defaultOut)
		}
		writer[folder] = name
		made, err := render(name, t, stderr)
		if err != nil {
			failed = append(failed, err)
		}
		outputs = append(outputs, made...)
	}
	if len(failed) > 0 {
		return nil, failed
	}
	return outputs, nil
}

// render makes the code and the manifest of one schema.
func render(name string, t target, stderr io.Writer) ([]output, error) {
	source, err := readSchema(name)
	if err != nil {
		return nil, err
	}
	file, err := templates.Parse(name, source)
	if err != nil {
		return nil, err
	}
	if err := warn(file, t.strict, stderr); err != nil {
		return nil, err
	}
	out, err := t.file(name)
	if err != nil {
		return nil, err
	}
	found, err := findSources(out)
	if err != nil {
		return nil, err
	}
	if err := found.checkAlone(out); err != nil {
		return nil, err
	}
	pkg, err := t.packageName(out, found)
	if err != nil {
		return nil, err
	}
	manifest := manifestPath(out)
	model, err := templates.New(file, templates.Options{Package: pkg, Embed: filepath.Base(manifest), Sources: found.all()})
	if err != nil {
		return nil, found.fromHere(err)
	}
	code, err := model.Render()
	if err != nil {
		return nil, err
	}
	golden, err := model.Manifest().JSON()
	if err != nil {
		return nil, err
	}
	return newOutputs(output{path: manifest, text: golden}, output{path: out, text: code})
}
