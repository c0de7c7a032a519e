package templates_test

import (
	"net/http"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	hostbound "github.com/mcpsecrets/mcpsecrets/testdata/golden/host-bound/want"
)

// TestGeneratedClientsSendEveryForm: each generated client, and each transport, puts its values where the schema says, for a server
// that stands for all of the hosts.
func TestGeneratedClientsSendEveryForm(t *testing.T) {
	vault, user, base := openHostBound(t)
	seen := make(chan *http.Request, 1)
	base.Handler = func(r *http.Request) { seen <- r }
	onBase := secrets.WithBase(base.Transport)
	for _, form := range []struct {
		name, url string
		client    *http.Client
		asks      bool
		want      func(*http.Request) string
		text      string
	}{
		{"bearer", "https://base_url.invalid/pets", vault.APIKeyClient("List the pets", onBase), true, authorization, "Bearer pets-0123456789abcdef"},
		{"transport", "https://pets.example/api/v3/pets", &http.Client{Transport: vault.APIKeyTransport("Look up a pet", onBase)}, true, authorization, "Bearer pets-0123456789abcdef"},
		{"header", "https://api.pets.example", vault.ShownKeyClient("Look up a pet", onBase), true, func(r *http.Request) string { return r.Header.Get("X-API-Key") }, "shown-0123456789"},
		{"wildcard", "https://eu.uploads.pets.example/a", vault.ShownKeyClient("Look up a pet", onBase), true, func(r *http.Request) string { return r.Header.Get("X-API-Key") }, "shown-0123456789"},
		//lint:ignore SA1019 what is deprecated is sent too
		{"format", "https://api.pets.example", vault.FormattedClient("Look up a pet", onBase), true, authorization, `Token token="formatted-0123456789"`},
		{"query", "https://api.pets.example/pets?a=b", vault.ContactClient(onBase), false, func(r *http.Request) string { return r.URL.Query().Get("contact") }, "info@pets.example"},
		{"basic", "https://pets.example/api/v3/login", vault.LoginClient("Sign in at the shop", onBase), true, func(r *http.Request) string { user, password, _ := r.BasicAuth(); return user + " " + password }, "ann hunter2-hunter2"},
		{"sigv4", "https://s3.eu-west-1.amazonaws.com/pets", vault.FilesClient("Upload a picture of a pet", onBase), true, func(r *http.Request) string {
			credential, _, _ := strings.Cut(authorization(r), ", ")
			return strings.Join(strings.Split(credential, "/")[2:], "/") + " " + r.Header.Get("X-Amz-Security-Token")
		}, "eu-west-1/s3/aws4_request session-0123456789"},
	} {
		if form.asks {
			user.Answers(secrets.AllowOnce)
		}
		request, err := http.NewRequestWithContext(vault.Manager.Background(t.Context()), http.MethodGet, form.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := form.client.Do(request)
		if err != nil {
			t.Fatalf("%s: %v", form.name, err)
		}
		_ = response.Body.Close()
		if got := form.want(<-seen); got != form.text {
			t.Errorf("%s: the server got %q, want %q", form.name, got, form.text)
		}
	}
}

// TestGeneratedQuestionNamesFixedHosts: the person reads all hosts to which a value can go, and whether others can read along.
func TestGeneratedQuestionNamesFixedHosts(t *testing.T) {
	vault, _, user := openHostBoundStore(t)
	user.Answers(secrets.Deny).Answers(secrets.Deny)
	background := vault.Manager.Background(t.Context())
	_, _ = vault.ShownKey(background, "Look up a pet")
	_, _ = vault.RelayKey(background, "Ask the relay")
	shown := user.Shown()
	for i, want := range []string{
		"Key that is shown too goes to api.pets.example, *.uploads.pets.example, localhost:8080",
		"relay_key can go to relay.pets.example without encryption, so that others on the way can read it",
	} {
		if text := strings.Join(strings.Fields(shown[i].Text()), " "); !strings.Contains(text, want) {
			t.Errorf("the question is %q, want in it %q", text, want)
		}
	}
}

func authorization(r *http.Request) string { return r.Header.Get("Authorization") }

func openHostBoundStore(t *testing.T) (*hostbound.Secrets, *runtimetest.Store, *runtimetest.User) {
	t.Helper()
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	vault, err := hostbound.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	for name, value := range map[string]string{
		"api_key": "pets-0123456789abcdef", "shown_key": "shown-0123456789", "formatted": "formatted-0123456789", "relay_key": "relay-0123456789",
		"username": "ann", "password": "hunter2-hunter2", "access_key_id": "AKIDEXAMPLE", "secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session_token": "session-0123456789",
	} {
		store.Put("host-bound", name, value)
	}
	return vault, store, user
}

// A sentTo is a server that stands for every host, and the transport that finds it.
type sentTo struct {
	*http.Transport
	Handler func(*http.Request)
}

func openHostBound(t *testing.T) (*hostbound.Secrets, *runtimetest.User, *sentTo) {
	t.Helper()
	vault, _, user := openHostBoundStore(t)
	all := &sentTo{}
	all.Transport = runtimetest.Serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { all.Handler(r) }))
	return vault, user, all
}
