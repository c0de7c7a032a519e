package client

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// key is a value that an entry of somebody else may have: it is never shown.
const key = "hunter2-hunter2"

var pets = Server{Name: "pets", Command: "/opt/pets", Args: []string{"-v"}, Env: map[string]string{"DISPLAY": ":0"}}

func find(t testing.TB, name string) Client {
	t.Helper()
	c, ok := Find(name)
	if !ok {
		t.Fatalf("there is no client %q", name)
	}
	return c
}

func TestFiles(t *testing.T) {
	for _, row := range []struct{ client, system, env, want string }{
		{"claude-desktop", "linux", "", "/home/ann/.config/Claude/claude_desktop_config.json"},
		{"claude-desktop", "linux", "XDG_CONFIG_HOME=/x", "/x/Claude/claude_desktop_config.json"},
		{"claude-desktop", "darwin", "XDG_CONFIG_HOME=/x", "/home/ann/Library/Application Support/Claude/claude_desktop_config.json"},
		{"claude-desktop", "windows", "APPDATA=/roaming", "/roaming/Claude/claude_desktop_config.json"},
		{"claude-desktop", "windows", "", "/home/ann/AppData/Roaming/Claude/claude_desktop_config.json"},
		{"claude-code", "linux", "", "/home/ann/.claude.json"},
		{"claude-code", "windows", "", "/home/ann/.claude.json"},
		{"claude-code", "darwin", "CLAUDE_CONFIG_DIR=/x", "/x/.claude.json"},
		{"vscode", "linux", "", "/home/ann/.config/Code/User/mcp.json"},
		{"vscode", "linux", "XDG_CONFIG_HOME=/x", "/x/Code/User/mcp.json"},
		{"vscode", "darwin", "", "/home/ann/Library/Application Support/Code/User/mcp.json"},
		{"vscode", "windows", "APPDATA=/roaming", "/roaming/Code/User/mcp.json"},
		{"cursor", "linux", "XDG_CONFIG_HOME=/x", "/home/ann/.cursor/mcp.json"},
		{"cursor", "windows", "APPDATA=/roaming", "/home/ann/.cursor/mcp.json"},
		{"codex", "linux", "", "/home/ann/.codex/config.toml"},
		{"codex", "windows", "CODEX_HOME=/x", "/x/config.toml"},
		{"gemini", "darwin", "", "/home/ann/.gemini/settings.json"},
		{"gemini", "linux", "GEMINI_CLI_HOME=/x", "/x/.gemini/settings.json"},
	} {
		got, err := find(t, row.client).File(placeWith(row.system, row.env))
		if err != nil || filepath.ToSlash(got) != row.want {
			t.Errorf("%s on %s with %q: %s, %v, want %s", row.client, row.system, row.env, got, err, row.want)
		}
	}
	for name, want := range map[string]string{
		"claude-code": "/pets/.mcp.json", "vscode": "/pets/.vscode/mcp.json", "cursor": "/pets/.cursor/mcp.json",
		"codex": "/pets/.codex/config.toml", "gemini": "/pets/.gemini/settings.json", "claude-desktop": "",
	} {
		if got, ok := find(t, name).ProjectFile("/pets"); filepath.ToSlash(got) != want || ok != (want != "") {
			t.Errorf("%s in a project: %s, want %s", name, got, want)
		}
	}
	for _, name := range Names() {
		place := placeWith("linux", "")
		place.Home = ""
		if path, err := find(t, name).File(place); err == nil {
			t.Errorf("%s without a home: %s", name, path)
		}
	}
}

func placeWith(system, variable string) Place {
	return Place{System: system, Home: "/home/ann", Getenv: func(name string) string {
		value, _ := strings.CutPrefix(variable, name+"=")
		if value == variable {
			return ""
		}
		return value
	}}
}

// On Windows, Claude Desktop's packages have several places. Where more than one is there, none is guessed.
func TestFoldersOfClaudeDesktop(t *testing.T) {
	const packaged, later, plain = "local/Packages/Claude_pzs8/LocalCache/Roaming/Claude", "local/Claude-Data/claude_1", "roaming/Claude"
	for _, row := range []struct {
		there []string
		want  string
	}{
		{nil, plain},
		{[]string{plain}, plain},
		{[]string{packaged}, packaged},
		{[]string{later}, later},
		{[]string{later, packaged}, ""},
		{[]string{plain, packaged}, ""},
	} {
		root := t.TempDir()
		for _, folder := range row.there {
			if err := os.MkdirAll(filepath.Join(root, folder), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		got, err := find(t, "claude-desktop").File(Place{System: "windows", Home: root, Getenv: func(name string) string {
			return map[string]string{"APPDATA": filepath.Join(root, "roaming"), "LOCALAPPDATA": filepath.Join(root, "local")}[name]
		}})
		if row.want == "" {
			if err == nil || !strings.Contains(err.Error(), filepath.Join(root, row.there[0])) || !strings.Contains(err.Error(), "--file") {
				t.Errorf("%v: %s, %v", row.there, got, err)
			}
			continue
		}
		if want := filepath.Join(root, row.want, "claude_desktop_config.json"); err != nil || got != want {
			t.Errorf("%v: %s, %v, want %s", row.there, got, err, want)
		}
	}
}

const entryInJSON = `"pets": {
      "type": "stdio",
      "command": "/opt/pets",
      "args": [
        "-v"
      ],
      "env": {
        "DISPLAY": ":0"
      }
    }`

const entryInTOML = "[mcp_servers.pets]\ncommand = \"/opt/pets\"\nargs = [\"-v\"]\n\n[mcp_servers.pets.env]\n\"DISPLAY\" = \":0\"\n"

// added are files with the server. What is not between "«" and "»" was there before, to the byte.
var added = []struct{ client, text string }{
	{"vscode", "«{\n  \"servers\": {\n    " + entryInJSON + "\n  }\n}\n»"},
	{"vscode", "{\n  // mine\n  \"inputs\": [], // none\n  \"servers\": {\n    \"other\": {\"url\": \"x\"}«,» /* why */«\n    " + entryInJSON + "»\n  }\n}\n"},
	{"vscode", "{\n  \"servers\": {\n    // first\n    \"other\": {\"command\": \"x\",}, // last«\n    " + entryInJSON + "»\n  },\n}"},
	{"cursor", "{\r\n  \"mcpServers\": {«\r\n    " + strings.ReplaceAll(entryInJSON, "\n", "\r\n") + "\r\n  »}\r\n}\r\n"},
	{"claude-code", "{\"numStartups\":5,\"projects\":{\"/pets\":{\"mcpServers\":{}}}«,\n\"mcpServers\": {\n  " + strings.ReplaceAll(entryInJSON, "\n  ", "\n") + "\n}\n»}"},
	{"codex", "«" + entryInTOML + "»"},
	{"codex", "model = \"x\" # mine\n\n[mcp_servers.other]\ncommand = 'y'\n# end\n«\n" + entryInTOML + "»"},
	{"codex", "[mcp_servers.other]\r\ncommand = 'y'«\r\n\r\n" + strings.ReplaceAll(entryInTOML, "\n", "\r\n") + "»"},
	{"codex", "mcp_servers.other.command = 'y'\nx = nan\nd = 1979-05-27\n«\n" + entryInTOML + "»"},
	{"codex", "\ufeffmodel = '''\n[mcp_servers.pets]\n'''\n«\n" + entryInTOML + "»"},
}

func TestAdd(t *testing.T) {
	for _, row := range added {
		check(t, row.client, row.text)
	}
}

// check adds the server to what stands outside of the marks.
func check(t *testing.T, name, marked string) {
	t.Helper()
	var old, want strings.Builder
	for rest := marked; rest != ""; {
		outside, behind, _ := strings.Cut(rest, "«")
		inside, behind, _ := strings.Cut(behind, "»")
		old.WriteString(outside)
		want.WriteString(outside + inside)
		rest = behind
	}
	c := find(t, name)
	got, err := c.Add(old.String(), pets, false)
	if err != nil || got != want.String() {
		t.Errorf("%s: %q\n got  %q, %v\n want %q", name, old.String(), got, err, want.String())
		return
	}
	for _, replace := range []bool{true, false} {
		if _, err := c.Add(got, pets, replace); !errors.Is(err, ErrThere) {
			t.Errorf("%s: a second time: %v", name, err)
		}
	}
	other := pets
	other.Args, other.Env = nil, nil
	var taken *TakenError
	if _, err := c.Add(got, other, false); !errors.As(err, &taken) || !reflect.DeepEqual(taken.Has, []string{"env.DISPLAY"}) {
		t.Errorf("%s: other arguments: %v", name, err)
	}
	replaced, err := c.Add(got, other, true)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := c.Add(replaced, pets, true); err != nil || back != got {
		t.Errorf("%s: there and back:\n got  %q, %v\n want %q", name, back, err, got)
	}
}

// In TOML, an entry that is replaced takes its tables along, wherever they are, and no comment of the next one.
func TestReplaceTables(t *testing.T) {
	c := find(t, "codex")
	for old, want := range map[string]string{
		"[mcp_servers.pets]\ncommand = 'x'\nenv = {A = 'b'}\n\n# next\n[model]\na = 1\n":                                                         entryInTOML + "\n# next\n[model]\na = 1\n",
		"a = 1\n[mcp_servers.\"pets\".env] # e\nA = 'b'\n[model]\nb = [\n  ['[mcp_servers.pets]'],\n]\n[mcp_servers.pets]\ncommand = 'x'\n# end": "a = 1\n" + entryInTOML + "[model]\nb = [\n  ['[mcp_servers.pets]'],\n]\n# end",
		"  [mcp_servers.pets]\n  command = '''\n[mcp_servers.pets.x]\n'''\n[mcp_servers.pets.tools.a]\nb = 1\n":                                  entryInTOML,
	} {
		got, err := c.Add(old, pets, true)
		if err != nil || got != want {
			t.Errorf("%q\n got  %q, %v\n want %q", old, got, err, want)
		}
	}
}

// An entry that starts the same is the server, whatever else its user has set in it.
func TestSettingsOfTheUserStay(t *testing.T) {
	for name, text := range map[string]string{
		"cursor": `{"mcpServers": {"pets": {"command": "/opt/pets", "args": ["-v"], "env": {"DISPLAY": ":0", "DEBUG": "1"}, "timeout": 5}}}`,
		"codex":  "[mcp_servers.pets]\ncommand = '/opt/pets'\nargs = ['-v']\nenv = {DISPLAY = ':0', DEBUG = '1'}\nenabled = false\n",
	} {
		if _, err := find(t, name).Add(text, pets, true); !errors.Is(err, ErrThere) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTaken(t *testing.T) {
	for _, row := range []struct{ client, text, want string }{
		{"cursor", `{"mcpServers": {"pets": {"command": "/old", "args": ["--key=` + key + `"], "env": {"K": "` + key + `", "DISPLAY": "` + key + `"}, "cwd": "/"}}}`,
			`its command is "/old", its arguments are others, it sets another DISPLAY; has cwd env.K`},
		{"cursor", `{"mcpServers": {"pets": {"type": "http", "url": "https://x/?k=` + key + `", "headers": {"A": "` + key + `"}}}}`,
			"it has no command, its type is another, its arguments are others, it does not set DISPLAY; has headers url"},
		{"cursor", `{"mcpServers": {"pets": "` + key + `"}}`, "it has no command, its arguments are others, it does not set DISPLAY; has "},
		{"vscode", `{"servers": {"pets": {"command": "K=` + key + ` pets", "args": "` + key + `"}}}`,
			"its command is another, its arguments are others, it does not set DISPLAY; has "},
		{"codex", "[mcp_servers.pets]\ncommand = '/opt/pets'\nargs = ['-v']\n[mcp_servers.pets.env]\nK = '" + key + "'\n", "it does not set DISPLAY; has env.K"},
		{"cursor", `{"mcpServers": {"pets": {"command": "\u001b]0;x", "args": ["-v"], "env": {"DISPLAY": ":0", "\u001b[2J": ""}, "\u202e": 1}}}`,
			`its command is "\x1b]0;x"; has "\u202e" env."\x1b[2J"`},
		{"codex", "mcp_servers = {pets = '" + key + "'}", "it has no command, its arguments are others, it does not set DISPLAY; has "},
	} {
		_, err := find(t, row.client).Add(row.text, pets, false)
		var taken *TakenError
		if !errors.As(err, &taken) {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		if got := strings.Join(taken.Differs, ", ") + "; has " + strings.Join(taken.Has, " "); got != row.want {
			t.Errorf("%s\n got  %s\n want %s", row.text, got, row.want)
		}
	}
}

// mistakes are files that are left as they are, with the place and the reason.
var mistakes = []struct {
	client, text string
	line, column int
	want         string
}{
	{"claude-code", "{\n  // " + key + "\n}", 2, 3, "this is a comment, which the client does not read in this file"},
	{"claude-desktop", "{\"a\": [1,]}", 1, 9, "nothing follows this comma, and the client does not read it so"},
	{"gemini", "{ // fine\n\"a\": 1,\n}", 2, 7, "nothing follows this comma, and the client does not read it so"},
	{"vscode", "{\n \"key\": " + key + "}", 2, 9, "this is no valid JSON"},
	{"vscode", "{\n \"" + key + "\"}", 2, 3 + len(key) + 1, "this is no valid JSON"},
	{"vscode", "{\"a\": 1} x", 1, 10, "this is no valid JSON"},
	{"vscode", "[]", 0, 0, "it is no JSON object"},
	{"vscode", "{\"servers\": [\"" + key + "\"]}", 0, 0, `its "servers" is no object`},
	{"vscode", "{\"servers\": {}, \"servers\": {}}", 0, 0, `it has "servers" twice, of which readers take either: remove one`},
	{"vscode", "{\"servers\": {\"pets\": {}, \"pets\": {}}}", 0, 0, `it has "pets" twice, of which readers take either: remove one`},
	{"codex", "a = 1\nb = " + key, 2, 5, "this is no valid TOML"},
	{"codex", "a = 1\n[[mcp_servers]]", 0, 0, "its mcp_servers is no table"},
	{"codex", "mcp_servers = '" + key + "'", 0, 0, "its mcp_servers is no table"},
	{"codex", "mcp_servers = {pets = {command = 'x'}}", 0, 0, "its entry is not written as a table [mcp_servers.pets] that can be replaced: remove it by hand"},
	{"codex", "mcp_servers = {}", 0, 0, "its mcp_servers is written in braces, where no table can be added: write it as tables"},
	{"codex", "mcp_servers = {other = {command = 'x'}}", 0, 0, "its mcp_servers is written in braces, where no table can be added: write it as tables"},
	{"codex", "[mcp_servers]\npets.command = 'x'", 0, 0, "its entry is not written as a table [mcp_servers.pets] that can be replaced: remove it by hand"},
}

func TestMistakes(t *testing.T) {
	for _, row := range mistakes {
		text, err := find(t, row.client).Add(row.text, pets, true)
		var mistake *MistakeError
		if !errors.As(err, &mistake) || text != "" {
			t.Errorf("%q: %q, %v", row.text, text, err)
			continue
		}
		if want := (MistakeError{row.line, row.column, row.want}); *mistake != want {
			t.Errorf("%q\n got  %v\n want %v", row.text, *mistake, want)
		}
	}
}

// A text that a client would read as something else is refused, as is a name that some client does not take.
func TestServersThatCannotStandThere(t *testing.T) {
	for _, row := range []struct {
		client string
		server Server
		want   string
	}{
		{"claude-code", Server{Name: "p", Command: "/a", Args: []string{"${HOME}"}}, `Claude Code would put the value of a variable in place of what begins with "${"`},
		{"gemini", Server{Name: "p", Command: "/$a"}, `Gemini CLI would put the value of a variable in place of what begins with "$"`},
		{"vscode", Server{Name: "p", Command: "/a", Env: map[string]string{"A": "${input:x}"}}, `VS Code would put the value of a variable in place of what begins with "${"`},
		{"codex", Server{Name: "p", Command: "/a\xff"}, "a path, an argument or a variable is no UTF-8, which the file of Codex can't have"},
		{"codex", Server{Name: "p]\n[x", Command: "/a"}, `a server's name is made of letters of ASCII, digits, "_" and "-"`},
	} {
		c := find(t, row.client)
		if _, err := c.Snippet(row.server); err == nil || err.Error() != row.want {
			t.Errorf("%v: %v, want %s", row.server, err, row.want)
		}
		if _, err := c.Add("", row.server, true); err == nil || err.Error() != row.want {
			t.Errorf("%v: %v, want %s", row.server, err, row.want)
		}
	}
	if _, err := find(t, "codex").Snippet(Server{Name: "p", Command: "/$a${b}"}); err != nil {
		t.Error(err)
	}
}
