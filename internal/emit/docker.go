package emit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// docker is the server.yaml of Docker's catalogue. A secret is an item of config.secrets, and a setting a property of
// config.parameters; what hands a setting to the server is an item of config.env.
type docker struct{}

func (docker) says() says {
	return says{value: true, integers: true, numbers: true, bounds: true, boolean: true, choices: true}
}

var dockerTypes = map[field.Type]string{field.Integer: "integer", field.Number: "number", field.Boolean: "boolean"}

var commitName = regexp.MustCompile(`^[0-9a-fA-F]{40}$`)

func (docker) begin(server string, o Options) (string, []string, error) {
	missing := lacking("identifier", o.Identifier, "description", o.Description, "repository", o.Repository, "commit", o.Commit)
	if len(missing) > 0 {
		return "# " + fragment("the server.yaml of a Docker catalogue", missing) + "\n" + dockerConfig, missing, nil
	}
	if !commitName.MatchString(o.Commit) {
		return "", nil, fmt.Errorf("--commit %q must be the 40 digits of a commit", o.Commit)
	}
	return strings.Join([]string{
		line("name", dockerName(server, o)),
		line("image", o.Identifier),
		"type: server",
		"meta:", "  category: productivity",
		"about:", "  " + line("title", cmp.Or(o.Title, title(server))), "  " + line("description", o.Description),
		"source:", "  " + line("project", o.Repository), "  " + line("commit", o.Commit),
		dockerConfig,
	}, "\n"), nil, nil
}

const (
	dockerDescription = "description: The server asks for what it needs by itself." // which a catalogue wants where there are parameters
	dockerConfig      = "config:\n  " + dockerDescription + "\n"
)

// dockerName is the server's name in the catalogue, with which the names of its secrets and parameters begin.
func dockerName(server string, o Options) string { return slug(cmp.Or(o.Name, server)) }

// title makes a title of a server's name: the catalogue wants capitals, and neither "MCP" nor "Server" in it.
func title(server string) string {
	var words []string
	for _, word := range strings.Split(slug(server), "-") {
		if word != "mcp" && word != "server" {
			words = append(words, strings.ToUpper(word[:1])+word[1:])
		}
	}
	return cmp.Or(strings.Join(words, " "), "Tools")
}

func (docker) secret(prefix string, e entry, o Options) block {
	lines := []string{"- " + line("name", prefix+e.key)}
	if o.Env {
		lines = append(lines, "  "+line("env", e.variable))
	}
	return block{prefix + e.key, append(lines, "  "+line("description", e.text))}
}

func (d docker) variable(prefix string, e entry) block {
	return block{e.variable, []string{"- " + line("name", e.variable), "  " + line("value", d.reference(prefix, e.key))}}
}

func (docker) parameter(e entry) block {
	lines := []string{scalar(e.key) + ":", "  type: " + cmp.Or(dockerTypes[e.kind], "string"), "  " + line("description", e.text)}
	if e.low != "" {
		lines = append(lines, "  minimum: "+e.low)
	}
	if e.high != "" {
		lines = append(lines, "  maximum: "+e.high)
	}
	if len(e.choices) > 0 {
		lines = append(lines, "  enum:")
		for _, choice := range e.choices {
			lines = append(lines, "    - "+scalar(choice))
		}
	}
	if e.value != "" {
		lines = append(lines, "  default: "+typed(e.kind, e.value))
	}
	return block{e.key, lines}
}

func (docker) reference(prefix, key string) string { return "{{" + prefix + key + "}}" }

func (d docker) put(text, server string, entries []entry, o Options) (string, error) {
	t, err := parseYAML(text)
	if err != nil {
		return "", err
	}
	prefix := dockerName(cmp.Or(yamlString(t.root, "name"), server), o) + "."
	var secrets, variables, parameters []block
	for _, e := range entries {
		if e.secret {
			secrets = append(secrets, d.secret(prefix, e, o))
			continue
		}
		parameters = append(parameters, d.parameter(e))
		if o.Env {
			variables = append(variables, d.variable(prefix, e))
		}
	}
	outdated := d.outdated(t, prefix, entries, o) // by the parameters that are there now
	for _, step := range []func() error{
		func() error { return t.put([]string{"config", "secrets"}, "name", secrets, writtenByUs) },
		func() error {
			stale := func(c child) bool { return slices.Contains(outdated, yamlString(c.value, "value")) }
			return t.put([]string{"config", "env"}, "name", variables, stale)
		},
		func() error { return t.orElse([]string{"config"}, "description", dockerDescription) },
		func() error { return d.putParameters(t, parameters) },
	} {
		if err := step(); err != nil {
			return "", err
		}
	}
	return t.String(), nil
}

func (docker) putParameters(t *yamlText, parameters []block) error {
	path := []string{"config", "parameters"}
	if len(parameters) > 0 {
		if err := t.orElse(path, "type", "type: object"); err != nil {
			return err
		}
	}
	if err := t.put(append(path, "properties"), "", parameters, writtenByUs); err != nil {
		return err
	}
	left := yamlGet(t.root, path...)
	if len(parameters) == 0 && left != nil && len(left.Content) == 2 && left.Content[0].Value == "type" {
		return t.removeKey(path)
	}
	return nil
}

// writtenByUs reports whether this package wrote what a child says of itself.
func writtenByUs(c child) bool { return isOurs(yamlString(c.value, "description")) }

// outdated returns the references to parameters that are not handed over any more, or under a name that may be another: those of
// this package that no entry has, and where values are handed over, those of all entries.
func (d docker) outdated(t *yamlText, prefix string, entries []entry, o Options) (references []string) {
	known := map[string]bool{}
	for _, e := range entries {
		known[e.key] = true
		if o.Env {
			references = append(references, d.reference(prefix, e.key))
		}
	}
	properties := yamlGet(t.root, "config", "parameters", "properties")
	if properties == nil {
		return references
	}
	for _, c := range t.children(properties, "") {
		if writtenByUs(c) && !known[c.key] {
			references = append(references, d.reference(prefix, c.key))
		}
	}
	return references
}

func (docker) is(text string) bool {
	t, err := parseYAML(text)
	return err == nil && (yamlGet(t.root, "config") != nil || yamlGet(t.root, "image") != nil && yamlGet(t.root, "about") != nil) &&
		!strings.HasPrefix(strings.TrimSpace(text), "{")
}

// parameterReference is how a value names a parameter, such as {{petstore.base_url}}.
var parameterReference = regexp.MustCompile(`^\{\{[^.{}]*\.([^{}]+)\}\}$`)

func (d docker) read(text string) (*found, error) {
	t, err := parseYAML(text)
	if err != nil {
		return nil, err
	}
	result := &found{server: yamlString(t.root, "name")}
	config := yamlGet(t.root, "config")
	variables := map[string]string{} // by the parameter that they are handed
	var fixed []entry
	for _, item := range yamlItems(yamlGet(config, "env")) {
		name, value := yamlString(item, "name"), yamlString(item, "value")
		reference := parameterReference.FindStringSubmatch(value)
		switch {
		case reference != nil && variables[reference[1]] == "":
			variables[reference[1]] = name
		case !strings.HasPrefix(value, "{{"):
			fixed = append(fixed, entry{key: name, variable: name, kind: field.Text, value: value, unsaid: true})
		}
	}
	for _, item := range yamlItems(yamlGet(config, "secrets")) {
		result.entries = append(result.entries, d.readSecret(item))
	}
	required := yamlItems(yamlGet(config, "parameters", "required"))
	if properties := yamlGet(config, "parameters", "properties"); properties != nil && properties.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(properties.Content); i += 2 {
			e := d.property(properties.Content[i].Value, properties.Content[i+1])
			e.required = slices.ContainsFunc(required, func(n *yaml.Node) bool { return n.Value == e.key })
			e.variable = variables[e.key]
			result.entries = append(result.entries, e)
		}
	}
	result.entries = append(result.entries, fixed...)
	return result, nil
}

func (docker) readSecret(item *yaml.Node) entry {
	name := yamlString(item, "name")
	_, key, ok := strings.Cut(name, ".")
	if !ok {
		key = name
	}
	return entry{
		key: key, variable: yamlString(item, "env"), text: yamlString(item, "description"), secret: true, kind: field.Password,
		required: yamlString(item, "required") == "true", example: yamlString(item, "example"),
	}
}

func (docker) property(key string, n *yaml.Node) entry {
	e := entry{key: key, text: yamlString(n, "description"), value: yamlString(n, "default"), kind: field.Text}
	switch yamlString(n, "type") {
	case "number":
		e.kind, e.low, e.high = field.Number, jsonNumber(n, "minimum"), jsonNumber(n, "maximum")
	case "integer":
		e.kind, e.low, e.high = field.Integer, jsonNumber(n, "minimum"), jsonNumber(n, "maximum")
	case "boolean":
		e.kind = field.Boolean
	case "array":
		var items []string
		for _, item := range yamlItems(yamlGet(n, "default")) {
			items = append(items, item.Value)
		}
		e.isList, e.value = true, field.JoinList(items)
	case "object":
		e.value, e.remark = "", "several values, read as one text"
	}
	for _, choice := range yamlItems(yamlGet(n, "enum")) {
		e.kind, e.choices = field.Choice, append(e.choices, choice.Value)
	}
	return e
}

// jsonNumber returns the number under a key as JSON has it, or "".
func jsonNumber(n *yaml.Node, key string) string {
	if number := asJSON(yamlString(n, key)).String(); json.Valid([]byte(number)) {
		return number
	}
	return ""
}

// yamlItems returns what is in a list, and nothing where there is none.
func yamlItems(n *yaml.Node) []*yaml.Node {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}
