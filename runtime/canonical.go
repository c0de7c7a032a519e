package secrets

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// canonical returns a JSON text with the keys of its objects in order, or the text itself where its readers may differ over
// what it says.
func canonical(text []byte) []byte {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // numbers above 2^53 must not meet in one float
	var value any
	if decoder.Decode(&value) != nil || !isUnambiguous(text) {
		return text
	}
	sorted, _ := json.Marshal(value)
	return sorted
}

// isUnambiguous reports whether all readers of a JSON text, which Decode has accepted, take it for the same. It is not so where
// more follows, or where an object has a key twice, of which some take the first, some the last, and some merge the two.
func isUnambiguous(text []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if !isValueUnambiguous(decoder) {
		return false
	}
	_, err := decoder.Token()
	return err == io.EOF
}

func isValueUnambiguous(decoder *json.Decoder) bool {
	token, _ := decoder.Token()
	switch token := token.(type) {
	case string:
		return isExact(token)
	case json.Delim:
		keys := map[string]bool{}
		for decoder.More() {
			if token == '{' && !isNewKey(decoder, keys) || !isValueUnambiguous(decoder) {
				return false
			}
		}
		_, _ = decoder.Token() // the end
	}
	return true
}

// isNewKey reads the next key of an object and reports whether it is unlike those before, for every reader.
func isNewKey(decoder *json.Decoder, keys map[string]bool) bool {
	token, _ := decoder.Token()
	key, _ := token.(string)
	folded := strings.Map(fold, key)
	isNew := isExact(key) && !keys[folded]
	keys[folded] = true
	return isNew
}

// fold is the same for what packages encoding/json and encoding/json/v2 may take for one key: letters of either case, with or
// without dashes.
func fold(r rune) rune {
	if r == '_' || r == '-' {
		return -1
	}
	for {
		next := unicode.SimpleFold(r)
		if next <= r {
			return next // the least of those that are equal
		}
		r = next
	}
}

// isExact reports whether a string is surely the one that was written: the decoder replaces what is no Unicode.
func isExact(text string) bool { return !strings.ContainsRune(text, utf8.RuneError) }
