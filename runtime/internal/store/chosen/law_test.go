package chosen_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/chosen"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Over all orders of stores, and whatever each has or fails by: no value is read from, or written to, a store that was not
// chosen, and none comes from behind a store that fails or has one.
func TestNothingIsUsedThatWasNotChosen(t *testing.T) {
	const variable = "MCPSECRETS_TEST_CHOSEN_KEY"
	kinds := []string{"keychain", "files", "env", "age"}
	states := []string{"value", "nothing", "failing"}
	tried := 0
	for _, choice := range append(orders(kinds), nil) {
		order := choice
		if choice == nil {
			order = []string{"keychain"} // what counts where nothing is chosen
		}
		for at := range power(len(states), len(kinds)) {
			state := map[string]string{}
			for _, kind := range kinds {
				state[kind] = states[at%len(states)]
				at /= len(states)
			}
			if state["env"] == "failing" {
				continue // it can't
			}
			tried++
			w := newWorld()
			dir := filepath.Join(t.TempDir(), "secrets")
			os.Unsetenv(variable)
			must(t, os.Mkdir(dir, 0o700))
			arrange(t, w, dir, variable, state)
			names := slices.Clone(choice)
			for i, kind := range names {
				names[i] = strings.NewReplacer("files", "files:"+dir, "age", "age:/x").Replace(kind)
			}
			os.Setenv(chosen.Variable, strings.Join(names, ","))
			s, err := chosen.Open(w.Options)
			if err != nil {
				t.Fatal(err)
			}
			value, err := s.Get(t.Context(), in, "api_key")
			want := expected(order, state)
			if value != want || (want == "") != (err != nil) {
				t.Fatalf("%v in %v: %q, %v, want %q", choice, state, value, err, want)
			}
			writes(t, w, s, order, state)
			if _, isSet := os.LookupEnv(variable); isSet != (state["env"] == "value" && !slices.Contains(order, "env")) {
				t.Fatalf("%v in %v: the variable is in the environment: %t", choice, state, isSet)
			}
			must(t, s.(store.Closer).Close())
		}
	}
	os.Unsetenv(chosen.Variable)
	os.Unsetenv(variable)
	t.Logf("%d worlds", tried)
}

// arrange has each store be in its state. Its value is a canary that names it.
func arrange(t *testing.T, w *world, dir, variable string, state map[string]string) {
	t.Helper()
	for kind, s := range map[string]interface {
		Put(server, name, value string)
		Fail(error)
	}{"keychain": w.keychain, "age": w.age} {
		switch state[kind] {
		case "value":
			s.Put("petstore", "api_key", kind)
		case "failing":
			s.Fail(store.ErrTimeout)
		}
	}
	switch state["files"] {
	case "value":
		put(t, dir, "api_key", "files")
	case "failing":
		must(t, os.RemoveAll(dir))
	}
	if state["env"] == "value" {
		must(t, os.Setenv(variable, "env"))
	}
}

// expected is the value of the first store that has one, before one that fails.
func expected(order []string, state map[string]string) string {
	for _, kind := range order {
		switch state[kind] {
		case "value":
			return kind
		case "failing":
			return ""
		}
	}
	return ""
}

// writes stores a value, which then is in the first store that can be written, if no other one is before it, and nowhere else.
func writes(t *testing.T, w *world, s store.Store, order []string, state map[string]string) {
	t.Helper()
	target := ""
	for _, kind := range order {
		if kind == "keychain" || kind == "age" {
			target = kind
			break
		}
		if state[kind] != "nothing" {
			break
		}
	}
	if target != "" && state[target] == "failing" {
		target = ""
	}
	err := s.Set(t.Context(), in, "api_key", "written")
	if (err == nil) != (target != "") {
		t.Fatalf("%v in %v: set: %v, want it in %q", order, state, err, target)
	}
	w.keychain.Fail(nil)
	w.age.Fail(nil)
	for kind, value := range map[string]func(string, string) (string, bool){"keychain": w.keychain.Value, "age": w.age.Value} {
		got, _ := value("petstore", "api_key")
		want := map[bool]string{true: kind}[state[kind] == "value"]
		if kind == target {
			want = "written"
		}
		if got != want {
			t.Fatalf("%v in %v: %s has %q, want %q", order, state, kind, got, want)
		}
	}
	if err != nil && !slices.ContainsFunc([]error{store.ErrReadOnly, store.ErrTimeout, store.ErrNoStore}, func(e error) bool { return errors.Is(err, e) }) {
		t.Fatalf("%v in %v: set: %v", order, state, err)
	}
}

// orders returns every order of one or more of names.
func orders(names []string) (all [][]string) {
	for i, name := range names {
		all = append(all, []string{name})
		for _, rest := range orders(slices.Delete(slices.Clone(names), i, i+1)) {
			all = append(all, append([]string{name}, rest...))
		}
	}
	return all
}

func power(base, exponent int) int {
	n := 1
	for range exponent {
		n *= base
	}
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
