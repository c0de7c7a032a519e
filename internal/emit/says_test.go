package emit_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/emit"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// everyFormat emits a schema in every format, hands over or not, and imports it again.
func everyFormat(t *testing.T, source string, check func(t *testing.T, text []byte, back *templates.Schema)) {
	t.Helper()
	file := oneSecret(t, source)
	names, _ := emit.Formats()
	for _, format := range names {
		for _, o := range []emit.Options{{}, withEnv(optionsFor(format))} {
			t.Run(fmt.Sprintf("%s/env=%t", format, o.Env), func(t *testing.T) {
				text, _, err := emit.Write(format, file, o)
				if err != nil {
					t.Fatal(err)
				}
				back, _ := imported(t, format, text)
				check(t, text, back)
			})
		}
	}
}

func secretCalled(t *testing.T, file *templates.Schema, label string) *schema.Secret {
	t.Helper()
	for _, s := range file.Secrets {
		if s.Label == label || s.Name == label {
			return s
		}
	}
	t.Fatalf("there is no %q", label)
	return nil
}

// TestDependenceIsSaid: who reads the text of one member of a one_of or an all_or_none reads of the others, however long the help
// text is, and nothing of it is required. What depends on a setting names it.
func TestDependenceIsSaid(t *testing.T) {
	const oneOf = "he server asks for one of these: Ticket; or User and Word."
	long := strings.Repeat("This is a help text that is as long as it may be. ", 9)
	source := `{"version": 1, "server": "pets", "secrets": {
		"mode": {"field_type": "choice", "choices": ["cloud", "own", "none"], "label": "Mode"},
		"ticket": {"label": "Ticket", "help_text": "` + long + `"}, "user": {"label": "User", "field_type": "text"}, "word": {"label": "Word", "help_text": "A\nB\nC\nD\nE\nF\nG\nH"},
		"cert": {"label": "Cert", "field_type": "multiline", "confidential": false}, "key": {"label": "Key"}, "agent": {"label": "Agent", "field_type": "text"},
		"late": {"label": "Late", "required_when": {"mode": ["cloud", "own"], "way": "account"}},
		"soft": {"label": "Soft", "field_type": "text"}, "hard": {"label": "Hard", "field_type": "text"}},
		"one_of": {"way": {"one": ["ticket"], "account": ["user", "word"]}, "kind": {"required": false, "a": ["soft"], "b": ["hard"]}},
		"all_or_none": {"mtls": ["cert", "key", "agent"]}}`
	want := map[string]string{
		"Ticket": oneOf, "User": oneOf, "Word": oneOf,
		"Soft": "One of these: Soft; or Hard.", "Hard": "One of these: Soft; or Hard.",
		"Cert": "All of these or none: Cert, Key and Agent.", "Agent": "All of these or none: Cert, Key and Agent.",
		"Late": "The server asks for it while Mode is cloud or own, and User and Word are used.",
	}
	everyFormat(t, source, func(t *testing.T, _ []byte, back *templates.Schema) {
		for label, line := range want {
			s := secretCalled(t, back, strings.ToLower(label))
			if !strings.Contains(s.Help, line) {
				t.Errorf("%s does not say %q: %q", label, line, s.Help)
			}
			if s.Required {
				t.Errorf("%s is required", label)
			}
		}
	})
}

// TestOneOfOfMany: alternatives that no dialog has room for are cut, and it is said that there are some.
func TestOneOfOfMany(t *testing.T) {
	var secrets, ways []string
	for i := range 30 {
		secrets = append(secrets, fmt.Sprintf(`"s%d": {"label": "%s %d"}`, i, strings.Repeat("Wide ", 6), i))
		ways = append(ways, fmt.Sprintf(`"w%d": ["s%d"]`, i, i))
	}
	source := `{"version": 1, "server": "pets", "secrets": {` + strings.Join(secrets, ", ") + `}, "one_of": {"way": {` + strings.Join(ways, ", ") + `}}}`
	everyFormat(t, source, func(t *testing.T, _ []byte, back *templates.Schema) {
		if s := secretCalled(t, back, "s7"); !strings.Contains(s.Help, "one of these: Wide") || s.Required {
			t.Errorf("required %t: %q", s.Required, s.Help)
		}
	})
}

// TestConfidentialIsMarked: what is confidential is a secret in every format, whatever its type, and nobody sees its examples. What
// is made of others is in none.
func TestConfidentialIsMarked(t *testing.T) {
	rules := map[string]string{
		"text": `"field_type": "text", "confidential": true, "examples": ["hidden-example"]`,
		"pass": `"examples": ["hidden-example"]`, "list": `"list": true, "examples": ["hidden-example", "b-example"]`,
		"url":   `"field_type": "url", "confidential": true, "examples": ["https://hidden.example/"]`,
		"dsn":   `"field_type": "url", "confidential": true, "schemes": ["postgres"], "examples": ["postgres://hidden.example/x"]`,
		"email": `"field_type": "email", "confidential": true, "examples": ["hidden@mail.example"]`,
		"pin":   `"field_type": "integer", "confidential": true, "examples": [1111]`,
		"ratio": `"field_type": "number", "confidential": true, "examples": [1.1111]`,
		"wait":  `"field_type": "duration", "confidential": true`,
		"lines": `"field_type": "multiline", "examples": ["hidden-example"]`, "login": `"field_type": "url", "user_info": true`,
	}
	var secrets []string
	for name, rule := range rules {
		secrets = append(secrets, `"`+name+`": {`+rule+`}`)
	}
	source := `{"version": 1, "server": "pets", "secrets": {"made": {"derived": "Hidden {pass}"}, ` + strings.Join(secrets, ", ") + `}}`
	everyFormat(t, source, func(t *testing.T, text []byte, back *templates.Schema) {
		for name := range rules {
			if s := secretCalled(t, back, name); s.Shows() {
				t.Errorf("%s is a %s, which is shown", name, s.Type)
			}
		}
		for _, hidden := range []string{"hidden-example", "hidden.example", "hidden@mail", "1111", "Hidden", "made", "MADE"} {
			if bytes.Contains(text, []byte(hidden)) {
				t.Errorf("%s is shown:\n%s", hidden, text)
			}
		}
	})
}
