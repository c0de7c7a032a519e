package vet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/vet"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

// TestBuiltIn: each rule finds what is just too much, and nothing in what is just right.
func TestBuiltIn(t *testing.T) {
	rows := []struct{ rule, found, quiet string }{
		{"many-required", required(9), required(8)},
		{"settings-ask", "  a: {field_type: integer}", "  a: {field_type: integer, permission: ask}"},
		{"short-values", "  a: {max_length: 7}", "  a: {max_length: 8}"},
		{"short-values", "  a: {pattern: 'k[0-9]{6}'}", "  a: {pattern: 'k[0-9]{7}'}"},
		{"short-values", "  a: {field_type: text, confidential: true, max_length: 7}", "  a: {field_type: text, max_length: 7}"},
		{"short-values", "  a: {field_type: integer, confidential: true, max: 9999999}", "  a: {field_type: integer, confidential: true, max: 10000000}"},
		{"short-values", "  a: {max_length: 7, field_type: multiline}", "  a: {max_length: 7, field_type: multiline, confidential: false}"},
		{"search-pattern", "  a: {pattern: '^k-.+'}", "  a: {pattern: '^k-.+$'}"},
		{"search-pattern", "  a: {pattern: '.+-k$'}", `  a: {pattern: '.+-k\$'}`},
		{"search-pattern", "  a: {pattern: 'one-value'}", "  a: {pattern: 'one-value.*'}"},
		{"placeholder", "  a: {prefix: k-, placeholder: s-...}", "  a: {prefix: k-live-, placeholder: k-...}"},
		{"placeholder", "  a: {prefix: [k-, r-], placeholder: s-...}", "  a: {prefix: [k-live-, r-live-], placeholder: r-...}"},
		{"placeholder", "  a: {min_length: 4, placeholder: xxx, examples: [xxxx]}", "  a: {min_length: 4, examples: [xxxx]}"},
		{"placeholder", "  a: {min_length: 9, placeholder: '12345678'}", "  a: {min_length: 9, placeholder: '<key>'}"},
		{"wide-host", "  a: {sent_to: [api.example.com, \"*.example.net\"]}", "  a: {sent_to: [api.example.com, a.example.net]}"},
		{"sent-to-unset", "  a: {sent_to: b}\n  b: {field_type: url, permission: none}",
			"  a: {sent_to: b}\n  b: {field_type: url, permission: none, required: true}"},
		{"look-alike", "  a: {label: Key}\n  b: {label: \"\\u041aey\"}", "  a: {label: Key}\n  b: {label: Keys}"},
		{"look-alike", "  a: {field_type: choice, permission: none, choices: [a, {value: \"\\u0430\", go_name: B}]}",
			"  a: {field_type: choice, permission: none, choices: [a, A]}"},
		{"look-alike", "  password: {}\n  passw0rd: {}", "  password: {}\n  passw1rd: {}"},
		{"look-alike", "  key_1: {label: First}\n  key_l: {label: Second}", "  key_1: {label: First}\n  key_i: {label: Second}"},
		{"look-alike", "  first: {}\n  other: {}\ngroups: {f1rst: [first], flrst: [other]}", "  first: {}\n  other: {}\ngroups: {f1rst: [first], firzt: [other]}"},
		{"look-alike", "  a: {go_name: StoreKeyO}\n  b: {go_name: StoreKey0}", "  a: {go_name: StoreKeyO}\n  b: {go_name: StoreKeyQ}"},
		{"look-alike", "  a: {label: PASSW0RD}\n  b: {label: Password}", "  a: {label: PASSW0RD}\n  b: {label: Passwörd}"},
		{"look-alike", "  a: {label: Account I}\n  b: {label: Account l}", "  a: {label: Account I}\n  b: {label: Account L}"},
		{"look-alike", "  a: {label: Corner}\n  b: {label: Comer}", "  a: {label: Corner}\n  b: {label: Cornet}"},
		{"look-alike", "  a: {label: API-Key}\n  b: {label: \"API\u2010Key\"}", "  a: {label: API-Key}\n  b: {label: API_Key}"},
		{"look-alike", "  a: {label: Key}\n  b: {label: \"\uff2b\uff45\uff59\"}", "  a: {label: Key}\n  b: {label: Keys}"},
		{"look-alike", "  a: {label: kapa}\n  b: {label: \"\u03ba\u03b1\u03c1\u03b1\"}", "  a: {label: kapa}\n  b: {label: kappa}"},
		{"look-alike", "  a: {field_type: choice, permission: none, choices: [v1, {value: vl, go_name: B}]}",
			"  a: {field_type: choice, permission: none, choices: [v1, v2, V1]}"},
		{"look-alike", "  a: {field_type: choice, permission: none, choices: [s, S, l, L, {value: I, go_name: B}]}",
			"  a: {field_type: choice, permission: none, choices: [s, S, l, L, i]}"},
		{"look-alike", "  a: {field_type: choice, permission: none, choices: [{value: a, label: Key}, {value: b, label: \"\\u041aey\"}]}",
			"  a: {field_type: choice, permission: none, choices: [{value: a, label: Key}, {value: \"\\u0430\", label: Keys, go_name: B}]}"},
		{"no-host", "  a: {field_type: url, permission: none, schemes: [file]}", "  a: {field_type: url, permission: none, schemes: [ftp]}"},
	}
	for _, rule := range vet.BuiltIn() {
		if !slices.ContainsFunc(rows, func(row struct{ rule, found, quiet string }) bool { return row.rule == rule }) {
			t.Errorf("no row is for the rule %s", rule)
		}
	}
	for _, row := range rows {
		if got := rulesOf(vet.Check(parse(t, row.found), nil)); !slices.Equal(got, []string{row.rule}) {
			t.Errorf("%s\n  %v found something, want %s alone", row.found, got, row.rule)
		}
		if got := vet.Check(parse(t, row.quiet), nil); len(got) > 0 {
			t.Errorf("%s\n  want nothing, got %v", row.quiet, got)
		}
		off := &schema.Rules{Off: []string{row.rule}}
		if got := vet.Check(parse(t, row.found), off); len(got) > 0 {
			t.Errorf("%s\n  with %s off: %v", row.found, row.rule, got)
		}
	}
}

// TestInTheOrderOfTheFile: what a team's rules say stands among the warnings, where the file has its place, and is no warning.
func TestInTheOrderOfTheFile(t *testing.T) {
	f := parse(t, "  a: {max_length: 7}\n  b: {field_type: integer}")
	team := &schema.Rules{Rules: []schema.TeamRule{{Name: "sent", Needs: []string{"sent_to"}, Why: "see the handbook"}}}
	var got []string
	for _, finding := range vet.Check(f, team) {
		line := finding.String()
		if strings.Contains(line, "warning: ") == finding.Team {
			t.Errorf("is it a warning? %s", line)
		}
		got = append(got, fmt.Sprint(finding.Pos.Line, " ", finding.Rule))
	}
	if want := []string{"4 short-values", "4 sent", "5 sent", "5 settings-ask"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func parse(t *testing.T, secrets string) *schema.File {
	t.Helper()
	f, err := schema.Parse("secrets.yaml", []byte("version: 1\nserver: pets\nsecrets:\n"+secrets+"\n"))
	if err != nil {
		t.Fatalf("%s\n  %v", secrets, err)
	}
	return f
}

// required are as many secrets that are in no group.
func required(n int) string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("  a%d: {required: true}", i))
	}
	return strings.Join(lines, "\n")
}

func rulesOf(found []vet.Finding) (rules []string) {
	for _, f := range found {
		rules = append(rules, f.Rule)
	}
	return rules
}
