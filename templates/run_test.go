package templates_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/templates"
	everyrule "github.com/mcpsecrets/mcpsecrets/testdata/golden/every-rule/want"
	everytype "github.com/mcpsecrets/mcpsecrets/testdata/golden/every-type/want"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

// openPetstore opens the golden petstore on an empty store and a user who expects nothing yet.
func openPetstore(t *testing.T) (*petstore.Secrets, *runtimetest.Store, *runtimetest.User) {
	t.Helper()
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	vault, err := petstore.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	return vault, store, user
}

func TestGeneratedGetterAsksForWhatIsMissing(t *testing.T) {
	vault, store, user := openPetstore(t)
	user.Types("Petstore API key", "pets-0123456789abcdef").Answers(secrets.AllowSession)
	for range 2 { // the second finds the value and the grant
		key, err := vault.APIKey(vault.Manager.Background(t.Context()), "Read one pet of your store")
		if err != nil || key.Reveal() != "pets-0123456789abcdef" {
			t.Fatalf("got %q, %v", key.Reveal(), err)
		}
	}
	if value, ok := store.Value("petstore", "api_key"); !ok || value != "pets-0123456789abcdef" {
		t.Errorf("stored %q, %t", value, ok)
	}
}

func TestGeneratedGetterFindsRenamedSecret(t *testing.T) {
	vault, store, user := openPetstore(t)
	store.Put("petstore", "petstore_key", "pets-0123456789abcdef")
	user.Answers(secrets.AllowOnce)
	if key, err := vault.APIKey(vault.Manager.Background(t.Context()), "Read one pet of your store"); err != nil || key.IsZero() {
		t.Fatal(key, err)
	}
}

func TestGeneratedGetterOfDefaultAsksNobody(t *testing.T) {
	vault, store, _ := openPetstore(t)
	if u, err := vault.BaseURL(vault.Manager.Background(t.Context())); err != nil || u.String() != "https://petstore.example/api/v3" {
		t.Fatal(u, err)
	}
	store.Put("petstore", "base_url", "http://127.0.0.1:8080")
	if u, err := vault.BaseURL(vault.Manager.Background(t.Context())); err != nil || u.Host != "127.0.0.1:8080" {
		t.Fatal(u, err)
	}
}

func TestGeneratedOptionalIsUnsetWithoutAQuestion(t *testing.T) {
	vault, store, user := openPetstore(t)
	contact, err := vault.Contact(vault.Manager.Background(t.Context()), "Write a letter")
	if err != nil || contact.IsSet() {
		t.Fatal(contact, err)
	}
	store.Put("petstore", "contact", "ann@example.com")
	user.Answers(secrets.AllowOnce)
	if contact, err = vault.Contact(vault.Manager.Background(t.Context()), "Write a letter"); err != nil || contact.Or("") != "ann@example.com" {
		t.Fatal(contact, err)
	}
}

func TestGeneratedGroupIsOneQuestion(t *testing.T) {
	vault, _, user := openPetstore(t)
	user.Types("User name", "ann").Types("Password", "hunter22").Answers(secrets.AllowOnce)
	login, err := vault.Login(vault.Manager.Background(t.Context()), "Say who you are")
	if err != nil || login.Username != "ann" || login.Password.Reveal() != "hunter22" {
		t.Fatal(login, err)
	}
}

func TestGeneratedGroupIsZeroUnlessAllowed(t *testing.T) {
	vault, store, user := openPetstore(t)
	store.Put("petstore", "username", "ann")
	store.Put("petstore", "password", "hunter22")
	user.Answers(secrets.Deny)
	login, err := vault.Login(vault.Manager.Background(t.Context()), "Say who you are")
	if !errors.Is(err, secrets.ErrDenied) || login.Username != "" || !login.Password.IsZero() {
		t.Fatal(login, err)
	}
}

func TestGeneratedAllHasEveryType(t *testing.T) {
	secretFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secretFile, []byte("of a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	vault, err := everytype.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"text_required": "t", "password_required": "p", "url_required": "https://u.example", "email_required": "e@x.example",
		"integer_required": "-3", "boolean_required": "yes", "choice_required": "us", "duration_required": "2s",
		"file_required": secretFile, "file_default": secretFile, "file_required_default": secretFile, "number_required": "-0.5", "number_required_default": "1e3", "multiline_required": "a\nb\n", "text_required_default": "t2", "url_required_default": "http://d.example",
		"email_required_default": "d@x.example", "integer_required_default": "4", "boolean_required_default": "true",
		"choice_required_default": "eu", "duration_required_default": "3s",
		"url_optional": "https://o.example", "multiline_optional": "o",
	} {
		store.Put("every-type", name, value)
	}
	user.Answers(secrets.AllowOnce).Answers(secrets.AllowOnce) // no question has room for all
	values, err := vault.All(vault.Manager.Background(t.Context()), "Everything")
	if err != nil {
		t.Fatal(err)
	}
	if values.IntegerRequired != -3 || values.FileRequired.Reveal() != "of a file" || values.FileOptional.IsSet() || values.NumberRequired != -0.5 || values.NumberDefault != 0.7 || values.NumberRequiredDefault != 1000 || !values.BooleanRequired || values.ChoiceRequired != everytype.ChoiceRequiredUs ||
		values.MultilineRequired.Reveal() != "a\nb\n" || values.DurationDefault.String() != "1h30m0s" || values.EmailOptional.IsSet() {
		t.Errorf("%+v", values)
	}
	if u, ok := values.URLOptional.Get(); !ok || u.Host != "o.example" {
		t.Errorf("%v %t", u, ok)
	}
}

func TestGeneratedValidators(t *testing.T) {
	if _, err := petstore.ValidateAPIKey("pets-short"); !errors.Is(err, secrets.ErrInvalid) || strings.Contains(err.Error(), "short") {
		t.Error(err)
	}
	if key, err := petstore.ValidateAPIKey("pets-0123456789abcdef"); err != nil || key.Reveal() != "pets-0123456789abcdef" {
		t.Error(err)
	}
	if u, err := petstore.ValidateBaseURL("https://a.example"); err != nil || u.Host != "a.example" {
		t.Error(u, err)
	}
}

// What a person is shown is what the manifest says, with its holes filled and nothing else changed.
func TestShownIsWhatTheManifestSays(t *testing.T) {
	text, err := os.ReadFile(goldenDir + "/petstore/want/secrets.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	manifest, _, err := templates.ReadManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	vault, _, user := openPetstore(t)
	user.Types("API key", "short").Types("API key", "pets-0123456789abcdef").Answers(secrets.Deny)
	_, err = vault.APIKey(vault.Manager.Background(t.Context()), "Read one pet of your store")
	shown := user.Shown()
	if len(shown) != 3 {
		t.Fatalf("%d dialogs, want 3", len(shown))
	}
	secret, sentences := manifest.Secrets[0], manifest.Sentences

	first := strings.Split(shown[0].Entry.Text, "\n")
	want := slices.DeleteFunc(slices.Clone(secret.Dialog.Text), func(line string) bool {
		return line == "" || strings.Contains(line, "{code}") // no client shows a code here
	})
	equalLines(t, first, want)
	if shown[0].Entry.Title != secret.Dialog.Title {
		t.Errorf("title %q, want %q", shown[0].Entry.Title, secret.Dialog.Title)
	}

	again := strings.Split(shown[1].Entry.Text, "\n")
	problem := again[len(again)-1]
	if !slices.ContainsFunc(secret.Dialog.Problems, func(p string) bool {
		return problem == wording.Fill(sentences.Dialog.Again, wording.Values{"problem": p})
	}) {
		t.Errorf("%q is not in the manifest", problem)
	}

	question := strings.Split(shown[2].Question.Text, "\n")
	wantQuestion := strings.Split(wording.Fill(strings.Join(secret.Question, "\n"), wording.Values{
		"reason": "Read one pet of your store", "host": "petstore.example",
	}), "\n")
	for i, line := range wantQuestion {
		if line == "Tool: {tool}" { // this getter is called outside a tool
			wantQuestion[i] = sentences.Question.Outside
		}
	}
	equalLines(t, question, wantQuestion)

	if told := wording.Fill(sentences.Failures[wording.Denied], wording.Values{"secrets": "api_key"}); err == nil || err.Error() != told {
		t.Errorf("told %v, want %q", err, told)
	}
}

func equalLines(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("shown:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A manifest of another schema must not open: what was reviewed would not be what is shown.
func TestManifestOfAnotherSchemaDoesNotOpen(t *testing.T) {
	if _, err := openChanged(t, func(*templates.Manifest) {}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*templates.Manifest){
		"server": func(m *templates.Manifest) { m.Server = "other" },
		"label":  func(m *templates.Manifest) { m.Secrets[0].Label = "Other" },
		"help":   func(m *templates.Manifest) { m.Secrets[0].HelpText = "Other" },
		"fewer":  func(m *templates.Manifest) { m.Secrets = m.Secrets[1:] },
		"answer": func(m *templates.Manifest) { m.Sentences.Question.Deny = m.Sentences.Question.Allow }, // alike
	} {
		if _, err := openChanged(t, change); err == nil {
			t.Errorf("opens with another %s", name)
		}
	}
}

// A manifest of an older generator opens: what it lacks is said in the runtime's own words.
func TestManifestWithoutASentenceOpens(t *testing.T) {
	manager, err := openChanged(t, func(m *templates.Manifest) { delete(m.Sentences.Failures, wording.OutsideCall) })
	if err != nil {
		t.Fatal(err)
	}
	_, err = (&petstore.Secrets{Manager: manager}).APIKey(t.Context(), "Read one pet of your store")
	told := wording.Fill(wording.English().Failures[wording.OutsideCall], wording.Values{"secrets": "api_key"})
	if err == nil || err.Error() != told {
		t.Errorf("told %v, want %q", err, told)
	}
}

// openChanged opens the golden petstore's keys with a manifest that is not quite its own.
func openChanged(t *testing.T, change func(*templates.Manifest)) (*secrets.Manager, error) {
	t.Helper()
	text, err := os.ReadFile(goldenDir + "/petstore/want/secrets.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest templates.Manifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	change(&manifest)
	changed, err := manifest.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return secrets.Open(secrets.Schema{Server: "petstore", Manifest: string(changed), Keys: []secrets.AnyKey{
		petstore.KeyAPIKey(), petstore.KeyBaseURL(), petstore.KeyContact(), petstore.KeyUsername(), petstore.KeyPassword(),
	}}, secrets.WithStore(runtimetest.NewStore()))
}

// TestEachPrefixIsPublic: of a value with one of several prefixes, what follows is masked, and not the prefix, with which the
// values of others begin too.
func TestEachPrefixIsPublic(t *testing.T) {
	for prefix, other := range map[string]string{"ghp_": "github_pat_", "github_pat_": "ghp_"} {
		store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
		vault, err := everyrule.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
		if err != nil {
			t.Fatal(err)
		}
		store.Put("every-rule", "gh_token", prefix+"Zq8vLw3nXb7KdT5r")
		user.Answers(secrets.AllowOnce)
		if _, err := vault.GhToken(vault.Manager.Background(t.Context()), "Read an issue"); err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]bool{prefix + "Zq8vLw3nXb7KdT5r": true, other + "Zq8vLw3nXb7KdT5r": true, prefix + "A1b2C3d4E5f6G7h8": false} {
			quoted := `"` + text + `"`
			if masked := string(vault.Manager.MaskJSON([]byte(quoted))) != quoted; masked != want {
				t.Errorf("%s: %s is masked: %t", prefix, text, masked)
			}
		}
		_ = vault.Manager.Close()
	}
}

// TestDialogShowsLabels: a dialog lists the labels of choices, and the getter returns the value of the one that is chosen.
func TestDialogShowsLabels(t *testing.T) {
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	vault, err := everytype.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	user.Types("choice_required", "United States").Answers(secrets.AllowOnce)
	region, err := vault.ChoiceRequired(vault.Manager.Background(t.Context()), "Choose")
	if err != nil || region != everytype.ChoiceRequiredUs {
		t.Errorf("%q, %v", region, err)
	}
	if stored, _ := store.Value("every-type", "choice_required"); stored != "us" {
		t.Errorf("stored %q", stored)
	}
	entry := user.Shown()[0].Entry
	if !slices.Equal(entry.Choices, []string{"eu", "United States"}) || entry.Open {
		t.Errorf("shown %+v", entry)
	}
}

// TestOpenChoice: a value that is none of the choices is one too, and is told apart by Valid.
func TestOpenChoice(t *testing.T) {
	for text, want := range map[string]bool{"large-2": true, "huge-1": false, "Small": false} { // a label is for people
		model, err := everyrule.ValidateModel(text)
		if err != nil || model.Valid() != want {
			t.Errorf("%s: %q is valid: %t, %v", text, model, model.Valid(), err)
		}
	}
}

// TestExampleIsNoValue: who stored the example is asked for a value of their own, and the guard never takes the example, which
// stands in the schema for everybody, for confidential.
func TestExampleIsNoValue(t *testing.T) {
	const example, own = "ghp_xxxxxxxxxxxxxxxxxxxx", "ghp_Zq8vLw3nXb7KdT5rYp2m"
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	vault, err := everyrule.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	store.Put("every-rule", "gh_token", example)
	user.Types("it must be one of your own, not the example", example).
		Types("Please try again: the value must be one of your own, not the example", own).Answers(secrets.AllowOnce)
	token, err := vault.GhToken(vault.Manager.Background(t.Context()), "Read an issue")
	if got, _ := token.Get(); err != nil || got.Reveal() != own {
		t.Fatalf("%v, %v", token, err)
	}
	if text := user.Shown()[0].Text(); !strings.Contains(text, "Example: "+example) {
		t.Errorf("the first example is no placeholder:\n%s", text)
	}
	for text, want := range map[string]bool{example: false, own: true} {
		if masked := string(vault.Manager.MaskJSON([]byte(`"`+text+`"`))) != `"`+text+`"`; masked != want {
			t.Errorf("%s is masked: %t", text, masked)
		}
	}
}

// TestGeneratedChoices: what a choice can be is listed in the schema's order, and the list of one caller is not that of another.
func TestGeneratedChoices(t *testing.T) {
	for _, region := range everytype.AllChoiceRequired() {
		if !region.Valid() {
			t.Errorf("%s is not valid", region)
		}
	}
	for _, other := range []everytype.ChoiceRequired{"", "x", everytype.ChoiceRequiredEu + " "} {
		if other.Valid() {
			t.Errorf("%q is valid", other)
		}
	}
	everytype.AllChoiceRequired()[0] = "changed"
	if everytype.AllChoiceRequired()[0] == "changed" || everytype.ChoiceRequired("changed").Valid() {
		t.Error("a caller has changed what the choices are")
	}
}
