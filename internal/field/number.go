package field

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Range bounds an integer, a duration in nanoseconds, or a number. The zero Range bounds nothing; [Between], [AtLeast] and
// [AtMost] make those of integers and durations, [NumbersBetween] those of numbers.
type Range struct {
	from, to    int64
	least, most float64 // of numbers
	low, high   bool
}

// Between is the range from low to high, both included.
func Between(low, high int64) Range { return Range{from: low, to: high, low: true, high: true} }

// AtLeast is the range from low, included, upwards.
func AtLeast(low int64) Range { return Range{from: low, low: true} }

// AtMost is the range up to high, included.
func AtMost(high int64) Range { return Range{to: high, high: true} }

// NumbersBetween is the range of numbers from low to high, both included. The least and the greatest that there are, and infinite
// ones, are no bounds.
func NumbersBetween(low, high float64) Range {
	r := Range{low: low > -math.MaxFloat64, high: high < math.MaxFloat64}
	if r.low {
		r.least = low
	}
	if r.high {
		r.most = high
	}
	return r
}

// Min returns the lower bound of an integer or a duration, and whether there is one.
func (r Range) Min() (int64, bool) { return r.from, r.low }

// Max returns the upper bound of an integer or a duration, and whether there is one.
func (r Range) Max() (int64, bool) { return r.to, r.high }

// Numbers returns the bounds of a number: infinite where there is none.
func (r Range) Numbers() (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	if r.low {
		low = r.least
	}
	if r.high {
		high = r.most
	}
	return low, high
}

func (r Range) bounds() (low, high int64) {
	low, high = math.MinInt64, math.MaxInt64
	if r.low {
		low = r.from
	}
	if r.high {
		high = r.to
	}
	return low, high
}

// Bounds returns the bounds of f as a schema writes them, such as 0.5 or 10m; "" is none.
func (f Field) Bounds() (low, high string) {
	if f.Range.low {
		low = f.bound(f.Range.from, f.Range.least)
	}
	if f.Range.high {
		high = f.bound(f.Range.to, f.Range.most)
	}
	return low, high
}

func (f Field) bound(whole int64, number float64) string {
	switch f.Type {
	case Number:
		if math.Abs(number) < 1e15 { // as people write it
			return strconv.FormatFloat(number, 'f', -1, 64)
		}
		return strconv.FormatFloat(number, 'g', -1, 64)
	case Duration:
		return ShortDuration(time.Duration(whole))
	}
	return strconv.FormatInt(whole, 10)
}

// ShortDuration returns d without the zero units that time.Duration's String adds: "30m", not "30m0s".
func ShortDuration(d time.Duration) string {
	text := d.String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return text
}

// Here the values are checked that are numbers.

// decimal is how a number is written: what Go reads beyond that, such as 0x1p-2, 1_000, inf and nan, hardly anybody means.
var decimal = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// ParseNumber returns the number that text stands for, and false where it is no decimal or too large for a float64.
func ParseNumber(text string) (float64, bool) {
	if !decimal.MatchString(text) {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

func (f Field) parseNumber(text string) (any, *Problem) {
	n, ok := ParseNumber(text)
	low, high := f.Range.Numbers()
	lowest, highest := f.Bounds()
	switch {
	case !ok:
		return nil, &Problem{Kind: NotNumber}
	case n < low:
		return nil, &Problem{Kind: TooSmall, Want: lowest}
	case n > high:
		return nil, &Problem{Kind: TooLarge, Want: highest}
	}
	return n, nil
}

func (f Field) parseInteger(text string) (any, *Problem) {
	low, high := f.Range.bounds()
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) && n == math.MinInt64 || err == nil && n < low:
		return nil, &Problem{Kind: TooSmall, Want: strconv.FormatInt(low, 10)}
	case errors.Is(err, strconv.ErrRange) || err == nil && n > high:
		return nil, &Problem{Kind: TooLarge, Want: strconv.FormatInt(high, 10)}
	case err != nil:
		return nil, &Problem{Kind: NotInteger}
	}
	return n, nil
}

// parseDuration refuses what is not more than 0, which hardly any code expects, unless the lower bound allows it.
func (f Field) parseDuration(text string) (any, *Problem) {
	d, err := time.ParseDuration(text)
	low, high := f.Range.bounds()
	lowest, highest := f.Bounds()
	switch {
	case err != nil:
		return nil, &Problem{Kind: NotDuration}
	case !f.Range.low && d <= 0:
		return nil, &Problem{Kind: NotPositive}
	case int64(d) < low:
		return nil, &Problem{Kind: TooSmall, Want: lowest}
	case int64(d) > high:
		return nil, &Problem{Kind: TooLarge, Want: highest}
	}
	return d, nil
}

// numberProblems are those of the types that have bounds.
func (f Field) numberProblems() (problems []*Problem) {
	add := func(when bool, kind Kind, want string) {
		if when {
			problems = append(problems, &Problem{Kind: kind, Want: want})
		}
	}
	lowest, highest := f.Bounds()
	add(f.Type == Integer, NotInteger, "")
	add(f.Type == Number, NotNumber, "")
	add(f.Type == Duration, NotDuration, "")
	add(f.Type == Duration && !f.Range.low, NotPositive, "")
	if f.Type == Integer { // those of 64 bits too
		low, high := f.Range.bounds()
		lowest, highest = strconv.FormatInt(low, 10), strconv.FormatInt(high, 10)
	}
	add(lowest != "", TooSmall, lowest)
	add(highest != "", TooLarge, highest)
	return problems
}
