package usercmd_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/usercmd"
	everyrule "github.com/mcpsecrets/mcpsecrets/testdata/golden/every-rule/want"
	everytype "github.com/mcpsecrets/mcpsecrets/testdata/golden/every-type/want"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

const (
	goodKey  = "pets-0123456789abcdef"
	otherKey = "pets-fedcba9876543210"
)

// A bench is a vault on an in-memory store with a scripted user.
type bench struct {
	*petstore.Secrets
	store *runtimetest.Store
	user  *runtimetest.User
}

func open(t *testing.T, options ...secrets.Option) bench {
	t.Helper()
	b := bench{store: runtimetest.NewStore(), user: runtimetest.NewUser(t)}
	options = append([]secrets.Option{
		secrets.WithStore(b.store), secrets.WithPrompter(b.user), secrets.WithLogger(slog.New(slog.DiscardHandler)),
	}, options...)
	vault, err := petstore.OpenSecrets(options...)
	if err != nil {
		t.Fatal(err)
	}
	b.Secrets = vault
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return b
}

// stored opens a bench in which the API key is set.
func stored(t *testing.T, options ...secrets.Option) bench {
	b := open(t, options...)
	b.store.Put("petstore", "api_key", goodKey)
	return b
}

// key gets the API key for the server itself.
func (b bench) key(t *testing.T) (string, error) {
	t.Helper()
	key, err := b.APIKey(b.Manager.Background(t.Context()), "Read one pet")
	return key.Reveal(), err
}

func (b bench) wantKey(t *testing.T, want string) {
	t.Helper()
	if got, err := b.key(t); err != nil || got != want {
		t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}

// A ran is what one run of the command left behind. The program's name is petstore in it.
type ran struct {
	code        int
	out, errors string
}

// run runs "secrets" with args on a server's standard streams, where input comes from a file. No test may run beside it.
func run(t *testing.T, m *secrets.Manager, input string, args ...string) ran {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "in"), []byte(input), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(filepath.Join(dir, "in"))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r := runOn(t, m, in, nil, args...)
	if typed := strings.TrimSpace(input); len(typed) > 3 && strings.Contains(r.out+r.errors, typed) {
		t.Errorf("%v shows its input: %+v", args, r)
	}
	return r
}

// runOn is run with in as standard input, and with stderr, unless that is nil, as standard error.
func runOn(t *testing.T, m *secrets.Manager, in, stderr *os.File, args ...string) ran {
	t.Helper()
	return runWith(t, m, in, nil, stderr, args...)
}

// runWith is runOn with stdout, unless that is nil, as standard output.
func runWith(t *testing.T, m *secrets.Manager, in, stdout, stderr *os.File, args ...string) ran {
	t.Helper()
	dir := t.TempDir()
	for name, stream := range map[string]**os.File{"out": &stdout, "errors": &stderr} {
		if *stream != nil {
			continue
		}
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		*stream = file
	}
	streams := [3]*os.File{os.Stdin, os.Stdout, os.Stderr}
	os.Stdin, os.Stdout, os.Stderr = in, stdout, stderr
	code, ok := usercmd.Run(m, append([]string{"secrets"}, args...))
	os.Stdin, os.Stdout, os.Stderr = streams[0], streams[1], streams[2]
	if !ok {
		t.Fatalf("%v is not for the command", args)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "0123456789") || strings.Contains(string(text), "fedcba9876") {
			t.Errorf("%v shows a value: %s", args, text)
		}
		return strings.ReplaceAll(string(text), filepath.Base(os.Args[0]), "petstore")
	}
	return ran{code, read("out"), read("errors")}
}

func (b bench) run(t *testing.T, input string, args ...string) ran {
	t.Helper()
	return run(t, b.Manager, input, args...)
}

// want fails unless the run ended with code, and wrote texts with these words to its two streams; "" is nothing at all.
func (r ran) want(t *testing.T, code int, out, errors string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	for _, stream := range []struct{ name, got, want string }{{"output", r.out, out}, {"errors", r.errors, errors}} {
		if !strings.Contains(stream.got, stream.want) || stream.want == "" && stream.got != "" {
			t.Errorf("%s:\n%s\nwant: %s", stream.name, stream.got, stream.want)
		}
	}
}

func openEveryType(t *testing.T, store *runtimetest.Store) *secrets.Manager {
	t.Helper()
	vault, err := everytype.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(runtimetest.NewUser(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return vault.Manager
}

func openEveryRule(t *testing.T, store *runtimetest.Store) *secrets.Manager {
	t.Helper()
	vault, err := everyrule.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(runtimetest.NewUser(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return vault.Manager
}

func TestCommandIsForSecretsAlone(t *testing.T) {
	b := open(t)
	for _, args := range [][]string{nil, {"serve"}, {"-http", "secrets"}, {"Secrets"}} {
		if _, ok := usercmd.Run(b.Manager, args); ok {
			t.Errorf("%v is taken for the command", args)
		}
	}
}

func TestCommandStatus(t *testing.T) {
	b := open(t)
	b.store.Put("petstore", "petstore_key", goodKey) // api_key, under its former name
	b.store.Put("petstore", "username", "two\nlines")
	r := b.run(t, "", "status")
	r.want(t, 0, "api_key", "")
	const want = `petstore keeps its secrets in memory
api_key    Petstore API key   set
base_url   API endpoint       not set, the default serves
contact    Contact address    not set, optional
username   User name          invalid: it must be one line without control characters
password   Password           not set, required
`
	if r.out != want {
		t.Errorf("got\n%s\nwant\n%s", r.out, want)
	}
}

// Settings are shown, but for a url that may hold a password.
func TestCommandStatusShowsSettings(t *testing.T) {
	store := runtimetest.NewStore()
	for name, value := range map[string]string{
		"live_key": "sk_live_abcdefghijklmnopqrstuvwxyz", "endpoint": "https://api.example.com/v2", "proxy": "http://app:hunter2@proxy.example",
		"port": "9090", "verbose": "no", "timeout": "30s", "patterned": strings.Repeat("very-", 40) + "long",
		"certificate": "-----BEGIN " + strings.Repeat("x", 100), "sort": "-name", "model": "huge-1",
	} {
		store.Put("every-rule", name, value)
	}
	r := run(t, openEveryRule(t, store), "", "status")
	for _, want := range []string{"live_key      live_key      set\n", "endpoint      set: https://api.example.com/v2\n", "proxy         set\n",
		"port          set: 9090\n", "verbose       set: false\n", "timeout       set: 30s\n", "certificate   set\n",
		"set: very-very-", "very…\n", "database      not set, the default serves\n", "sort          set: -name (From Z to A)\n",
		"model         set: huge-1\n"} {
		r.want(t, 0, want, "")
	}
	for _, secret := range []string{"abcdefghijkl", "hunter2", "BEGIN"} {
		if strings.Contains(r.out, secret) {
			t.Errorf("shows %q:\n%s", secret, r.out)
		}
	}
}

func TestCommandSetTakesStandardInput(t *testing.T) {
	store := runtimetest.NewStore()
	m := openEveryType(t, store)
	const pem = "-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n"
	for _, row := range []struct{ name, input, want string }{
		{"password_required", "a key\n", "a key"},
		{"password_required", "a key\r\n", "a key"},
		{"password_required", " a key ", "a key"},
		{"password_required", "a key\n\n", "a key"},
		{"multiline_required", pem, pem},
		{"integer_required", "7\n", "7"},
		{"choice_required", "eu\n", "eu"},
		{"password_required", strings.Repeat("x", field.MaxSize) + "\r\n", strings.Repeat("x", field.MaxSize)},
	} {
		run(t, m, row.input, "set", row.name).want(t, 0, row.name+" is set.\n", "")
		if got, _ := store.Value("every-type", row.name); got != row.want {
			t.Errorf("%s: stored %.40q, want %.40q", row.name, got, row.want)
		}
	}
}

func TestCommandSetSaysTheRuleAndNeverTheValue(t *testing.T) {
	store := runtimetest.NewStore()
	m := openEveryType(t, store)
	for _, row := range []struct{ name, input, want string }{
		{"password_required", "", "must not be empty"},
		{"password_required", "\n", "must not be empty"},
		{"password_required", "hunter2\nhunter3\n", "must be one line"},
		{"password_required", "hunter\u200b2", "must not have a zero-width space (U+200B) after the 6th character"},
		{"multiline_required", "x\nhunter\ufeff2", "must not have a byte order mark (U+FEFF) after the 6th character of line 2"},
		{"password_required", "hunt\x00er2", "must be text"},
		{"password_required", strings.Repeat("x", field.MaxSize+1), "must have at most 262144 bytes"},
		{"multiline_required", strings.Repeat("x", 2*field.MaxSize), "must have at most 262144 bytes"},
		{"multiline_required", "x" + strings.Repeat("\r\n", 3*field.MaxSize), "must have at most 262144 bytes"},
		{"integer_required", "hunter2", "must be a whole number"},
		{"choice_required", "hunter2", "must be one of eu or us"},
		{"url_required", "hunter2", "must be an absolute URL"},
	} {
		run(t, m, row.input, "set", row.name).want(t, 1, "", "petstore: "+row.name+": the value "+row.want)
		if _, ok := store.Value("every-type", row.name); ok {
			t.Errorf("%s is stored", row.name)
		}
	}
	b := stored(t)
	b.run(t, "pets-short", "set", "api_key").want(t, 1, "", "must have at least 16 characters")
	if got, _ := b.store.Value("petstore", "api_key"); got != goodKey {
		t.Errorf("the value before is now %q", got)
	}
}

func TestCommandWrongUsage(t *testing.T) {
	b := stored(t)
	const names = "(api_key, base_url, contact, username, password)"
	for _, row := range []struct{ args, want string }{
		{"", "say what to do (status, setup, set, get, verify, forget, clear, accounts, import, allow, allowed, disallow, client, doctor, help)"},
		{"stauts", `there is no such command, did you mean "status"? (status, setup, set, get, verify, forget, clear, accounts, import, allow, allowed, disallow, client, doctor, help)`},
		{goodKey, "there is no such command (status,"},
		{"set", "say the name of one secret " + names},
		{"set apikey", `there is no secret of that name, did you mean "api_key"? ` + names},
		{"set API_KEY", `did you mean "api_key"?`},
		{"set " + otherKey, "there is no secret of that name " + names},
		{"set api_key " + otherKey, `a value on the command line would be in the process list and in the shell's history: run "petstore secrets set api_key" and type it, or "petstore secrets set api_key < FILE"`},
		{"set api_key=" + otherKey, `run "petstore secrets set api_key" and type it`},
		{"set apikey=" + otherKey, `run "petstore secrets set NAME" and type it`},
		{"forget", "say the name of one secret"},
		{"forget api_key contact", "say the name of one secret"},
		{"forget api-key", `did you mean "api_key"?`},
		{"status api_key", "takes no arguments"},
		{"doctor now", "takes no arguments"},
		{"get", "say the name of one secret " + names},
		{"get " + otherKey, "there is no secret of that name " + names},
		{"get api_key", `api_key is confidential: no command shows it; "petstore secrets status" says whether it is set`},
		{"show api_key", `"get" shows what is not confidential`},
		{"verify nothing " + otherKey, "say the name of one secret"},
		{"setup api_key", "setup takes no argument but --again"},
		{"setup", `there is no terminal to answer on: run "petstore secrets set NAME < FILE" for each of username, password`},
		{"clear", "there is no terminal to answer on: say --yes"},
		{"clear api_key", `"petstore secrets forget NAME" removes one value`},
	} {
		r := b.run(t, "", strings.Fields(row.args)...)
		r.want(t, 2, "", row.want)
		if !strings.HasSuffix(r.errors, "petstore: hint: \"petstore secrets help\" shows what there is\n") {
			t.Errorf("%q: no hint in %q", row.args, r.errors)
		}
	}
	if got, _ := b.store.Value("petstore", "api_key"); got != goodKey {
		t.Errorf("wrong usage changes the value to %q", got)
	}
}

func TestCommandHelp(t *testing.T) {
	for _, args := range []string{"help", "-h", "--help", "set --help", "clear -h"} {
		r := open(t).run(t, "", strings.Fields(args)...)
		r.want(t, 0, "petstore secrets set NAME ", "")
		r.want(t, 0, "Names: api_key, base_url, contact, username, password\n", "")
	}
}

func TestCommandForget(t *testing.T) {
	b := stored(t)
	b.store.Put("petstore", "petstore_key", otherKey) // the former name
	b.store.Put("petstore", "contact", "ann@example.com")
	b.run(t, "", "forget", "api_key").want(t, 0, "api_key is forgotten.\n", "")
	b.run(t, "", "forget", "api_key").want(t, 0, "api_key was not set.\n", "")
	if _, ok := b.store.Value("petstore", "contact"); !ok {
		t.Error("another value is forgotten as well")
	}
}

func TestCommandClear(t *testing.T) {
	b := stored(t)
	b.store.Put("petstore", "contact", "ann@example.com")
	b.store.Put("other", "api_key", otherKey)
	b.run(t, "y\n", "clear").want(t, 2, "", "say --yes") // a file is no person
	b.run(t, "", "clear", "--yes").want(t, 0, "Removed from memory: api_key, contact\n", "")
	b.run(t, "", "clear", "--yes").want(t, 0, "Nothing is stored in memory.\n", "")
	if _, ok := b.store.Value("other", "api_key"); !ok {
		t.Error("another server's values were cleared")
	}
}

func TestCommandNamesWhatIsWrongWithTheStore(t *testing.T) {
	for want, err := range map[string]error{
		"memory is not there":     secrets.ErrNoStore,
		"memory is locked":        secrets.ErrStoreLocked,
		"memory is locked:":       secrets.ErrDismissed, // its own window was
		"does not answer in time": secrets.ErrStoreTimeout,
		"reported an error":       errors.New("somebody's own error, which may say " + goodKey),
	} {
		for _, args := range [][]string{{"status"}, {"set", "api_key"}, {"forget", "api_key"}, {"clear", "--yes"}} {
			b := open(t)
			b.store.Fail(err)
			r := b.run(t, otherKey, args...)
			r.want(t, 1, "", want)
			if args[0] != "clear" {
				r.want(t, 1, "", "petstore: api_key: ")
			}
			r.want(t, 1, "", "hint: \"petstore secrets doctor\" says what works here\n")
		}
	}
}

func TestCommandKeepsTheStoreThatAServerWouldClear(t *testing.T) {
	t.Setenv("SECRETS_STORAGE_CLEAR", "True") // as the other frameworks take it
	b := stored(t)
	b.run(t, "", "status").want(t, 0, "api_key    Petstore API key   set\n", "warning: SECRETS_STORAGE_CLEAR is set")
	b.run(t, "ann\n", "set", "username").want(t, 0, "username is set.\n", "warning: SECRETS_STORAGE_CLEAR is set")
	b.run(t, "", "import", "--from-profile", "eu").want(t, 2, "", "warning: SECRETS_STORAGE_CLEAR is set")
	b.run(t, "", "forget", "contact").want(t, 0, "contact was not set.\n", "")
	b.run(t, "", "doctor").want(t, 0, "SECRETS_STORAGE_CLEAR   warning   is set", "")
	if got, _ := b.store.Value("petstore", "api_key"); got != goodKey {
		t.Error("the store was cleared")
	}
}

func TestCommandIsTheWayOutWithoutADisplay(t *testing.T) {
	for _, failure := range []error{secrets.ErrNoDisplay, secrets.ErrNoDialog} {
		b := open(t)
		if _, ok := usercmd.Run(b.Manager, nil); ok {
			t.Fatal("it takes no arguments for its own")
		}
		b.user.Fails(true, failure)
		_, err := b.key(t)
		if !errors.Is(err, failure) {
			t.Fatalf("got %v, want %v", err, failure)
		}
		_, named, _ := strings.Cut(err.Error(), `"`)
		named, _, _ = strings.Cut(named, `"`)
		words := strings.Fields(named)
		if len(words) < 3 || words[0] != filepath.Base(os.Args[0]) || words[1] != "secrets" {
			t.Fatalf("the error names the command %q", named)
		}
		b.run(t, goodKey, words[2:]...).want(t, 0, "api_key is set.\n", "")
		b.user.Answers(secrets.AllowOnce)
		b.wantKey(t, goodKey) // a value that is there ends the wait after a failure
	}
}

func TestCommandEndsTheGrantForTheValue(t *testing.T) {
	b := stored(t)
	b.user.Answers(secrets.AllowSession)
	b.wantKey(t, goodKey)
	b.run(t, otherKey, "set", "api_key").want(t, 0, "api_key is set.\n", "")
	if grants := b.Manager.Grants(); len(grants) != 0 {
		t.Error(grants)
	}
}

func TestCommandDoctorLooksAtNothingThatTheServerBrings(t *testing.T) {
	t.Setenv("MCP_BYPASS_SECRET_USE_CONFIRM", "TRUE")
	b := stored(t) // a dialog or a look at the store would fail the test
	b.store.Fail(errors.New("looked at"))
	b.run(t, "", "doctor").want(t, 0, "MCP_BYPASS_SECRET_USE_CONFIRM   warning   is set: the server uses secrets without asking\n", "")
	open(t, secrets.WithoutBypass()).run(t, "", "doctor").want(t, 0, "is set, which this server ignores\n", "")
}

// The doctor says where a person finds what is missing, and needs no store for that.
func TestCommandDoctorHasTheLinks(t *testing.T) {
	run(t, openEveryRule(t, runtimetest.NewStore()), "", "doctor").
		want(t, 0, "gh_token   is explained at   https://docs.example.com/en/authentication/managing-your-personal-access-tokens\n", "")
}

// ExampleRun is the one line that a server's main needs.
func ExampleRun() {
	vault, err := petstore.OpenSecrets(secrets.WithStore(runtimetest.NewStore()))
	if err != nil {
		panic(err)
	}
	defer vault.Manager.Close()
	if code, ok := usercmd.Run(vault.Manager, []string{"secrets", "status"}); ok { // os.Args[1:]
		_ = code // os.Exit(code)
	}
	// Output:
	// petstore keeps its secrets in memory
	// api_key    Petstore API key   not set, required
	// base_url   API endpoint       not set, the default serves
	// contact    Contact address    not set, optional
	// username   User name          not set, required
	// password   Password           not set, required
}
