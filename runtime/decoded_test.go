package secrets_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

// What a server is handed is what a text stands for, of a list item by item. Results may have that in place of the text.
func TestWhatAValueStandsForIsMasked(t *testing.T) {
	const first, second = "first decoded key", "second decoded key\xff\x00"
	one, two := base64.StdEncoding.EncodeToString([]byte(first)), base64.RawURLEncoding.EncodeToString([]byte(second))
	written := []string{first, "second decoded key", hex.EncodeToString([]byte(first)), hex.EncodeToString([]byte(second)), one, two}
	seed := secrets.Parsed[secrets.Confidential[[]byte]](secrets.Password("seed", secrets.Field{Format: "base64"}))
	integer := secrets.Hidden(secrets.Integer("integer", secrets.Field{}))
	number := secrets.Hidden(secrets.Number("number", secrets.Field{}))

	wantMasked(t, seed, one, written[0], written[2], one)
	wantMasked(t, secrets.List(seed), one+", "+two, written...)
	wantMasked(t, secrets.List(seed), `["`+one+`", "`+two+`"]`, written...)
	wantMasked(t, integer, "+00012345678", "12345678")
	wantMasked(t, secrets.List(integer), "1, +00012345678", "12345678")
	wantMasked(t, number, "00.123456780", "0.12345678")
	wantMasked(t, secrets.List(secrets.Hidden(secrets.Duration("duration", secrets.Field{}))), "1h, 90m1.5s", "1h30m1.5s", "5401500000000")
	wantMasked(t, secrets.List(number), "1234567.8e3, 2", "1234567800", "1.2345678e+09", "1234567.8e3")
}

// wantMasked fails if one of the texts is left in what leaves a server that was handed what is stored.
func wantMasked[T any](t *testing.T, key secrets.Key[T], stored string, texts ...string) {
	t.Helper()
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t).Answers(secrets.AllowOnce)
	m, err := openWith("decoded", []secrets.AnyKey{key}, secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	store.Put("decoded", key.Describe().Name, stored)
	if _, err := secrets.Get(m.Background(t.Context()), m, key, ""); err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if masked := m.Inside().Guard().Text("it is " + text + " here"); strings.Contains(masked, text) {
			t.Errorf("%s stored as %q: %q is left", key.Describe().Name, stored, masked)
		}
	}
}
