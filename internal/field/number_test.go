package field

import (
	"errors"
	"math"
	"testing"
	"time"
)

// TestNumbers: a number is a finite decimal within its bounds, and a problem names the bound as a schema writes it.
func TestNumbers(t *testing.T) {
	f := Field{Type: Number, Range: NumbersBetween(-0.5, 1000000.25)}
	for text, want := range map[string]float64{
		"0.7": 0.7, " .5\n": 0.5, "5.": 5, "+1e3": 1000, "-0.5": -0.5, "1000000.25": 1000000.25, "1E-400": 0, "007": 7, "-0": 0,
	} {
		if got, err := f.Parse(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"-0.6": "must be -0.5 or more", "1000000.3": "must be 1000000.25 or less", "0,7": "must be a number, such as 0.7",
		"inf": "must be a number, such as 0.7", "NaN": "must be a number, such as 0.7", "0x1p-2": "must be a number, such as 0.7",
		"1_000": "must be a number, such as 0.7", "1e999": "must be a number, such as 0.7", "": "must not be empty", "1 2": "must be a number, such as 0.7", ".": "must be a number, such as 0.7",
	} {
		if _, err := f.Parse(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want it %s", text, err, want)
		}
	}
	if _, err := (Field{Type: Number}).Parse("-1.7e308"); err != nil {
		t.Error(err)
	}
}

// TestDurations: zero and negative ones are values only where the lower bound says so.
func TestDurations(t *testing.T) {
	second, hour := int64(time.Second), int64(time.Hour)
	for _, row := range []struct {
		of   Range
		text string
		want Kind
	}{
		{Range{}, "1ns", ""}, {Range{}, "0", NotPositive}, {Range{}, "0s", NotPositive}, {Range{}, "-5s", NotPositive}, {Range{}, "5", NotDuration},
		{AtMost(hour), "0s", NotPositive}, {AtMost(hour), "1h", ""}, {AtMost(hour), "1h1ns", TooLarge},
		{AtLeast(0), "0s", ""}, {AtLeast(0), "-1ns", TooSmall}, {AtLeast(-second), "-1s", ""}, {AtLeast(-second), "-1001ms", TooSmall},
		{Between(second, hour), "1s", ""}, {Between(second, hour), "999ms", TooSmall}, {Between(second, hour), "61m", TooLarge},
		{AtMost(math.MaxInt64), "2562047h47m16.854775807s", ""}, {AtMost(math.MaxInt64), "2562047h47m16.854775808s", NotDuration},
	} {
		var problem *Problem
		err := (Field{Type: Duration, Range: row.of}).Check(row.text)
		if errors.As(err, &problem); err == nil != (row.want == "") || err != nil && problem.Kind != row.want {
			t.Errorf("%+v: %s: %v, want %q", row.of, row.text, err, row.want)
		}
	}
	if _, err := (Field{Type: Duration, Range: Between(second, 90*60*second)}).Parse("2h"); err == nil || err.Error() != "must be 1h30m or less" {
		t.Error(err)
	}
}
