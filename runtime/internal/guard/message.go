package guard

import (
	"bytes"
	"encoding/json"
)

// A message is walked by its bytes, so that all that is not masked stays as it was written: order, spaces, digits of
// numbers, keys that come twice.

// maskJSON returns the message itself if there is nothing to mask.
func (t *table) maskJSON(message []byte) []byte {
	if !json.Valid(message) {
		if text, masked := t.mask(string(message)); masked {
			return []byte(text)
		}
		return message
	}
	w := walker{table: t, in: message}
	i := w.skipSpace(0)
	if message[i] == '[' {
		w.array(i, w.top) // perhaps a batch
	} else {
		w.top(i)
	}
	if w.done == 0 {
		return message
	}
	return append(w.out, w.in[w.done:]...)
}

// A walker goes over valid JSON. Its methods take where a value begins, and return where it ends.
type walker struct {
	table *table
	in    []byte
	out   []byte // what in becomes, up to done
	done  int
}

// top walks a message, or a value that is no message.
func (w *walker) top(i int) int {
	if w.in[i] != '{' || !isMessage(w.in[i:]) {
		return w.value(i)
	}
	return w.object(i, func(key string, i int) int {
		switch key {
		case "jsonrpc", "id", "method":
			return w.skip(i)
		}
		return w.value(i)
	})
}

// isMessage reports whether the object at the beginning of data is a JSON-RPC message. In any other object "id" is a key as
// good as others, and may hold a value.
func isMessage(data []byte) bool {
	var members map[string]json.RawMessage
	err := json.NewDecoder(bytes.NewReader(data)).Decode(&members)
	return err == nil && members["jsonrpc"] != nil
}

// value masks the value at i.
func (w *walker) value(i int) int {
	switch w.in[i] {
	case '{':
		return w.object(i, func(_ string, i int) int {
			return w.value(i)
		})
	case '[':
		return w.array(i, w.value)
	case '"':
		end := w.skip(i)
		if text, masked := w.table.mask(unquote(w.in[i:end])); masked {
			w.replace(i, end, text)
		}
		return end
	default:
		end := w.skip(i)
		if _, masked := w.table.mask(string(w.in[i:end])); masked {
			w.replace(i, end, Redacted) // a string, as no number says that something is missing
		}
		return end
	}
}

// object walks an object. Its own members, if it is a message, have keys of the protocol only; they can't be masked
// since none has a whole value or an encoded one.
func (w *walker) object(i int, member func(key string, i int) int) int {
	for i = w.skipSpace(i + 1); w.in[i] != '}'; {
		end := w.skip(i)
		key := unquote(w.in[i:end])
		if masked, ok := w.table.maskKey(key); ok {
			w.replace(i, end, masked)
		}
		i = w.skipSpace(end) + 1 // the colon
		i = w.skipSpace(member(key, w.skipSpace(i)))
		if w.in[i] == ',' {
			i = w.skipSpace(i + 1)
		}
	}
	return i + 1
}

func (w *walker) array(i int, element func(i int) int) int {
	for i = w.skipSpace(i + 1); w.in[i] != ']'; {
		i = w.skipSpace(element(i))
		if w.in[i] == ',' {
			i = w.skipSpace(i + 1)
		}
	}
	return i + 1
}

// skip returns the end of a value without looking into it.
func (w *walker) skip(i int) int {
	switch w.in[i] {
	case '{', '[':
		depth := 0
		for ; ; i++ {
			switch w.in[i] {
			case '"':
				i = w.skip(i) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	case '"':
		for i++; w.in[i] != '"'; i++ {
			if w.in[i] == '\\' {
				i++
			}
		}
		return i + 1
	default:
		for i < len(w.in) && bytes.IndexByte([]byte(",:]} \t\r\n"), w.in[i]) < 0 {
			i++
		}
		return i
	}
}

func (w *walker) skipSpace(i int) int {
	for i < len(w.in) && bytes.IndexByte([]byte(" \t\r\n"), w.in[i]) >= 0 {
		i++
	}
	return i
}

func (w *walker) replace(from, to int, text string) {
	quoted, _ := json.Marshal(text) // of a string, it has no error
	w.out = append(append(w.out, w.in[w.done:from]...), quoted...)
	w.done = to
}

func unquote(quoted []byte) string {
	var text string
	_ = json.Unmarshal(quoted, &text) // the message is valid
	return text
}
