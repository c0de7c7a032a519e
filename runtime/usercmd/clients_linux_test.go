package usercmd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/client"
)

// userClients are clients from npm, as their users have them.
const userClients = "testdata/clients"

// A computer has the pet store and clients on it, and a user.
type computer struct {
	t       *testing.T
	home    string
	program string
}

func newComputer(t *testing.T) computer {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := computer{t, filepath.Join(root, "home"), filepath.Join(root, "pet störe", "petstore")} // as names of folders are
	if err := os.Mkdir(c.home, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", c.program, "../../examples/petstore").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return c
}

// command returns a command that the user starts in their home.
func (c computer) command(ctx context.Context, program ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program[0], program[1:]...)
	cmd.Dir = c.home
	cmd.Env = []string{"HOME=" + c.home, "PATH=" + os.Getenv("PATH"), "TERM=dumb", "MCP_SECRETS_STORE=files:" + c.home}
	cmd.WaitDelay = time.Second
	return cmd
}

func (c computer) run(program ...string) (stdout, stderr string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	var errors strings.Builder
	cmd := c.command(ctx, program...)
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s%s", program, err, out, &errors)
	}
	return string(out), errors.String()
}

// file writes a file of the user's.
func (c computer) file(text string, path ...string) {
	c.t.Helper()
	name := filepath.Join(append([]string{c.home}, path...)...)
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
		c.t.Fatal(err)
	}
}

// Real clients find the server that the command wrote into their files, start it, and find what was there before. "make
// test-clients" runs it: they take 900 megabytes.
func TestRealClients(t *testing.T) {
	if os.Getenv("MCPSECRETS_CLIENTS") == "" {
		t.Skip("MCPSECRETS_CLIENTS is not set")
	}
	desktop.NPM(t, userClients)
	modules, err := filepath.Abs(filepath.Join(userClients, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	c := newComputer(t)
	write := func(client string, args ...string) {
		t.Helper()
		c.run(append([]string{c.program, "secrets", "client", client, "--write"}, args...)...)
	}
	t.Run("Claude Code", func(t *testing.T) {
		claude := filepath.Join(modules, "@anthropic-ai", "claude-code-linux-"+map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH], "claude")
		if _, err := os.Stat(claude); err != nil {
			t.Skip("npm has no Claude Code for this machine here:", err)
		}
		c.file(`{"numStartups": 3, "mcpServers": {"other": {"command": "/bin/false"}}}`, ".claude.json")
		write("claude-code")
		write("claude-code", "--project", "--name", "shared")
		list, _ := c.run(claude, "mcp", "list")
		for _, want := range []string{"petstore: " + c.program + "  - ✔ Connected", "other: /bin/false", "shared: " + c.program + "  - ⏸ Pending approval"} {
			if !strings.Contains(list, want) {
				t.Errorf("claude mcp list has no %q:\n%s", want, list)
			}
		}
	})
	t.Run("Codex", func(t *testing.T) {
		c.file("# mine\nmodel = \"x\"\n\n[mcp_servers.other]\ncommand = 'y'\n\n[projects.\""+c.home+"/project\"]\ntrust_level = \"trusted\"\n", ".codex", "config.toml")
		write("codex", "--", "-http", "127.0.0.1:0")
		var list []struct {
			Name      string
			Transport struct {
				Command string
				Args    []string
				Env     map[string]string
			}
		}
		out, _ := c.run("node", filepath.Join(modules, "@openai", "codex", "bin", "codex.js"), "mcp", "list", "--json")
		if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 2 {
			t.Fatalf("%v: %s", err, out)
		}
		for _, server := range list {
			is := server.Transport
			if server.Name == "petstore" && (is.Command != c.program || strings.Join(is.Args, " ") != "-http 127.0.0.1:0" || is.Env["MCP_SECRETS_STORE"] != "files:"+c.home) {
				t.Errorf("codex mcp list: %s", out)
			}
		}
	})
	t.Run("Gemini CLI", func(t *testing.T) {
		c.file(`{"`+c.home+`": "TRUST_FOLDER"}`, ".gemini", "trustedFolders.json")
		c.file("{\n  // mine\n  \"mcpServers\": {\"other\": {\"command\": \"/bin/false\"}} /* end */\n}\n", ".gemini", "settings.json")
		write("gemini")
		out, more := c.run("node", filepath.Join(modules, "@google", "gemini-cli", "bundle", "gemini.js"), "mcp", "list")
		list := out + more // some versions say it on standard error
		for _, want := range []string{"✓ petstore: " + c.program + "  (stdio) - Connected", "other: /bin/false"} {
			if !strings.Contains(list, want) {
				t.Errorf("gemini mcp list has no %q:\n%s", want, list)
			}
		}
	})
	t.Run("the JSON reader of VS Code", func(t *testing.T) {
		c.file("{\n\t\"servers\": {\n\t\t// mine\n\t\t\"other\": {\"command\": \"x\",}, // why\n\t},\n}\n", ".config", "Code", "User", "mcp.json")
		write("vscode")
		out, _ := c.run("node", "-e", `
			const errors = [];
			const text = require("fs").readFileSync(process.argv[2], "utf8");
			const file = require(process.argv[1]).parse(text, errors, {allowTrailingComma: true});
			console.log(JSON.stringify([errors, Object.keys(file.servers), file.servers.petstore.command]));
		`, filepath.Join(modules, "jsonc-parser"), filepath.Join(c.home, ".config", "Code", "User", "mcp.json"))
		if want := `[[],["other","petstore"],"` + c.program + `"]` + "\n"; out != want {
			t.Errorf("got %s want %s", out, want)
		}
	})
}

// A server that is started with nothing but HOME, PATH and what the command says finds the keychain and the display.
func TestServerFindsWhatItIsGiven(t *testing.T) {
	r := openReal(t, desktop.Options{})
	c := newComputer(t)
	cmd := c.command(t.Context(), c.program, "secrets", "client", "cursor")
	cmd.Env = r.Env()
	out, err := cmd.Output()
	r.must(err)
	var file struct {
		Servers map[string]struct {
			Command string
			Env     map[string]string
		} `json:"mcpServers"`
	}
	r.must(json.Unmarshal(out, &file))
	server := file.Servers["petstore"]
	for _, row := range []struct {
		env  map[string]string
		want []string
	}{
		{nil, []string{"keychain   failed"}},
		{server.Env, []string{"keychain   ok   answers, is not locked", "display    ok   answers"}},
	} {
		doctor := c.command(t.Context(), server.Command, "secrets", "doctor")
		doctor.Env = []string{"HOME=" + r.Getenv("HOME"), "PATH=" + os.Getenv("PATH")}
		for name, value := range row.env {
			doctor.Env = append(doctor.Env, name+"="+value)
		}
		out, _ := doctor.CombinedOutput() // what it says is what counts
		for _, want := range row.want {
			if !strings.Contains(string(out), want) {
				t.Errorf("with %v: %s\nwant %s", row.env, out, want)
			}
		}
	}
}

// Killed at any moment, the command leaves the file as it was, or as it should be.
func TestCommandClientKilled(t *testing.T) {
	c := newComputer(t)
	path := filepath.Join(c.home, ".cursor", "mcp.json")
	old := `{"mcpServers": {"other": {"command": "x", "args": ["` + strings.Repeat("long ", 200_000) + `"]}}}`
	var done string
	for range 40 {
		c.file(old, ".cursor", "mcp.json")
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(60))*time.Millisecond)
		cmd := c.command(ctx, c.program, "secrets", "client", "cursor", "--write")
		err := cmd.Run()
		cancel()
		text, wrong := os.ReadFile(path)
		switch {
		case wrong != nil:
			t.Fatal(wrong)
		case string(text) == old:
		case !json.Valid(text) || len(text) < len(old) || done != "" && string(text) != done:
			t.Fatalf("the command ended with %v and left %d bytes", err, len(text))
		default:
			done = string(text)
		}
	}
}

// Of many commands at once, each adds its server.
func TestCommandClientsAtOnce(t *testing.T) {
	c := newComputer(t)
	c.file(`{"mcpServers": {"other": {"command": "x", "args": ["`+strings.Repeat("long ", 200_000)+`"]}}}`, ".cursor", "mcp.json") // it takes a while
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			if out, err := c.command(t.Context(), c.program, "secrets", "client", "cursor", "--write", "--name", fmt.Sprint("n", n)).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	all.Wait()
	text, err := os.ReadFile(filepath.Join(c.home, ".cursor", "mcp.json"))
	if servers := strings.Count(string(text), `"command"`); err != nil || servers != 9 {
		t.Errorf("there are %d servers, %v", servers, err)
	}
}

// Root, as by sudo, leaves a file to its user. Who may not write beside the file changes nothing.
func TestCommandClientAndOwners(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	c := newComputer(t)
	const nobody = 65534
	c.file(`{}`, ".cursor", "mcp.json")
	path := filepath.Join(c.home, ".cursor", "mcp.json")
	if err := os.Chown(path, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	c.run(c.program, "secrets", "client", "cursor", "--write")
	for _, name := range []string{path, path + ".bak"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if stat := info.Sys().(*syscall.Stat_t); stat.Uid != nobody || stat.Gid != nobody || info.Mode().Perm() != 0o600 {
			t.Errorf("%s belongs to %d:%d, %v", name, stat.Uid, stat.Gid, info.Mode())
		}
	}
	for _, folder := range []string{filepath.Dir(filepath.Dir(c.home)), filepath.Dir(c.home), c.home, filepath.Dir(path), filepath.Dir(c.program)} {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cmd := c.command(t.Context(), c.program, "secrets", "client", "cursor", "--write", "--force", "--", "-v")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), path+": a file beside it can't be written: permission denied; nothing was changed") {
		t.Errorf("%v: %s", err, out)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file is %s, %v", after, err)
	}
}

// What docs/clients.md has people paste works, and leaves what it shows. Its table names the files that the command writes.
func TestDocsOfClients(t *testing.T) {
	text, err := os.ReadFile("../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(language string) string {
		_, behind, _ := strings.Cut(string(text), "\n```"+language+"\n")
		content, _, found := strings.Cut(behind, "```\n")
		if !found {
			t.Fatalf("there is no block of %s", language)
		}
		return content
	}
	c := newComputer(t)
	cmd := c.command(t.Context(), "sh", "-e", "-c", block("sh"))
	cmd.Env = []string{"HOME=" + c.home, "PATH=" + filepath.Dir(c.program) + ":" + os.Getenv("PATH")}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(append([]string{c.home}, path...)...))
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	if got, want := read(".codex", "config.toml"), strings.ReplaceAll(block("toml"), "/usr/local/bin/petstore", c.program); got != want {
		t.Errorf("got %s want %s", got, want)
	}
	for _, file := range []string{read(".claude.json"), read(".vscode", "mcp.json")} {
		if !strings.Contains(file, `"command": "`+c.program+`"`) {
			t.Errorf("a file has no server: %s", file)
		}
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(line, "|\n "), " | ")
		known, ok := client.Find(strings.Trim(cells[0], "`"))
		if !ok || len(cells) != 5 {
			continue
		}
		rows++
		for i, system := range []string{"linux", "darwin", "windows"} {
			path, err := known.File(client.Place{System: system, Home: "~", Getenv: func(name string) string {
				return map[string]string{"APPDATA": "/%APPDATA%"}[name]
			}})
			if system == "windows" {
				path = strings.ReplaceAll(strings.TrimPrefix(path, "/"), "/", `\`)
			}
			if err != nil || cells[i+1] != "`"+path+"`" {
				t.Errorf("%s on %s: %s, %v, and the page says %s", known.Name, system, path, err, cells[i+1])
			}
		}
		project, ok := known.ProjectFile("")
		if ok && cells[4] != "`"+project+"`" || !ok && cells[4] != "none" {
			t.Errorf("%s in a project: %s, and the page says %s", known.Name, project, cells[4])
		}
	}
	if rows != len(client.Names()) {
		t.Errorf("the page has %d clients, there are %d", rows, len(client.Names()))
	}
}
