package field

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"unicode"
)

const (
	zeroWidthSpace = "\u200b"
	byteOrderMark  = "\ufeff"
	noBreakSpace   = "\u00a0"
)

// What surely is an accident is taken off a value of one line, of whatever type.
func TestCleanOfOneLine(t *testing.T) {
	for entered, want := range map[string]string{
		"key":                            "key",
		"a key":                          "a key",
		byteOrderMark + "key":            "key",
		"key\n":                          "key",
		"key\r\n":                        "key",
		"key\r":                          "key",
		"\n\nkey\n\n":                    "key",
		" \tkey \t":                      "key",
		zeroWidthSpace + "key":           "key",
		"key" + zeroWidthSpace:           "key",
		noBreakSpace + "key" + "\u202f":  "key",
		"\u2060key\u200d":                "key",
		"\u202akey\u202c":                "key",
		"\u00adkey\u3164":                "key",
		"\u2003key\u3000\u2028":          "key",
		"\x1b[200~key\x1b[201~":          "key",
		"\x1b[200~key\n\x1b[201~\n":      "key",
		" \x1b[200~\ufeffkey \x1b[201~":  "key",
		"\x1b[200~ke\x1b[201~y":          "key",
		"\x1b[200~ke\x1b[201~\x1b[200~y": "key", // pasted twice, the second paste unfinished
		"key\x1b[201~":                   "key",
		"\x1b[20\x1b[200~0~key":          "key",
		"\u009b200~key\u009b201~":        "key",
		"^[[200~key^[[201~":              "key",
		"[200~key\n[201~ ":               "key",
		"[200~key":                       "[200~key", // may be meant
		"key[201~":                       "key[201~",
		"\ufeff \u200b\r\n":              "",
		"ke" + zeroWidthSpace + "y":      "ke" + zeroWidthSpace + "y",
		"I \u2764\ufe0f":                 "I \u2764\ufe0f", // an emoji's own selector
	} {
		for _, kind := range Types() {
			if kind == Multiline {
				continue
			}
			if got := (Field{Type: kind}).Clean(entered); got != want {
				t.Errorf("%s: %+q became %+q, want %+q", kind, entered, got, want)
			}
		}
	}
}

func TestCleanOfLines(t *testing.T) {
	for entered, want := range map[string]string{
		"a\nb\n":                              "a\nb\n",
		" a\n\n":                              " a\n\n",
		"a\r\nb\r\n":                          "a\nb\n",
		"a\rb\r":                              "a\nb\n",
		"a\r\r\nb":                            "a\n\nb",
		byteOrderMark + "a\n":                 "a\n",
		zeroWidthSpace + "a\n" + noBreakSpace: "a\n",
		"\x1b[200~a\r\nb\r\n\x1b[201~":        "a\nb\n",
		"[200~a\nb\n[201~\n":                  "a\nb\n",
		"a" + byteOrderMark + "\n":            "a" + byteOrderMark + "\n",
	} {
		if got := (Field{Type: Multiline}).Clean(entered); got != want {
			t.Errorf("%+q became %+q, want %+q", entered, got, want)
		}
	}
}

// What is taken off does not make room for a text that a reader had to cut.
func TestCleanLeavesWhatIsTooLong(t *testing.T) {
	for _, kind := range []Type{Password, Multiline} {
		f := Field{Type: kind}
		whole := strings.Repeat("\n", MaxEntry-1) + "x"
		if kind == Multiline {
			whole = strings.Repeat("\r\n", MaxSize-1) + "x"
		}
		if err := f.Check(f.Clean(whole)); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		var problem *Problem
		if err := f.Check(f.Clean(whole + strings.Repeat("\n", MaxEntry))); !asProblem(err, &problem) || problem.Kind != TooBig {
			t.Errorf("%s: cut text: %v", kind, err)
		}
	}
}

func asProblem(err error, problem **Problem) (ok bool) {
	*problem, ok = err.(*Problem)
	return ok
}

// What may be meant is refused by name and place.
func TestUnseenIsRefusedByName(t *testing.T) {
	text, lines := Field{Type: Text}, Field{Type: Multiline}
	for _, row := range []struct {
		field Field
		text  string
		want  string // "" where it is accepted
	}{
		{Field{Type: Password}, "hunte" + zeroWidthSpace + "r2", "a zero-width space (U+200B) after the 5th character"},
		{Field{Type: Password}, "h" + noBreakSpace + "2", "a no-break space (U+00A0) after the 1st character"},
		{Field{Type: Password}, "漢字" + byteOrderMark + "2", "a byte order mark (U+FEFF) after the 2nd character"},
		{Field{Type: Password}, strings.Repeat("x", 11) + "\u2060x", "a word joiner (U+2060) after the 11th character"},
		{Field{Type: Password}, strings.Repeat("x", 123) + "\u00adx", "a soft hyphen (U+00AD) after the 123rd character"},
		{Field{Type: Password}, "a\u200db", "a zero-width joiner (U+200D) after the 1st character"},
		{Field{Type: Password}, "漢\u200d字", "a zero-width joiner (U+200D) after the 1st character"},
		{Field{Type: Password}, "a\u2009b", "a thin space (U+2009) after the 1st character"},
		{Field{Type: Password}, "a\u205fb", "a space that is not the ordinary one (U+205F) after the 1st character"},
		{Field{Type: Password}, "a\U000e0061b", "an invisible character (U+E0061) after the 1st character"},
		{Field{Type: Password}, "a\u180eb", "an invisible character (U+180E) after the 1st character"},
		{Field{Type: Password}, byteOrderMark + "key", "a byte order mark (U+FEFF) at the beginning"},
		{Field{Type: Password}, "key" + zeroWidthSpace, "a zero-width space (U+200B) after the 3rd character"},
		{Field{Type: URL}, "https://good" + zeroWidthSpace + ".example", "a zero-width space (U+200B) after the 12th character"},
		{Field{Type: URL}, "https://good.example/a" + noBreakSpace + "b", "a no-break space (U+00A0) after the 22nd character"},
		{Field{Type: Email}, "a" + zeroWidthSpace + "@good.example", "a zero-width space (U+200B) after the 1st character"},
		{Field{Type: Integer}, "1\u202f000", "a narrow no-break space (U+202F) after the 1st character"},
		{Field{Type: Duration}, "1h\u206030m", "a word joiner (U+2060) after the 2nd character"},
		{Field{Type: Boolean}, "tr\u00adue", "a soft hyphen (U+00AD) after the 2nd character"},
		{Field{Type: Choice, Choices: []string{"a" + noBreakSpace + "b"}}, "a" + noBreakSpace + "b", ""},

		{text, "New" + noBreakSpace + "York", "a no-break space (U+00A0) after the 3rd character"},
		{text, "acct" + zeroWidthSpace + "42", "a zero-width space (U+200B) after the 4th character"},
		{text, "acct\u200d42", "a zero-width joiner (U+200D) after the 4th character"},
		{text, "acct\u202e42", "a right-to-left override (U+202E) after the 4th character"},
		{text, "می\u200cخواهم", ""},                   // Persian
		{text, "\U0001f469\u200d\U0001f4bb", ""},      // a woman at a computer
		{text, "\u2764\ufe0f\u200d\U0001f525 ok", ""}, // a heart on fire
		{text, "1\ufe0f\u20e3", ""},                   // a keycap
		{text, "山田\u3000太郎", ""},
		{text, "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", ""}, // the flag of England
		{text, "\u0600٤٢", ""},                                                               // a sign that is seen

		{lines, "-----BEGIN KEY-----\nMI" + zeroWidthSpace + "IB\n", "a zero-width space (U+200B) after the 2nd character of line 2"},
		{lines, "a\n" + byteOrderMark + "b", "a byte order mark (U+FEFF) at the beginning of line 2"},
		{lines, byteOrderMark + "a", "a byte order mark (U+FEFF) at the beginning of line 1"},
		{lines, "a\n\x1b[200~b", "a control character (U+001B) at the beginning of line 2"},
		{lines, "a\x07", "a control character (U+0007) after the 1st character of line 1"},
		{lines, "a\u2028b", "a line separator (U+2028) after the 1st character of line 1"},
		{lines, "a\tb\fc\r\n", ""},
		{lines, `{"name": "New` + noBreakSpace + `York"}`, ""},
		{lines, `{"name":` + noBreakSpace + `"New York"}`, "a no-break space (U+00A0) after the 8th character of line 1"},
	} {
		var problem *Problem
		err := row.field.Check(row.text)
		if row.want == "" && err != nil || row.want != "" &&
			(!asProblem(err, &problem) || problem.Error() != "must not have "+row.want) {
			t.Errorf("%s: %+q: %v, want %q", row.field.Type, row.text, err, row.want)
		}
	}
}

// A value that was stored by somebody else is handed out as it is, or not at all.
func TestReadingChangesNothing(t *testing.T) {
	for _, row := range []struct {
		kind Type
		text string
	}{{Password, " a key "}, {Text, " a "}, {Multiline, "a\r\nb\r\n"}} {
		if got, err := (Field{Type: row.kind}).Parse(row.text); err != nil || got != row.text {
			t.Errorf("%s: %q is read as %q, %v", row.kind, row.text, got, err)
		}
	}
}

// What is accepted of several lines is read as its owner means by the readers that such values are for.
func TestReadersTakeCleanLines(t *testing.T) {
	f := Field{Type: Multiline}
	for _, accident := range []string{"%s", "\ufeff%s", "\x1b[200~%s\x1b[201~", "\u200b%s\u00a0"} {
		for _, end := range []string{"\n", "\r\n", "\r"} {
			block := strings.ReplaceAll("-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n", "\n", end)
			if p, rest := pem.Decode([]byte(f.Clean(fmt.Sprintf(accident, block)))); p == nil || len(rest) > 0 {
				t.Errorf("%+q, %q: no PEM", accident, end)
			}
			if !json.Valid([]byte(f.Clean(fmt.Sprintf(accident, "{"+end+"}"+end)))) {
				t.Errorf("%+q, %q: no JSON", accident, end)
			}
		}
	}
}

// FuzzClean holds: cleaning twice is cleaning once, a clean value has nothing around it, nothing is made up, and of what is
// accepted only text, multiline and choice have a character that nobody sees.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", "key\r\n", " \ufeff\u200bkey\u00a0", "\x1b[200~a\r\nb\r\n\x1b[201~", "[200~[200~key[201~[201~",
		"\x1b[20\x1b[200~0~key", "ke\u200by", "\xff\xfe", "\u009b200~x", "a\x00b", "\ufe0f", "^[[200~ [200~a[201~\n^[[201~"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range Types() {
			field := Field{Type: kind, Choices: []string{"a"}}
			clean := field.Clean(text)
			if again := field.Clean(clean); again != clean {
				t.Errorf("%s: %+q, once more %+q", kind, clean, again)
			}
			if len(clean) > len(text) || strings.Contains(clean, PasteStart) || strings.Contains(clean, PasteEnd) {
				t.Errorf("%s: %+q became %+q", kind, text, clean)
			}
			if kind != Multiline && strings.TrimSpace(clean) != clean || kind == Multiline && strings.Contains(clean, "\r") {
				t.Errorf("%s: %+q became %+q", kind, text, clean)
			}
			wordless := kind != Text && kind != Multiline && kind != Choice
			if wordless && field.Check(clean) == nil && strings.ContainsFunc(clean, func(r rune) bool {
				return r != ' ' && (unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
			}) {
				t.Errorf("%s: accepted %+q", kind, clean)
			}
		}
	})
}
