package guard

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/pace"
)

const (
	stripe = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
	odd    = `p@ss "w0rd"\/+%&<x>=42é`
	pem    = `-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj
MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu
NMoSfm76oqFvAp8Gy0iz5sxjZmSnXyCdPEovGhLa0VzMaQ8s+CLOyS56
-----END PRIVATE KEY-----
`
)

func learn(values ...string) *Guard {
	g := new(Guard)
	for _, value := range values {
		g.Learn(value, prefixOf(value))
	}
	return g
}

func prefixOf(value string) string {
	if strings.HasPrefix(value, "sk_live_") {
		return "sk_live_"
	}
	return ""
}

// escapeAll escapes every character, as no encoder does and every decoder accepts.
func escapeAll(text, format string) string {
	var b strings.Builder
	for _, c := range text {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted[1 : len(quoted)-1])
}

func percentAll(text string, format string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

// encoded has what a tool may make of a value. Each must be gone from the text whole.
var encoded = map[string]func(string) string{
	"plain":                  func(s string) string { return s },
	"base64":                 func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 after one byte":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte(":" + s)) },
	"base64 after two bytes": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("u:" + s + "\n")) },
	"base64 without padding": func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte("u:" + s)) },
	"base64 for URLs":        func(s string) string { return base64.URLEncoding.EncodeToString([]byte("?>?" + s)) },
	"base64 for URLs, raw":   func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("?" + s)) },
	"base64 in a URL":        func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("?" + s))) },
	"base64, PHP's JSON": func(s string) string {
		return strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(s)), "/", `\/`)
	},
	"query":               url.QueryEscape,
	"path":                url.PathEscape,
	"percent, all":        func(s string) string { return percentAll(s, "%%%02X") },
	"percent, all, lower": func(s string) string { return percentAll(s, "%%%02x") },
	"percent, twice":      func(s string) string { return url.QueryEscape(percentAll(s, "%%%02x")) },
	"base64 of JSON":      func(s string) string { return base64.StdEncoding.EncodeToString([]byte(`{"key":"` + quote(s) + `"}`)) },
	"base64 of a query": func(s string) string {
		return base64.RawURLEncoding.EncodeToString([]byte("key=" + url.QueryEscape(s)))
	},
	"base64 of HTML":           func(s string) string { return base64.StdEncoding.EncodeToString([]byte("<b>" + html.EscapeString(s))) },
	"hexadecimal of a query":   func(s string) string { return hex.EncodeToString([]byte("?k=" + url.QueryEscape(s))) },
	"JSON":                     quote,
	"JSON, all":                func(s string) string { return escapeAll(s, `\u%04x`) },
	"JSON, all, upper":         func(s string) string { return escapeAll(s, `\u%04X`) },
	"JSON twice":               func(s string) string { return quote(quote(s)) },
	"JSON twice, all":          func(s string) string { return quote(escapeAll(s, `\u%04x`)) },
	"JSON three times":         func(s string) string { return quote(quote(quote(s))) },
	"JSON, slashes":            func(s string) string { return strings.ReplaceAll(quote(s), "/", `\/`) },
	"Go":                       func(s string) string { q := fmt.Sprintf("%q", s); return q[1 : len(q)-1] },
	"bytes":                    func(s string) string { return percentAll(s, `\x%02x`) },
	"HTML":                     html.EscapeString,
	"HTML, all":                func(s string) string { return escapeAll(s, "&#%d;") },
	"HTML, all, hexadecimal":   func(s string) string { return escapeAll(s, "&#x%x;") },
	"hexadecimal":              func(s string) string { return hex.EncodeToString([]byte(s)) },
	"hexadecimal, upper":       func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte("x" + s))) },
	"its first eight":          func(s string) string { return s[:len(prefixOf(s))+8] },
	"without its first letter": func(s string) string { return s[len(prefixOf(s))+1:] },
}

// placed has messages that have %s in a leaf, in JSON.
var placed = map[string]string{
	"a leaf":               `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"%s"}]}}`,
	"in a text":            `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"the key is %s (sic)"}]}}`,
	"at its end":           `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"key=%s"}]}}`,
	"after line ends":      `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"a\n\t\"b\"\n%s\n\n"}]}}`,
	"structured content":   `{"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":{"a":[1,{"id":"%s"}],"b":true,"c":null}}}`,
	"error message":        `{"jsonrpc":"2.0","id":"x","error":{"code":-32603,"message":"no %s"}}`,
	"error data":           `{"jsonrpc":"2.0","id":"x","error":{"code":-32603,"message":"no","data":{"method":"%s"}}}`,
	"notification":         `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":["%s"]}}`,
	"batch":                `[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"result":{"text":"%s"}}]`,
	"no message":           `{"id":"%s"}`,
	"a bare text":          `"%s"`,
	"JSON after an id":     ` { "id" : 1e2 , "jsonrpc" : "2.0" , "result" : [ "%s" , -1.50 ] } `,
	"beside what is alike": `{"jsonrpc":"2.0","id":1,"result":{"text":"sk_live_ %s"}}`,
}

func TestEncodingsInPlaces(t *testing.T) {
	for _, value := range []string{stripe, odd, "correct horse battery staple", "0123456789abcdef", "пароль от всего 2024", "Zm9v+/Zm9v/YmFy+w==", `ab\cd\n"ef 42`} {
		g := learn(value)
		for encoding, encode := range encoded {
			if encoding == "without its first letter" && value != stripe && value != "Zm9v+/Zm9v/YmFy+w==" {
				continue // no later block: see TestBlocks
			}
			if encoding == "its first eight" && value[0] >= 0x80 {
				continue // eight bytes
			}
			text := encode(value)
			for place, format := range placed {
				message := strings.ReplaceAll(format, "%s", quote(text))
				if !json.Valid([]byte(message)) {
					t.Fatalf("%s: %s", place, message)
				}
				got := string(g.JSON([]byte(message)))
				if want := strings.Count(message, "jsonrpc"); strings.Count(got, "jsonrpc") != want || !json.Valid([]byte(got)) {
					t.Errorf("%s, %s, %s: %s", value, encoding, place, got)
				}
				if !strings.Contains(got, Redacted) || leaks(got, text) {
					t.Errorf("%s, %s, %s: %s", value, encoding, place, got)
				}
				if strings.Contains(place, "an id") && !strings.Contains(got, "1e2") {
					t.Errorf("%s: the id is gone: %s", place, got)
				}
			}
		}
	}
}

// leaks reports whether six characters in a row of the text are left in a message.
func leaks(message, text string) bool {
	var leaves any
	_ = json.Unmarshal([]byte(message), &leaves)
	shown := fmt.Sprint(leaves)
	for i := 0; i+6 <= len(text); i++ {
		if strings.Contains(shown, text[i:i+6]) && !strings.Contains("sk_live_", text[i:i+6]) {
			return true
		}
	}
	return false
}

func TestMasked(t *testing.T) {
	g := learn(stripe, odd, pem, "4929123412341234", "progress2024", "https://bot:hunter2hunter2@petstore.example/api")
	tests := []struct{ name, in, want string }{
		{"number", `{"jsonrpc":"2.0","id":1,"result":{"card":4929123412341234,"n":[4929123412341234]}}`,
			`{"jsonrpc":"2.0","id":1,"result":{"card":"[redacted]","n":["[redacted]"]}}`},
		{"id, method", `{"jsonrpc":"2.0","id":"` + stripe + `","method":"` + stripe + `","params":{"id":"` + stripe + `"}}`,
			`{"jsonrpc":"2.0","id":"` + stripe + `","method":"` + stripe + `","params":{"id":"[redacted]"}}`},
		{"key with the value", `{"result":{"` + stripe + `":1,"a ` + stripe + `":2}}`, `{"result":{"[redacted]":1,"a [redacted]":2}}`},
		{"key with the encoded value", `{"` + hex.EncodeToString([]byte(stripe)) + `":1}`, `{"[redacted]":1}`},
		{"key with most of a value", `{"` + stripe[len(stripe)-31:] + `":1,"4eC39HqLyjWD":2}`, `{"[redacted]":1,"4eC39HqLyjWD":2}`},
		{"key with a beginning", `{"progress":1,"progressToken":"x"}`, `{"progress":1,"progressToken":"x"}`},
		{"names stay", `["api_key=` + stripe + `","{\"api_key\":\"` + stripe + `\",\"n\":1}"]`, `["api_key=[redacted]","{\"api_key\":\"[redacted]\",\"n\":1}"]`},
		{"JSON in JSON in JSON", `["{\"a\":\"{\\\"k\\\":\\\"` + stripe + `\\\"}\"}"]`, `["{\"a\":\"{\\\"k\\\":\\\"[redacted]\\\"}\"}"]`},
		{"two", `["` + stripe + " and " + stripe + `"]`, `["[redacted] and [redacted]"]`},
		{"an open token", `["a\nb ` + quote(odd) + ` c\nd"]`, `["a\n[redacted]\nd"]`},
		{"URL", `["https://bot:hunter2hunter2@petstore.example/api", "https://petstore.example/api/pets"]`, `["https://bot:[redacted]", "https://petstore.example/api/pets"]`},
		{"lines of a PEM block", `"` + quote(pem) + `"`, `"-----BEGIN PRIVATE KEY-----\n[redacted]\n[redacted]\n[redacted]\n-----END PRIVATE KEY-----\n"`},
		{"another public key", `"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"`, `"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"`},
		{"no JSON", `panic: ` + stripe + "\n", "panic: [redacted]\n"},
		{"parts", `["sk_live_4eC39HqL","yjWDarjtT1zdp7dc"]`, `["[redacted]","[redacted]"]`},
		{"contents", `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"it is 4eC39"},{"text":"HqLyjW","type":"text"},{"type":"text","text":"DarjtT"}],"text":"1zdp7dc"}}`,
			`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"it is [redacted]"},{"text":"[redacted]","type":"text"},{"type":"text","text":"[redacted]"}],"text":"1zdp7dc"}}`},
		{"messages", `{"messages":[{"role":"user","content":{"type":"text","text":"4eC39"}},{"role":"user","content":{"type":"text","text":"HqL"}}]}`,
			`{"messages":[{"role":"user","content":{"type":"text","text":"[redacted]"}},{"role":"user","content":{"type":"text","text":"[redacted]"}}]}`},
		{"contents with lists between", `{"content":[{"annotations":{"audience":["user"]},"type":"text","text":"4eC39"},{"_meta":{"tags":[[],[1]]},"type":"text","text":"HqL"}]}`,
			`{"content":[{"annotations":{"audience":["user"]},"type":"text","text":"[redacted]"},{"_meta":{"tags":[[],[1]]},"type":"text","text":"[redacted]"}]}`},
		{"contents with texts between", `{"content":[{"text":"4eC39"},{"list":[{"text":"x"}]},{"text":"HqL ` + stripe + `"}]}`,
			`{"content":[{"text":"4eC39"},{"list":[{"text":"x"}]},{"text":"HqL [redacted]"}]}`},
		{"bytes in base64", `{"type":"image","data":"` + encoded["base64"](stripe) + `"}`, `{"type":"image","data":"W3JlZGFjdGVkXQ=="}`},
		{"a blob", `{"uri":"a","blob":"` + encoded["base64"]("x"+stripe+"\x00") + `"}`, `{"uri":"a","blob":"W3JlZGFjdGVkXQ=="}`},
		{"data that is no bytes", `{"data":"` + stripe[8:] + `","blob":"a ` + stripe + `"}`, `{"data":"[redacted]","blob":"a [redacted]"}`},
		{"bytes", `{"data":[52,101,67,51,57,72,113,76],"n":52}`, `{"data":["[redacted]","[redacted]","[redacted]","[redacted]","[redacted]","[redacted]","[redacted]","[redacted]"],"n":52}`},
		{"a lone surrogate", `["\ud800 ` + stripe + `", "\ud800"]`, `["` + "\ufffd" + ` [redacted]", "\ud800"]`},
	}
	for _, test := range tests {
		if got := string(g.JSON([]byte(test.in))); got != test.want {
			t.Errorf("%s:\n in   %s\n got  %s\n want %s", test.name, test.in, got, test.want)
		}
	}
}

func TestText(t *testing.T) {
	g := learn(stripe)
	for in, want := range map[string]string{
		"Get \"https://api/x?key=" + stripe + "\": EOF":     "Get \"https://api/x?key=[redacted]\": EOF",
		"runtime error: index out of range [5]":             "runtime error: index out of range [5]",
		"Basic " + encoded["base64"]("user:"+stripe) + " x": "Basic [redacted] x",
		"密钥是" + stripe + "，请保管":                             "密钥是[redacted]，请保管",
		"":                                                  "",
	} {
		if got := g.Text(in); got != want {
			t.Errorf("%s\n got  %s\n want %s", in, got, want)
		}
	}
}

func TestZeroGuard(t *testing.T) {
	var g Guard
	message := []byte(`{"a":"` + stripe + `"}`)
	if got := g.JSON(message); &got[0] != &message[0] || g.Text(stripe) != stripe {
		t.Error("masks what it does not know")
	}
	g.Learn("short", "")
	g.Learn("sk_live_1234567", "sk_live_")
	g.Learn("", "")
	if got := g.JSON(message); &got[0] != &message[0] {
		t.Error("masks what is too short")
	}
}

func TestLearningTwiceIsFree(t *testing.T) {
	g := learn(stripe)
	before := len(g.known.blocks)
	if n := testing.AllocsPerRun(100, func() { g.Learn(stripe, "sk_live_") }); n > 0 || len(g.known.blocks) != before {
		t.Errorf("%v allocations", n)
	}
}

func TestPieces(t *testing.T) {
	tests := []struct {
		value, prefix string
		want          []string
	}{
		{"sk_live_12345678", "sk_live_", []string{"12345678"}},
		{"sk_live_1234567", "sk_live_", nil},
		{"1234567é", "", []string{"1234567é"}},
		{"Bearer sk_live_12345678", "sk_live_", []string{"12345678"}},
		{"acme_live_4eC39HqLyjWDarjt", "", []string{"4eC39HqLyjWDarjt"}},
		{"piR-PAsv3Io01hsXi9NRg", "", []string{"piR-PAsv3Io01hsXi9NRg"}},     // no word begins so
		{"ad_`7o2fPa,u@4)I&oc#BT1", "", []string{"ad_`7o2fPa,u@4)I&oc#BT1"}}, // no key has such marks
		{`aJuvx_e/YbE18W;B81lQS\b+"1`, "", []string{`aJuvx_e/YbE18W;B81lQS\b+"1`}},
		{"Basic dXNlcjpodW50ZXIy", "", []string{"dXNlcjpodW50ZXIy"}},
		{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "", []string{"c2lnbmF0dXJl"}},
		{"postgres://app:s3cr3tpassword@db:5432/prod", "", []string{"s3cr3tpassword"}},
		{"postgres://app:short@db:5432/prod", "", []string{":short@d"}},
		{"https://petstore.example/api/v3", "", nil},
		{"https://hooks.example/services/T000/B000/XXXXXXXXXXXXXXXXXXXXXXXX", "", []string{"XXXXXXXXXXXXXXXXXXXXXXXX"}},
		{"user: bob\npassword: hunter22\n", "", []string{"hunter22"}},
		{`{"type": "service_account", "private_key": "` + quote(pem) + `"}`, "",
			[]string{"AgEAAoIBAQC7VJTUt9Us8cKj", "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu", "NMoSfm76oqFvAp8Gy0iz5sxjZmSnXyCdPEovGhLa0VzMaQ8s+CLOyS56"}},
		{"{\n  \"type\": \"service_account\",\n  \"auth_provider_x509_cert_url\": \"https://www.googleapis.com/oauth2/v1/certs\",\n  \"private_key\": \"" + quote(pem) + "\"\n}", "",
			[]string{"AgEAAoIBAQC7VJTUt9Us8cKj", "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu", "NMoSfm76oqFvAp8Gy0iz5sxjZmSnXyCdPEovGhLa0VzMaQ8s+CLOyS56"}},
	}
	for _, test := range tests {
		got := pieces(test.value, test.prefix)
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", test.want) {
			t.Errorf("%s:\n got  %q\n want %q", test.value, got, test.want)
		}
		if Guards(test.value, test.prefix) != (len(test.want) > 0) {
			t.Errorf("%s: Guards is wrong", test.value)
		}
	}
}

func TestBlocks(t *testing.T) {
	for piece, want := range map[string]string{
		"4eC39HqLyjWDarjtT1zdp7dc":     "4eC39HqL|WDarjtT1",
		"correct horse battery staple": "correct |horse battery st",
		"aeV*8>]Mql]{<h-/9L7+?~1":      "aeV*8>]M|l]{<h-/9",
		"00000000000000000001":         "0000000000000000",
		"aaaaaaaa":                     "aaaaaaaa",
		"aaaaaaa":                      "",
		"password1":                    "password",
		"0000-0123":                    "0000-012",
		"пароль-от-всего":              "пароль-о",
		"12345678\xff\xffab12\xff\xff": "12345678|\xff\xffab12\xff\xff",
	} {
		if got := join(blocks(piece, nil)); got != strings.TrimSuffix(want, "|") {
			t.Errorf("%s: %q", piece, got)
		}
	}
}

func join(blocks []block) string {
	texts := make([]string, len(blocks))
	for i, b := range blocks {
		texts[i] = b.text
	}
	return strings.Join(texts, "|")
}

func TestNothingMaskedAllocatesNothing(t *testing.T) {
	g := tenSecrets()
	for name, result := range results() {
		message, _ := json.Marshal(result)
		g.JSON(message) // fills the pool
		if n := testing.AllocsPerRun(10, func() {
			if got := g.JSON(message); &got[0] != &message[0] {
				t.Fatal("masked")
			}
		}); n >= 1 && !raceDetector {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// FuzzJSON puts a value into JSON and checks the laws.
func FuzzJSON(f *testing.F) {
	for _, format := range placed {
		f.Add(format, stripe, "sk_live_")
		f.Add(format, odd, "")
		f.Add(format, "ab%41\"\\u0041&lt;x", "")
		f.Add(format, pem, "")
	}
	f.Fuzz(func(t *testing.T, format, value, prefix string) {
		var g Guard
		g.Learn(value, prefix)
		for _, in := range []string{format, strings.ReplaceAll(format, "%s", quote(value)), strings.ReplaceAll(format, "%s", value)} {
			out := g.JSON([]byte(in))
			if !json.Valid([]byte(in)) {
				continue
			}
			if !json.Valid(out) {
				t.Fatalf("not valid: %s\nbecame: %s", in, out)
			}
			var before, after any
			decode(in, &before)
			decode(string(out), &after)
			if id(before) != id(after) {
				t.Fatalf("id or method of %s\nbecame: %s", in, out)
			}
			if !Guards(value, prefix) && string(out) != in {
				t.Fatalf("masked what it does not guard: %s\nbecame: %s", in, out)
			}
			if Guards(value, prefix) {
				noLeaf(t, after, value)
			}
		}
	})
}

func decode(text string, into *any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	_ = d.Decode(into)
}

func id(message any) string {
	object, _ := message.(map[string]any)
	if object["jsonrpc"] == nil {
		return ""
	}
	return fmt.Sprint(object["jsonrpc"], object["id"], object["method"])
}

// noLeaf checks that the value is in no string, number or key.
func noLeaf(t *testing.T, leaf any, value string) {
	t.Helper()
	switch leaf := leaf.(type) {
	case map[string]any:
		for key, member := range leaf {
			if leaf["jsonrpc"] != nil && (key == "id" || key == "method" || key == "jsonrpc") {
				continue
			}
			noLeaf(t, key, value)
			noLeaf(t, member, value)
		}
	case []any:
		for _, member := range leaf {
			noLeaf(t, member, value)
		}
	case string:
		if strings.Contains(leaf, value) {
			t.Fatalf("%q is in %q", value, leaf)
		}
	case json.Number:
		noLeaf(t, string(leaf), value)
	}
}

// Of a text only what is near to escapes is looked at again. So must be found all that is in the text as a whole: here, a value
// of which every character has its own layers.
func TestStretchesMissNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	layer := []func(string) string{
		func(s string) string { return s },
		quote,
		func(s string) string { return escapeAll(s[:1], `\u%04x`) + s[1:] }, // more would escape the letters of escapes
		func(s string) string { return percentAll(s[:1], "%%%02X") + s[1:] },
		func(s string) string { return escapeAll(s[:1], "&#x%x;") + s[1:] },
		html.EscapeString,
		url.QueryEscape,
		url.PathEscape,
	}
	texts := []string{"", " ", "a", "text ", "%", "%4", "\\", "&", "é", "\n\t\"", "x=%2F", "\\u00", "a%20b%2Fc", "</b> &amp; 100% ",
		`\u9886`, `\\u9886`, `\ud83d\ude00`, `\\n`}
	masked := 0
	for range 100_000 {
		value := []string{stripe, odd, "correct horse battery staple", "Zm9v+/Zm9v/YmFy+w=="}[r.IntN(4)]
		g := guards[value]
		text := ""
		for _, c := range value[len(prefixOf(value)):][:8+r.IntN(4)] {
			char := string(c)
			for range r.IntN(4) * r.IntN(2) {
				char = layer[r.IntN(len(layer))](char)
			}
			text += char
		}
		text = texts[r.IntN(len(texts))] + texts[r.IntN(len(texts))] + text + texts[r.IntN(len(texts))]
		message, _ := json.Marshal(text)
		if isIn(g, text) {
			masked++
			if got := g.JSON(message); &got[0] == &message[0] {
				t.Fatalf("%s is not masked", message)
			}
		}
	}
	if masked < 30_000 {
		t.Errorf("only %d of the texts had something to mask", masked)
	}
}

// isIn reports whether a block is in the text as a whole, after some layers.
func isIn(g *Guard, text string) bool {
	for range layers {
		for block := range g.known.blocks {
			if strings.Contains(text, block) {
				return true
			}
		}
		v := view{parent: new(view), around: len(text), room: math.MaxInt}
		if unescape(&v, []byte(text)); !v.changed {
			break
		}
		text = string(v.text)
	}
	return false
}

var guards = map[string]*Guard{
	stripe: learn(stripe), odd: learn(odd), "correct horse battery staple": learn("correct horse battery staple"), "Zm9v+/Zm9v/YmFy+w==": learn("Zm9v+/Zm9v/YmFy+w=="),
}

// A tool that returns its argument may be made to return a beginning a hundred thousand times without a space.
func TestManyHitsInOneToken(t *testing.T) {
	g := learn(stripe, "4eC39HqL with a space")
	hits := func(count int) {
		for _, text := range []string{strings.Repeat("4eC39HqL", count), strings.Repeat("4eC39HqL ", count)} {
			if got := g.Text(text); strings.Contains(got, "4eC") {
				t.Error("not masked")
			}
			message := []byte(`{"` + text + `":1}`)
			if got := g.JSON(message); !bytes.Equal(got, message) {
				t.Error("masked a key without a whole value")
			}
		}
	}
	if ratio := pace.Ratio(func() { hits(100_000) }, func() { hits(1_000) }); ratio > 1_000 { // by the square it is 10,000
		t.Errorf("a hundred times the hits take %.0f times as long", ratio)
	}
}

func TestInvalidJSONIsMaskedAsText(t *testing.T) {
	g := learn(stripe)
	for _, in := range []string{`{"a":"` + stripe, `{"a":"` + stripe + `"}x`, "\xff" + stripe} {
		if out := g.JSON([]byte(in)); bytes.Contains(out, []byte("4eC39")) {
			t.Errorf("%q", out)
		}
	}
}

// A view has only what is near to something that was undone. A list of bytes does not go on over what it leaves out, or all of that
// would be masked with the list.
func TestListsEndWhereAViewLeavesOut(t *testing.T) {
	const value = "05fslVcOFM5CZP04inyEn3EwJvR4N8lFaieMfvLtpi08DLbWnLCbvZ"
	g := learn(value)
	escaped := func(text string) string { return `\x` + hexWith(text, `\x`) }
	text := "Rex is calm: " + escaped(escaped(value)) + "\nand four"
	content := map[string]any{"_meta": map[string]any{"note": text}, "text": "see the note", "uri": "file:///rex"}
	message, err := json.Marshal(map[string]any{"contents": []any{content, content, content}})
	if err != nil {
		t.Fatal(err)
	}
	got := string(g.JSON(message))
	if strings.Contains(got, `\\x30`) || strings.Count(got, `"see the note"`) != 3 || strings.Count(got, `"file:///rex"`) != 3 {
		t.Errorf("got %s", got)
	}
}
