package emit

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/jsonc"
)

// vscode is the mcp.json of VS Code: JSON with comments. A secret is an input; what hands it to the server is a line in the env of
// the server's entry.
type vscode struct{}

// An editorInput is an item of inputs.
type editorInput struct {
	Type        string         `json:"type"` // promptString, pickString or command
	ID          string         `json:"id"`
	Description string         `json:"description"`
	Default     string         `json:"default,omitempty"`
	Password    bool           `json:"password,omitempty"`
	Options     []editorOption `json:"options,omitempty"`
}

// An editorOption is a text to pick, or a value that is shown as another.
type editorOption struct {
	Label string `json:"label,omitempty"`
	Value string `json:"value"`
}

func (o editorOption) MarshalJSON() ([]byte, error) {
	if o.Label == "" {
		return []byte(JSON(o.Value)), nil
	}
	type plain editorOption
	return []byte(JSON(plain(o))), nil
}

func (o *editorOption) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &o.Value) == nil {
		return nil
	}
	type plain editorOption
	return json.Unmarshal(text, (*plain)(o))
}

func (vscode) says() says { return says{value: true, boolean: true, choices: true, labels: true} }

func (vscode) input(e entry) editorInput {
	in := editorInput{Type: "promptString", ID: e.key, Description: e.text, Default: e.value, Password: e.secret}
	for _, choice := range e.choices {
		in.Options = append(in.Options, editorOption{e.labels[choice], choice})
	}
	if e.kind == field.Boolean {
		in.Options = booleans
	}
	if len(in.Options) > 0 {
		in.Type = "pickString"
	}
	return in
}

var booleans = []editorOption{{Value: "true"}, {Value: "false"}}

func (vscode) entry(in editorInput) entry {
	e := entry{key: in.ID, text: in.Description, value: in.Default, secret: in.Password, kind: field.Text}
	switch {
	case in.Type != "pickString" || len(in.Options) == 0:
	case slices.Equal(in.Options, booleans):
		e.kind = field.Boolean
	default:
		e.kind, e.labels = field.Choice, map[string]string{}
		for _, option := range in.Options {
			e.choices = append(e.choices, option.Value)
			if option.Label != "" && option.Label != option.Value {
				e.labels[option.Value] = option.Label
			}
		}
	}
	return e
}

func (vscode) begin(server string, o Options) (string, []string, error) {
	if o.Command == "" {
		missing := []string{"command"}
		return "// " + fragment("an mcp.json", missing) + "\n{\n  \"inputs\": []\n}\n", missing, nil
	}
	type program struct {
		Type    string   `json:"type"`
		Command string   `json:"command"`
		Args    []string `json:"args"`
	}
	return jsonc.Indented(struct {
		Inputs  []editorInput      `json:"inputs"`
		Servers map[string]program `json:"servers"`
	}{[]editorInput{}, map[string]program{orServer(o.Name, server): {"stdio", o.Command, []string{}}}}, "", "  ") + "\n", nil, nil
}

func editorReference(key string) string { return "${input:" + key + "}" }

func (v vscode) put(text, server string, entries []entry, o Options) (string, error) {
	t, err := jsonc.Editable(text)
	if err != nil {
		return "", err
	}
	if err := t.Ensure([]string{"inputs"}, []editorInput{}); err != nil {
		return "", err
	}
	if !t.Root.Get("inputs").Is('[') {
		return "", errors.New("inputs is no list")
	}
	var inputs []jsonc.Part
	for _, e := range entries {
		inputs = append(inputs, jsonc.Part{Key: e.key, Value: v.input(e)})
	}
	gone := goneFrom(t.Root.Get("inputs"), "id", entries, func(e entry) string { return e.key }, "description")
	if err := t.Put([]string{"inputs"}, "id", inputs, describedByUs("description")); err != nil {
		return "", err
	}
	program := []string{"servers", orServer(o.Name, server)}
	if o.Env && t.Root.Get("servers").Is('{') && !t.Root.Get(program...).Is('{') {
		return "", fmt.Errorf("it has no server %q to hand the values to: --name names another", program[1])
	}
	return handOver(t, program, entries, gone, o, editorReference)
}

func (vscode) is(text string) bool {
	t, err := jsonc.Parse(text)
	if err != nil {
		return false
	}
	programs := slices.Concat(programsOf(t, "servers"), programsOf(t, "mcpServers"))
	return t.Root.Get("inputs").Is('[') || slices.ContainsFunc(programs, isProgram)
}

// programsOf returns the servers of a configuration.
func programsOf(t *jsonc.Document, key string) []jsonc.Member {
	if servers := t.Root.Get(key); servers.Is('{') {
		return servers.Members
	}
	return nil
}

func isProgram(m jsonc.Member) bool {
	return m.Value.Get("command").Is('"') || m.Value.Get("url").Is('"')
}

// read reads the inputs, and what else the servers have in their env. The latter may be values of their users: of a credential,
// nothing but the name is read.
func (v vscode) read(text string) (*found, error) {
	t, err := jsonc.Parse(text)
	if err != nil {
		return nil, err
	}
	result := &found{}
	programs := slices.Concat(programsOf(t, "servers"), programsOf(t, "mcpServers"))
	variables := map[string]string{}
	for _, m := range programs {
		result.server = m.Key
		for reference, name := range handedOver(m.Value.Get("env")) {
			variables[reference] = name
		}
	}
	if len(programs) > 1 {
		result.server = ""
	}
	if inputs := t.Root.Get("inputs"); inputs.Is('[') {
		for _, m := range inputs.Members {
			var in editorInput
			if err := m.Value.Decode(&in); err != nil || in.ID == "" {
				return nil, fmt.Errorf("inputs: an item is no input with an id: %s", m.Value.Plain())
			}
			e := v.entry(in)
			e.variable = variables[editorReference(in.ID)]
			result.entries = append(result.entries, e)
		}
	}
	for _, m := range programs {
		result.entries = append(result.entries, literals(m.Value.Get("env"), result.entries)...)
	}
	return result, nil
}
