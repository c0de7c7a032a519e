package secrets_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	confidential "github.com/mcpsecrets/mcpsecrets/testdata/golden/confidential/want"
	connections "github.com/mcpsecrets/mcpsecrets/testdata/golden/connections/want"
)

const (
	hook  = "https://ann:s3cr3t-of-hers@hooks.example/t/s3cr3t-path?token=s3cr3t-query"
	phase = "1234h" // which its verbs show as 4442400000000000, and as many others
	pin   = "4442400000000000"
)

// typed returns a confidential value of each kind of type.
func typed(t *testing.T) map[string]any {
	t.Helper()
	u, errURL := confidential.ValidateWebhook(hook)
	d, errDuration := confidential.ValidatePhase(phase)
	n, errInteger := confidential.ValidatePIN(pin)
	if err := errors.Join(errURL, errDuration, errInteger); err != nil {
		t.Fatal(err)
	}
	if u.Reveal().Host != "hooks.example" || d.Reveal().String() != "1234h0m0s" || n.Reveal() != 4442400000000000 {
		t.Fatal("a value is not what was entered")
	}
	type list struct{ U, u any }
	return map[string]any{
		"url": u, "pointer": &u, "duration": d, "integer": n, "struct": list{u, n}, "struct pointer": &list{d, d},
		"optional": secrets.Some(u), "map": map[string]any{"k": n}, "hidden": struct {
			u secrets.Confidential[*url.URL]
		}{u},
		"slice": []secrets.Confidential[int64]{n},
	}
}

// showsTyped reports whether text has one of the values, or a part of one.
func showsTyped(text string) bool {
	for _, part := range []string{"s3cr3t", "hooks.example", "4442400", "1234h", fmt.Sprintf("%x", int64(4442400000000000)), fmt.Sprintf("%o", int64(4442400000000000)), "73337363723374"} {
		if strings.Contains(strings.ToLower(text), part) {
			return true
		}
	}
	return false
}

func TestNothingPrintsAConfidential(t *testing.T) {
	for name, value := range typed(t) {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "20", ".3", "+20.3", "#+"} {
			for verb := rune('A'); verb <= 'z'; verb++ {
				if text := fmt.Sprintf("%"+flags+string(verb), value); showsTyped(text) {
					t.Errorf("%%%s%c of %s: %s", flags, verb, name, text)
				}
			}
		}
	}
}

func TestNothingEncodesAConfidential(t *testing.T) {
	values := typed(t)
	u := values["url"].(secrets.Confidential[*url.URL])
	for name, encode := range map[string]func() ([]byte, error){
		"json":     func() ([]byte, error) { return json.Marshal(values["struct"]) },
		"json key": func() ([]byte, error) { return json.Marshal(map[string]any{"k": &u}) },
		"xml": func() ([]byte, error) {
			return xml.Marshal(struct {
				XMLName xml.Name `xml:"x"`
				U       secrets.Confidential[*url.URL]
			}{U: u})
		},
		"yaml": func() ([]byte, error) { return yaml.Marshal(map[string]any{"k": u}) },
		"gob": func() ([]byte, error) {
			var out bytes.Buffer
			err := gob.NewEncoder(&out).Encode(struct {
				U secrets.Confidential[*url.URL]
			}{u})
			return out.Bytes(), err
		},
		"slog": func() ([]byte, error) {
			var out bytes.Buffer
			slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "u", u, "s", values["struct"])
			return out.Bytes(), nil
		},
	} {
		text, err := encode()
		if err != nil || showsTyped(string(text)) || !bytes.Contains(text, []byte("[redacted]")) {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
	var into struct {
		U secrets.Confidential[*url.URL]
	}
	if err := json.Unmarshal([]byte(`{"U":"https://a.example"}`), &into); err == nil {
		t.Error("a confidential url was read from JSON")
	}
}

func TestConfidentialCannotBeCompared(t *testing.T) {
	for _, value := range typed(t) {
		if kind := reflect.TypeOf(value); strings.HasPrefix(kind.Name(), "Confidential[") && kind.Comparable() {
			t.Errorf("%s can be compared", kind)
		}
	}
	a, errA := confidential.ValidateWebhook(hook)
	b, errB := confidential.ValidateWebhook(hook)
	c, errC := confidential.ValidateWebhook(hook + "x")
	if err := errors.Join(errA, errB, errC); err != nil {
		t.Fatal(err)
	}
	var zero secrets.Confidential[*url.URL]
	if !a.Equal(b) || a.Equal(c) || a.Equal(zero) || !zero.Equal(zero) || !zero.IsZero() || zero.Reveal() != nil {
		t.Error("Equal or the zero value is wrong")
	}
}

// A value that a schema makes confidential is treated like a password, whatever its type.
func TestConfidentialIsTreatedLikeAPassword(t *testing.T) {
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	vault, err := confidential.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	const broken = "ftp://ann:s3cr3t-of-hers@hooks.example"
	user.Types("Web hook", broken).Types("Web hook", hook).Types("Pass number", pin).Answers(secrets.AllowOnce)
	door, err := vault.Door(vault.Manager.Background(t.Context()), "")
	if err != nil || door.Webhook.Reveal().User.Username() != "ann" || door.PIN.Reveal() != 4442400000000000 {
		t.Fatal(door, err)
	}
	for _, shown := range user.Shown() {
		if e := shown.Entry; e != nil && (e.Kind != "hidden" || e.Prefill != "") {
			t.Errorf("%s: kind %s, offered %q", e.Title, e.Kind, e.Prefill)
		}
		if text, err := json.Marshal(shown); err != nil || strings.Contains(string(text), "s3cr3t") || strings.Contains(string(text), pin) {
			t.Errorf("a dialog says %s, %v", text, err)
		}
	}
	result := fmt.Sprintf(`{"a":%q,"b":"it is %s","c":"s3cr3t-of-hers","d":"/t/s3cr3t-path","e":"s3cr3t-query"}`, hook, pin)
	if masked := string(vault.Manager.MaskJSON([]byte(result))); strings.Contains(masked, "s3cr3t") || strings.Contains(masked, pin) {
		t.Errorf("a result has %s", masked)
	}
	for _, name := range []string{"webhook", "pin"} {
		if setting, err := vault.Manager.Inside().Setting(t.Context(), name); err != nil || setting != "" {
			t.Errorf("%s: the setting %q, %v", name, setting, err)
		}
	}
}

// A text of several lines that is public is a string, may have a default, and need not be asked about.
func TestPublicMultiline(t *testing.T) {
	store := runtimetest.NewStore()
	vault, err := confidential.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(runtimetest.NewUser(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	if text, err := vault.Authority(vault.Manager.Background(t.Context())); err != nil || text != "two\nlines\n" {
		t.Errorf("the default: %q, %v", text, err)
	}
	const stored = "-----BEGIN CERTIFICATE-----\nMIIBcorrecthorsebattery\n-----END CERTIFICATE-----\n"
	store.Put("confidential", "authority", stored)
	if text, err := vault.Authority(vault.Manager.Background(t.Context())); err != nil || text != stored {
		t.Errorf("what is stored: %q, %v", text, err)
	}
	if result, _ := json.Marshal(stored); string(vault.Manager.MaskJSON(result)) != string(result) {
		t.Error("a public text is masked")
	}
}

// Keys that were written by hand hide no less than those that are generated.
func TestOpenRefusesWhatCannotBeHidden(t *testing.T) {
	for name, key := range map[string]secrets.AnyKey{
		"a boolean":                     secrets.Hidden(secrets.Boolean("a", secrets.Field{})),
		"a choice":                      secrets.Hidden(secrets.Choice[string]("a", secrets.Field{Choices: []string{"x"}})),
		"a public password":             secrets.Shown(secrets.Password("a", secrets.Field{})),
		"a default":                     secrets.Hidden(secrets.URL("a", secrets.Field{Default: "https://a.example"})),
		"no permission":                 secrets.Hidden(secrets.Text("a", secrets.Field{Permission: secrets.NoAsking})),
		"a default of several lines":    secrets.Multiline("a", secrets.Field{Default: "x"}),
		"several lines without a word":  secrets.Multiline("a", secrets.Field{Permission: secrets.NoAsking}),
		"a secrecy that is no constant": secrets.Password("a", secrets.Field{Default: "x", Secrecy: field.Shown}),
	} {
		if err := openOne(key); err == nil {
			t.Errorf("%s opens", name)
		}
	}
	for name, key := range map[string]secrets.AnyKey{
		"a url":                secrets.Hidden(secrets.URL("a", secrets.Field{})),
		"several public lines": secrets.Shown(secrets.Multiline("a", secrets.Field{Default: "x\n", Permission: secrets.NoAsking})),
	} {
		if err := openOne(key); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := secrets.Validate(secrets.Hidden(secrets.Key[int64]{}), "1"); !errors.Is(err, secrets.ErrUnknownKey) {
		t.Errorf("a zero key: %v", err)
	}
}

// openOne opens a schema with one key.
func openOne(key secrets.AnyKey) error {
	m, err := secrets.Open(secrets.Schema{
		Server: "one", Manifest: fmt.Sprintf(`{"server":"one","secrets":[{"name":%q,"label":%[1]q}]}`, key.Describe().Name), Keys: []secrets.AnyKey{key},
	}, secrets.WithStore(runtimetest.NewStore()))
	if err == nil {
		err = m.Close()
	}
	return err
}

const database = "postgres://app:s3cr3t-word@h1.example:5432,h2.example:5432/pets?sslmode=require"

// The question for a connection URL names all the hosts that it goes to, and a secret that is sent there says the same.
func TestConnectionURLGoesToItsOwnHosts(t *testing.T) {
	for stored, goes := range map[string]string{
		database:                              "postgres://h1.example:5432,h2.example:5432",
		"postgres:///pets?host=/run/postgres": "postgres:///run/postgres",
		"postgresql:///pets":                  "postgresql://localhost",
	} {
		store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
		vault, err := connections.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
		if err != nil {
			t.Fatal(err)
		}
		store.Put("connections", "database", stored)
		store.Put("connections", "password", "s3cr3t-word")
		user.Answers(secrets.AllowOnce).Answers(secrets.AllowOnce)
		value, err := vault.Database(vault.Manager.Background(t.Context()), "")
		if err != nil || value.Reveal() != stored {
			t.Fatalf("%s: %v", stored, err)
		}
		if _, err := vault.Password(vault.Manager.Background(t.Context()), ""); err != nil {
			t.Fatal(err)
		}
		for i, label := range []string{"Database", "Password"} {
			if text := user.Shown()[i].Question.Text; !strings.Contains(text, label+" goes to "+goes+"\n") || strings.Contains(text, "s3cr3t") {
				t.Errorf("%s: the question is\n%s", stored, text)
			}
		}
		if masked := vault.Manager.MaskJSON([]byte(`{"dsn":"` + database + `"}`)); stored == database && string(masked) != `{"dsn":"[redacted]"}` {
			t.Errorf("a result has %s", masked)
		}
		_ = vault.Manager.Close()
	}
}

// What was allowed for one host is asked about anew for another.
func TestConnectionURLToAnotherHostIsAskedAnew(t *testing.T) {
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	vault, err := connections.OpenSecrets(secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Manager.Close() })
	user.Answers(secrets.AllowSession)
	for range 2 {
		store.Put("connections", "cache", "rediss://u:p@cache.example")
		if _, err := vault.Cache(vault.Manager.Background(t.Context()), ""); err != nil {
			t.Fatal(err)
		}
	}
	user.Answers(secrets.Deny)
	store.Put("connections", "cache", "rediss://u:p@evil.example")
	if _, err := vault.Cache(vault.Manager.Background(t.Context()), ""); !errors.Is(err, secrets.ErrDenied) {
		t.Fatal(err)
	}
	if text := user.Shown()[1].Question.Text; !strings.Contains(text, "rediss://evil.example") {
		t.Error(text)
	}
}

// A key whose constructor does not go with its rules fails closed, before a value is there.
func TestOpenRefusesAKeyOfAnotherType(t *testing.T) {
	for name, key := range map[string]secrets.AnyKey{
		"a url with several hosts":     secrets.Hidden(secrets.URL("a", secrets.Field{Schemes: []string{"postgres"}})),
		"a connection without schemes": secrets.DSN("a", secrets.Field{}),
	} {
		if err := openOne(key); err == nil || !strings.Contains(err.Error(), "its values are of type") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := secrets.Validate(secrets.DSN("a", secrets.Field{}), "https://a.example"); !errors.Is(err, secrets.ErrUnknownKey) {
		t.Errorf("it is validated: %v", err)
	}
}
