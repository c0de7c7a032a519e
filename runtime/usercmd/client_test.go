package usercmd_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	environment "github.com/mcpsecrets/mcpsecrets/testdata/golden/environment/want"
)

// atHome gives the user a home of their own, in which this program is the server petstore.
func atHome(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	for name, value := range map[string]string{
		"HOME": home, "USERPROFILE": home, "APPDATA": filepath.Join(home, "roaming"), "LOCALAPPDATA": "", "XDG_CONFIG_HOME": "",
		"CLAUDE_CONFIG_DIR": "", "CODEX_HOME": "", "GEMINI_CLI_HOME": "", "MCP_SECRETS_STORE": "", "MCP_SECRETS_AGE_KEY": "",
	} {
		t.Setenv(name, value)
	}
	return home
}

// goRun is on standard error in these tests, whose program is a build of go test.
const goRun = "warning: this program is a build of \"go run\" or \"go test\", and soon gone: build it first\n"

// Standard output is what is to be pasted, and nothing else.
func TestCommandClientPrints(t *testing.T) {
	b := open(t)
	home := atHome(t)
	t.Setenv("MCP_SECRETS_STORE", "files:/run/secrets")
	r := b.run(t, "", "client", "cursor", "--", "-http", ":8080", "--help")
	r.want(t, 0, "{", "For Cursor, in "+filepath.Join(home, ".cursor", "mcp.json")+" (with --write this command puts it there):\n")
	var got map[string]map[string]struct {
		Type, Command string
		Args          []string
		Env           map[string]string
	}
	if err := json.Unmarshal([]byte(r.out), &got); err != nil {
		t.Fatalf("%v: %s", err, r.out)
	}
	entry := got["mcpServers"]["petstore"]
	if entry.Type != "stdio" || !filepath.IsAbs(entry.Command) || strings.Join(entry.Args, " ") != "-http :8080 --help" || len(entry.Env) != 1 ||
		entry.Env["MCP_SECRETS_STORE"] != "files:/run/secrets" {
		t.Errorf("got %+v", got)
	}
	if _, err := os.Stat(filepath.Join(home, ".cursor")); err == nil {
		t.Error("something was written")
	}
}

func TestCommandClientWrites(t *testing.T) {
	b := open(t)
	home := atHome(t)
	path := filepath.Join(home, ".codex", "config.toml")
	b.run(t, "", "client", "codex", "--write").want(t, 0, "petstore is in "+path+" (a new file)\n", goRun)
	b.run(t, "", "client", "codex", "--write").want(t, 0, "petstore is already there: "+path+"\n", goRun)
	b.run(t, "", "client", "codex", "--write", "--", "-v").want(t, 1, "",
		path+" has another petstore: its arguments are others; --force replaces it; --name NAME takes another name\n")
	b.run(t, "", "client", "codex", "--write", "--name=pets", "--", "-v").want(t, 0, "pets is in "+path+" (as it was: "+path+".bak)\n", goRun)
	b.run(t, "", "client", "codex", "--write", "--force", "--", "-v").want(t, 0, "petstore is in "+path+" (as it was: "+path+".bak2)\n", goRun)
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), `args = ["-v"]`) != 2 {
		t.Errorf("%v: %s", err, text)
	}
}

func TestCommandClientInAProject(t *testing.T) {
	b := open(t)
	home := atHome(t)
	t.Chdir(home)
	b.run(t, "", "client", "vscode", "--project", "--write").want(t, 0, filepath.Join(".vscode", "mcp.json")+" (a new file)\n",
		"The file names a place on this computer: keep that in mind when you share it.\n")
	b.run(t, "", "client", "claude-desktop", "--project", "--write").want(t, 2, "", "Claude Desktop has no files for projects")
	b.run(t, "", "client", "vscode", "--file", "other.json", "--write").want(t, 0, filepath.Join(home, "other.json")+" (a new file)\n", goRun)
}

// A value in the environment is not copied into a file: what has it is named.
func TestCommandClientWritesNoValue(t *testing.T) {
	atHome(t)
	vault, err := environment.OpenSecrets(secrets.WithStore(runtimetest.NewStore()), secrets.WithPrompter(runtimetest.NewUser(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer vault.Manager.Close()
	t.Setenv("GITHUB_TOKEN", goodKey)
	t.Setenv("MCP_SECRETS_STORE", "keychain, env")
	t.Setenv("MCP_SECRETS_AGE_KEY", "/home/ann/secrets.key")
	r := run(t, vault.Manager, "", "client", "codex")
	r.want(t, 0, "\n\"MCP_SECRETS_AGE_KEY\" = \"/home/ann/secrets.key\"\n\"MCP_SECRETS_STORE\" = \"keychain, env\"\n",
		"No value is written: the client must hand these variables to the server from elsewhere: GITHUB_PERSONAL_ACCESS_TOKEN, GITHUB_TOKEN, ")
}

// A file that is not as its client reads it stays, and the error says where it is wrong and nothing of what is there.
func TestCommandClientLeavesBrokenFiles(t *testing.T) {
	b := open(t)
	path := filepath.Join(atHome(t), "mcp.json")
	for text, want := range map[string]string{
		"{\n  \"key\": hunter2}":           path + ":2:10: this is no valid JSON; nothing was changed\n",
		"{\"servers\": {\"hunter2\": 1},}": "",
		"{\"servers\": \"hunter2\"}":       path + `: its "servers" is no object; nothing was changed` + "\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := b.run(t, "", "client", "vscode", "--write", "--file", path)
		after, err := os.ReadFile(path)
		if want == "" {
			r.want(t, 0, "petstore is in ", goRun)
			continue
		}
		r.want(t, 1, "", want)
		if err != nil || string(after) != text {
			t.Errorf("%q became %q, %v", text, after, err)
		}
		if strings.Contains(r.errors, "hunter2") {
			t.Errorf("shows what is in the file: %s", r.errors)
		}
	}
	if runtime.GOOS != "windows" {
		b.run(t, "", "client", "vscode", "--write", "--file", filepath.Dir(path)).want(t, 1, "", "it is a folder")
	}
}

func TestCommandClientUsage(t *testing.T) {
	b := open(t)
	atHome(t)
	for _, row := range []struct{ args, want string }{
		{"", "say the name of the client first (claude-desktop, claude-code, vscode, cursor, codex, gemini)"},
		{"--write codex", "say the name of the client first"},
		{"vs-code", `there is no such client, did you mean "vscode"? (`},
		{"codex --wirte", "client takes --write, --force, --project, --name NAME and --file FILE"},
		{"codex -v", "client takes --write"},
		{"codex --write=yes", "only --name and --file have a value"},
		{"codex --name", "--name NAME is made of letters of ASCII"},
		{"codex --name my.pets", "--name NAME is made of letters of ASCII"},
		{"codex --file", "--file FILE is the client's file"},
		{"codex --file a --project", "--file and --project name two files"},
		{"codex --force", "--force is for --write"},
	} {
		b.run(t, "", append([]string{"client"}, strings.Fields(row.args)...)...).want(t, 2, "", row.want)
	}
	b.run(t, "", "client", "--help").want(t, 0, "secrets client CLIENT [--write]", "")
}
