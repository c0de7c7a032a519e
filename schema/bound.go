package schema

import (
	"math"
	"time"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// A bound is a min or max, of an integer, a duration in nanoseconds, or a number.
type bound struct {
	whole  int64
	number float64
}

// readBound reads a bound in the way in which values of the type are written.
func readBound(r *reader, d *draft, n *node, key string) *bound {
	switch d.Type {
	case field.Number:
		value, ok := field.ParseNumber(n.text)
		if n.kind != number || !ok {
			r.wrongType(n, key, "a number such as 0.5 in plain digits")
			return nil
		}
		return &bound{number: value}
	case field.Duration:
		duration, err := time.ParseDuration(n.text)
		if n.kind != text || err != nil {
			r.wrongType(n, key, "a duration such as 30s or 10m")
			return nil
		}
		return &bound{whole: int64(duration)}
	}
	whole := r.integer(n, key)
	if whole == nil {
		return nil
	}
	return &bound{whole: *whole}
}

// checkRange makes the range of the bounds, in which some value must be.
func (r *reader) checkRange(d *draft) {
	low, high := d.min, d.max
	switch {
	case low == nil && high == nil:
		return
	case d.Type == field.Number:
		least, most := math.Inf(-1), math.Inf(1)
		if low != nil {
			least = low.number
		}
		if high != nil {
			most = high.number
		}
		d.Range = field.NumbersBetween(least, most)
	case high == nil:
		d.Range = field.AtLeast(low.whole)
	case low == nil:
		d.Range = field.AtMost(high.whole)
	default:
		d.Range = field.Between(low.whole, high.whole)
	}
	least, most := d.Bounds()
	switch {
	case low != nil && high != nil && (low.whole > high.whole || low.number > high.number):
		r.errorf(d.At("min"), "min %s is above max %s", least, most)
	case low == nil && d.Type == field.Duration && high.whole <= 0:
		r.errorf(d.At("max"), "max %s leaves no value, since a duration is more than 0s where min says nothing else", most)
	}
}
