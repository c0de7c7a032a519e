package secrets_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// A tenant is an account whose values, url and person's answers tell it from all others.
type tenant struct {
	name   string
	mark   string // in every key of it, and in no other's
	host   string
	answer secrets.Answer
}

var tenants = []tenant{
	{"", "none", "none.example", secrets.AllowOnce},
	{"eu", "east", "eu.example", secrets.Deny},
	{"work", "work", "work.example", secrets.AllowSession},
}

// A clerk is the person in front of the dialogs: they go by the account that a dialog names, and by nothing else.
type clerk struct {
	t     *testing.T
	typed atomic.Int64
	asked atomic.Int64
}

func (c *clerk) tenantOf(text string) tenant {
	for _, of := range tenants[1:] {
		if strings.Contains(text, "\nAccount: "+of.name+"\n") {
			return of
		}
	}
	if strings.Contains(text, "Account:") {
		c.t.Errorf("which account?\n%s", text)
	}
	return tenants[0]
}

func (c *clerk) key(of tenant) string { return fmt.Sprintf("pets-%s-%015d", of.mark, c.typed.Add(1)) }

func (c *clerk) Enter(_ context.Context, e secrets.Entry) (string, error) {
	return c.key(c.tenantOf(e.Title + "\n" + e.Text)), nil
}

func (c *clerk) Ask(_ context.Context, q secrets.Question) (secrets.Answer, error) {
	of := c.tenantOf(q.Text)
	c.asked.Add(1)
	if !strings.Contains(q.Text, of.host) {
		c.t.Errorf("a question of the account %q names another destination:\n%s", of.name, q.Text)
	}
	return of.answer, nil
}

func (c *clerk) Lock(context.Context) (func(), error) { return func() {}, nil }

// However values are set, typed, renamed, rejected, removed, allowed and denied in three accounts at a time, by calls that use several:
// no getter returns a value of another account than it was asked for, no answer counts for another, and no value is stored in another.
func TestNoValueOfOneAccountIsReleasedForAnother(t *testing.T) {
	for seed := range uint64(4) {
		c := &clerk{t: t}
		values := runtimetest.NewStore()
		vault, err := petstore.OpenSecrets(secrets.WithStore(values), secrets.WithPrompter(c), secrets.WithLogger(slog.New(slog.DiscardHandler)), secrets.WithFast(-1))
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range tenants {
			// The url keeps each account there, whatever becomes of its key.
			if err := values.Set(t.Context(), store.Scope{Server: "petstore", Account: of.name}, "base_url", "https://"+of.host); err != nil {
				t.Fatal(err)
			}
		}
		var group sync.WaitGroup
		for worker := range uint64(6) {
			random := rand.New(rand.NewPCG(seed, worker)) //nolint:gosec // a test
			group.Go(func() {
				for range 60 {
					ctx, turn := vault.Manager.Begin(t.Context(), secrets.Call{
						Kind: "tool", Name: "get_pet", Principal: secrets.Process(), Arguments: fmt.Appendf(nil, `{"n":%d}`, random.IntN(2)),
					}, "", nil)
					for range 3 {
						act(ctx, c, vault, values, tenants[random.IntN(len(tenants))], random.IntN(10))
					}
					turn.End()
				}
			})
		}
		group.Wait()
		for _, of := range tenants {
			for _, name := range []string{"api_key", "petstore_key"} {
				value, _ := values.Get(t.Context(), store.Scope{Server: "petstore", Account: of.name}, name)
				if value != "" && !strings.HasPrefix(value, "pets-"+of.mark) {
					t.Errorf("the account %q has %q", of.name, value)
				}
			}
		}
		for _, grant := range vault.Manager.Grants() {
			if grant.Account != "work" {
				t.Errorf("nobody allowed that for the session: %+v", grant)
			}
		}
		if c.asked.Load() == 0 {
			t.Error("nobody was asked anything")
		}
		if err := vault.Manager.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// act does one thing in an account.
func act(ctx context.Context, c *clerk, vault *petstore.Secrets, values *runtimetest.Store, of tenant, what int) {
	ctx, err := vault.Manager.Account(ctx, of.name)
	if err != nil {
		c.t.Error(err)
		return
	}
	switch what {
	case 0:
		err = vault.Manager.Set(ctx, petstore.KeyAPIKey(), c.key(of))
	case 1:
		err = vault.Manager.Forget(ctx, petstore.KeyAPIKey())
	case 2: // what an earlier version had stored
		err = values.Set(ctx, store.Scope{Server: "petstore", Account: of.name}, "petstore_key", c.key(of))
	case 3:
		if err = vault.Manager.Reject(ctx, petstore.KeyAPIKey(), "Wrong."); errors.Is(err, secrets.ErrRejected) {
			err = nil
		}
	case 4:
		_, err = vault.Manager.Stored(ctx, petstore.KeyAPIKey())
	default:
		use(ctx, c, vault, of)
	}
	if err != nil {
		c.t.Errorf("the account %q: %d: %v", of.name, what, err)
	}
}

// use gets the key of an account.
func use(ctx context.Context, c *clerk, vault *petstore.Secrets, of tenant) {
	key, err := vault.APIKey(ctx, "Read one pet")
	var failure *secrets.Error
	switch {
	case err == nil && !strings.HasPrefix(key.Reveal(), "pets-"+of.mark):
		c.t.Errorf("the account %q got %q", of.name, key.Reveal())
	case err == nil && of.answer == secrets.Deny:
		c.t.Errorf("the account %q got what its user denies", of.name)
	case err == nil:
	case !errors.As(err, &failure) || failure.Account != of.name:
		c.t.Errorf("the account %q: an error of another: %v", of.name, err)
	case errors.Is(err, secrets.ErrPending), errors.Is(err, secrets.ErrNotSet): // it changed, or went, again and again meanwhile
	case !errors.Is(err, secrets.ErrDenied) || of.answer != secrets.Deny:
		c.t.Errorf("the account %q: %v", of.name, err)
	}
}
