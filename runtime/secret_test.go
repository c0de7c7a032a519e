package secrets_test

import (
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	petstore "github.com/mcpsecrets/mcpsecrets/testdata/golden/petstore/want"
)

const hidden = "s3cr3t-%d-value"

// outer holds secrets in every way in which a struct can.
type outer struct {
	Exported   secrets.Secret
	unexported secrets.Secret
	Pointer    *secrets.Secret
	pointer    *secrets.Secret
	Any        any
	any        any
	List       []secrets.Secret
	Map        map[string]secrets.Secret
	Optional   secrets.Optional[secrets.Secret]
	optional   secrets.Optional[secrets.Secret]
}

type element struct{ S secrets.Secret }

func newOuter() outer {
	s := secrets.NewSecret(hidden)
	return outer{s, s, &s, &s, s, s, []secrets.Secret{s}, map[string]secrets.Secret{"k": s}, secrets.Some(s), secrets.Some(s)}
}

// leaks reports whether text has the secret, plainly or in a form that a verb may give it.
func leaks(text string) bool {
	for _, form := range []string{
		hidden, strings.ToUpper(hidden), fmt.Sprintf("%q", hidden), hex.EncodeToString([]byte(hidden)),
		strings.ToUpper(hex.EncodeToString([]byte(hidden))), fmt.Sprint([]byte(hidden)), "s3cr3t",
	} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func TestNothingPrintsASecret(t *testing.T) {
	s := secrets.NewSecret(hidden)
	o := newOuter()
	values := map[string]any{"secret": s, "pointer": &s, "struct": o, "struct pointer": &o, "optional": secrets.Some(s),
		"slice": []any{s}, "map": map[string]any{"k": s}, "wrapped error": errors.Join(fmt.Errorf("%v %w", s, errors.New("x")))}
	for name, value := range values {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "20", ".3", "+20.3", "#+"} {
			for verb := rune('A'); verb <= 'z'; verb++ {
				if text := fmt.Sprintf("%"+flags+string(verb), value); leaks(text) {
					t.Errorf("%%%s%c of %s: %s", flags, verb, name, text)
				}
			}
		}
		if text := fmt.Sprint(value) + fmt.Sprintln(value); leaks(text) {
			t.Errorf("Print of %s: %s", name, text)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
		if text := fmt.Sprintf(verb, s); text != "[redacted]" {
			t.Errorf("%s: %s", verb, text)
		}
	}
	if text := fmt.Sprintf("%v", struct{ s secrets.Secret }{s}); !strings.Contains(text, "[redacted]") {
		t.Errorf("an unexported field shows %s", text)
	}
}

func TestNothingEncodesASecret(t *testing.T) {
	s := secrets.NewSecret(hidden)
	o := newOuter()
	for name, encode := range map[string]func() ([]byte, error){
		"json":        func() ([]byte, error) { return json.Marshal(o) },
		"json secret": func() ([]byte, error) { return json.Marshal(s) },
		"json key":    func() ([]byte, error) { return json.Marshal(map[string]any{"k": &s}) },
		"xml":         func() ([]byte, error) { return xml.Marshal(element{s}) },
		"yaml":        func() ([]byte, error) { return yaml.Marshal(map[string]any{"k": s, "p": &s}) },
		"text":        s.MarshalText,
		"gob": func() ([]byte, error) {
			var out bytes.Buffer
			err := gob.NewEncoder(&out).Encode(struct{ S secrets.Secret }{s})
			return out.Bytes(), err
		},
	} {
		text, err := encode()
		if err != nil || leaks(string(text)) || !bytes.Contains(text, []byte("[redacted]")) {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var out bytes.Buffer
		slog.New(handler(&out)).Info("message", "secret", s, "pointer", &s, "struct", o, slog.Any("group", slog.GroupValue(slog.Any("s", s))))
		if leaks(out.String()) || !strings.Contains(out.String(), "[redacted]") {
			t.Errorf("%s: %s", name, out.String())
		}
	}
}

func TestPanicWithASecretShowsNothing(t *testing.T) {
	defer func() {
		if text := fmt.Sprint(recover()); leaks(text) {
			t.Error(text)
		}
	}()
	panic(newOuter())
}

func TestNothingDecodesIntoASecret(t *testing.T) {
	var s secrets.Secret
	//lint:ignore SA9005 that nothing can be decoded is what is tested
	if err := json.Unmarshal([]byte(`"[redacted]"`), &s); err == nil || !s.IsZero() {
		t.Errorf("a secret was read from JSON: %v", err)
	}
}

func TestSecretEqual(t *testing.T) {
	a, b := secrets.NewSecret("one"), secrets.NewSecret("one")
	if !a.Equal(b) || a.Equal(secrets.NewSecret("two")) || a.Equal(secrets.Secret{}) || !(secrets.Secret{}).Equal(secrets.Secret{}) {
		t.Error("Equal is wrong")
	}
	if a.Reveal() != "one" || (secrets.Secret{}).Reveal() != "" {
		t.Error("Reveal is wrong")
	}
}

func TestOptional(t *testing.T) {
	if v, ok := secrets.Some(3).Get(); v != 3 || !ok {
		t.Error(v, ok)
	}
	var unset secrets.Optional[int]
	if v, ok := unset.Get(); v != 0 || ok || unset.IsSet() || unset.Or(7) != 7 || secrets.Some(3).Or(7) != 3 {
		t.Error(v, ok)
	}
}

// For a verb that does not fit, fmt shows what a struct's pointers point to: here, what the guard looks for.
func TestNothingPrintsAManagersSecrets(t *testing.T) {
	v, err := petstore.OpenSecrets(secrets.WithStore(runtimetest.NewStore()))
	if err != nil {
		t.Fatal(err)
	}
	v.Manager.Mask(t.Context(), hidden)
	type server struct{ vault *secrets.Manager }
	for verb := rune('A'); verb <= 'z'; verb++ {
		for _, value := range []any{v, v.Manager, &server{v.Manager}} {
			if text := fmt.Sprintf("%"+string(verb), value); leaks(text) {
				t.Errorf("%%%c of %T: %s", verb, value, text)
			}
		}
	}
}
