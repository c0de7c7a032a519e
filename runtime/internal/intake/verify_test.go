package intake

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/consent"
)

// checked collects values that a check looks at, and returns how the check was called.
func checked(t *testing.T, s *shelf, texts ...string) (calls []string, err error) {
	check := s.check
	s.check = func(entered map[string]string, last string, left []string) ([]string, string, error) {
		calls = append(calls, fmt.Sprintf("%s of %v, left %v", last, entered, left))
		return check(entered, last, left)
	}
	in := newIntake(t, s, texts...)
	call := consent.NewCall(consent.Who{Kind: consent.Process}, consent.Tool{Kind: "tool", Name: "tool"})
	return calls, errors.Unwrap(in.Collect(t.Context(), call, Secrets{Names: []string{"name", "word", "other"}}))
}

// What is wrong is asked for again before what is left, and stored once, with the others.
func TestWrongIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{check: func(entered map[string]string, last string, _ []string) ([]string, string, error) {
			if last == "word" && entered["word"] == "bad" {
				return []string{"name", "word"}, "it is odd", nil
			}
			return nil, "", nil
		}}
		calls, err := checked(t, s, "ann", "bad", "bob", "good", "else")
		want := []string{
			"name of map[name:ann], left [word other]", "word of map[name:ann word:bad], left [other]",
			"name of map[name:bob], left [word other]", "word of map[name:bob word:good], left [other]",
			"other of map[name:bob other:else word:good], left []",
		}
		if err != nil || !slices.Equal(calls, want) {
			t.Errorf("%v, %q", err, calls)
		}
		if want := []string{`other is "else"`, `name is "bob"`, `word is "good"`}; len(s.log) != 3 || !sameSet(s.log, want) {
			t.Errorf("stored: %q", s.log)
		}
	})
}

func sameSet(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// A check that can't go on, or never finds anything right, has nothing stored.
func TestNothingIsStoredOfWhatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		s := &shelf{check: func(map[string]string, string, []string) ([]string, string, error) { return nil, "", broken }}
		if _, err := checked(t, s, "ann"); !errors.Is(err, broken) || len(s.log) > 0 {
			t.Errorf("%v, %q", err, s.log)
		}
		s = &shelf{check: func(_ map[string]string, last string, _ []string) ([]string, string, error) {
			return []string{last}, "odd", nil
		}}
		calls, err := checked(t, s, slices.Repeat([]string{"bad"}, attempts)...)
		if err == nil || err.Error() != "wrong again: odd" || len(calls) != attempts || len(s.log) > 0 {
			t.Errorf("%v after %d, %q", err, len(calls), s.log)
		}
	})
}
