package emit_test

import (
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
)

// TestCredentialsAreWarnedOf: whatever the format, who imports a file is told of each credential that is not marked as a secret, and
// of no setting that can't be one. An .env file has no mark, so there the name counts.
func TestCredentialsAreWarnedOf(t *testing.T) {
	const warning = "warning: its name is that of a credential, and it is not marked as a secret"
	for format, row := range map[string]struct{ text, warned string }{
		"server-json": {`{"packages": [{"environmentVariables": [{"name": "SESSION_TOKEN"}, {"name": "USE_TOKEN", "format": "boolean"}, {"name": "REGION"}],
			"packageArguments": [{"type": "named", "name": "--api-key"}]}], "remotes": [{"headers": [{"name": "Authorization"}]}]}`, "session_token api-key authorization"},
		"mcpb":     {`{"user_config": {"apiKey": {"type": "string", "title": "K", "description": "d"}, "other": {"type": "string", "title": "API token", "description": "d"}, "pin": {"type": "number", "title": "P", "description": "d"}, "region": {"type": "string", "title": "R", "description": "d"}}}`, "api_key other pin"},
		"gemini":   {`{"settings": [{"name": "Key", "envVar": "PETS_SECRET", "description": "d"}, {"name": "API key", "envVar": "PETS", "description": "d"}]}`, "pets_secret pets"},
		"vscode":   {`{"inputs": [{"id": "github-token", "type": "promptString"}, {"id": "secret-mode", "type": "pickString", "options": ["a", "b"]}]}`, "github-token"},
		"docker":   {"name: pets\nconfig:\n  parameters:\n    properties:\n      password:\n        type: string\n      level:\n        type: string\n", "password"},
		"markdown": {"<!-- The settings of this server. Begin of what mcpsecrets-gen emits -->\n\n## Key\n\nThe server asks for it.\n\n- name: `api_key`\n- type: `text`\n\n<!-- End of what mcpsecrets-gen emits -->\n", "api_key"},
	} {
		read, err := emit.Read([]byte(row.text), "", "pets")
		if err != nil || read.Format != format {
			t.Errorf("%s: %v, read as %v", format, err, read)
			continue
		}
		var warned []string
		for _, note := range read.Notes {
			if name, _, is := strings.Cut(note, ": "+warning); is {
				warned = append(warned, name)
			}
		}
		if got := strings.Join(warned, " "); got != row.warned {
			t.Errorf("%s: warned of %q, not of %q: %q", format, got, row.warned, read.Notes)
		}
	}
	read, err := emit.Read([]byte("SESSION_TOKEN=\nREGION=eu\n"), "", "pets")
	if err != nil || len(read.Notes) != 1 || read.Notes[0] != "session_token: read as a secret, by its name" {
		t.Errorf("%v, %q", err, read.Notes)
	}
}

// TestNoKeyIsTakenOver: what looks like a key gets into no schema, be it a default or an example.
func TestNoKeyIsTakenOver(t *testing.T) {
	const key = "sk-9f8Xq81pZ72LmQ04"
	for _, text := range []string{
		`{"packages": [{"environmentVariables": [{"name": "API_KEY", "isSecret": true, "placeholder": "` + key + `", "default": "` + key + `"}]}]}`,
		`{"packages": [{"environmentVariables": [{"name": "API_KEY", "placeholder": "` + key + `"}, {"name": "OTHER", "default": "` + key + `"}]}]}`,
		`{"user_config": {"a": {"type": "string", "title": "t", "description": "d", "default": ["b", "` + key + `"], "multiple": true}}}`,
		`{"user_config": {"a": {"type": "string", "title": "t", "description": "d", "default": "` + key + `"}}}`,
		`{"user_config": {"a": {"type": "string", "title": "t", "description": "d", "default": ["b", "https://u:` + key + `@h"], "multiple": true}}}`,
		`{"inputs": [{"id": "a", "type": "promptString", "default": "` + key + `"}], "servers": {"x": {"command": "x", "env": {"B": "` + key + `"}}}}`,
		"name: pets\nconfig:\n  secrets:\n  - name: pets.a\n    example: " + key + "\n  env:\n  - name: B\n    value: " + key + "\n",
		"A=" + key + "\n# B=" + key + "\n",
	} {
		read, err := emit.Read([]byte(text), "", "pets")
		if err != nil {
			t.Errorf("%v: %s", err, text)
			continue
		}
		if strings.Contains(string(read.Info), key) {
			t.Errorf("%s has a key of %s", read.Info, text)
		}
	}
}
