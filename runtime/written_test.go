package secrets_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	secrets "github.com/mcpsecrets/mcpsecrets/runtime"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
)

// handed returns what key has for a text, and what masks results once that was handed out.
func handed[T any](t *testing.T, key secrets.Key[T], text string) (value T, mask func(any) string) {
	t.Helper()
	store, user := runtimetest.NewStore(), runtimetest.NewUser(t)
	m, err := secrets.Open(secrets.Schema{
		Server: "written", Manifest: `{"server":"written","secrets":[{"name":"a","label":"a"}]}`, Keys: []secrets.AnyKey{key},
	}, secrets.WithStore(store), secrets.WithPrompter(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	store.Put("written", "a", text)
	user.Answers(secrets.AllowOnce)
	if value, err = secrets.Get(m.Background(context.Background()), m, key, ""); err != nil {
		t.Fatal(err)
	}
	return value, func(result any) string {
		shown, err := json.Marshal(result)
		if err != nil {
			t.Fatal(err)
		}
		return string(m.MaskJSON(shown))
	}
}

// TestTypedValuesAreMaskedAsTheyAreWritten: what a server writes is the value, and not the text that somebody has entered.
func TestTypedValuesAreMaskedAsTheyAreWritten(t *testing.T) {
	f := secrets.Field{}
	wantMasked := func(name, masked, part string) {
		t.Helper()
		if strings.Contains(masked, part) {
			t.Errorf("%s: a result has %s", name, masked)
		}
	}
	number, mask := handed(t, secrets.Hidden(secrets.Integer("a", f)), "+00481516234213")
	wantMasked("an integer", mask(map[string]any{"pin": fmt.Sprint("it is ", number.Reveal())}), "81516234213")
	wantMasked("an integer as a number", mask(map[string]any{"pin": number.Reveal()}), "81516234213")
	fraction, mask := handed(t, secrets.Hidden(secrets.Number("a", f)), "48151623.4200")
	wantMasked("a number", mask("it is "+fmt.Sprint(fraction.Reveal())), "8151623")
	wantMasked("a number in JSON", mask(map[string]any{"pin": fraction.Reveal()}), "48151623")
	wantMasked("a number without a power", mask(fmt.Sprintf("it is %.2f", fraction.Reveal())), "48151623")
	d, mask := handed(t, secrets.Hidden(secrets.Duration("a", f)), "1234567m31s")
	wantMasked("a duration", mask("it is "+d.Reveal().String()), "20576h7m31s")
	u, mask := handed(t, secrets.Hidden(secrets.URL("a", secrets.Field{UserInfo: true})), "HTTPS://ann:%6Cong-s3cr3t-word@Hooks.example/p ath?x=1")
	wantMasked("a url", mask("it is "+u.Reveal().String()), "s3cr3t")
	wantMasked("a password of a url", mask("it is long-s3cr3t-word"), "s3cr3t")
	wantMasked("a basic header", mask("Basic "+base64.StdEncoding.EncodeToString([]byte("ann:long-s3cr3t-word"))), base64.StdEncoding.EncodeToString([]byte("ann:long-s3cr3t-word"))[6:20])
	list, mask := handed(t, secrets.List(secrets.Parsed[secrets.Confidential[[]byte]](secrets.Password("a", secrets.Field{Format: "base64"}))), "bG9uZy1zM2NyM3Qtd29yZA==, YW5vdGhlci1zM2NyM3Qtd29yZA")
	for _, item := range list {
		wantMasked("a list of base64", mask("it is "+string(item.Reveal())), "s3cr3t")
		wantMasked("a list of base64, in hex", mask(fmt.Sprintf("it is %x", item.Reveal())), "73336372")
	}
	numbers, mask := handed(t, secrets.List(secrets.Hidden(secrets.Integer("a", f))), "+0481516234213, 12")
	wantMasked("a list of integers", mask(fmt.Sprint(numbers[0].Reveal())), "81516234213")
	document, mask := handed(t, secrets.Parsed[secrets.Confidential[json.RawMessage]](secrets.Multiline("a", secrets.Field{Format: "json"})),
		`{"private_key": "first-s3cr3t-of-hers", "private_key": "l\u0061st-s3cr3t-\u006ff-hers", "n": 1}`)
	var object map[string]any
	if err := json.Unmarshal(document.Reveal(), &object); err != nil {
		t.Fatal(err)
	}
	wantMasked("a key that is there twice", mask(object), "s3cr3t")
	wantMasked("the first of both", mask("it is first-s3cr3t-of-hers"), "s3cr3t")
	wantMasked("one that was written with escapes", mask("it is last-s3cr3t-of-hers"), "s3cr3t")
}

func TestKeyOfAFileIsMaskedAsItIsWritten(t *testing.T) {
	der := bytes.Repeat([]byte{0x30, 0x82, 0xff, 0x07, 0x9a, 0x5c}, 20)
	for i := range der {
		der[i] ^= byte(7 * i)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	key, mask := handed(t, secrets.Parsed[secrets.Confidential[secrets.PEM]](secrets.Multiline("a", secrets.Field{Format: "pem"})), text)
	content := key.Reveal().Blocks[0].Bytes
	for name, row := range map[string]struct{ written, part string }{
		"hex":    {hex.EncodeToString(content), hex.EncodeToString(content[40:60])},
		"base64": {base64.StdEncoding.EncodeToString(content), base64.StdEncoding.EncodeToString(content)[40:60]},
		"bytes":  {fmt.Sprint(content), strings.Trim(fmt.Sprint(content[40:60]), "[]")},
	} {
		if masked := mask("it is " + row.written); strings.Contains(masked, row.part) {
			t.Errorf("%s: a result has %s", name, masked)
		}
	}
}
