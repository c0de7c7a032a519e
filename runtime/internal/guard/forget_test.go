package guard

import (
	"fmt"
	"testing"
)

// Texts that were made of values are ever new ones: the table must not grow with them, and values stay known.
func TestTextsForAWhileAreBounded(t *testing.T) {
	var g Guard
	g.Learn("value-0123456789", "")
	text := func(i int) string { return fmt.Sprintf("%016x-token", uint64(i)*0x9E3779B97F4A7C15) }
	fill := func(from, to int) {
		for i := from; i < to; i++ {
			g.LearnForAWhile(text(i))
			g.LearnForAWhile("lasting-0123456789") // used again and again
		}
	}
	const generation = maxYoung / least
	fill(0, 2*generation)
	blocks := len(g.known.blocks)
	fill(2*generation, 5*generation)
	if grown := len(g.known.blocks); grown > 2*blocks {
		t.Errorf("%d blocks, after the first texts %d", grown, blocks)
	}
	if kept := len(g.young) + len(g.old); kept > 2*generation {
		t.Errorf("%d texts are kept", kept)
	}
	const latest = 5*generation - 1
	for _, known := range []string{"value-0123456789", "lasting-0123456789", text(latest), text(latest - 500)} {
		if masked := g.Text(known); masked != Redacted {
			t.Errorf("%s is not masked any more: %s", known, masked)
		}
	}
	if masked := g.Text(text(0)); masked != text(0) {
		t.Error("the first text is still known")
	}
}
