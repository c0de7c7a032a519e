package emit

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
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
		return indented(struct {
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
	return indented(struct {
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
	if err := t.ensure([]string{"settings"}, []geminiSetting{}); err != nil {
		return "", err
	}
	if !t.root.get("settings").is('[') {
		return "", errors.New("settings is no list")
	}
	var settings []part
	for _, e := range entries {
		settings = append(settings, part{e.variable, g.setting(e)})
	}
	if err := t.put([]string{"settings"}, "envVar", settings, describedByUs("description")); err != nil {
		return "", err
	}
	return t.text, o.takes(t.taken)
}

func (gemini) is(text string) bool {
	t, err := parseJSON(text)
	return err == nil && (t.root.get("settings").is('[') || t.root.get("mcpServers").is('{') && t.root.get("version").is('"'))
}

// read reads the settings, and the variables that the servers have beside them.
func (g gemini) read(text string) (*found, error) {
	t, err := parseJSON(text)
	if err != nil {
		return nil, err
	}
	result := &found{}
	if name := t.root.get("name"); name.is('"') {
		result.server = name.text
	}
	if settings := t.root.get("settings"); settings.is('[') {
		for _, m := range settings.members {
			var s geminiSetting
			if err := m.value.decode(&s); err != nil || s.EnvVar == "" {
				return nil, fmt.Errorf("settings: an item is no setting with an envVar: %s", m.value.plain())
			}
			result.entries = append(result.entries, g.entry(s))
		}
	}
	for _, m := range programsOf(t, "mcpServers") {
		result.entries = append(result.entries, literals(m.value.get("env"), result.entries)...)
	}
	return result, nil
}
