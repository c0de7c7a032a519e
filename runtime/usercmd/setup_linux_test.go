package usercmd_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// All that is required is asked for in one go, and nothing else; what is set is skipped.
func TestCommandSetsUp(t *testing.T) {
	b := open(t)
	sitDown(t, b.Manager, "setup").
		waits("Petstore API key\r\n").waits("api_key: ").types("hunter2\r").
		waits("the value must have at least 16 characters").waits("api_key: ").types(goodKey+"\r").
		waits("username: ").types("keeper\n").
		waits("password: ").types("hunter2\r").
		leaves(0, "api_key is set.\nusername is set.\npassword is set.\nOptional, and not set: base_url, contact\n"+
			"All that petstore requires is set. \"petstore secrets set NAME\" changes a value, and \"petstore secrets client NAME\"")
	b.run(t, "", "setup").want(t, 0, "All that petstore requires is set.\n", "") // needs no terminal
	sitDown(t, b.Manager, "setup").leaves(0, "Set before: api_key, username, password\n")
	sitDown(t, b.Manager, "setup", "--again").
		waits("api_key: ").types(otherKey+"\r").
		waits("username [keeper]: ").types("\n").
		waits("password: ").types("hunter3\r").leaves(0, "api_key is set.\n")
	if got, _ := b.store.Value("petstore", "api_key"); got != otherKey {
		t.Errorf("the key is %q", got)
	}
}

// Who stops keeps what came before; of a group, nothing is stored before all of it is typed.
func TestCommandSetupStopped(t *testing.T) {
	b := open(t)
	sitDown(t, b.Manager, "setup").waits("api_key: ").types("\x03").waits("interrupted, nothing was changed").leaves(1, "")
	sitDown(t, b.Manager, "setup").
		waits("api_key: ").types(goodKey+"\r").
		waits("username: ").types("keeper\n").
		waits("password: ").types("\x03").
		waits("interrupted; what is set stays so: api_key").leaves(1, "api_key is set.\n")
	if _, isStored := b.store.Value("petstore", "username"); isStored {
		t.Error("half of the group is stored")
	}
	if got, _ := b.store.Value("petstore", "api_key"); got != goodKey {
		t.Errorf("the key is %q", got)
	}
}

// What is chosen between alternatives is asked first, then what follows from that and from other settings.
func TestCommandSetsUpWhatFollows(t *testing.T) {
	m, store := openAlternatives(t)
	sitDown(t, m, "setup").
		waits("How do you sign in?").waits("auth: ").types("token\n").
		waits("service_account_token: ").types("token-0123456789\r").
		waits("auth_mode: ").types("cloud\n").
		waits("email: ").types("ann@example.com\n").
		leaves(0, "auth is set.\nservice_account_token is set.\nauth_mode is set.\nemail is set.\n")
	wantValues(t, store, map[string]string{"auth": "token", "service_account_token": "token-0123456789", "auth_mode": "cloud", "email": "ann@example.com"})
	// Half of an all_or_none that another program has stored makes the other half required.
	store.Put("alternatives", "client_key", "key-12345678")
	sitDown(t, m, "setup").waits("client_cert: ").types("hunter2\r").types("\x04").leaves(0, "client_cert is set.\n")
	store.Put("alternatives", "proxy_mode", "proxy")
	sitDown(t, m, "setup").waits("proxy_url [http://relay.example]: ").types("\n").leaves(0, "proxy_url is set.\n")
}

// Where a value can't be stored, a bundle is as it was.
func TestCommandStoresBundlesWhole(t *testing.T) {
	b := open(t)
	b.store.Put("petstore", "username", "before")
	broken := &brokenAt{Store: b.store, name: "username"}
	b = open(t, secrets.WithStore(broken))
	broken.Store.(interface {
		Put(server, name, value string)
	}).Put("petstore", "api_key", goodKey)
	sitDown(t, b.Manager, "setup", "--again").
		waits("api_key: ").types(goodKey+"\r").
		waits("username [before]: ").types("after\n").waits("password: ").types("hunter2\r").
		waits("username: ").leaves(1, "api_key is set.\n")
	in := store.Scope{Server: "petstore"}
	if got, err := broken.Get(t.Context(), in, "password"); !errors.Is(err, secrets.ErrNotSet) {
		t.Errorf("half of it is stored: %q, %v", got, err)
	}
}

// A value that the server's own check finds wrong is asked for again; one that could not be checked is kept if the person wants that.
func TestCommandChecksWhatIsTyped(t *testing.T) {
	b := open(t)
	says := map[string]error{
		otherKey: fmt.Errorf("%w: the store does not know it", secrets.ErrRejected), goodKey + "1": errors.New("no route to host"),
	}
	err := b.Manager.Verify(func(ctx context.Context) error {
		key, err := b.APIKey(ctx, "Read one pet")
		if err == nil {
			err = says[key.Reveal()]
		}
		return err
	}, petstore.KeyAPIKey())
	if err != nil {
		t.Fatal(err)
	}
	sitDown(t, b.Manager, "set", "api_key").
		waits("api_key: ").types(otherKey+"\r").
		waits("Please try again: the server has checked what was typed, and it is wrong: the store does not know it").
		waits("api_key: ").types(goodKey+"1\r").
		waits("warning: api_key could not be checked: no route to host").
		waits("Go on? [y/N] ").types("n\n").
		waits("api_key: ").types(goodKey+"\r").
		waits("api_key: checked by the server.").
		leaves(0, "api_key is set.\n")
	sitDown(t, b.Manager, "set", "api_key").
		waits("api_key: ").types(goodKey+"1\r").
		waits("Go on? [y/N] ").types("y\n").leaves(0, "api_key is set.\n")
	if got, _ := b.store.Value("petstore", "api_key"); got != goodKey+"1" {
		t.Errorf("the key is %q", got)
	}
	sitDown(t, b.Manager, "set", "api_key").
		waits("api_key: ").types(goodKey+"1\r").
		waits("Go on? [y/N] ").types("\x04").waits("interrupted, nothing was changed").leaves(1, "")
}

// Values that are checked together are typed, asked for again, and stored together, in setup.
func TestCommandSetupChecksAGroup(t *testing.T) {
	b := stored(t)
	err := b.Manager.Verify(func(ctx context.Context) error {
		login, err := b.Login(ctx, "Say who you are")
		if err == nil && login.Password.Reveal() != "hunter22hunter22" {
			err = secrets.ErrRejected
		}
		return err
	}, petstore.KeyUsername(), petstore.KeyPassword())
	if err != nil {
		t.Fatal(err)
	}
	y := sitDown(t, b.Manager, "setup").
		waits("username: ").types("keeper\n").waits("password: ").types("hunter33hunter33\r").
		waits("and it is wrong.")
	if _, isStored := b.store.Value("petstore", "username"); isStored {
		t.Error("what is wrong is stored")
	}
	y.waits("username [keeper]: ").types("\n").waits("password: ").types("hunter22hunter22\r").
		leaves(0, "username is set.\npassword is set.\n")
	if got, _ := b.store.Value("petstore", "password"); !strings.HasPrefix(got, "hunter22") {
		t.Errorf("the password is %q", got)
	}
}
