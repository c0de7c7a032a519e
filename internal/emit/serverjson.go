package emit

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/jsonc"
)

// serverJSON is the MCP registry's server.json, by its JSON Schema of 2025-12-11. A secret is an environment variable of each
// package.
type serverJSON struct{}

// A serverInput is an item of environmentVariables: KeyValueInput of the JSON Schema.
type serverInput struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	IsRequired  bool     `json:"isRequired,omitempty"`
	IsSecret    bool     `json:"isSecret,omitempty"`
	Format      string   `json:"format,omitempty"` // string, number, boolean or filepath
	Default     string   `json:"default,omitempty"`
	Placeholder string   `json:"placeholder,omitempty"`
	Choices     []string `json:"choices,omitempty"`
}

const serverSchema = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"

func (serverJSON) says() says {
	return says{example: true, value: true, numbers: true, boolean: true, choices: true, paths: true, variables: true}
}

var serverFormats = map[field.Type]string{field.Integer: "number", field.Number: "number", field.Boolean: "boolean"}

// filePath is the format of a path, of whatever is there.
const filePath = "filepath"

func (serverJSON) input(e entry) serverInput {
	in := serverInput{
		Name: e.variable, Description: e.text, IsSecret: e.secret, Format: serverFormats[e.kind],
		Default: e.value, Placeholder: e.example, Choices: e.choices,
	}
	if e.isPath {
		in.Format = filePath
	}
	return in
}

func (serverJSON) entry(in serverInput) entry {
	e := entry{
		variable: in.Name, text: in.Description, secret: in.IsSecret, required: in.IsRequired,
		value: in.Default, example: in.Placeholder, choices: in.Choices, kind: field.Text,
	}
	switch {
	case len(in.Choices) > 0:
		e.kind = field.Choice
	case in.Format == "number":
		e.kind = field.Number
	case in.Format == "boolean":
		e.kind = field.Boolean
	case in.Format == filePath:
		e.isPath = !in.IsSecret
	}
	return e
}

var serverName = regexp.MustCompile(`^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$`)

func (serverJSON) begin(_ string, o Options) (string, []string, error) {
	type transport struct {
		Type string `json:"type"`
		URL  string `json:"url,omitempty"`
	}
	type pack struct {
		RegistryType string        `json:"registryType"`
		Identifier   string        `json:"identifier"`
		Transport    transport     `json:"transport"`
		Variables    []serverInput `json:"environmentVariables"`
	}
	missing := lacking("name", o.Name, "description", o.Description, "server-version", o.Version,
		"registry-type", o.RegistryType, "identifier", o.Identifier)
	if len(missing) > 0 {
		return jsonc.Indented(struct {
			Comment   string        `json:"$comment"`
			Variables []serverInput `json:"environmentVariables"`
		}{fragment("a package of a server.json", missing), []serverInput{}}, "", "  ") + "\n", missing, nil
	}
	way := transport{cmp.Or(o.Transport, "stdio"), o.URL}
	switch {
	case !serverName.MatchString(o.Name) || len(o.Name) > 200:
		return "", nil, fmt.Errorf("--name %q must be a namespace in reverse-DNS form and a name, such as io.github.user/server", o.Name)
	case len([]rune(o.Description)) > 100:
		return "", nil, fmt.Errorf("--description has %d characters, a server.json takes 100", len([]rune(o.Description)))
	case o.Version == "latest":
		return "", nil, errors.New("--server-version must be a version, not latest")
	case way.Type == "stdio" && way.URL != "", way.Type != "stdio" && way.URL == "":
		return "", nil, errors.New("--url is for --transport sse and streamable-http, which need it")
	case way.Type != "stdio" && way.Type != "sse" && way.Type != "streamable-http":
		return "", nil, fmt.Errorf("--transport %q must be stdio, sse or streamable-http", way.Type)
	}
	packages := []pack{{o.RegistryType, o.Identifier, way, []serverInput{}}}
	return jsonc.Indented(struct {
		Schema      string `json:"$schema"`
		Name        string `json:"name"`
		Title       string `json:"title,omitempty"`
		Description string `json:"description"`
		Version     string `json:"version"`
		Packages    []pack `json:"packages"`
	}{serverSchema, o.Name, o.Title, o.Description, o.Version, packages}, "", "  ") + "\n", nil, nil
}

// variableLists returns where the file declares variables, adding an empty list to each package that has none.
func (serverJSON) variableLists(t *jsonc.Document) (paths [][]string, err error) {
	const list = "environmentVariables"
	if t.Root.Get(list).Is('[') {
		paths = append(paths, []string{list})
	}
	if packages := t.Root.Get("packages"); packages.Is('[') {
		for i := range packages.Members {
			path := []string{"packages", strconv.Itoa(i), list}
			if err := t.Ensure(path, []serverInput{}); err != nil {
				return nil, err
			}
			paths = append(paths, path)
		}
	}
	for _, path := range paths {
		if !t.Root.Get(path...).Is('[') {
			return nil, fmt.Errorf("%s is no list", strings.Join(path, "."))
		}
	}
	if len(paths) == 0 {
		err = errors.New("it has no packages, whose environmentVariables are declared in a server.json")
	}
	return paths, err
}

func (s serverJSON) put(text, _ string, entries []entry, o Options) (string, error) {
	t, err := parseStrict(text)
	if err != nil {
		return "", err
	}
	lists, err := s.variableLists(t)
	if err != nil {
		return "", err
	}
	var parts []jsonc.Part
	for _, e := range entries {
		parts = append(parts, jsonc.Part{Key: e.variable, Value: s.input(e)})
	}
	for _, path := range lists {
		if err := t.Put(path, "name", parts, describedByUs("description")); err != nil {
			return "", err
		}
	}
	return t.Text, o.takes(t.Taken)
}

// describedByUs returns a function that reports whether a value has a text under a key that this package wrote.
func describedByUs(key string) func(string, *jsonc.Value) bool {
	return func(_ string, v *jsonc.Value) bool {
		text := v.Get(key)
		return text.Is('"') && isOurs(text.Text)
	}
}

func (serverJSON) is(text string) bool {
	t, err := jsonc.Parse(text)
	return err == nil && (t.Root.Get("packages").Is('[') || t.Root.Get("remotes").Is('[') || t.Root.Get("environmentVariables").Is('['))
}

// An openInput is whatever a user may have to fill in: a variable, an argument or a header, with what fills the holes of its value.
type openInput struct {
	serverInput
	ValueHint  string          `json:"valueHint"` // of an argument without a name
	Value      string          `json:"value"`
	Variables  json.RawMessage `json:"variables"`
	IsRepeated bool            `json:"isRepeated"` // of an argument
}

// read reads what a user has to fill in, each once: variables first, then arguments, and the headers and variables of remotes.
func (s serverJSON) read(text string) (*found, error) {
	t, err := jsonc.Parse(text)
	if err != nil {
		return nil, err
	}
	r := &serverReader{serverJSON: s}
	if name := t.Root.Get("name"); name.Is('"') {
		r.found.server = name.Text[strings.LastIndexByte(name.Text, '/')+1:]
	}
	packages, remotes := jsonc.Items(t.Root.Get("packages")), jsonc.Items(t.Root.Get("remotes"))
	for _, declares := range append([]*jsonc.Value{t.Root}, packages...) {
		r.inputs(declares.Get("environmentVariables"), true)
	}
	for _, pack := range packages {
		r.inputs(pack.Get("runtimeArguments"), false)
		r.inputs(pack.Get("packageArguments"), false)
		r.inputs(pack.Get("transport", "headers"), false)
	}
	for _, remote := range remotes {
		r.inputs(remote.Get("headers"), false)
		r.variables(remote.Get("variables"), "")
	}
	return &r.found, r.err
}

type serverReader struct {
	serverJSON
	found found
	err   error
}

func (r *serverReader) inputs(list *jsonc.Value, isVariable bool) {
	for _, item := range jsonc.Items(list) {
		var in openInput
		err := item.Decode(&in)
		in.Name = strings.TrimLeft(cmp.Or(in.Name, in.ValueHint), "-")
		switch {
		case err != nil, in.Name == "" && in.Value == "":
			r.err = errors.Join(r.err, fmt.Errorf("this is nothing that a user could fill in: %s", item.Plain()))
		case in.Value != "":
			r.variables(item.Get("variables"), variableOf(in, isVariable))
		default:
			r.add(in, in.Name, isVariable)
		}
	}
}

// wholeValue finds a value that is one hole, and one that is the argument with which a container gets a variable.
var wholeValue = regexp.MustCompile(`^(?:([A-Za-z_][A-Za-z0-9_]*)=)?\{[^{}]+\}$`)

// variableOf returns the environment variable that has all of what fills the hole in a value, or "".
func variableOf(in openInput, isVariable bool) string {
	switch found := wholeValue.FindStringSubmatch(in.Value); {
	case found == nil:
		return ""
	case isVariable:
		return in.Name
	default:
		return found[1]
	}
}

// variables reads what fills the holes of a value.
func (r *serverReader) variables(object *jsonc.Value, variable string) {
	if !object.Is('{') {
		return
	}
	for _, m := range object.Members {
		var in openInput
		if err := m.Value.Decode(&in); err != nil {
			r.err = errors.Join(r.err, fmt.Errorf("variables.%s is nothing that a user could fill in", m.Key))
			continue
		}
		if in.Value == "" {
			in.Name = variable
			r.add(in, m.Key, variable != "")
		}
	}
}

// add adds what has a name in the file; of what is there twice, the first counts.
func (r *serverReader) add(in openInput, name string, isVariable bool) {
	e := r.entry(in.serverInput)
	e.key, e.isList = name, in.IsRepeated && e.kind.CanList()
	if !isVariable {
		e.variable = ""
	}
	same := func(other entry) bool {
		return other.key == e.key || e.variable != "" && other.variable == e.variable
	}
	if !slices.ContainsFunc(r.found.entries, same) {
		r.found.entries = append(r.found.entries, e)
	}
}
