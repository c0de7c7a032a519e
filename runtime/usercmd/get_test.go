package usercmd_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// What is printed is what a program takes. A default is said to be one, apart from it.
func TestCommandGet(t *testing.T) {
	store := runtimetest.NewStore()
	for name, value := range map[string]string{"endpoint": "https://api.example.com/v2", "verbose": "no", "model": "small-2", "port": "80x"} {
		store.Put("every-rule", name, value)
	}
	m := openEveryRule(t, store)
	for _, row := range []struct {
		name          string
		code          int
		out, errorsOf string
	}{
		{"endpoint", 0, "https://api.example.com/v2\n", ""},
		{"verbose", 0, "false\n", ""},
		{"model", 0, "small-2\n", ""}, // its label is for people
		{"sort", 0, "name\n", "sort is not set: this is its default.\n"},
		{"port", 1, "", "petstore: port: the value that is stored can't be used: it must be a whole number"},
		{"proxy", 2, "", "petstore: proxy may have a password in it: no command shows it"},
		{"live_key", 2, "", "petstore: live_key is confidential: no command shows it"},
	} {
		r := run(t, m, "", "get", row.name)
		r.want(t, row.code, row.out, row.errorsOf)
		if r.out != row.out {
			t.Errorf("%s: prints %q", row.name, r.out)
		}
	}
	open(t).run(t, "", "get", "contact").want(t, 1, "", "petstore: contact is not set\n")
	store.Fail(secrets.ErrStoreLocked)
	run(t, m, "", "get", "endpoint").want(t, 1, "", "petstore: endpoint: memory is locked")
}

// Of nothing that is confidential, whatever its type, anything is printed: set or not, and whatever it is.
func TestCommandGetShowsNothingConfidential(t *testing.T) {
	store := runtimetest.NewStore()
	for name, m := range map[string]*secrets.Manager{"every-rule": openEveryRule(t, store), "every-type": openEveryType(t, store)} {
		for _, f := range m.Inside().Fields() {
			store.Put(name, f.Name, "hunter2-hunter2")
			r := run(t, m, "", "get", f.Name)
			if f.Confidential() && (r.code != 2 || r.out != "" || strings.Contains(r.errors, "hunter2")) {
				t.Errorf("%s: %+v", f.Name, r)
			}
		}
	}
}

func TestCommandVerify(t *testing.T) {
	b := open(t)
	b.run(t, "", "verify").want(t, 1, "", "petstore has no check of its own, or nothing is set that it could look at")
	b.run(t, "", "verify", "api_key").want(t, 1, "", "petstore has no check of its own for api_key")
	var said error
	err := b.Manager.Verify(func(ctx context.Context) error {
		key, err := b.APIKey(ctx, "Read one pet")
		if err != nil || said == nil {
			return err
		}
		return fmt.Errorf("%w: %s", said, key.Reveal())
	}, petstore.KeyAPIKey())
	if err != nil {
		t.Fatal(err)
	}
	b.run(t, "", "verify").want(t, 1, "api_key   not checked: api_key is not set\n", "not all of it is known to be right")
	b.store.Put("petstore", "api_key", goodKey)
	for _, args := range [][]string{{"verify"}, {"verify", "api_key"}, {"verify", "base_url"}} { // where the key goes
		b.run(t, "", args...).want(t, 0, "api_key   right\n", "")
	}
	b.run(t, "", "verify", "contact").want(t, 1, "", "petstore has no check of its own for contact")
	said = errors.New("no route to host")
	b.run(t, "", "verify").want(t, 1, "api_key   not checked: no route to host: [", "not all of it is known to be right")
	said = secrets.ErrRejected
	b.run(t, "", "verify").want(t, 1, "api_key   wrong: [", "not all of it is known to be right")
	b.store.Fail(secrets.ErrStoreLocked)
	b.run(t, "", "verify").want(t, 1, "", "memory is locked")
}

// A value from a file is checked before it is stored: nobody can be asked for another one.
func TestCommandSetChecksAFile(t *testing.T) {
	b := open(t)
	var said error
	err := b.Manager.Verify(func(context.Context) error { return said }, petstore.KeyAPIKey())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		says        error
		code        int
		out, errors string
	}{
		{nil, 0, "api_key is set.\n", "api_key: checked by the server.\n"},
		{errors.New("no route to host"), 0, "api_key is set.\n", "petstore: warning: api_key could not be checked: no route to host\n"},
		{fmt.Errorf("%w: it has expired", secrets.ErrRejected), 1, "", "api_key: the server has checked it, and it is wrong: it has expired; nothing was stored"},
	} {
		said = row.says
		_ = b.Manager.Forget(t.Context(), petstore.KeyAPIKey())
		b.run(t, goodKey, "set", "api_key").want(t, row.code, row.out, row.errors)
		if _, isStored := b.store.Value("petstore", "api_key"); isStored != (row.code == 0) {
			t.Errorf("%v: stored: %t", row.says, isStored)
		}
	}
}
