package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// convert returns the schema for a SECRETS_INFO dictionary, in the dictionary's order. Mistakes in it are reported at
// their place in the file from.
func convert(from, server string) (string, error) {
	source, err := readSchema(from)
	if err != nil {
		return "", err
	}
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	info, err := templates.ParseInfo(from, server, source)
	if err != nil {
		return "", err
	}
	secrets, err := entries(source)
	if err != nil {
		return "", fmt.Errorf("%s is not one JSON object: %w", from, err)
	}
	var text strings.Builder
	header, _, _ := strings.Cut(starter, "\nsecrets:")
	text.WriteString(forServer(header, server) + "\nsecrets:\n")
	for i, secret := range secrets {
		fmt.Fprintf(&text, "  %s:\n", plain(info.Secrets[i].Name))
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
		rules = append(rules, entry{rule, []byte(quoted(value))})
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
		return plain(text)
	}
	return quoted(v)
}

// plainText are texts that mean the same with and without quotes; yamlWords are those that don't.
var (
	plainText = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9 ,.()/_'-]|:[A-Za-z0-9/])*$`)
	yamlWords = strings.Fields("true false null yes no on off y n")
)

// plain writes a text as a value in YAML, without quotes where it reads well.
func plain(text string) string {
	if plainText.MatchString(text) && !strings.HasSuffix(text, " ") && !slices.Contains(yamlWords, strings.ToLower(text)) {
		return text
	}
	return quoted(text)
}

// quoted writes a value as JSON, which is YAML too.
func quoted(v any) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // it is read by people
	if err := e.Encode(v); err != nil {
		panic(err) // it was decoded from JSON
	}
	return strings.TrimSuffix(out.String(), "\n")
}
