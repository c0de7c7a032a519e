package wording

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/layout"
)

// TestText: whatever kind a text is of, it is refused where it is more than what is seen, or something else.
func TestText(t *testing.T) {
	kinds := map[string]Text{
		"server": ServerText, "label": LabelText, "placeholder": PlaceholderText, "help": HelpText, "reason": ReasonText,
		"deprecated": DeprecatedText, "choice": ChoiceText, "prefix": PrefixText, "pattern": PatternText,
	}
	for _, c := range []struct{ text, want string }{
		{"Petstore API key", ""},
		{"clé d'accès, 鍵, مفتاح", ""},
		{"می\u200cخواهم", ""},          // a non-joiner spells in Persian
		{"1\ufe0f\u20e3 👩\u200d💻", ""}, // and makes emoji
		{"e\u0301\u0301\u0301\u0301", ""},
		{"{other} and {", ""},
		{"a\u200db", "has the invisible character U+200D in it, remove it"},
		{"key\ufe0f", "has the invisible character U+FE0F in it, remove it"},
		{"a\u034fb", "has the invisible character U+034F in it, remove it"},
		{"API key\u3164", "has the invisible character U+3164 in it, remove it"},
		{"a\u115f", "has the invisible character U+115F in it, remove it"},
		{"a\u2065", "has the invisible character U+2065 in it, remove it"},
		{"a\u00adb", "has the invisible character U+00AD in it, remove it"},
		{"a\u202eb", "has the invisible character U+202E in it, remove it"},
		{"a\u2066b", "has the invisible character U+2066 in it, remove it"},
		{"a\u2028b", "has the invisible character U+2028 in it, remove it"},
		{"a\U000e0041", "has the invisible character U+E0041 in it, remove it"},
		{"a\u2800b", "has the character U+2800 in it, which a dialog can't show, remove it"},
		{"a\ue000b", "has the character U+E000 in it, which a dialog can't show, remove it"},
		{"a\x00b", "has the control character U+0000 in it, remove it"},
		{"a\x1bb", "has the control character U+001B in it, remove it"},
		{"a\rb", "has the control character U+000D in it, remove it"},
		{"a\u0085b", "has the control character U+0085 in it, remove it"},
		{"e\u0301\u0301\u0301\u0301\u0301", "has more than 4 accents on one character, remove some"},
		{"for {tool}", `has "{tool}" in it, which a question fills in, write it without the braces`},
		{"\xff", "is not UTF-8"},
	} {
		for name, kind := range kinds {
			if got := messageOf(kind.Check(c.text)); got != c.want {
				t.Errorf("%s %q: %q, want %q", name, c.text, got, c.want)
			}
		}
	}
	for name, kind := range kinds {
		oneLine := kind.Lines == 1
		for _, text := range []string{"a\nb", "a\tb"} {
			if err := kind.Check(text); (err != nil) != oneLine {
				t.Errorf("%s %q: %v", name, text, err)
			}
		}
		if err := kind.Check(strings.Repeat("a", kind.Characters+1)); err == nil {
			t.Errorf("%s of %d characters is taken", name, kind.Characters+1)
		}
	}
}

// TestTextAtItsBounds: what fills the room is taken, one more is not.
func TestTextAtItsBounds(t *testing.T) {
	line := strings.Repeat("W", layout.Columns)
	for _, c := range []struct {
		kind           Text
		fits, one      string
		wantForOneMore string
	}{
		{LabelText, strings.Repeat("W", 40), "W", "has 41 characters, a dialog has room for 40"},
		{LabelText, strings.Repeat("鍵", 20), "W", "is 41 columns wide, a dialog has room for 40; some characters take two"},
		{PlaceholderText, strings.Repeat("p", 100), "p", "has 101 characters, a dialog has room for 100"},
		{HelpText, strings.Repeat(line+"\n", 7) + line, "W", "takes 9 lines of 60 columns, a dialog has room for 8"},
		{ReasonText, strings.Repeat("r", 100), "r", "has 101 characters, a dialog has room for 100"},
		{ServerText, strings.Repeat("s", 64), "s", "has 65 characters, a dialog has room for 64"},
	} {
		if err := c.kind.Check(c.fits); err != nil {
			t.Errorf("%q: %v", c.fits, err)
		}
		if got := messageOf(c.kind.Check(c.fits + c.one)); got != c.wantForOneMore {
			t.Errorf("%q: %q, want %q", c.fits+c.one, got, c.wantForOneMore)
		}
	}
}

// TestReasonIsShownWhole: a question cuts no reason that the rule lets through, wherever its words end.
func TestReasonIsShownWhole(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var reason strings.Builder
		for reason.Len() < ReasonColumns {
			fmt.Fprint(&reason, strings.Repeat("W", 1+chance.IntN(60)), " ")
		}
		text := strings.TrimSpace(reason.String()[:ReasonColumns])
		if err := ReasonText.Check(text); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines := strings.Join(English().Permission("s", []Use{{}}, Requester{Tool: "t", Reason: text}), "\n")
		if strings.Contains(lines, "…") {
			t.Fatalf("%q is cut:\n%s", text, lines)
		}
	}
}

func messageOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
