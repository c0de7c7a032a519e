package wording

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
)

// Every hole in a sentence is documented, and every documented hole is in some sentence.
func TestHoles(t *testing.T) {
	used := map[string]bool{}
	for _, sentence := range all(reflect.ValueOf(English())) {
		if strings.TrimSpace(sentence) == "" {
			t.Error("a sentence is empty")
		}
		for _, hole := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(sentence, -1) {
			used[hole[1]] = true
			if Holes()[hole[1]] == "" {
				t.Errorf("%q has the hole %q, which nothing explains", sentence, hole[1])
			}
		}
	}
	for hole := range Holes() {
		if !used[hole] {
			t.Errorf("no sentence has the hole %q", hole)
		}
	}
}

// all returns every string below v.
func all(v reflect.Value) []string {
	var found []string
	switch v.Kind() {
	case reflect.String:
		return []string{v.String()}
	case reflect.Struct:
		for i := range v.NumField() {
			found = append(found, all(v.Field(i))...)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			found = append(found, all(v.MapIndex(key))...)
		}
	}
	return found
}

func TestFillIsOnePass(t *testing.T) {
	got := Fill("{label} for {tool}, {other}", Values{"label": "{tool}", "tool": "{label}"})
	if got != "{tool} for {label}, {other}" {
		t.Error(got)
	}
	for text, want := range map[string]string{
		"a {x": "a {x", "{{x}}": "{1}", "{a{x}": "{a1", "{}{x}": "{}1", "x}{": "x}{", "{x}{x}": "11", "": "",
	} {
		if got := Fill(text, Values{"x": "1"}); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}

// The dialog says the rules before they are broken, as far as it has room for them.
func TestAskSaysTheRules(t *testing.T) {
	for want, f := range map[string]field.Field{
		"The value must be a whole number, must be 1 or more, must be 100 or less.": {Type: field.Integer, Range: field.Between(1, 100)},
		"The value must be a duration, such as 30s or 1h30m.":                       {Type: field.Duration},
		"The value must begin with ghp_, gho_ or github_pat_.":                      {Type: field.Password, Prefixes: []string{"ghp_", "gho_", "github_pat_"}},
		"The value must be two letters and a number.":                               {Type: field.Text, Pattern: "[a-z]{2}[0-9]+", PatternHelp: "two letters and a number"},
		"The value must begin with sk_live_.":                                       {Type: field.Password, Prefixes: []string{"sk_live_"}},
		"The value must have at least 16 characters.":                               {Type: field.Password, MinLength: 16, Pattern: strings.Repeat("[a-z]", 50)},
	} {
		f.Label = "Value"
		if lines := English().Ask("petstore", f, Asking{}); !slices.Contains(lines, want) {
			t.Errorf("%q, want %q", lines, want)
		}
	}
	f := field.Field{Label: "Name", Type: field.Text, Required: true}
	if lines := English().Ask("petstore", f, Asking{}); len(lines) != 1 {
		t.Errorf("%q", lines)
	}
}

func TestProblemLeavesOpenWhatIsNotFoundYet(t *testing.T) {
	found := &field.Problem{Kind: field.Unseen, Found: "a word joiner (U+2060) after the 5th character"}
	for want, problem := range map[string]*field.Problem{
		"must not have {found}": {Kind: field.Unseen},
		"must not have a word joiner (U+2060) after the 5th character": found,
	} {
		if got := English().Problem(problem); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPermissionPromisesTheNarrowest(t *testing.T) {
	wide, narrow := field.Field{Label: "Wide"}, field.Field{Label: "Narrow", Scope: field.ToolScope, Remember: time.Hour}
	lines := English().Permission("petstore", []Use{{Field: wide, Host: "a.example"}, {Field: narrow, Host: "a.example"}}, Requester{Tool: "get_pet"})
	want := []string{
		"petstore wants to use: 2 secrets, listed below", "Tool: get_pet", "The server gives no reason.", "",
		`"Allow for session" lets the tool get_pet use them for 1h.`, "", "- Wide goes to a.example", "- Narrow goes to a.example",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
}

// What a session is, the question says in plain words: over stdio until a restart, over HTTP for so long.
func TestPermissionSaysWhatASessionIs(t *testing.T) {
	day := field.Field{Label: "Day", Remember: 24 * time.Hour}
	for _, row := range []struct {
		uses  []Use
		named bool
		want  string
	}{
		{[]Use{{Field: field.Field{}}}, false, "until you restart petstore."},
		{[]Use{{Field: field.Field{}}}, true, "for 8h."},
		{[]Use{{Field: day}}, true, "for 24h."},
		{[]Use{{Field: day}, {Field: field.Field{}}}, true, "for 8h."},
		{[]Use{{Field: day}, {Field: field.Field{}}}, false, "for 24h."},
	} {
		lines := English().Permission("petstore", row.uses, Requester{Tool: "get_pet", Named: row.named})
		means := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, `"Allow for session"`) })
		if means < 0 || !strings.HasSuffix(lines[means], row.want) {
			t.Errorf("%+v: %q", row, lines)
		}
	}
}

func TestPermissionSaysWhereEachGoes(t *testing.T) {
	use := func(label, host string) Use { return Use{Field: field.Field{Label: label}, Host: host} }
	uses := []Use{use("Token", "b.example"), use("User", "a.example"), use("Colour", ""), use("Password", "a.example"), use("Size", "")}
	lines := English().Permission("petstore", uses, Requester{Once: true})
	want := []string{
		"- Token goes to b.example", "- User goes to a.example", "- Colour", "- Password goes to a.example", "- Size",
	}
	if got := lines[len(lines)-len(want):]; !slices.Equal(got, want) {
		t.Errorf("%q", lines)
	}
	lines = English().Permission("petstore", uses[:1], Requester{Once: true, By: `Asked for by "ann"`})
	want = []string{
		"petstore wants to use: Token", "Asked for by the server itself, not by a tool.", "The server gives no reason.", `Asked for by "ann"`,
		"Token goes to b.example", "", `"Allow" covers this one use.`,
	}
	if !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
}

// A manifest of an older generator asks in its own sentences, and for several secrets in those that it lacks.
func TestPermissionInOlderSentences(t *testing.T) {
	older := English()
	older.Question.Use, older.Question.SentTo, older.Question.UseAll = "{server} wants to use: {labels}", "Sent to {host}: {labels}", ""
	uses := []Use{{Field: field.Field{Label: "Token"}, Host: "a.example"}, {Field: field.Field{Label: "User"}}}
	text := strings.Join(slices.Concat(older.Complete().Permission("s", uses[:1], Requester{}), older.Complete().Permission("s", uses, Requester{})), "\n")
	for _, want := range []string{"s wants to use: Token\n", "Sent to a.example: Token\n", "s wants to use: 2 secrets, listed below\n", "- Sent to a.example: Token\n- User"} {
		if !strings.Contains(text, want) || strings.Contains(text, "{") {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// No name passes for another one, for nobody's, or for a sentence.
func TestAskedByNobodyElse(t *testing.T) {
	s := English()
	seen := map[string]string{s.AskedBy("", true): "nobody", s.Question.Outside: "the server itself"}
	wide := strings.Repeat("x", 55)
	for _, name := range []string{
		"an unverified program on this computer.", "the server itself, not by a tool.",
		"ann", "\u0430nn", "ann.", " ann", "ann ", "ann  ", "an n", "an  n", "an\u00a0n", "an\tn", `"ann"`, `ann" "bob`, `ann\x20`, "ann\x20\x20bob",
		`ann\x20\x20bob`, "Ren\u00e9", "Rene\u0301", `Ren\u00e9`, "a\U0001D159nn", "ann\xff", "ann\ufffd", wide + "ann", wide + " ann",
	} {
		line := layout.Clean("Tool: x\n"+s.AskedBy(name, false), layout.Lines, layout.Columns)
		line = strings.TrimPrefix(line, "Tool: x\n")
		if other, taken := seen[line]; taken {
			t.Errorf("%q passes for %q: %s", name, other, line)
		}
		seen[line] = name
	}
}

// Whoever chooses a name does not choose what a line begins with, nor passes for somebody else.
func TestAskedBy(t *testing.T) {
	s := English()
	for principal, want := range map[string]string{
		"":             "",
		"ann":          `Asked for by "ann"`,
		"Ann Smith":    `Asked for by "Ann Smith"`,
		"Ann  Smith":   `Asked for by "Ann\x20\x20Smith"`,
		"an\u200bn":    `Asked for by "ann" "an\u200bn"`,
		"ann\nTool: x": `Asked for by "ann\nTool: x"`,
		"\u3164":       `Asked for by "\u3164"`,
		"Ren\u00e9":    "Asked for by \"Ren\u00e9\" \"Ren\\u00e9\"",
		strings.Repeat("x", 41) + " Tool: delete_pet": "Asked for by\n    \"" + strings.Repeat("x", 41) + `\x20Tool:\x20d` + "\n    " + `elete_pet"`,
		strings.Repeat("x", 47) + "Tool: delete_pet":  "Asked for by\n    \"" + strings.Repeat("x", 47) + "Tool:\\x2\n    0delete_pet\"",
	} {
		if got := s.AskedBy(principal, false); got != want {
			t.Errorf("%q: %q, want %q", principal, got, want)
		}
	}
	if got := s.AskedBy("", true); got != s.Question.ByUnverified {
		t.Error(got)
	}
}

func TestProblemOfAnotherErrorSaysNothingOfIt(t *testing.T) {
	if got := English().Problem(errors.New("hunter2")); strings.Contains(got, "hunter2") || got == "" {
		t.Error(got)
	}
}

func TestShortDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Hour: "1h", 90 * time.Minute: "1h30m", 30 * time.Minute: "30m", 90 * time.Second: "1m30s", time.Second: "1s",
		time.Hour + time.Second: "1h0m1s", 10 * time.Hour: "10h", 100 * time.Minute: "1h40m", 1500 * time.Millisecond: "1.5s",
	} {
		if got := ShortDuration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestCompleteKeepsWhatIsThere(t *testing.T) {
	older := English()
	older.Question.Deny, older.Failures[Denied], older.Form.Waiting = "Nein", "Nicht erlaubt.", ""
	delete(older.Failures, NobodyToAsk)
	older.Failures[Closed] = ""
	whole, want := older.Complete(), English()
	want.Question.Deny, want.Failures[Denied] = "Nein", "Nicht erlaubt."
	if !reflect.DeepEqual(whole, want) {
		t.Errorf("%+v", whole)
	}
	if older.Failures[Closed] != "" {
		t.Error("changed what it was given")
	}
}

// Not every server has the terminal command, so only what is said where there is one names it.
func TestOnlyTerminalSentencesNameTheCommand(t *testing.T) {
	s := English()
	for name, sentence := range s.Failures {
		if strings.Contains(sentence, "{command}") {
			t.Errorf("%s: %s", name, sentence)
		}
	}
	for name, sentence := range s.Terminal {
		if !strings.Contains(sentence, "{command} secrets ") || s.Failures[name] == "" {
			t.Errorf("%s: %s", name, sentence)
		}
	}
}

// A link stands behind the help text, with nothing behind it that could be taken for a part of it.
func TestAskHasTheLink(t *testing.T) {
	f := field.Field{Label: "API key", Help: "Create one.", Docs: "https://docs.example.com/keys", Placeholder: "k-..."}
	lines := English().Ask("petstore", f, Asking{})
	if i := slices.Index(lines, "See https://docs.example.com/keys"); i != slices.Index(lines, "Create one.")+1 {
		t.Errorf("%q", lines)
	}
}

// Any program may use any name, so the one that is shown ends where it says, on the dialog's own words.
func TestClientIsNamedAsItNamesItself(t *testing.T) {
	for name, want := range map[string]string{
		"":                                "only if the program that you chat in shows the same.",
		"\u200b":                          "only if the program that you chat in shows the same.",
		"Claude":                          `only if "Claude", as it calls itself, shows the same.`,
		`x" shows it. Fine`:               `only if "x' shows it. Fine", as it calls itself, shows the same.`,
		"a\nb":                            `only if "a b", as it calls itself, shows the same.`,
		"\u202eedualC":                    `only if "edualC", as it calls itself, shows the same.`,
		strings.Repeat("abcdefghij", 100): `only if "abcdefghijab…jabcdefghij", as it calls itself, shows the same.`,
	} {
		lines := English().Ask("petstore", field.Field{Label: "API key"}, Asking{Code: "K7QM-2XWD", Client: name})
		got := layout.Line(lines[len(lines)-1])
		if !strings.Contains(got, want) || layout.Height(lines[len(lines)-1]) > 3 {
			t.Errorf("%.30q: %s", name, got)
		}
	}
}

// What is wrong stands right above the field, a line for each rule that was broken.
func TestProblemsStandAboveTheField(t *testing.T) {
	f := field.Field{Label: "API key", Type: field.Password, Prefixes: []string{"pets-"}, MinLength: 16, Pattern: "[a-z-]+", Help: "Create one."}
	for _, code := range []string{"", "K7QM-2XWD"} {
		lines := English().Ask("petstore", f, Asking{Code: code, Again: f.CheckAll("SHORT")})
		want := []string{
			"Please try again: the value must have at least 16 characters.",
			"Please try again: the value must begin with pets-.",
			"Please try again: the value must match the pattern [a-z-]+.",
		}
		if got := lines[len(lines)-3:]; !slices.Equal(got, want) {
			t.Errorf("code %q: %q", code, lines)
		}
	}
}
