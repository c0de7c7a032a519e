package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FuzzAdd holds: a file is left as it is, or has the server, and everything else is as it was, to the byte. An error is
// one that the tests know, so it shows nothing of the file.
func FuzzAdd(f *testing.F) {
	add := func(client, text string) { f.Add(uint8(slices.Index(Names(), client)), text) }
	for _, row := range added {
		add(row.client, strings.NewReplacer("«", "", "»", "").Replace(row.text))
		add(row.client, outside(row.text))
	}
	for _, row := range mistakes {
		add(row.client, row.text)
	}
	for _, text := range []string{`{"servers":{/* a */}}`, "{//\n}", "{\"servers\"\n:\n{\"a\":1}//\n}", "{\"servers\": null}", "{\"a\": 1e400, \"b\": \"\\ud800\"}", "{}/**/", "\ufeff{}"} {
		add("vscode", text)
	}
	for _, text := range []string{"a = [\n[1],\n[2]]", "[a]\n[[a.b]]\n[a.b.c]", "a.b = 1\n[mcp_servers]", "a = \"\"\"\n[x]\n# \"\"\"", "#", "[mcp_servers.pets.a]\nb = inf", "a = 1979-05-27T07:32:00Z"} {
		add("codex", text)
	}
	known := map[string]bool{`its "mcpServers" is no object`: true, `it has "mcpServers" twice, of which readers take either: remove one`: true}
	for _, row := range mistakes {
		known[row.want] = true
	}
	f.Fuzz(func(t *testing.T, number uint8, text string) {
		if len(text) > 4000 {
			t.Skip("it takes long, and says no more")
		}
		c := clients[int(number)%len(clients)]
		got, err := c.Add(text, pets, false)
		var taken *TakenError
		switch {
		case errors.Is(err, ErrThere):
			return
		case errors.As(err, &taken):
			if got, err = c.Add(text, pets, true); err == nil {
				sameValues(t, c, text, got)
				return
			}
		}
		if err != nil {
			if !known[err.Error()] {
				t.Fatalf("%v: %q", err, text)
			}
			return
		}
		sameValues(t, c, text, got)
		if strings.TrimSpace(strings.TrimPrefix(text, byteOrderMark)) == "" {
			return
		}
		sameBytes(t, text, got)
		if _, err := c.Add(got, pets, true); !errors.Is(err, ErrThere) {
			t.Fatalf("a second time: %v", err)
		}
	})
}

// outside returns what does not stand between the marks.
func outside(marked string) string {
	var out strings.Builder
	for _, part := range strings.Split(marked, "«") {
		if _, behind, found := strings.Cut(part, "»"); found {
			part = behind
		}
		out.WriteString(part)
	}
	return out.String()
}

// sameBytes fails unless text was made of old by insertions: a comma, and the server. White space between two brackets may go.
func sameBytes(t *testing.T, old, text string) {
	t.Helper()
	begin := 0
	for begin < len(old) && begin < len(text) && old[begin] == text[begin] {
		begin++
	}
	end := 0
	for end < len(old)-begin && end < len(text)-begin && old[len(old)-1-end] == text[len(text)-1-end] {
		end++
	}
	lost := old[begin : len(old)-end]
	if strings.TrimSpace(lost) == "" {
		return
	}
	if comment := strings.TrimSpace(lost); strings.HasPrefix(comment, "/") && strings.Contains(text[begin:len(text)-end], lost) {
		return // a comma stands before the comment, and the server behind it
	}
	t.Fatalf("%q\nis lost between %q\nand %q", lost, old, text)
}

// sameValues fails unless an independent reader finds the server, and all else as it was.
func sameValues(t *testing.T, c Client, old, text string) {
	t.Helper()
	read, section := parseTOML, "mcp_servers"
	if format, ok := c.format.(jsonFormat); ok {
		read, section = plainJSON, format.section
	}
	before, err := read(old)
	if strings.TrimSpace(strings.TrimPrefix(old, byteOrderMark)) == "" {
		before, err = map[string]any{}, nil
	}
	after, wrong := read(text)
	if err != nil || wrong != nil {
		t.Fatalf("%v, %v\n%q\n%q", err, wrong, old, text)
	}
	servers, _ := after[section].(map[string]any)
	want := map[string]any{"command": "/opt/pets", "args": []any{"-v"}, "env": map[string]any{"DISPLAY": ":0"}}
	entry, _ := servers["pets"].(map[string]any)
	delete(entry, "type")
	if !reflect.DeepEqual(entry, want) {
		t.Fatalf("the server is %v in %q", entry, text)
	}
	take(before, section, "pets")
	take(after, section, "pets")
	if a, b := fmt.Sprintf("%#v", before), fmt.Sprintf("%#v", after); a != b {
		t.Fatalf("%s\nbecame\n%s", a, b)
	}
}

// plainJSON reads JSON with comments by the standard library, once comments and trailing commas are blank.
func plainJSON(text string) (root map[string]any, err error) {
	text = strings.TrimPrefix(text, byteOrderMark)
	out := []byte(text)
	comma := -1 // the last one, if nothing came behind it
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			comma = -1
		case strings.HasPrefix(text[i:], "//"), strings.HasPrefix(text[i:], "/*"):
			length := strings.IndexByte(text[i:]+"\n", '\n')
			if text[i+1] == '*' {
				length = 4 + strings.Index(text[i+2:], "*/")
			}
			for n := range length {
				out[i+n] = ' '
			}
			i += length - 1
		case c == ',':
			comma = i
		case (c == '}' || c == ']') && comma >= 0:
			out[comma] = ' '
			comma = -1
		case c > ' ':
			comma = -1
		}
	}
	d := json.NewDecoder(strings.NewReader(string(out)))
	d.UseNumber()
	return root, d.Decode(&root)
}
