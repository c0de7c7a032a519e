package client

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/mcpsecrets/mcpsecrets/internal/jsonc"
)

// tomlFormat is TOML with a table of servers, by name.
type tomlFormat struct{ section string }

func (f tomlFormat) snippet(s Server) string {
	var out strings.Builder
	fmt.Fprintf(&out, "[%s.%s]\ncommand = %s\n", f.section, s.Name, jsonc.Quote(s.Command))
	if len(s.Args) > 0 {
		fmt.Fprintf(&out, "args = %s\n", tomlList(s.Args))
	}
	if len(s.Env) > 0 {
		fmt.Fprintf(&out, "\n[%s.%s.env]\n", f.section, s.Name)
		for _, name := range sorted(s.Env) {
			fmt.Fprintf(&out, "%s = %s\n", jsonc.Quote(name), jsonc.Quote(s.Env[name]))
		}
	}
	return out.String()
}

// tomlList writes texts as a list. What JSON has in quotes, TOML has so too.
func tomlList(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = jsonc.Quote(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func (f tomlFormat) find(text, name string) (map[string]any, error) {
	root, err := parseTOML(text)
	if err != nil {
		return nil, err
	}
	servers, ok := root[f.section].(map[string]any)
	if !ok && root[f.section] != nil {
		return nil, &MistakeError{Text: fmt.Sprintf("its %s is no table", f.section)}
	}
	entry, ok := servers[name]
	if !ok {
		return nil, nil
	}
	old, ok := entry.(map[string]any)
	if !ok {
		old = map[string]any{} // it is none that starts a server
	}
	return old, nil
}

func parseTOML(text string) (root map[string]any, err error) {
	err = toml.Unmarshal([]byte(strings.TrimPrefix(text, byteOrderMark)), &root)
	if mistake := (*toml.DecodeError)(nil); errors.As(err, &mistake) { // its text has words of the file
		line, column := mistake.Position()
		return nil, &MistakeError{line, column, "this is no valid TOML"}
	}
	if err != nil {
		return nil, &MistakeError{Text: "it is no valid TOML"}
	}
	return root, nil
}

// add puts the server's tables behind all others, or where those were that have its name.
func (f tomlFormat) add(text string, s Server) (string, error) {
	lineEnd := "\n"
	if strings.Contains(text, "\r\n") {
		lineEnd = "\r\n"
	}
	tables := strings.ReplaceAll(f.snippet(s), "\n", lineEnd)
	before, behind, err := f.without(text, s.Name)
	if err != nil {
		return "", err
	}
	if behind == "" && before != "" { // an empty line stands before it
		if !strings.HasSuffix(before, "\n") {
			before += lineEnd
		}
		if !strings.HasSuffix(before, lineEnd+lineEnd) {
			before += lineEnd
		}
	}
	changed := before + tables + behind
	if _, err := parseTOML(changed); err != nil { // which it was without them
		return "", &MistakeError{Text: fmt.Sprintf("its %s is written in braces, where no table can be added: write it as tables", f.section)}
	}
	return changed, sameBut(f.section, s, text, changed, parseTOML)
}

// without returns the text without the tables of that name, in two parts: the server's tables go between them. Comments behind a
// table belong to the next one.
func (f tomlFormat) without(text, name string) (before, behind string, err error) {
	old, err := parseTOML(text)
	if err != nil {
		return "", "", err
	}
	servers, _ := old[f.section].(map[string]any)
	if _, there := servers[name]; !there {
		return text, "", nil
	}
	take(old, f.section, name)
	headers := tomlHeaders(text)
	before = text
	done := 0 // how much of the text is in before or behind, or goes
	for i, h := range headers {
		if !h.isOf(f.section, name) {
			continue
		}
		if done == 0 {
			before = text[:h.at]
		} else {
			behind += text[done:h.at]
		}
		switch {
		case i+1 == len(headers):
			done = h.at + len(significant(text[h.at:]))
		case headers[i+1].isOf(f.section, name):
			done = headers[i+1].at
		default:
			done = h.at + len(significant(text[h.at:headers[i+1].at]))
		}
	}
	if done > 0 {
		behind += text[done:]
	}
	rest, err := parseTOML(before + behind)
	if err != nil || describe(rest) != describe(old) {
		return "", "", &MistakeError{Text: fmt.Sprintf("its entry is not written as a table [%s.%s] that can be replaced: remove it by hand", f.section, name)}
	}
	return before, behind, nil
}

// A tomlHeader is a line that begins a table.
type tomlHeader struct {
	at   int
	path []string
}

// isOf reports whether the table is the server's, or in it.
func (h tomlHeader) isOf(section, name string) bool {
	return len(h.path) >= 2 && h.path[0] == section && h.path[1] == name
}

// tomlHeaders returns the headers of a valid text. What looks like one inside of a value is none: up to there, the text is no TOML.
func tomlHeaders(text string) (headers []tomlHeader) {
	at := 0
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimLeft(line, " \t"); strings.HasPrefix(trimmed, "[") {
			table, err := parseTOML(trimmed)
			_, inside := parseTOML(text[:at])
			if err == nil && inside == nil {
				headers = append(headers, tomlHeader{at, pathOf(table)})
			}
		}
		at += len(line)
	}
	return headers
}

// pathOf returns the one path of keys in a table.
func pathOf(table map[string]any) (path []string) {
	for len(table) == 1 {
		for key, value := range table {
			path = append(path, key)
			table, _ = value.(map[string]any)
		}
	}
	return path
}

// significant returns a text without the comments and empty lines at its end, which belong to what follows.
func significant(text string) string {
	end, at := 0, 0
	for line := range strings.Lines(text) {
		at += len(line)
		if trimmed := strings.TrimSpace(line); trimmed != "" && trimmed[0] != '#' {
			end = at
		}
	}
	return text[:end]
}
