package emit

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/jsonc"
)

// gemini is the gemini-extension.json of Gemini CLI. A secret is a setting, which is an environment variable of the extension's
// servers.
type gemini struct{}

// A geminiSetting is an item of settings.
type geminiSetting struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	EnvVar      string `json:"envVar"`
	Sensitive   bool   `json:"sensitive,omitempty"`
}

func (gemini) says() says { return says{title: true, variables: true} }

func (gemini) setting(e entry) geminiSetting {
	return geminiSetting{e.title, e.text, e.variable, e.secret}
}

func (gemini) entry(s geminiSetting) entry {
	return entry{variable: s.EnvVar, title: s.Name, text: s.Description, secret: s.Sensitive, kind: field.Text}
}

var extensionName = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)

func (gemini) begin(server string, o Options) (string, []string, error) {
	if missing := lacking("server-version", o.Version, "command", o.Command); len(missing) > 0 {
		return jsonc.Indented(struct {
			Comment  string          `json:"$comment"`
			Settings []geminiSetting `json:"settings"`
		}{fragment("a gemini-extension.json", missing), []geminiSetting{}}, "", "  ") + "\n", missing, nil
	}
	name := orServer(o.Name, server)
	if !extensionName.MatchString(name) {
		return "", nil, fmt.Errorf("--name %q must have letters, digits and hyphens only, as Gemini CLI has it", name)
	}
	type program struct {
		Command string   `json:"command"`
		Args    []string `json:"args"`
	}
	return jsonc.Indented(struct {
		Name        string             `json:"name"`
		Version     string             `json:"version"`
		Description string             `json:"description,omitempty"`
		Servers     map[string]program `json:"mcpServers"`
		Settings    []geminiSetting    `json:"settings"`
	}{name, o.Version, o.Description, map[string]program{name: {o.Command, []string{}}}, []geminiSetting{}}, "", "  ") + "\n", nil, nil
}

func (g gemini) put(text, _ string, entries []entry, o Options) (string, error) {
	t, err := parseStrict(text)
	if err != nil {
		return "", err
	}
	if err := t.Ensure([]string{"settings"}, []geminiSetting{}); err != nil {
		return "", err
	}
	if !t.Root.Get("settings").Is('[') {
		return "", errors.New("settings is no list")
	}
	var settings []jsonc.Part
	for _, e := range entries {
		settings = append(settings, jsonc.Part{Key: e.variable, Value: g.setting(e)})
	}
	if err := t.Put([]string{"settings"}, "envVar", settings, describedByUs("description")); err != nil {
		return "", err
	}
	return t.Text, o.takes(t.Taken)
}

func (gemini) is(text string) bool {
	t, err := jsonc.Parse(text)
	return err == nil && (t.Root.Get("settings").Is('[') || t.Root.Get("mcpServers").Is('{') && t.Root.Get("version").Is('"'))
}

// read reads the settings, and the variables that the servers have beside them.
func (g gemini) read(text string) (*found, error) {
	t, err := jsonc.Parse(text)
	if err != nil {
		return nil, err
	}
	result := &found{}
	if name := t.Root.Get("name"); name.Is('"') {
		result.server = name.Text
	}
	if settings := t.Root.Get("settings"); settings.Is('[') {
		for _, m := range settings.Members {
			var s geminiSetting
			if err := m.Value.Decode(&s); err != nil || s.EnvVar == "" {
				return nil, fmt.Errorf("settings: an item is no setting with an envVar: %s", m.Value.Plain())
			}
			result.entries = append(result.entries, g.entry(s))
		}
	}
	for _, m := range programsOf(t, "mcpServers") {
		result.entries = append(result.entries, literals(m.Value.Get("env"), result.entries)...)
	}
	return result, nil
}
