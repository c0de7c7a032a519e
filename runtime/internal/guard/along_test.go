package guard

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// What stands beside a value and only looks as if it were encoded with it stays.
func TestNothingIsMaskedAlong(t *testing.T) {
	const key, phrase, bytes = "4eC39HqLyjWDarjtT1zdp7dc", "correct horse, battery \"staples\" 7", "42eC39HqLyjWDarjtT1zdp7dc"
	g := learn(key, phrase, bytes, "ABeC39HqLyjWDarjtT1zdp7dc", `xfuc-zc0g2\x9b`)
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	long := encode("\n" + phrase + strings.Repeat(" and", 5)) // so long that a line with it may be a broken one
	escaped := func(text string) string { return percentAll(text, `\x%02x`) }
	for name, test := range map[string]struct{ in, want string }{
		"a name behind base64":          {"key=" + long + "key=\n{\"next\": null}", "[redacted]\n{\"next\": null}"},
		"padding":                       {base64.StdEncoding.EncodeToString([]byte(phrase+strings.Repeat(".", 56-len(phrase)))) + "\nRex is calm", "[redacted]\nRex is calm"},
		"padding in each line":          {padded(phrase) + "\n" + padded("a") + "\n" + padded("b") + "\nRex", "[redacted]\n" + padded("a") + "\n" + padded("b") + "\nRex"},
		"a value that begins as a byte": {"key=" + bytes + " next", "key=[redacted] next"},
		"a letter among its digits":     {"a=3D key=ABeC39HqLyjWDarjtT1zdp7dc next", "a=3D key=[redacted] next"},
		"two of them":                   {"key=42eC39HqLyjWDarjtT1zdp7dc;key=ABeC39HqLyjWDarjtT1zdp7dc next", "key=[redacted] next"},
		"a sentence behind base64":      {"see " + encode(phrase) + "\nRex is calm", "[redacted]\nRex is calm"},
		"four letters":                  {encode(phrase) + "\nThen came Rex", "[redacted]\nThen came Rex"},
		"a sentence behind slashes":     {encode("a") + `\/` + encode(phrase+"....") + "\nRex is a calm dog", "[redacted]\nRex is a calm dog"},
		"a number behind a list":        {"see " + escaped(phrase) + "\n12 dogs", "[redacted]\n12 dogs"},
		"a number behind hexadecimal":   {fmt.Sprintf("% x", key) + "\n12 dogs, 30 cats", "[redacted]\n12 dogs, 30 cats"},
		"a word behind decimals":        {decimalWith(phrase, ",") + "\nbeef", "[redacted]\nbeef"},
		"a line behind CSI":             {`it is xfuc-zc0g2\x9b` + "\nRex is calm", "it is [redacted]\nRex is calm"},
		"a line behind a title":         {key + "\x1b]0;title\nRex is\a calm", "[redacted]\nRex is\a calm"},
	} {
		if got := g.Text(test.in); got != test.want {
			t.Errorf("%s: %q\n got  %q\n want %q", name, test.in, got, test.want)
		}
	}
}

// padded is a text in 75 letters of base64, and "=".
func padded(text string) string {
	return base64.StdEncoding.EncodeToString([]byte(text + strings.Repeat(".", 56-len(text))))
}

// A body that is quoted-printable may have few signs of that. What a line end breaks is found, and so is what is read although no
// program writes it so.
func TestFoundInBodies(t *testing.T) {
	const value = "unhurried otters juggle 4eC39HqLyjWD lanterns at noon"
	g := learn(value)
	filler := strings.Repeat("Rex is a calm dog. ", 8)
	for name, text := range map[string]string{
		"one break":           filler[:40] + value[:35] + "=\n" + value[35:] + " sic",
		"Windows":             filler[:40] + value[:35] + "=\r\n" + value[35:] + " sic",
		"base64":              filler[:32] + base64.StdEncoding.EncodeToString([]byte(value))[:43] + "=\n" + base64.StdEncoding.EncodeToString([]byte(value))[43:],
		"small letters":       "see " + percentAll(value, "=%02x"),
		"some small letters":  strings.ReplaceAll(value, "rr", "=72r"),
		"small and no others": strings.ReplaceAll(value, "j", "=6a"),
		"Latin-1":             "Stra=DFe, " + strings.ReplaceAll(value, "u", "=75"),
		"UTF-8":               "schl=C3=BCssel " + strings.ReplaceAll(value, "rried", "=72=72ied"),
	} {
		if got := g.Text(text); !strings.Contains(got, Redacted) || strings.Contains(got, "otters") || strings.Contains(got, "noon") {
			t.Errorf("%s: %q\nbecame %q", name, text, got)
		}
	}
}
