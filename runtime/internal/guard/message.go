package guard

import (
	"bytes"
	"encoding/base64"
)

// A message is walked by its bytes, so that all that is not masked stays as it was written: order, spaces, digits of
// numbers, keys that come twice. It is walked once to gather what is to be looked at as one text. If something in that must
// be masked, it is walked again, to write it anew.

// deepest is how deep a message may nest, as in encoding/json. A deeper one is masked as text.
const deepest = 10_000

// A walker goes over JSON. Its methods take where something begins, and return where it ends: invalid if that is nowhere.
type walker struct {
	in     []byte
	search *search

	// What is gathered: the keys, strings and numbers, each with a separator; and the texts of contents, those of one list
	// without, as a value may leave in parts that say too little by themselves. The longer of the two comes first.
	texts    []byte
	messages []bool // whether each object at the top, alone or in a batch, is a JSON-RPC message

	writes  bool // it is the second time
	at      int  // where in the gathered text the walk is
	textAt  int  // the same for texts of contents
	message int  // the next object at the top
	keeps   bool // what the walk is in stays as it is
	out     []byte
	done    int // up to where in is in out
}

const invalid = -1

// gather gathers the text to be looked at. It returns false for what is not JSON.
func (w *walker) gather() bool {
	s := w.search
	w.texts, w.messages = s.texts[:0], s.messages[:0]
	end := w.top()
	w.message, s.messages = 0, w.messages
	first, second := &w.at, &w.textAt
	if len(w.texts) > len(s.root.text) { // the longer one is not copied
		w.part()
		s.root.text, w.texts = w.texts, s.root.text
		first, second = second, first
	}
	*first, *second = 0, len(s.root.text)
	s.root.text = append(s.root.text, w.texts...)
	s.texts = w.texts
	return end == len(w.in)
}

// masked returns the message with all masked that the search found.
func (w *walker) masked() []byte {
	w.writes = true
	w.out = make([]byte, 0, len(w.in)+len(w.in)/8)
	w.top()
	if w.done == 0 {
		return w.in
	}
	return append(w.out, w.in[w.done:]...)
}

// top walks all: a message, a batch of them, or any other value.
func (w *walker) top() int {
	i := w.space(0)
	if i < len(w.in) && w.in[i] == '[' {
		i = w.array(i, 1, true)
	} else {
		i = w.value(i, 1, true, leafPlain)
	}
	if i == invalid {
		return invalid
	}
	return w.space(i)
}

// value walks any value.
func (w *walker) value(i, depth int, isTop bool, kind leaf) int {
	if i == len(w.in) || depth > deepest {
		return invalid
	}
	switch c := w.in[i]; {
	case c == '{':
		return w.object(i, depth, isTop)
	case c == '[':
		return w.array(i, depth, false)
	case c == '"':
		return w.text(i, kind)
	case c == '-' || c >= '0' && c <= '9':
		return w.number(i)
	}
	for _, word := range []string{"true", "false", "null"} {
		if len(w.in)-i >= len(word) && string(w.in[i:i+len(word)]) == word {
			return i + len(word)
		}
	}
	return invalid
}

// array walks a list. One without texts, such as that of a content's audience, is nothing between the texts around it.
func (w *walker) array(i, depth int, isTop bool) int {
	before := w.gathered()
	w.part()
	begin := w.gathered()
	i, more := w.first(i, ']')
	for more {
		i, more = w.next(w.value(i, depth+1, isTop, leafPlain), ']')
	}
	if w.gathered() == begin {
		w.resume(before)
	} else {
		w.part()
	}
	return i
}

func (w *walker) object(i, depth int, isTop bool) int {
	message := w.message
	if isTop {
		w.message++
		if !w.writes {
			w.messages = append(w.messages, false)
		}
	}
	ofBytes := false // it is a content that has bytes
	i, more := w.first(i, '}')
	for more {
		key, begin := w.key(i)
		if begin == invalid {
			return invalid
		}
		if isTop && is(key, "jsonrpc") {
			w.messages[message] = true
		}
		kind := leafPlain
		switch {
		case is(key, "text"):
			kind = leafText
		case is(key, "data") && ofBytes, is(key, "blob"):
			kind = leafBytes
		}
		keeps := w.keeps
		// In an object that is no message, "id" is a key as good as others, and may hold a value.
		w.keeps = keeps || isTop && w.messages[message] && (is(key, "jsonrpc") || is(key, "id") || is(key, "method"))
		end := w.value(begin, depth+1, false, kind)
		w.keeps = keeps
		if end != invalid && is(key, "type") { // which the SDKs write first
			ofBytes = is(w.in[begin:end], "image") || is(w.in[begin:end], "audio")
		}
		i, more = w.next(end, '}')
	}
	return i
}

// key walks a key and its colon, and returns where the value begins.
func (w *walker) key(i int) (key []byte, value int) {
	if i == len(w.in) || w.in[i] != '"' {
		return nil, invalid
	}
	end := w.text(i, leafKey)
	if end == invalid {
		return nil, invalid
	}
	colon := w.space(end)
	if colon == len(w.in) || w.in[colon] != ':' {
		return nil, invalid
	}
	return w.in[i:end], w.space(colon + 1)
}

// first returns where the first item begins behind a bracket, or where all ends if there is none.
func (w *walker) first(i int, closing byte) (_ int, more bool) {
	i = w.space(i + 1)
	if i < len(w.in) && w.in[i] == closing {
		return i + 1, false
	}
	return i, true
}

// next returns where the next item begins, or where all ends if there is no more.
func (w *walker) next(i int, closing byte) (_ int, more bool) {
	if i == invalid {
		return invalid, false
	}
	if i = w.space(i); i == len(w.in) {
		return invalid, false
	}
	switch w.in[i] {
	case closing:
		return i + 1, false
	case ',':
		return w.space(i + 1), true
	}
	return invalid, false
}

func (w *walker) space(i int) int {
	for i < len(w.in) && (w.in[i] == ' ' || w.in[i] == '\t' || w.in[i] == '\r' || w.in[i] == '\n') {
		i++
	}
	return i
}

// is reports whether a quoted key is this one.
func is(quoted []byte, key string) bool {
	if len(quoted) == len(key)+2 {
		return string(quoted[1:len(quoted)-1]) == key
	}
	if bytes.IndexByte(quoted, '\\') < 0 {
		return false
	}
	text, _ := appendString(nil, quoted, 0)
	return string(text) == key
}

// A leaf is what a key, string or number is.
type leaf int

const (
	leafPlain leaf = iota
	leafText       // a text of contents
	leafBytes      // bytes of contents, in base64
	leafKey
	leafNumber
)

// text walks a string.
func (w *walker) text(i int, kind leaf) (end int) {
	if w.writes {
		end, length := textLength(w.in, i)
		w.write(i, end, kind, length)
		return end
	}
	to := &w.search.root.text
	if kind == leafText {
		to = &w.texts
	}
	*to, end = appendString(*to, w.in, i)
	if end != invalid {
		w.leaf(i, end, kind)
	}
	return end
}

func (w *walker) number(i int) (end int) {
	if end = numberEnd(w.in, i); end == invalid {
		return invalid
	}
	if w.writes {
		w.write(i, end, leafNumber, end-i)
	} else {
		w.search.root.text = append(w.search.root.text, w.in[i:end]...)
		w.leaf(i, end, leafNumber)
	}
	return end
}

// leaf ends what was gathered of a leaf.
func (w *walker) leaf(from, to int, kind leaf) {
	if kind != leafText {
		w.search.root.separate()
	}
	w.search.hasKeys = w.search.hasKeys || kind == leafKey && to-from-len(`""`) >= minimum
}

// write writes a leaf, of whose text so many bytes were gathered.
func (w *walker) write(from, to int, kind leaf, length int) {
	begin := w.at
	if kind == leafText {
		begin = w.textAt
		w.textAt += length
	} else {
		w.at += length + 1
	}
	if w.goes(begin, begin+length, kind) {
		text := []byte(Redacted) // a string, as no number says that something is missing
		if kind != leafNumber {
			w.search.text = w.search.redacted(w.search.text[:0], begin, begin+length)
			text = w.search.text
		}
		if kind == leafBytes && string(text) == Redacted && isBase64(w.in, from) {
			text = []byte(redactedBytes)
		}
		w.out = appendQuoted(append(w.out, w.in[w.done:from]...), text)
		w.done = to
	}
}

// redactedBytes is [Redacted] in base64. Where a client expects bytes, it could decode nothing of the message with a word there.
var redactedBytes = base64.StdEncoding.EncodeToString([]byte(Redacted))

// isBase64 reports whether the string that begins at i is base64.
func isBase64(message []byte, i int) bool {
	text, end := appendString(nil, message, i)
	_, err := base64.StdEncoding.Strict().AppendDecode(nil, text)
	return end != invalid && err == nil
}

// longKey is longer than the keys of protocols that are like a part of some value.
const longKey = 31

// goes reports whether something in a leaf must be masked. Clients find what they need by its key, and the first eight
// characters of a password may well be "progress". So a key goes only if it has a value whole or encoded, or if it is long and
// has more of one than its beginning; one of the protocol's never does.
func (w *walker) goes(from, to int, kind leaf) bool {
	s := w.search
	if w.keeps || !s.root.masked.hasAny(from, to) || kind == leafKey && isProtocolKey(s.root.text[from:to]) {
		return false
	}
	return kind != leafKey || s.certain.hasAny(from, to) || to-from >= longKey && s.later.hasAny(from, to)
}

// part ends what is a text together.
func (w *walker) part() {
	if w.writes {
		w.textAt++
	} else {
		w.texts = append(w.texts, separator)
	}
}

// gathered is where in the texts of contents the walk is.
func (w *walker) gathered() int {
	if w.writes {
		return w.textAt
	}
	return len(w.texts)
}

// resume goes on with the text that was ended at a place, as if it had not been.
func (w *walker) resume(at int) {
	if w.writes {
		w.textAt = at
	} else {
		w.texts = w.texts[:at]
	}
}
