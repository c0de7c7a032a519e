package usercmd_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

// asTool is what becomes of the API key in a call of a tool. Nobody answers a question: the scripted user has no answers.
func (b bench) asTool(t *testing.T, tool string) error {
	t.Helper()
	ctx, turn := b.Manager.Begin(t.Context(), secrets.Call{Kind: "tool", Name: tool, Principal: secrets.Process()}, "", nil)
	defer turn.End()
	_, err := b.APIKey(ctx, "Read one pet")
	return err
}

// blind is the prompter of a computer without a screen.
type blind struct{}

func (blind) Enter(context.Context, secrets.Entry) (string, error) { return "", secrets.ErrNoDisplay }
func (blind) Ask(context.Context, secrets.Question) (secrets.Answer, error) {
	return secrets.Deny, secrets.ErrNoDisplay
}
func (blind) Lock(context.Context) (func(), error) { return func() {}, nil }

func TestCommandAllows(t *testing.T) {
	b := stored(t, secrets.WithPrompter(blind{}))
	until := time.Now().UTC().Add(30 * 24 * time.Hour).Format(time.DateOnly)
	var failure *secrets.Error
	if err := b.asTool(t, "get_pet"); !errors.As(err, &failure) || failure.Failure != "nobody_to_ask" {
		t.Fatal(err)
	}
	sitAtAll(t, b.Manager, "allow", "api_key", "--tool", "get_pet", "--for", "30d").
		waits("This lets the tool get_pet of petstore use api_key (Petstore API key) until "+until+", without asking.").
		waits("It goes to petstore.example; once it goes elsewhere, you are asked again.").
		waits("It is for who starts petstore, and not for a caller over HTTP, and for whatever value is set meanwhile.").
		waits("Go on? [y/N] ").types("y\r").waits("Allowed until "+until+".").
		leaves(0, "")
	for tool, want := range map[string]bool{"get_pet": true, "get_pets": false} {
		if err := b.asTool(t, tool); want != (err == nil) {
			t.Errorf("%s: %v", tool, err)
		}
	}
	b.run(t, "", "allowed").want(t, 0, "api_key   the tool get_pet   petstore.example   until "+until+"   memory\n", "")
	if r := b.run(t, "", "status"); strings.Contains(r.out, "__allowed__") {
		t.Error(r.out)
	}
	b.run(t, "", "disallow", "api_key").want(t, 0, "Taken back: 1.", "")
	b.run(t, "", "allowed").want(t, 0, "Nothing is allowed beforehand.\n", "")
	if err := b.asTool(t, "get_pet"); err == nil {
		t.Error("it is still allowed")
	}
}

// Nobody's yes is a yes: not that of a pipe, nor of who just presses return.
func TestCommandAllowsNothingWithoutAYes(t *testing.T) {
	b := stored(t, secrets.WithPrompter(blind{}))
	b.run(t, "y\n", "allow", "api_key", "--tool", "get_pet", "--for", "30d").want(t, 2, "", "a person says this in a terminal")
	sitDown(t, b.Manager, "allow", "api_key", "--tool", "get_pet", "--for", "30d").leaves(2, "") // its output is read by a program
	for _, keys := range []string{"\r", "n\r", "\x04"} {
		sitAtAll(t, b.Manager, "allow", "api_key", "--tool", "get_pet", "--for", "30d").waits("[y/N] ").types(keys).leaves(1, "")
	}
	if err := b.asTool(t, "get_pet"); err == nil {
		t.Error("it is allowed")
	}
}

func TestCommandAllowsInAFile(t *testing.T) {
	b := stored(t, secrets.WithPrompter(blind{}))
	path := filepath.Join(t.TempDir(), "allowed.json")
	for _, tool := range []string{"get_pet", "list_pets"} {
		sitAtAll(t, b.Manager, "allow", "api_key", "--tool="+tool, "--for", "12h", "--file", path).
			waits("[y/N] ").types("yes\r").waits(" secrets disallow api_key --file "+path+"\" ends it.").
			waits("MCP_SECRETS_ALLOWED="+path).leaves(0, "")
	}
	if err := b.asTool(t, "get_pet"); err == nil {
		t.Error("a file counts that nobody named to the server")
	}
	t.Setenv("MCP_SECRETS_ALLOWED", path)
	if err := b.asTool(t, "get_pet"); err != nil {
		t.Error(err)
	}
	b.run(t, "", "allowed").want(t, 0, path, "")
	b.run(t, "", "disallow", "api_key", "--tool", "get_pet").want(t, 0, "Nothing of that was allowed.\n", "--file "+path)
	b.run(t, "", "disallow", "api_key", "--tool", "get_pet", "--file", path).want(t, 0, "Taken back: 1.", "")
	if one, other := b.asTool(t, "get_pet"), b.asTool(t, "list_pets"); one == nil || other != nil {
		t.Error(one, other)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	b.run(t, "", "allowed").want(t, 1, "", "who can write that file can allow")
	if r := b.run(t, "", "doctor"); !strings.Contains(r.out, "counts for nothing") {
		t.Error(r.out)
	}
}

func TestCommandRefusesToAllow(t *testing.T) {
	for _, row := range []struct{ args, words string }{
		{"allow", "secrets allow NAME --tool TOOL --for 30d\""},
		{"allow api_key --for 30d", "say which tool may use api_key: --tool TOOL, or --all-tools"},
		{"allow api_key --tool get --all-tools --for 30d", "say which tool"},
		{"allow api_key --tool get", "say for how long: --for 30d, or 12h; a minute at least, and 365d at most"},
		{"allow api_key --tool get --for 366d", "365d at most"},
		{"allow api_key --tool get --for 8761h", "365d at most"},
		{"allow api_key --tool get --for -1h", "a minute at least"},
		{"allow api_key --tool get --for 0d", "a minute at least"},
		{"allow api_key --tool get --for 99999999999999999999d", "365d at most"},
		{"allow api_key --tool get --for ever", "say for how long"},
		{"allow api_key --tool get --for 1d --account Work", "an account's name"},
		{"allow api_key --tool get --tool set --for 1d", "--tool is followed by one value, and said once"},
		{"allow api_key --tool", "--tool is followed by one value, and said once"},
		{"allow api_key hunter2 --for 1d", "after the name of one secret, this command knows --tool"},
		{"allow apikey --tool get --for 1d", `did you mean "api_key"?`},
		{"allow base_url --tool get --for 1d", "base_url needs no permission"},
		{"allow password --tool get --for 1d", "password is only used after a question in a dialog"},
	} {
		b := stored(t)
		y := sitAtAll(t, b.Manager, strings.Fields(row.args)...)
		y.waits(row.words)
		<-y.done
		y.mu.Lock()
		if screen := y.screen.String(); strings.Contains(screen, "hunter2") {
			t.Errorf("%s: what may be a value is repeated: %s", row.args, screen)
		}
		y.mu.Unlock()
		if _, ok := b.store.Value("petstore", "__allowed__"); ok {
			t.Errorf("%s: something is stored", row.args)
		}
	}
	b := stored(t, secrets.WithoutStanding())
	sitAtAll(t, b.Manager, "allow", "api_key", "--tool", "get", "--for", "1d").waits("the server's author has its use allowed at no other time").leaves(1, "")
}

// Where nothing says where a value goes, nobody can say yes to that.
func TestCommandAllowsForADestination(t *testing.T) {
	b := stored(t, secrets.WithPrompter(blind{}))
	b.store.Put("petstore", "base_url", "http://127.0.0.1:8080/api")
	sitAtAll(t, b.Manager, "allow", "api_key", "--tool", "get_pet", "--for", "1d").waits("It goes to http://127.0.0.1:8080;").
		types("y\r").leaves(0, "")
	if err := b.asTool(t, "get_pet"); err != nil {
		t.Error(err)
	}
	b.store.Put("petstore", "base_url", "http://127.0.0.1:8081/api")
	if err := b.asTool(t, "get_pet"); err == nil {
		t.Error("it goes elsewhere, and nobody is asked")
	}
	b.run(t, "", "allowed").want(t, 0, "does not count here: the value goes to http://127.0.0.1:8081", "")
	sitAtAll(t, b.Manager, "allow", "api_key", "--tool", "get_pet", "--for", "1d", "--to", "http://127.0.0.1:8081").waits("[y/N] ").
		types("y\r").leaves(0, "")
	if err := b.asTool(t, "get_pet"); err != nil {
		t.Error(err)
	}
	b.run(t, "", "clear", "--yes").want(t, 0, "api_key, base_url, what was allowed beforehand\n", "")
	if _, ok := b.store.Value("petstore", "__allowed__"); ok {
		t.Error("it is kept")
	}
}

// Nobody says yes to what the terminal does not show: all of a long host is there, and a name that looks like another is refused.
func TestCommandAllowsWhatItShows(t *testing.T) {
	b := stored(t, secrets.WithPrompter(blind{}))
	host := "petstore.example" + strings.Repeat("."+strings.Repeat("a", 40), 4) + ".evil.example"
	b.store.Put("petstore", "base_url", "https://"+host)
	sitAtAll(t, b.Manager, "allow", "api_key", "--tool", "get_pet", "--for", "1d").waits("It goes to "+host+";").types("n\r").leaves(1, "")
	for _, args := range [][]string{
		{"--tool", "get\u200b_pet"}, {"--tool", "get_pet\u202e"}, {"--tool", strings.Repeat("x", 121)}, {"--tool", "get\xff"},
		{"--tool", "get_pet", "--to", "petstore\u200b.example"}, {"--tool", "get_pet", "--to", "a\nb"},
	} {
		sitAtAll(t, b.Manager, append([]string{"allow", "api_key", "--for", "1d"}, args...)...).waits("without invisible characters").leaves(2, "")
	}
}

// What docs/permission.md has a person type works, in its order.
func TestPermissionPageWorks(t *testing.T) {
	page, err := os.ReadFile("../../docs/permission.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", t.TempDir())
	b := stored(t, secrets.WithPrompter(blind{}))
	ran := 0
	for line := range strings.Lines(string(page)) {
		words, ok := strings.CutPrefix(line, "petstore secrets ")
		if !ok {
			continue
		}
		ran++
		args := strings.Fields(strings.ReplaceAll(os.ExpandEnv(words), `"`, ""))
		y := sitAtAll(t, b.Manager, args...)
		switch args[0] {
		case "allow":
			y.waits("Go on? [y/N] ").types("y\r").waits("Allowed until")
		case "allowed":
			y.waits("the tool get_pet")
		}
		y.leaves(0, "")
	}
	if ran < 5 {
		t.Errorf("the page has %d commands", ran)
	}
}
