package emit

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/jsonc"
)

// mcpb is the manifest.json of an MCP bundle, version 0.3, which refuses keys that it does not know. A secret is a key of
// user_config; what hands it to the server is a line in the env of mcp_config.
type mcpb struct{}

// A bundleOption is a value of user_config.
type bundleOption struct {
	Type        string      `json:"type"` // string, number, boolean, directory or file
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Required    bool        `json:"required,omitempty"`
	Default     any         `json:"default,omitempty"`
	Multiple    bool        `json:"multiple,omitempty"`
	Sensitive   bool        `json:"sensitive,omitempty"`
	Min         json.Number `json:"min,omitempty"`
	Max         json.Number `json:"max,omitempty"`
}

func (mcpb) says() says {
	return says{title: true, value: true, numbers: true, bounds: true, boolean: true, files: true}
}

var bundleTypes = map[field.Type]string{field.Integer: "number", field.Number: "number", field.Boolean: "boolean", field.File: "file"}

func (mcpb) option(e entry) bundleOption {
	o := bundleOption{Type: "string", Title: e.title, Description: e.text, Sensitive: e.secret, Min: json.Number(e.low), Max: json.Number(e.high)}
	if known, ok := bundleTypes[e.kind]; ok {
		o.Type = known
	}
	switch {
	case e.value == "":
	case e.kind == field.Integer, e.kind == field.Number:
		o.Default = asJSON(e.value)
	case e.kind == field.Boolean:
		o.Default = e.value == "true"
	case e.kind == field.File:
		o.Default = homeOut(e.value)
	default:
		o.Default = e.value
	}
	return o
}

// How the home folder is written in a schema, and in a bundle.
const (
	schemaHome = "~/"
	bundleHome = "${HOME}/"
)

func homeOut(path string) string {
	if below, ok := strings.CutPrefix(path, schemaHome); ok {
		return bundleHome + below
	}
	return path
}

func homeIn(path string) string {
	if below, ok := strings.CutPrefix(path, bundleHome); ok {
		return schemaHome + below
	}
	return path
}

func (mcpb) entry(key string, o bundleOption) entry {
	e := entry{
		key: key, title: o.Title, text: o.Description, secret: o.Sensitive, required: o.Required,
		kind: field.Text, isList: o.Multiple, value: bundleDefault(o.Default),
	}
	switch o.Type {
	case "number":
		e.kind, e.low, e.high = field.Number, o.Min.String(), o.Max.String()
	case "boolean":
		e.kind, e.isList = field.Boolean, false
	case "file":
		e.kind, e.value = field.File, homeIn(e.value)
	case "directory":
		e.isPath = true
	}
	if o.Multiple && e.kind == field.File {
		e.kind, e.isPath = field.Text, true
	}
	return e
}

// bundleDefault returns a default as a schema has it: that of several values is a list.
func bundleDefault(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number, bool:
		return fmt.Sprint(value)
	case []any:
		var items []string
		for _, item := range value {
			items = append(items, homeIn(bundleDefault(item)))
		}
		return field.JoinList(items)
	}
	return ""
}

func (mcpb) begin(server string, o Options) (string, []string, error) {
	missing := lacking("server-version", o.Version, "description", o.Description, "author", o.Author, "command", o.Command)
	if len(missing) > 0 {
		return jsonc.Indented(struct {
			Comment string   `json:"$comment"`
			Config  struct{} `json:"user_config"`
		}{fragment("the manifest.json of a bundle", missing), struct{}{}}, "", "  ") + "\n", missing, nil
	}
	type author struct {
		Name string `json:"name"`
	}
	type config struct {
		Command string   `json:"command"`
		Args    []string `json:"args"`
	}
	type program struct {
		Type   string `json:"type"`
		Entry  string `json:"entry_point"`
		Config config `json:"mcp_config"`
	}
	return jsonc.Indented(struct {
		Version     string   `json:"manifest_version"`
		Name        string   `json:"name"`
		Title       string   `json:"display_name,omitempty"`
		Release     string   `json:"version"`
		Description string   `json:"description"`
		Author      author   `json:"author"`
		Server      program  `json:"server"`
		UserConfig  struct{} `json:"user_config"`
	}{
		Version: "0.3", Name: orServer(o.Name, server), Title: o.Title, Release: o.Version, Description: o.Description, Author: author{o.Author},
		Server: program{"binary", o.Command, config{"${__dirname}/" + path.Clean(o.Command), []string{}}},
	}, "", "  ") + "\n", nil, nil
}

func (b mcpb) put(text, _ string, entries []entry, o Options) (string, error) {
	t, err := parseStrict(text)
	if err != nil {
		return "", err
	}
	if err := t.Ensure([]string{"user_config"}, struct{}{}); err != nil {
		return "", err
	}
	var options []jsonc.Part
	for _, e := range entries {
		options = append(options, jsonc.Part{Key: e.key, Value: b.option(e)})
	}
	gone := goneFrom(t.Root.Get("user_config"), "", entries, func(e entry) string { return e.key }, "description")
	if err := t.Put([]string{"user_config"}, "", options, describedByUs("description")); err != nil {
		return "", err
	}
	return handOver(t, []string{"server", "mcp_config"}, entries, gone, o, bundleReference)
}

func bundleReference(key string) string { return "${user_config." + key + "}" }

// is looks for the version, or for options with a type: a SECRETS_INFO dictionary may have a secret called user_config.
func (mcpb) is(text string) bool {
	t, err := jsonc.Parse(text)
	if err != nil {
		return false
	}
	config := t.Root.Get("user_config")
	hasType := func(m jsonc.Member) bool { return m.Value.Get("type").Is('"') }
	return t.Root.Get("manifest_version").Is('"') || t.Root.Get("dxt_version").Is('"') ||
		config.Is('{') && slices.ContainsFunc(config.Members, hasType)
}

func (b mcpb) read(text string) (*found, error) {
	t, err := jsonc.Parse(text)
	if err != nil {
		return nil, err
	}
	result := &found{}
	if name := t.Root.Get("name"); name.Is('"') {
		result.server = name.Text
	}
	variables := handedOver(t.Root.Get("server", "mcp_config", "env"))
	config := t.Root.Get("user_config")
	if !config.Is('{') {
		return result, nil
	}
	for _, m := range config.Members {
		var o bundleOption
		if err := m.Value.Decode(&o); err != nil {
			return nil, fmt.Errorf("user_config.%s is no option of a bundle", m.Key)
		}
		e := b.entry(m.Key, o)
		e.variable = variables[bundleReference(m.Key)]
		result.entries = append(result.entries, e)
	}
	return result, nil
}
