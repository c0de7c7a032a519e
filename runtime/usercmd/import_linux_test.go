package usercmd_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/desktop"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Two servers share no entry, whatever is in their names, and what a profile stored is read by hand alone.
func TestRealImportFromProfile(t *testing.T) {
	r := openReal(t, desktop.Options{NoDisplay: true})
	store := func(service, name, value string) {
		cmd := exec.Command("secret-tool", "store", "--label=x", "service", service, "username", name)
		cmd.Stdin = strings.NewReader(value)
		r.must(cmd.Run())
	}
	const old = "com.mcp.petstore.eu"
	store(old, "api_key", goodKey)
	store(old, "password", "hunter2")
	store(old, "left_over", "x")
	if _, err := r.APIKey(r.Manager.Background(t.Context()), "Read one pet"); err == nil {
		t.Error("a getter reads the profile's value")
	}
	run(t, r.Manager, "", "import", "--from-profile", "eu").want(t, 2, "", "no terminal to answer on")
	sitDown(t, r.Manager, "import", "--from-profile", "eu").
		waits(`Under com.mcp.petstore.eu, an earlier version of "petstore" kept its profile "eu". What is there may also belong to a server named "petstore.eu".`).
		waits("This takes over into the account eu: api_key, password\r\nGo on? [y/N] ").types("\n").leaves(1, "")
	if _, err := exec.Command("secret-tool", "lookup", "service", "com.mcp.petstore", "username", "api_key@eu").Output(); err == nil {
		t.Error("it was taken over without a yes")
	}
	sitDown(t, r.Manager, "import", "--from-profile", "eu").waits("Go on? [y/N] ").types("y\n").
		leaves(0, "Imported: api_key, password in the account eu\nThe old values are still there: \"petstore secrets import --from-profile eu --remove\" removes them.\n")
	for service, entry := range map[string]string{"com.mcp.petstore": "password@eu", old: "password"} {
		if got := r.output("secret-tool", "lookup", "service", service, "username", entry); got != "hunter2" {
			t.Errorf("%s has %q", service, got)
		}
	}
	if names, err := r.Manager.List(t.Context()); err != nil || len(names) > 0 {
		t.Errorf("the account without a name has %q, %v", names, err)
	}
	sitDown(t, r.Manager, "import", "--from-profile", "eu").leaves(0, "All of it is here already. The old values are still there")
	sitDown(t, r.Manager, "import", "--remove", "--from-profile=eu").waits("This removes there: api_key, password\r\n").types("yes\n").
		leaves(0, "Removed from com.mcp.petstore.eu: api_key, password\n")
	if got := r.output("secret-tool", "search", "--all", "service", old); !strings.Contains(got, "left_over") || strings.Contains(got, "api_key") {
		t.Errorf("what is left is %s", got)
	}
	sitDown(t, r.Manager, "import", "--from-profile", "eu").leaves(0, "Nothing of this server's is stored under com.mcp.petstore.eu.\n")
}

func TestImportLosesNothing(t *testing.T) {
	const profile = "petstore.eu"
	b := open(t)
	b.store.Put(profile, "api_key", goodKey)
	b.store.Put(profile, "base_url", "ftp://pets.example")
	sitDown(t, b.Manager, "import", "--account=", "--from-profile", "eu.asia").leaves(0, "Nothing of this server's is stored under com.mcp.petstore.eu.asia.\n")
	b.store.Put(profile+".asia", "api_key", goodKey)
	sitDown(t, b.Manager, "import", "--account=", "--from-profile", "eu.asia").
		waits(`may also belong to a server named "petstore.eu" or "petstore.eu.asia".`).waits("[y/N]").types("n\n").leaves(1, "")
	sitDown(t, b.Manager, "import", "--account=", "--from-profile", "eu").
		waits("nothing was imported: the value of base_url must be a URL that begins with https:// or http://").leaves(1, "")

	b.store.Put(profile, "base_url", " https://pets.example\n") // as another program may have stored it
	b.store.Put("petstore", "api_key", otherKey)
	sitDown(t, b.Manager, "import", "--account=", "--from-profile", "eu").
		waits("nothing was imported: api_key has another value here already").waits(" secrets forget api_key\" makes room)").leaves(1, "")
	if got, _ := b.store.Value("petstore", "api_key"); got != otherKey {
		t.Errorf("the value is now %q", got)
	}
	if _, ok := b.store.Value("petstore", "base_url"); ok {
		t.Error("half of it was imported")
	}

	run(t, b.Manager, "", "forget", "api_key").want(t, 0, "api_key is forgotten.\n", "")
	broken := &brokenAt{Store: b.store, name: "base_url"}
	b = open(t, secrets.WithStore(broken))
	sitDown(t, b.Manager, "import", "--account=", "--from-profile", "eu").waits("Go on?").types("y\n").waits("; nothing was imported").leaves(1, "")
	if got, err := broken.Get(t.Context(), store.Scope{Server: "petstore"}, "api_key"); err == nil {
		t.Errorf("half of it was imported: %q", got)
	}
	broken.name = ""
	sitDown(t, b.Manager, "import", "--account=", "--from-profile", "eu").waits("Go on?").types("y\n").leaves(0, "Imported: api_key, base_url\n")
	b.wantSettings(t, "https://pets.example")
}

// A person takes a while to say yes, and a server may store a value meanwhile.
func TestImportReplacesNothingThatCameMeanwhile(t *testing.T) {
	const profile = "petstore.eu"
	for name, value := range map[string]string{"another": "https://other.example", "the same": "https://pets.example"} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			b.store.Put(profile, "api_key", goodKey)
			b.store.Put(profile, "base_url", "https://pets.example")
			asked := sitDown(t, b.Manager, "import", "--account=", "--from-profile", "eu", "--remove").waits("Go on?")
			b.store.Put("petstore", "base_url", value)
			asked.types("y\n").waits("base_url has got a value here meanwhile: run the command again; nothing was imported").leaves(1, "")
			if got, _ := b.store.Value("petstore", "base_url"); got != value {
				t.Errorf("base_url is %q", got)
			}
			if got, ok := b.store.Value("petstore", "api_key"); ok {
				t.Errorf("half of it was imported: %q", got)
			}
			if got, _ := b.store.Value(profile, "api_key"); got != goodKey {
				t.Errorf("the profile's value is %q", got)
			}
		})
	}
}

// The old value is removed only while the server has it.
func TestImportRemovesNoLastCopy(t *testing.T) {
	b := open(t)
	for _, service := range []string{"petstore", "petstore.eu"} {
		b.store.Put(service, "api_key", goodKey)
		b.store.Put(service, "username", "ann")
	}
	asked := sitDown(t, b.Manager, "import", "--account=", "--from-profile", "eu", "--remove").waits("This removes there: api_key, username")
	b.store.Put("petstore", "api_key", otherKey)
	asked.types("y\n").leaves(0, "Removed from com.mcp.petstore.eu: username\n")
	if got, _ := b.store.Value("petstore.eu", "api_key"); got != goodKey {
		t.Errorf("the old value is %q", got)
	}
}

// What is taken back where a value can't be stored is what was imported, and not what a server has stored since.
func TestImportTakesBackItsOwnOnly(t *testing.T) {
	b := open(t)
	b.store.Put("petstore.eu", "api_key", goodKey)
	b.store.Put("petstore.eu", "base_url", "https://pets.example")
	store := b.store
	broken := &brokenAt{Store: store, name: "base_url", meanwhile: func() {
		store.Put("petstore", "api_key", otherKey)
		store.Put("petstore", "base_url", "https://other.example")
	}}
	b = open(t, secrets.WithStore(broken))
	sitDown(t, b.Manager, "import", "--account=", "--from-profile", "eu").waits("Go on?").types("y\n").waits("; nothing was imported").leaves(1, "")
	for name, want := range map[string]string{"api_key": otherKey, "base_url": "https://other.example"} {
		if got, _ := store.Value("petstore", name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func (b bench) wantSettings(t *testing.T, want string) {
	t.Helper()
	if got, err := b.BaseURL(b.Manager.Background(t.Context())); err != nil || got.String() != want {
		t.Errorf("base_url is %v, %v", got, err)
	}
}

func TestImportIsUsedAsItShouldBe(t *testing.T) {
	b := open(t)
	for _, args := range []string{"", "--remove", "--from-profile", "--from-profile=", "eu", "--from-profile eu asia", "--from-profile E-U", "--yes --from-profile eu"} {
		sitDown(t, b.Manager, append([]string{"import"}, strings.Fields(args)...)...).leaves(2, "")
	}
}

// brokenAt is a store that takes no value of one name.
type brokenAt struct {
	store.Store
	name      string
	meanwhile func() // what happens before it fails, if anything
}

// Set implements [store.Store].
func (s *brokenAt) Set(ctx context.Context, in store.Scope, name, value string) error {
	if name == s.name {
		if s.meanwhile != nil {
			s.meanwhile()
		}
		return secrets.ErrStore
	}
	return s.Store.Set(ctx, in, name, value)
}
