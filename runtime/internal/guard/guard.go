package guard

import "sync"

// Redacted is what stands in place of what was masked.
const Redacted = "[redacted]"

// A Guard knows values and masks them in what leaves the process. It is safe for concurrent use. The zero Guard knows no
// value and masks nothing.
type Guard struct {
	mu      sync.RWMutex
	learned map[secret]bool
	known   table
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
	for _, piece := range pieces(value, prefix) {
		g.known.add(piece)
		// Where the text around a value is escaped too, all that looks like an escape is undone, also what is one in the
		// value itself ("ab%41cd").
		if plain := unescapedFully(piece); plain != piece {
			g.known.add(plain)
		}
	}
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
