package emit

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
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
	return indented(struct {
		Inputs  []editorInput      `json:"inputs"`
		Servers map[string]program `json:"servers"`
	}{[]editorInput{}, map[string]program{orServer(o.Name, server): {"stdio", o.Command, []string{}}}}, "", "  ") + "\n", nil, nil
}

func editorReference(key string) string { return "${input:" + key + "}" }

func (v vscode) put(text, server string, entries []entry, o Options) (string, error) {
	t, err := parseJSON(text)
	if err != nil {
		return "", err
	}
	if err := t.ensure([]string{"inputs"}, []editorInput{}); err != nil {
		return "", err
	}
	if !t.root.get("inputs").is('[') {
		return "", errors.New("inputs is no list")
	}
	var inputs []part
	for _, e := range entries {
		inputs = append(inputs, part{e.key, v.input(e)})
	}
	gone := goneFrom(t.root.get("inputs"), "id", entries, func(e entry) string { return e.key }, "description")
	if err := t.put([]string{"inputs"}, "id", inputs, describedByUs("description")); err != nil {
		return "", err
	}
	program := []string{"servers", orServer(o.Name, server)}
	if o.Env && t.root.get("servers").is('{') && !t.root.get(program...).is('{') {
		return "", fmt.Errorf("it has no server %q to hand the values to: --name names another", program[1])
	}
	return t.handOver(program, entries, gone, o, editorReference)
}

func (vscode) is(text string) bool {
	t, err := parseJSON(text)
	if err != nil {
		return false
	}
	programs := slices.Concat(programsOf(t, "servers"), programsOf(t, "mcpServers"))
	return t.root.get("inputs").is('[') || slices.ContainsFunc(programs, isProgram)
}

// programsOf returns the servers of a configuration.
func programsOf(t *jsonText, key string) []jsonMember {
	if servers := t.root.get(key); servers.is('{') {
		return servers.members
	}
	return nil
}

func isProgram(m jsonMember) bool {
	return m.value.get("command").is('"') || m.value.get("url").is('"')
}

// read reads the inputs, and what else the servers have in their env. The latter may be values of their users: of a credential,
// nothing but the name is read.
func (v vscode) read(text string) (*found, error) {
	t, err := parseJSON(text)
	if err != nil {
		return nil, err
	}
	result := &found{}
	programs := slices.Concat(programsOf(t, "servers"), programsOf(t, "mcpServers"))
	variables := map[string]string{}
	for _, m := range programs {
		result.server = m.key
		for reference, name := range handedOver(m.value.get("env")) {
			variables[reference] = name
		}
	}
	if len(programs) > 1 {
		result.server = ""
	}
	if inputs := t.root.get("inputs"); inputs.is('[') {
		for _, m := range inputs.members {
			var in editorInput
			if err := m.value.decode(&in); err != nil || in.ID == "" {
				return nil, fmt.Errorf("inputs: an item is no input with an id: %s", m.value.plain())
			}
			e := v.entry(in)
			e.variable = variables[editorReference(in.ID)]
			result.entries = append(result.entries, e)
		}
	}
	for _, m := range programs {
		result.entries = append(result.entries, literals(m.value.get("env"), result.entries)...)
	}
	return result, nil
}
