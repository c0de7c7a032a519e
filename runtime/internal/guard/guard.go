package guard

import (
	"strings"
	"sync"
)

// Redacted is what stands in place of what was masked.
const Redacted = "[redacted]"

// A Guard knows values and masks them in what leaves the process. It is safe for concurrent use. The zero Guard knows no
// value and masks nothing.
type Guard struct {
	mu      sync.RWMutex
	learned map[secret]bool
	known   table

	// Texts that are known for a while, in two generations: when the young ones are too many, the old ones are forgotten.
	young, old map[string]bool
	size       int // of the young ones
}

type secret struct{ value, prefix string }

// Learn makes the guard mask value from now on. The prefix is what every value of this kind begins with, such as
// "sk_live_"; it is public, so only what follows is looked for. Learning twice is free. A value of which [Guards] says
// false is left alone.
func (g *Guard) Learn(value, prefix string) {
	key := secret{value, prefix}
	g.mu.RLock()
	known := g.learned[key]
	g.mu.RUnlock()
	if known {
		return
	}

	g.mu.Lock()
	defer g.mu.Unlock()
	if g.learned == nil {
		g.learned = map[secret]bool{}
	}
	g.learned[key] = true
	g.add(value, prefix)
}

const (
	// maxYoung is how many bytes of one generation are looked for. In the table, each takes some eighty.
	maxYoung = 512 << 10
	// least is what a text counts at least: many short ones take time, where all of them begin alike.
	least = 512
)

// LearnForAWhile is Learn for a text that was made of a value, such as a token for one request, of which there may be ever
// more: it is known until so many others have been learned since it was last learned, some hundreds at least.
func (g *Guard) LearnForAWhile(text string) {
	g.mu.RLock()
	known := g.young[text]
	g.mu.RUnlock()
	if known {
		return
	}

	g.mu.Lock()
	defer g.mu.Unlock()
	size := 0
	for _, piece := range pieces(text, "") {
		size += len(piece)
	}
	if g.young[text] || size == 0 {
		return
	}
	size = max(size, least)
	if g.young == nil || g.size+size > maxYoung {
		g.age()
	}
	if !g.old[text] {
		g.add(text, "")
	}
	g.young[text] = true
	g.size += size
}

// age begins a generation and forgets the one before the last.
func (g *Guard) age() {
	g.old, g.young, g.size = g.young, map[string]bool{}, 0
	g.known = table{}
	for secret := range g.learned {
		g.add(secret.value, secret.prefix)
	}
	for text := range g.old {
		g.add(text, "")
	}
}

func (g *Guard) add(value, prefix string) {
	for _, piece := range pieces(value, prefix) {
		g.known.add(piece)
		// Where the text around a value is escaped too, all that looks like an escape is undone, also what is one in the
		// value itself ("ab%41cd").
		if plain := unescapedFully(piece); plain != piece {
			g.known.add(plain)
		}
		if !strings.Contains(value, "\n") || !lastLine().MatchString(piece) { // PEM has many lines, and needs no escapes
			g.known.addEscaped(piece)
		}
	}
}

// Knows reports whether there is anything to mask.
func (g *Guard) Knows() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return !g.known.empty()
}

// Guards reports whether the value is masked once it is learned. It is false where less than eight characters of it are
// confidential: masking those would mask ordinary text.
func Guards(value, prefix string) bool {
	return len(pieces(value, prefix)) > 0
}

// Text returns the text with every known value masked. It is for what is no JSON, such as the text of an error or panic.
func (g *Guard) Text(text string) string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.known.empty() {
		return text
	}
	masked, _ := g.known.mask(text)
	return masked
}

// JSON returns a JSON-RPC message, a batch of them, or any other JSON value, with every known value masked in its strings,
// numbers and keys. Of messages, "jsonrpc", "id" and "method" stay as they are: an answer must find its request.
//
// The result is valid JSON if the message is. If nothing is masked it is the very same slice, and nothing was allocated.
// What is not JSON is masked as text.
func (g *Guard) JSON(message []byte) []byte {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.known.empty() || !g.known.suspects(message) {
		return message
	}
	return g.known.maskJSON(message)
}
