package storetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/api"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/store"
	"github.com/mcpsecrets/mcpsecrets/examples/petstore/internal/vault"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
)

func journey(t *testing.T, b *bench) {
	b.user.Types(askKey, "pets-short").Types("at least 16 characters", goodKey).Answers(secrets.AllowOnce)
	b.says(`"Rex"`, "list_pets", nil)
	if stored, _ := b.store.Value("petstore", "api_key"); stored != goodKey {
		t.Errorf("stored %q", stored)
	}

	b.user.Answers(secrets.AllowSession) // "Allow" was for one call
	b.says(`"Momo"`, "get_pet", map[string]any{"id": 2})
	b.says(`"Axel"`, "get_pet", map[string]any{"id": 3}) // nobody is asked
	b.refuses("no such pet", "get_pet", map[string]any{"id": 4})
	b.refuses("id", "get_pet", nil)

	b.must(b.vault.Manager.Revoke(vault.KeyAPIKey()))
	b.user.Answers(secrets.Deny)
	b.refuses("did not allow", "list_pets", nil)
	b.refuses("did not allow", "get_pet", map[string]any{"id": 1}) // a model can't nag
}

// wrongKeyIsFoundWhenItIsTyped is with the check that main registers.
func wrongKeyIsFoundWhenItIsTyped(t *testing.T, b *bench) {
	b.must(b.vault.Manager.Verify(b.pets.CheckKey, vault.KeyAPIKey()))
	b.user.Types(askKey, wrongKey).Types("it is wrong: it was answered with 401 Unauthorized.", goodKey).Answers(secrets.AllowSession)
	b.says("Rex", "get_pet", map[string]any{"id": 1})
	if stored, _ := b.store.Value("petstore", "api_key"); stored != goodKey {
		t.Errorf("%q is stored", stored)
	}
}

func wrongKeyIsReplaced(t *testing.T, b *bench) {
	b.user.Types(askKey, wrongKey).Answers(secrets.AllowSession)
	b.refuses("does not know this key", "list_pets", nil)
	b.user.Types("it was answered with 401 Unauthorized.", goodKey).Answers(secrets.AllowOnce) // the grant was for the other
	b.says(`"Rex"`, "list_pets", nil)
}

// A key that may not do this one thing, or that was used too often, is the right key: nobody is asked for another one.
func onlyUnauthorizedIsARejection(t *testing.T, b *bench) {
	status := 0
	other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status != 0 {
			http.Error(w, "no", status)
			return
		}
		api.New(goodKey).ServeHTTP(w, r)
	}))
	defer other.Close()
	b.must(b.vault.Manager.Set(t.Context(), vault.KeyBaseURL(), other.URL))
	b.store.Put("petstore", "api_key", goodKey)
	b.user.Answers(secrets.AllowSession)
	b.says(`"Rex"`, "list_pets", nil)
	for _, row := range []struct {
		status int
		says   string
	}{{http.StatusForbidden, "petstore secrets set"}, {http.StatusTooManyRequests, "wait before"}, {http.StatusInternalServerError, "500"}} {
		status = row.status
		b.refuses(row.says, "list_pets", nil)
		status = 0
		b.says(`"Rex"`, "list_pets", nil) // with the same key, and nobody is asked
	}
	status = http.StatusUnauthorized
	b.refuses("does not know this key", "list_pets", nil)
	status = 0
	b.user.Types("it was answered with 401 Unauthorized.", goodKey).Answers(secrets.AllowOnce)
	b.says(`"Rex"`, "list_pets", nil)
}

func keyUnderItsFormerName(t *testing.T, b *bench) {
	b.store.Put("petstore", "petstore_key", goodKey)
	b.user.Answers(secrets.AllowOnce)
	b.says(`"Rex"`, "list_pets", nil)
}

func leaksAreMasked(t *testing.T, b *bench) {
	b.store.Put("petstore", "api_key", goodKey)
	b.user.Answers(secrets.AllowOnce)
	text, isError := b.call("leak_check", nil)
	if isError {
		t.Fatal(text)
	}
	for name, leak := range store.Written(secrets.NewSecret(goodKey)) {
		secret := leak[strings.LastIndexAny(strings.TrimRight(leak, `"}.`), ` "=`)+1:]
		if strings.Contains(text, secret) {
			t.Errorf("%s: %q is in the result", name, secret)
		}
	}
	if got, want := strings.Count(text, "[redacted]"), len(store.Written(secrets.NewSecret(goodKey))); got != want {
		t.Errorf("%d of %d leaks are masked: %s", got, want, text)
	}
	noLeaksOfTheClient(t, text)
}

// noLeaksOfTheClient checks that a request that carried the key leads to nothing that had to be masked.
func noLeaksOfTheClient(t *testing.T, text string) {
	var leaks struct{ Client map[string]string }
	if err := json.Unmarshal([]byte(text), &leaks); err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]string{
		"status": "200 OK", "headers, before": "map[]", "headers, after": "map[]", "headers, traced": "0", "to somebody else": "was not sent",
	} {
		if !strings.Contains(leaks.Client[place], want) {
			t.Errorf("%s: %q, want %q", place, leaks.Client[place], want)
		}
	}
	if all := fmt.Sprint(leaks.Client); strings.Contains(all, "[redacted]") || strings.Contains(all, "Bearer") || len(leaks.Client) != 6 {
		t.Error(all)
	}
}

func createPetUsesTheContactIfThereIsOne(t *testing.T, b *bench) {
	b.store.Put("petstore", "api_key", goodKey)
	hamster := map[string]any{"name": "Pip", "species": "hamster", "age": 1}
	b.user.Answers(secrets.AllowSession)
	if text, _ := b.call("create_pet", hamster); strings.Contains(text, "contact") || !strings.Contains(text, `"Pip"`) {
		t.Error(text)
	}
	b.must(b.vault.Manager.Set(t.Context(), vault.KeyContact(), "ann@example.com"))
	b.user.Answers(secrets.AllowOnce) // for the contact
	b.says("ann@example.com", "create_pet", hamster)
}

func whoAmI(t *testing.T, b *bench) {
	b.user.Types("Value 1 of 2", "somebody").Types("Value 2 of 2", "wrong password").Answers(secrets.AllowSession)
	b.refuses("does not know this key, or this name and password", "whoami", nil)
	b.user.Types("401 Unauthorized", api.AccountName).Types("401 Unauthorized", api.AccountPassword).Answers(secrets.AllowOnce)
	b.says(`"role":"owner"`, "whoami", nil)
}

func theQuestionShowsWhereTheKeyGoes(t *testing.T, b *bench) {
	other := httptest.NewTLSServer(api.New(wrongKey))
	defer other.Close()
	b.store.Put("petstore", "api_key", wrongKey)
	b.must(b.vault.Manager.Set(t.Context(), vault.KeyBaseURL(), other.URL+"/"))
	b.user.Answers(secrets.AllowOnce)
	b.says(`"Rex"`, "list_pets", nil)
	shown := b.user.Shown()[0].Text()
	if !strings.Contains(shown, "Petstore API key goes to "+strings.TrimPrefix(other.URL, "https://")+"\n") {
		t.Error(shown)
	}
}

func petsInTheOrderThatTheUserHasSet(t *testing.T, b *bench) {
	b.store.Put("petstore", "api_key", goodKey)
	b.user.Answers(secrets.AllowSession)
	b.lists("Axel", "Momo", "Rex")
	b.must(b.vault.Manager.Set(t.Context(), vault.KeyOrder(), string(vault.OrderAge)))
	b.lists("Axel", "Rex", "Momo")
}

// lists fails unless list_pets returns just these, in this order.
func (b *bench) lists(want ...string) {
	b.t.Helper()
	text, isError := b.call("list_pets", nil)
	var result struct{ Pets []api.Pet }
	if isError || json.Unmarshal([]byte(text), &result) != nil {
		b.t.Fatal(text)
	}
	var got []string
	for _, pet := range result.Pets {
		got = append(got, pet.Name)
	}
	if !slices.Equal(got, want) {
		b.t.Errorf("got %q, want %q", got, want)
	}
}

func promptAndResource(t *testing.T, b *bench) {
	b.user.Types(askKey, goodKey).Answers(secrets.AllowSession)
	text, err := b.client.Prompt(t.Context(), "care")
	b.must(err)
	if !strings.Contains(text, "Axel (axolotl") {
		t.Error(text)
	}
	text, err = b.client.Resource(t.Context(), "pets://inventory")
	b.must(err)
	if !strings.Contains(text, `"Momo"`) {
		t.Error(text)
	}
}
