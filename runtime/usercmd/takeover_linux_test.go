package usercmd_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	alternatives "github.com/mcpsecrets/mcpsecrets/testdata/golden/alternatives/want"
	environment "github.com/mcpsecrets/mcpsecrets/testdata/golden/environment/want"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// mounted is a folder of secrets, as it is mounted for a server.
func mounted(t *testing.T, values map[string]string) (dir string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, value := range values {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (b bench) wantStored(t *testing.T, want map[string]string) {
	t.Helper()
	for _, name := range []string{"api_key", "petstore_key", "base_url", "contact", "username", "password"} {
		if got, _ := b.store.Value("petstore", name); got != want[name] {
			t.Errorf("%s is %q, want %q", name, got, want[name])
		}
	}
}

// From a folder into the system's keychain, and from there into an encrypted file: what was taken is found, and removed where it was.
func TestRealImport(t *testing.T) {
	r := openReal(t, desktop.Options{NoDisplay: true})
	dir := mounted(t, map[string]string{"petstore_key": goodKey + "\n", "contact": "ann@example.com", "left_over": "x"})
	sitDown(t, r.Manager, "import", "--from", "files:"+dir).
		waits("From the folder "+dir+" into the keychain (com.mcp.petstore):").
		waits("api_key   from "+dir+"/petstore_key").
		waits("Go on? [y/N] ").types("\n").leaves(1, "")
	run(t, r.Manager, "", "import", "--from", "keychain", "--yes").want(t, 2, "", "this server's secrets are in the keychain already")
	sitDown(t, r.Manager, "import", "--from=files:"+dir).waits("Go on? [y/N] ").types("y\n").
		leaves(0, fmt.Sprintf("Imported: api_key, contact\nNow delete %[1]s/petstore_key, %[1]s/contact, or stop mounting that.\n", dir))
	if got := r.output("secret-tool", "lookup", "service", "com.mcp.petstore", "username", "api_key"); got != goodKey {
		t.Errorf("the keychain has %q", got)
	}

	key, file := filepath.Join(dir, "key.txt"), filepath.Join(dir, "petstore.age")
	r.output("age-keygen", "-o", key)
	t.Setenv("MCP_SECRETS_AGE_KEY", key)
	t.Setenv("MCP_SECRETS_STORE", "age:"+file)
	encrypted := openKeychain(t)
	run(t, encrypted.Manager, "", "import", "--from", "keychain", "--yes").
		want(t, 0, "Imported: api_key, contact\nThe old values are still there: \"petstore secrets import --from keychain --remove\" removes them.\n", "Required, and not set: username, password")
	run(t, encrypted.Manager, "", "import", "--from", "keychain", "--yes", "--remove").want(t, 0, "Removed from the keychain: api_key, contact\n", "contact   from contact: here already")
	if left := r.output("secret-tool", "search", "--all", "service", "com.mcp.petstore"); strings.Contains(left, "api_key") {
		t.Errorf("the keychain still has %s", left)
	}
	if inside := r.output("age", "--decrypt", "--identity", key, file); !strings.Contains(inside, goodKey) {
		t.Errorf("the file has %s", inside)
	}

	link := filepath.Join(dir, "same.age") // to the server's own file
	r.must(os.Symlink(file, link))
	run(t, encrypted.Manager, "", "import", "--from", "age:"+link, "--yes", "--remove").want(t, 2, "", "is where this server's secrets are")
	if inside := r.output("age", "--decrypt", "--identity", key, file); !strings.Contains(inside, goodKey) {
		t.Errorf("by a link to itself, the store has lost its value: %s", inside)
	}
}

// What can't be taken over is said and stays, with what goes with it, and the others are taken.
func TestImportTakesEachOrSaysWhy(t *testing.T) {
	b := open(t)
	b.store.Put("petstore", "contact", "ann@example.com")
	b.store.Put("petstore", "username", "keeper")
	dir := mounted(t, map[string]string{
		"api_key": "short", "contact": "bob@example.com", "username": "keeper", "password": "hunter2-hunter2", "base_url": "https://pets.example",
	})
	from := "files:" + dir
	r := b.run(t, "", "import", "--from", from, "-y")
	r.want(t, 1, "Imported: base_url, password\n", "petstore: not imported: api_key\n")
	for _, want := range []string{"/api_key: left there, it must have at least 16 characters", "/contact: left there, another value is here, which --replace replaces", "/username: here already"} {
		if !strings.Contains(r.errors, want) {
			t.Errorf("no %q in %s", want, r.errors)
		}
	}
	if strings.Contains(r.out+r.errors, "hunter2") || strings.Contains(r.out+r.errors, "bob@") || strings.Contains(r.out, "/contact") {
		t.Errorf("it shows a value, or wants removed what is not here: %+v", r)
	}
	b.wantStored(t, map[string]string{"contact": "ann@example.com", "username": "keeper", "password": "hunter2-hunter2", "base_url": "https://pets.example"})
	b.run(t, "", "import", "--from", from, "--yes", "--replace").want(t, 1, "Imported: contact\n", "/contact, in the place of another value")
	b.wantStored(t, map[string]string{"contact": "bob@example.com", "username": "keeper", "password": "hunter2-hunter2", "base_url": "https://pets.example"})
}

// A key does not go where its source never sent it.
func TestImportKeepsKeyAndAddressTogether(t *testing.T) {
	for name, row := range map[string]struct{ here, there string }{
		"another address here": {"https://other.example", "https://pets.example"},
		"a wrong address":      {"", "ftp://pets.example"},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			b.store.Put("petstore", "base_url", row.here)
			dir := mounted(t, map[string]string{"api_key": goodKey, "base_url": row.there, "contact": "ann@example.com"})
			b.run(t, "", "import", "--from", "files:"+dir, "--yes").want(t, 1, "Imported: contact\n", "/api_key: left there, as is what it goes with")
			b.wantStored(t, map[string]string{"base_url": row.here, "contact": "ann@example.com"})
		})
	}
}

// The author's own check looks at what is to be stored: what is wrong is not.
func TestImportChecksWhatItTakes(t *testing.T) {
	b := open(t)
	verdict := secrets.ErrRejected
	err := b.Manager.Verify(func(ctx context.Context) error {
		if _, err := b.APIKey(ctx, "Read one pet"); err != nil {
			return err
		}
		return verdict
	}, petstore.KeyAPIKey())
	if err != nil {
		t.Fatal(err)
	}
	from := "files:" + mounted(t, map[string]string{"api_key": goodKey, "contact": "ann@example.com"})
	b.run(t, "", "import", "--from", from, "--yes").want(t, 1, "Imported: contact\n", "api_key: the server has checked it, and it is wrong")
	b.wantStored(t, map[string]string{"contact": "ann@example.com"})
	verdict = errors.New("no network")
	b.run(t, "", "import", "--from", from, "--yes").want(t, 0, "Imported: api_key\n", "warning: api_key could not be checked: no network")
	b.wantStored(t, map[string]string{"contact": "ann@example.com", "api_key": goodKey})
}

// Of what is stored together, all is taken over or nothing, and the alternative that follows from it is chosen for good.
func TestImportOfAlternatives(t *testing.T) {
	m, memory := openAlternatives(t)
	from := "files:" + mounted(t, map[string]string{"username": "ann", "password": "hunter2"})
	run(t, m, "", "import", "--from", from, "--yes").want(t, 0, "Imported: username, password\n", "auth       basic (User name and password), which follows from that")
	wantValues(t, memory, map[string]string{"auth": "basic", "username": "ann", "password": "hunter2"})
	more := "files:" + mounted(t, map[string]string{"service_account_token": "token-0123456789"})
	run(t, m, "", "import", "--from", more, "--yes").want(t, 0, "Imported: service_account_token\n", "Kept, and not used: service_account_token")
	wantValues(t, memory, map[string]string{"auth": "basic", "service_account_token": "token-0123456789"})

	broken := &brokenAt{Store: runtimetest.NewStore(), name: "username"}
	vault, err := alternatives.OpenSecrets(secrets.WithStore(broken), secrets.WithPrompter(runtimetest.NewUser(t)), secrets.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	run(t, vault.Manager, "", "import", "--from", from, "--yes").want(t, 1, "", "not imported: username, password")
	for _, name := range []string{"auth", "password"} {
		if got, err := broken.Get(t.Context(), store.Scope{Server: "alternatives"}, name); err == nil {
			t.Errorf("half of it was imported: %s is %q", name, got)
		}
	}
}

// Of a store with accounts, the values of the one that is named go into that one here; the environment has one set, for any.
func TestImportIntoAnAccount(t *testing.T) {
	b := open(t)
	b.store.Put("petstore", "api_key", otherKey)
	dir := mounted(t, map[string]string{"api_key": "not read"})
	if err := os.Mkdir(filepath.Join(dir, "work"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "work", "api_key"), []byte(goodKey), 0o600); err != nil {
		t.Fatal(err)
	}
	in := store.Scope{Server: "petstore", Account: "work"}
	b.run(t, "", "import", "--from", "files:"+dir, "--yes", "--account", "work").
		want(t, 0, "Imported: api_key in the account work\nNow delete "+filepath.Join(dir, "work", "api_key"), ", for the account work:")
	if got, err := b.store.Get(t.Context(), in, "api_key"); err != nil || got != goodKey {
		t.Errorf("the account has %q, %v", got, err)
	}
	b.wantStored(t, map[string]string{"api_key": otherKey})
}

// Of several variables that a secret has, all are to be removed that are set, and the first counts.
func TestImportFromVariables(t *testing.T) {
	memory := runtimetest.NewStore()
	vault, err := environment.OpenSecrets(secrets.WithStore(memory), secrets.WithPrompter(runtimetest.NewUser(t)), secrets.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	t.Setenv("GITHUB_PERSONAL_ACCESS_TOKEN", goodKey)
	t.Setenv("GITHUB_TOKEN", otherKey)
	run(t, vault.Manager, "", "import", "--from", "env", "--yes", "--account=work").
		want(t, 0, "Now remove GITHUB_PERSONAL_ACCESS_TOKEN, GITHUB_TOKEN from the env", "from GITHUB_PERSONAL_ACCESS_TOKEN, GITHUB_TOKEN")
	entries, err := memory.List(t.Context(), store.Scope{Server: vault.Manager.Inside().Server()})
	if err != nil || len(entries) != 1 || entries[0].Account != "work" {
		t.Fatalf("stored are %v, %v", entries, err)
	}
	got, err := memory.Get(t.Context(), store.Scope{Server: vault.Manager.Inside().Server(), Account: "work"}, entries[0].Name)
	if err != nil || got != goodKey {
		t.Errorf("stored is %q, %v", got, err)
	}
}

func TestImportWrongUsage(t *testing.T) {
	b := open(t)
	for args, want := range map[string]string{
		"":                             `say "petstore secrets import --from env|keychain|files:DIR|age:FILE"`,
		"--from":                       "say ",
		"--from env":                   "import asks first, and there is no terminal to answer on: say --yes",
		"--from env --yes " + otherKey: "say ",
		"--from env --yes --remove":    "--remove can't be: this only reads the source",
		"--from vault --yes":           "--from: there is no store",
		"--from files:x --yes":         "must be an absolute path",
	} {
		b.run(t, "", append([]string{"import"}, strings.Fields(args)...)...).want(t, 2, "", want)
	}
	b.run(t, "", "import", "--from", "files:/nowhere", "--yes").want(t, 1, "", "petstore: the folder /nowhere is not there\n")
}

// A store that is only read says so, and how a value gets there.
func TestCommandOnStoresThatAreOnlyRead(t *testing.T) {
	dir := mounted(t, nil)
	t.Setenv("MCP_SECRETS_STORE", "files:"+dir)
	vault := openKeychain(t)
	run(t, vault.Manager, goodKey, "set", "api_key").want(t, 1, "", "api_key: the folder "+dir+" is only read here: write it to "+dir+"/api_key\n")
	run(t, vault.Manager, "", "import", "--from", "env", "--yes").want(t, 1, "", "the folder "+dir+" is only read here")
	sitAtAll(t, vault.Manager, "allow", "api_key", "--tool", "get_pet", "--for", "30d"). // which asks nothing
												waits(": the folder "+dir+" is only read here: say --file FILE").leaves(1, "")
	t.Setenv("MCP_SECRETS_STORE", "files:"+dir+"/none")
	run(t, openKeychain(t).Manager, "", "status").want(t, 1, "", "the folder "+dir+"/none is not there\n")
}

// What docs/import.md has people paste about environment variables works on a real keychain, and says what it shows.
func TestDocsOfImport(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "import.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "## From environment variables")
	_, rest, _ = strings.Cut(rest, "```sh\n")
	script, rest, _ := strings.Cut(rest, "```\n")
	_, rest, _ = strings.Cut(rest, "```\n")
	shown, _, found := strings.Cut(rest, "```\n")
	if !found {
		t.Fatal("the page has no output")
	}
	r := openReal(t, desktop.Options{NoDisplay: true})
	c := newComputer(t)
	cmd := c.command(t.Context(), "sh", "-e", "-c", script)
	cmd.Env = append(r.Env(), "PATH="+filepath.Dir(c.program)+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for line := range strings.Lines(shown) {
		if !strings.Contains(string(out), line) {
			t.Errorf("no %q in %s", line, out)
		}
	}
	if got := r.output("secret-tool", "lookup", "service", "com.mcp.petstore", "username", "api_key"); got != goodKey {
		t.Errorf("the keychain has %q", got)
	}
}
