package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// A conversion is a schema that was made of a file of another format.
type conversion struct {
	text   string
	server string
	notes  []string // what was guessed, for its author to look at
}

// convert makes a schema of a SECRETS_INFO dictionary, or of a file of a format that emit knows, in the file's order. Mistakes in
// a dictionary are reported at their place in the file from. The server is the one that is wanted, what the file calls it, or
// otherwise.
func convert(from, wanted, otherwise string) (conversion, error) {
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return conversion{}, fmt.Errorf("there is no file %s", from)
	}
	source, err := readSchema(from)
	if err != nil {
		return conversion{}, err
	}
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	if _, err := templates.Parse(from, source); err == nil {
		return conversion{}, fmt.Errorf("%s is a schema already: generate from it", from)
	}
	made := conversion{server: cmp.Or(wanted, otherwise)}
	if emit.Recognize(source) != "" {
		read, err := emit.Read(source, wanted, otherwise)
		if err != nil {
			return conversion{}, fmt.Errorf("%s can't be read: %w", from, err)
		}
		source, made.server = read.Info, read.Server
		made.notes = append([]string{fmt.Sprintf("%s is read as %s", from, read.Format)}, read.Notes...)
	}
	info, err := templates.ParseInfo(from, made.server, source)
	if err != nil {
		return conversion{}, err
	}
	made.text, err = schemaOf(from, source, info)
	return made, err
}

// schemaOf writes the schema for a dictionary, which info was read from.
func schemaOf(from string, source []byte, info *templates.Schema) (string, error) {
	secrets, err := entries(source)
	if err != nil {
		return "", fmt.Errorf("%s is not one JSON object: %w", from, err)
	}
	var text strings.Builder
	header, _, _ := strings.Cut(starter, "\nsecrets:")
	text.WriteString(forServer(header, info.Server) + "\nsecrets:\n")
	for i, secret := range secrets {
		fmt.Fprintf(&text, "  %s:\n", emit.YAML(info.Secrets[i].Name))
		rules, err := entries(secret.value)
		if err != nil {
			return "", fmt.Errorf("%s: secret %q: %w", from, secret.key, err)
		}
		for _, rule := range withNames(rules, secret.key, info.Secrets[i]) {
			fmt.Fprintf(&text, "    %s: %s\n", rule.key, yamlValue(rule.value))
		}
	}
	return text.String(), nil
}

// withNames returns the rules of a secret with the names that [templates.ParseInfo] has given it: it was called key.
func withNames(rules []entry, key string, s *schema.Secret) []entry {
	set := func(rule string, value any) {
		rules = slices.DeleteFunc(rules, func(e entry) bool { return e.key == rule })
		rules = append(rules, entry{rule, []byte(emit.JSON(value))})
	}
	if s.Name != key {
		set("renamed_from", s.RenamedFrom)
	}
	if s.GoName != "" {
		set("go_name", s.GoName)
	}
	return rules
}

// An entry is a key of a JSON object with its value.
type entry struct {
	key   string
	value json.RawMessage
}

// entries returns those of an object in their order; null has none.
func entries(object []byte) ([]entry, error) {
	if !json.Valid(object) {
		return nil, errors.New("something is left over behind it")
	}
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil { // the "{"
		return nil, err
	}
	var list []entry
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		e := entry{key: fmt.Sprint(key)}
		if err := d.Decode(&e.value); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// yamlValue writes a JSON value as YAML. Only texts differ: two escapes that make one character in JSON make two in YAML.
func yamlValue(value json.RawMessage) string {
	var v any
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return string(value)
	}
	if text, ok := v.(string); ok {
		return emit.YAML(text)
	}
	return emit.JSON(v)
}
