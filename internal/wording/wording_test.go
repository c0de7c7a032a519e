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
}

func TestPermissionPromisesTheNarrowest(t *testing.T) {
	wide, narrow := field.Field{Label: "Wide"}, field.Field{Label: "Narrow", Scope: field.ToolScope, Remember: time.Hour}
	lines := English().Permission("petstore", []Use{{Field: wide, Host: "a.example"}, {Field: narrow, Host: "a.example"}}, Requester{Tool: "get_pet"})
	want := []string{
		"petstore wants to use: Wide, Narrow", "Tool: get_pet", "The server gives no reason.", "Sent to a.example: Wide, Narrow", "",
		`"Allow for session" lets the tool get_pet use it for 1h.`,
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
		if last := lines[len(lines)-1]; !strings.HasSuffix(last, row.want) {
			t.Errorf("%+v: %q", row, last)
		}
	}
}

func TestPermissionCountsWhatItCantShow(t *testing.T) {
	uses := slices.Repeat([]Use{{Field: field.Field{Label: "L"}}}, shownLabels+3)
	if lines := English().Permission("petstore", uses, Requester{Once: true}); !strings.HasSuffix(lines[0], "L and 3 more") || lines[len(lines)-1] != English().Question.OnlyOnce {
		t.Errorf("%q", lines)
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
