package field

import (
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
		{Field{Type: Password, MinLength: 2, MaxLength: 3, Prefix: "p", Pattern: "p.*"}, []Kind{TooShort, TooLong, NoPrefix, NoMatch}},
		{Field{Type: URL}, nil},
		{Field{Type: URL, Schemes: []string{"postgres"}, Hosts: []string{"a.example"}}, []Kind{OtherScheme, OtherHost}},
		{Field{Type: Email}, nil},
		{Field{Type: Integer}, []Kind{NotInteger}},
		{Field{Type: Integer, Range: Between(1, 100)}, []Kind{NotInteger, TooSmall, TooLarge}},
		{Field{Type: Integer, Range: AtLeast(1)}, []Kind{NotInteger, TooSmall}},
		{Field{Type: Duration}, []Kind{NotDuration}},
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
