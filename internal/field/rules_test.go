package field

import (
	"math"
	"slices"
	"testing"
)

// What a person had better know before is what the schema says, and the formats that nobody guesses.
func TestRules(t *testing.T) {
	for _, row := range []struct {
		field Field
		want  []Kind
	}{
		{Field{Type: Text}, nil},
		{Field{Type: Password, MinLength: 2, MaxLength: 3, Prefixes: []string{"p"}, Pattern: "p.*"}, []Kind{TooShort, TooLong, NoPrefix, NoMatch}},
		{Field{Type: Password, Pattern: "p.*", PatternHelp: "a p, and more"}, []Kind{OtherShape}},
		{Field{Type: URL}, nil},
		{Field{Type: URL, Schemes: []string{"postgres"}, Hosts: []string{"a.example"}}, []Kind{OtherScheme, OtherHost}},
		{Field{Type: Email}, nil},
		{Field{Type: Integer}, []Kind{NotInteger}},
		{Field{Type: Integer, Range: Between(1, 100)}, []Kind{NotInteger, TooSmall, TooLarge}},
		{Field{Type: Integer, Range: AtLeast(1)}, []Kind{NotInteger, TooSmall}},
		{Field{Type: Duration}, []Kind{NotDuration}},
		{Field{Type: Duration, Range: Between(0, 100)}, []Kind{NotDuration, TooSmall, TooLarge}},
		{Field{Type: Number}, []Kind{NotNumber}},
		{Field{Type: Number, Range: NumbersBetween(math.Inf(-1), 0.5)}, []Kind{NotNumber, TooLarge}},
		{Field{Type: Boolean}, nil},
		{Field{Type: Choice, Choices: []string{"a"}}, nil},
		{Field{Type: Multiline}, nil},
	} {
		var got []Kind
		for _, rule := range row.field.Rules() {
			got = append(got, rule.Kind)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%+v: %q, want %q", row.field, got, row.want)
		}
	}
}

// The guard takes for public what every value begins with, and no more: of two prefixes that a value has, the longer one.
func TestPrefixOf(t *testing.T) {
	f := Field{Type: Password, Prefixes: []string{"gh", "ghp_", "github_pat_"}}
	for text, want := range map[string]string{"ghp_a": "ghp_", "ghx": "gh", "github_pat_a": "github_pat_", "g": "", "": ""} {
		if got := f.PrefixOf(text); got != want {
			t.Errorf("%q begins with %q, want %q", text, got, want)
		}
	}
	if got := (Field{Type: Password}).PrefixOf("ghp_a"); got != "" {
		t.Errorf("without prefixes, %q", got)
	}
}

// A person reads labels, and whatever they choose or type stands for one choice. No label but a whole one does.
func TestShownAndEntered(t *testing.T) {
	f := Field{Type: Choice, Choices: []string{"eu", "us", "-x"}, ChoiceLabels: map[string]string{"eu": "Europe", "-x": "Other"}}
	if got := f.ShownChoices(); !slices.Equal(got, []string{"Europe", "us", "Other"}) {
		t.Errorf("shown as %q", got)
	}
	for text, want := range map[string]string{
		"Europe": "eu", " Europe\n": "eu", "eu": "eu", "us": "us", "Other": "-x", "-x": "-x", "europe": "europe", "Europ": "Europ", "": "",
	} {
		if got := f.Entered(text); got != want {
			t.Errorf("%q stands for %q, want %q", text, got, want)
		}
	}
	for _, choice := range f.Choices {
		if got := f.Entered(f.Shown(choice)); got != choice {
			t.Errorf("%q is shown as %q, which stands for %q", choice, f.Shown(choice), got)
		}
	}
	for value, want := range map[string]string{"eu": "eu (Europe)", "us": "us", "other": "other"} {
		if got := f.Named(value); got != want {
			t.Errorf("%q is called %q, want %q", value, got, want)
		}
	}
	list := f
	list.List, list.Choices = true, append(list.Choices, "a, b")
	if got, want := list.Named(JoinList(list.Choices)), `eu (Europe), us, -x (Other), ["a, b"]`; got != want {
		t.Errorf("a list is called %q, want %q", got, want)
	}
	_, err := f.Parse("asia")
	if want := "must be one of eu (Europe), us or -x (Other)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
}

// Who has to type a value again hears of every rule that it breaks.
func TestCheckAll(t *testing.T) {
	key := Field{Type: Password, Prefixes: []string{"pets-"}, MinLength: 16, MaxLength: 20, Pattern: "[a-z-]+"}
	for _, row := range []struct {
		f    Field
		text string
		want []Kind
	}{
		{key, "pets-abcdefghijkl", nil},
		{key, "SHORT", []Kind{TooShort, NoPrefix, NoMatch}},
		{key, "pets-ABC", []Kind{TooShort, NoMatch}},
		{key, "WAY TOO LONG FOR A KEY", []Kind{TooLong, NoPrefix, NoMatch}},
		{key, "", []Kind{Empty}},
		{key, "\x00", []Kind{NotText}},
		{Field{Type: Integer}, "x", []Kind{NotInteger}},
		{Field{Type: URL, Hosts: []string{"a.example"}}, "https://b.example", []Kind{OtherHost}},
	} {
		var kinds []Kind
		err := row.f.CheckAll(row.text)
		for _, err := range All(err) {
			kinds = append(kinds, err.(*Problem).Kind)
		}
		if !slices.Equal(kinds, row.want) || (err == nil) != (row.f.Check(row.text) == nil) {
			t.Errorf("%q: %v, want %v", row.text, kinds, row.want)
		}
		if most := append(row.f.MostBroken(), &Problem{}); len(kinds) > len(most) {
			t.Errorf("%q breaks %d rules, and a dialog expects %d", row.text, len(kinds), len(most))
		}
	}
}
