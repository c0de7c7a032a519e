package client

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What is known of the clients is from their documentation and from the clients themselves, in November 2026. docs/clients.md has
// the evidence, and the tests run those clients that there are for Linux without a login.

var clients = []Client{
	{
		Name: "claude-desktop", Title: "Claude Desktop", format: jsonFormat{section: "mcpServers"}, user: claudeDesktop,
		Note: "Claude Desktop reads its file when it starts: quit it, and start it again.",
	},
	{
		Name: "claude-code", Title: "Claude Code", format: jsonFormat{section: "mcpServers", typed: true}, expands: "${",
		user: func(p Place) (string, error) {
			return p.in(p.Getenv("CLAUDE_CONFIG_DIR"), nil, ".claude.json")
		},
		project:     []string{".mcp.json"},
		ProjectNote: "Claude Code starts it once you have approved it: run claude in this folder.",
	},
	{
		Name: "vscode", Title: "VS Code", format: jsonFormat{section: "servers", typed: true, comments: true, commas: true}, expands: "${",
		user:    func(p Place) (string, error) { return p.config("Code", "User", "mcp.json") },
		project: []string{".vscode", "mcp.json"},
	},
	{
		Name: "cursor", Title: "Cursor", format: jsonFormat{section: "mcpServers", typed: true, comments: true, commas: true}, expands: "${",
		user:    func(p Place) (string, error) { return p.in("", []string{".cursor"}, "mcp.json") },
		project: []string{".cursor", "mcp.json"},
	},
	{
		Name: "codex", Title: "Codex", format: tomlFormat{"mcp_servers"},
		user:        func(p Place) (string, error) { return p.in(p.Getenv("CODEX_HOME"), []string{".codex"}, "config.toml") },
		project:     []string{".codex", "config.toml"},
		ProjectNote: "Codex reads it in a project that you trust.",
	},
	{
		Name: "gemini", Title: "Gemini CLI", format: jsonFormat{section: "mcpServers", comments: true}, expands: "$",
		user: func(p Place) (string, error) {
			home := p.Getenv("GEMINI_CLI_HOME")
			if home != "" {
				home = filepath.Join(home, ".gemini")
			}
			return p.in(home, []string{".gemini"}, "settings.json")
		},
		project: []string{".gemini", "settings.json"},
		Note:    "Gemini CLI starts servers in folders that you trust.",
	},
}

// Names returns the names of the clients.
func Names() (names []string) {
	for _, c := range clients {
		names = append(names, c.Name)
	}
	return names
}

// Find returns the client of a name.
func Find(name string) (Client, bool) {
	at := slices.IndexFunc(clients, func(c Client) bool { return c.Name == name })
	if at < 0 {
		return Client{}, false
	}
	return clients[at], true
}

// A Place is a user's account on a computer, as far as it says where files are.
type Place struct {
	System string // as runtime.GOOS
	Home   string // "" if it is not known
	Getenv func(string) string
}

// File returns the path of the file in which the client looks for the user's servers. The error says what is unclear, and that
// --file names the file.
func (c Client) File(p Place) (string, error) { return c.user(p) }

// ProjectFile returns the path of the file for the project in a folder. It is not ok for a client without such files.
func (c Client) ProjectFile(folder string) (path string, ok bool) {
	if c.project == nil {
		return "", false
	}
	return filepath.Join(append([]string{folder}, c.project...)...), true
}

var errNoHome = errors.New("your home folder is not known: HOME is not set; --file FILE names the client's file")

// in returns the path of a file: in a folder if that is set, else below the user's home.
func (p Place) in(folder string, below []string, name string) (string, error) {
	if folder != "" {
		return filepath.Abs(filepath.Join(folder, name))
	}
	if p.Home == "" {
		return "", errNoHome
	}
	return filepath.Join(p.Home, filepath.Join(below...), name), nil
}

// config returns the path of a file below the folder for the configuration of the user's programs.
func (p Place) config(names ...string) (string, error) {
	folder, below := p.Getenv("XDG_CONFIG_HOME"), []string{".config"}
	switch p.System {
	case "windows":
		folder, below = p.Getenv("APPDATA"), []string{"AppData", "Roaming"}
	case "darwin":
		folder, below = "", []string{"Library", "Application Support"}
	}
	return p.in(folder, below, filepath.Join(names...))
}

// claudeDesktop returns the path of Claude Desktop's file. On Windows its packages have had it in several places: which one is
// read can be told where just one of them is there.
func claudeDesktop(p Place) (string, error) {
	const name = "claude_desktop_config.json"
	path, err := p.config("Claude", name)
	if err != nil || p.System != "windows" {
		return path, err
	}
	var found []string
	if local := p.Getenv("LOCALAPPDATA"); local != "" {
		for _, pattern := range []string{"Claude-Data/claude*", "Packages/Claude_*/LocalCache/Roaming/Claude"} {
			folders, _ := filepath.Glob(filepath.Join(local, filepath.FromSlash(pattern))) // an error is one of the pattern
			found = append(found, folders...)
		}
	}
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		found = append(found, filepath.Dir(path))
	}
	switch len(found) {
	case 0:
		return path, nil
	case 1:
		return filepath.Join(found[0], name), nil
	}
	return "", fmt.Errorf("there are several folders of Claude Desktop (%s): look which one its settings open under Developer, Edit Config, "+
		"and name the file %s there with --file FILE", strings.Join(found, ", "), name)
}
