package chosen_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/chosen"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

var in = store.Scope{Server: "petstore"}

// A world has a store of each kind, and what was opened of them.
type world struct {
	chosen.Options
	keychain, age *runtimetest.Store
	opened        []string
	closed        bool
}

// named is a store in memory that bears another one's name.
type named struct {
	*runtimetest.Store
	place string
	world *world
}

func (n named) Place() string { return n.place }

func (n named) Close() error {
	n.world.closed = true
	n.Fail(store.ErrNoStore)
	return nil
}

func newWorld() *world {
	w := &world{keychain: runtimetest.NewStore(), age: runtimetest.NewStore()}
	w.Fields = []field.Field{
		{Name: "api_key", Env: []string{"MCPSECRETS_TEST_CHOSEN_KEY"}, RenamedFrom: []string{"old_key"}}, {Name: "base_url"},
		{Name: "a.name-with_all.2"}, {Name: "other"},
	}
	w.Log = slog.New(slog.DiscardHandler)
	w.Keychain = func() store.Store {
		w.opened = append(w.opened, "keychain")
		return named{w.keychain, "the keychain", w}
	}
	w.Age = func(file string) (store.Store, error) {
		w.opened = append(w.opened, "age:"+file)
		return named{w.age, "the file " + file, w}, nil
	}
	return w
}

func (w *world) open(t testing.TB, choice string) store.Store {
	t.Helper()
	t.Setenv(chosen.Variable, choice)
	s, err := chosen.Open(w.Options)
	if err != nil {
		t.Fatalf("%q: %v", choice, err)
	}
	if closer, ok := s.(store.Closer); ok {
		t.Cleanup(func() { closer.Close() })
	}
	return s
}

func put(t testing.TB, dir, name, value string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What is opened is what was named, and nothing else.
func TestChoices(t *testing.T) {
	dir := t.TempDir()
	for choice, want := range map[string]struct {
		place  string
		opened []string
	}{
		"":                                  {"the keychain", []string{"keychain"}},
		"  ":                                {"the keychain", []string{"keychain"}},
		"keychain":                          {"the keychain", []string{"keychain"}},
		"env":                               {"the environment", nil},
		"files:" + dir:                      {"the folder " + dir, nil},
		"age:/srv/petstore.age":             {"the file /srv/petstore.age", []string{"age:/srv/petstore.age"}},
		"age:/a:b":                          {"the file /a:b", []string{"age:/a:b"}},
		" files:" + dir + " , keychain ":    {"the folder " + dir + ", then the keychain", []string{"keychain"}},
		"env,files:" + dir + ",age:/x":      {"the environment, then the folder " + dir + ", then the file /x", []string{"age:/x"}},
		"files:" + dir + ",files:/run/more": {"the folder " + dir + ", then the folder /run/more", nil},
	} {
		t.Run(choice, func(t *testing.T) {
			w := newWorld()
			if s := w.open(t, choice); s.Place() != want.place || !slices.Equal(w.opened, want.opened) {
				t.Errorf("%s, opened are %q; want %s and %q", s.Place(), w.opened, want.place, want.opened)
			}
		})
	}
}

// What is no choice is an error that says what there is. Nothing is opened then, and nothing taken from the environment.
func TestWhatIsNoChoice(t *testing.T) {
	const all = "keychain, files:DIR, env or age:FILE"
	for choice, want := range map[string]string{
		"vault":              `there is no store "vault", but ` + all,
		"Keychain":           all,
		"/run/secrets":       all,
		"env,":               `there is no store ""`,
		",":                  `there is no store ""`,
		"files":              `the store "files" is written as files:DIR`,
		"files:":             "files:DIR",
		"age":                "age:FILE",
		"env:API_KEY":        `the store "env" is written as env`,
		"keychain:":          "keychain",
		"files:run/secrets":  "absolute",
		"files:~/x":          "absolute",
		"files:/a,b":         "a path has no comma",
		"env,env":            "env is there twice",
		"files:/a, files:/a": "files:/a is there twice",
		"env,keychain,vault": "vault",
		"env,files:x":        "absolute",
	} {
		w := newWorld()
		t.Setenv("MCPSECRETS_TEST_CHOSEN_KEY", "value")
		t.Setenv(chosen.Variable, choice)
		_, err := chosen.Open(w.Options)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "MCP_SECRETS_STORE: ") {
			t.Errorf("%q: %v, want %q in it", choice, err, want)
		}
		if choice != "env,files:x" && os.Getenv("MCPSECRETS_TEST_CHOSEN_KEY") == "" || len(w.opened) > 0 {
			t.Errorf("%q: something was opened: %q", choice, w.opened)
		}
	}
}

// An author may leave kinds out.
func TestWhatTheAuthorAllows(t *testing.T) {
	for _, row := range []struct {
		allowed      []chosen.Kind
		choice, want string // the place, or the error
	}{
		{[]chosen.Kind{chosen.Keychain, chosen.Env}, "", "the keychain"},
		{[]chosen.Kind{chosen.Keychain, chosen.Env}, "env,keychain", "the environment, then the keychain"},
		{[]chosen.Kind{chosen.Keychain, chosen.Env}, "files:/x", `MCP_SECRETS_STORE: this server does not use the store "files", but keychain or env`},
		{[]chosen.Kind{chosen.Env}, "", "the environment"},
		{[]chosen.Kind{chosen.Env}, "keychain", `MCP_SECRETS_STORE: this server does not use the store "keychain", but env`},
		{[]chosen.Kind{chosen.Files}, "", "MCP_SECRETS_STORE has to say where this server's secrets are: in files:DIR"},
		{[]chosen.Kind{chosen.Files, chosen.Env}, "", "MCP_SECRETS_STORE has to say where this server's secrets are: in files:DIR or env"},
		{[]chosen.Kind{}, "", "no kind of store is allowed"},
		{[]chosen.Kind{"vault"}, "", `there is no kind of store "vault" to allow`},
	} {
		w := newWorld()
		w.Allowed = row.allowed
		t.Setenv(chosen.Variable, row.choice)
		s, err := chosen.Open(w.Options)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = s.Place()
			s.(store.Closer).Close()
		}
		if got != row.want {
			t.Errorf("%v, %q: %s, want %s", row.allowed, row.choice, got, row.want)
		}
	}
}

// A value is that of the first store that has one, and a store that fails is not passed over.
func TestOrderOfReading(t *testing.T) {
	dir := t.TempDir()
	w := newWorld()
	s := w.open(t, "files:"+dir+",keychain")
	want := func(name, value string, want error) {
		t.Helper()
		got, err := s.Get(t.Context(), in, name)
		if got != value || !errors.Is(err, want) {
			t.Errorf("%s is %q, %v, want %q, %v", name, got, err, value, want)
		}
		var at *chosen.Error
		if errors.As(err, &at) == (err == nil || errors.Is(err, store.ErrNotSet)) {
			t.Errorf("%s: %v says not which store failed", name, err)
		}
	}
	want("api_key", "", store.ErrNotSet)
	w.keychain.Put("petstore", "api_key", "of the keychain")
	want("api_key", "of the keychain", nil)
	put(t, dir, "api_key", "of the folder")
	want("api_key", "of the folder", nil)
	w.keychain.Fail(store.ErrLocked)
	want("api_key", "of the folder", nil)
	want("base_url", "", store.ErrLocked)
	w.keychain.Fail(nil)
	if err := os.Chmod(filepath.Join(dir, "api_key"), 0o666); err != nil {
		t.Fatal(err)
	}
	want("api_key", "", store.ErrUnsafe)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	want("api_key", "", store.ErrNoStore)
	if _, err := s.List(t.Context(), in); !errors.Is(err, store.ErrNoStore) {
		t.Errorf("list: %v", err)
	}
}

// What is written goes to the first store that can be, but not where another value hides it.
func TestOrderOfWriting(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "base_url", "https://folder.example")
	w := newWorld()
	s := w.open(t, "files:"+dir+",age:/x,keychain")
	if err := s.Set(t.Context(), in, "api_key", "new"); err != nil {
		t.Error(err)
	}
	if value, ok := w.age.Value("petstore", "api_key"); value != "new" {
		t.Errorf("the second store has %q, %t", value, ok)
	}
	if _, ok := w.keychain.Value("petstore", "api_key"); ok {
		t.Error("the third store was written")
	}
	wantReadOnly := func(what string, err error) {
		t.Helper()
		var hidden *chosen.Error
		if !errors.As(err, &hidden) || !errors.Is(err, store.ErrReadOnly) || !hidden.IsSet || hidden.At.Place() != "the folder "+dir {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantReadOnly("set", s.Set(t.Context(), in, "base_url", "new"))
	wantReadOnly("delete", s.Delete(t.Context(), in, "base_url"))
	wantReadOnly("check", chosen.CheckWritable(t.Context(), s, in, "base_url"))
	wantReadOnly("check whether it goes", chosen.CheckRemovable(t.Context(), s, in, "base_url"))
	if err := chosen.CheckRemovable(t.Context(), s, in, "api_key"); err != nil {
		t.Errorf("check whether it goes: %v", err)
	}
	if err := chosen.CheckWritable(t.Context(), s, in, "api_key"); err != nil {
		t.Errorf("check: %v", err)
	}
	if _, ok := w.age.Value("petstore", "base_url"); ok {
		t.Error("a value was written that the folder's hides")
	}

	w.keychain.Put("petstore", "api_key", "hidden")
	if err := s.Delete(t.Context(), in, "api_key"); err != nil {
		t.Error(err)
	}
	if value, err := s.Get(t.Context(), in, "api_key"); !errors.Is(err, store.ErrNotSet) {
		t.Errorf("what was deleted is %q, %v", value, err)
	}
	if err := s.Delete(t.Context(), in, "api_key"); !errors.Is(err, store.ErrNotSet) {
		t.Errorf("nothing to delete: %v", err)
	}
	w.age.Fail(store.ErrTimeout)
	if err := s.Set(t.Context(), in, "api_key", "x"); !errors.Is(err, store.ErrTimeout) {
		t.Errorf("a store that fails: %v", err)
	}
	if _, ok := w.keychain.Value("petstore", "api_key"); ok {
		t.Error("a store that fails was passed over")
	}
}

// Where nothing can be written, that is said before anybody is asked.
func TestNothingCanBeWritten(t *testing.T) {
	dir := t.TempDir()
	s := newWorld().open(t, "files:"+dir+",env")
	for what, err := range map[string]error{
		"prepare": s.(store.Preparer).Prepare(t.Context(), in),
		"set":     s.Set(t.Context(), in, "api_key", "x"),
		"check":   chosen.CheckWritable(t.Context(), s, in, "api_key"),
	} {
		var readOnly *chosen.Error
		if !errors.As(err, &readOnly) || readOnly.IsSet || readOnly.At.Place() != s.Place() {
			t.Errorf("%s: %v", what, err)
		}
	}
	const want = "write it to %s, or set the environment variable MCPSECRETS_TEST_CHOSEN_KEY where the server is started"
	if got := s.(store.Guide).Guide(in, "api_key"); got != strings.Replace(want, "%s", filepath.Join(dir, "api_key"), 1) {
		t.Errorf("the guide is %s", got)
	}
}

// All that is listed can be cleared, but for what is only read.
func TestListAndClear(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "api_key", "of the folder")
	put(t, dir, "old_key", "of a former name")
	w := newWorld()
	w.keychain.Put("petstore", "api_key", "of the keychain")
	w.keychain.Put("petstore", "base_url", "https://keychain.example")
	s := w.open(t, "keychain,files:"+dir)
	entries, err := s.List(t.Context(), in)
	if want := []store.Entry{{Name: "api_key"}, {Name: "base_url"}, {Name: "old_key"}}; err != nil || !slices.Equal(entries, want) {
		t.Errorf("listed are %v, %v, want %v", entries, err, want)
	}
	if err := s.(store.Clearer).Clear(t.Context(), in); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("clear: %v", err)
	}
	entries, err = s.List(t.Context(), in)
	if want := []store.Entry{{Name: "api_key"}, {Name: "old_key"}}; err != nil || !slices.Equal(entries, want) {
		t.Errorf("left are %v, %v, want %v", entries, err, want)
	}
	for _, name := range []string{"api_key", "old_key"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.(store.Clearer).Clear(t.Context(), in); err != nil {
		t.Errorf("clear of nothing: %v", err)
	}
	if err := s.(store.Closer).Close(); err != nil || !w.closed {
		t.Errorf("close: %v, %t", err, w.closed)
	}
}

// Our own stores, and an order of them, keep the contract.
func TestOrderIsAStore(t *testing.T) {
	runtimetest.TestStore(t, func(t testing.TB) store.Store { return newWorld().open(t, "age:/x,files:"+t.TempDir()) })
	t.Run("only read", func(t *testing.T) {
		runtimetest.TestReadOnlyStore(t, func(t testing.TB, values map[store.Entry]string) store.Store {
			first, second := t.TempDir(), t.TempDir()
			for e, value := range values {
				dir := map[bool]string{true: first, false: second}[e.Name == "api_key"]
				put(t, dir, e.Name, value)
			}
			return newWorld().open(t, "files:"+first+",env,files:"+second)
		})
	})
}
