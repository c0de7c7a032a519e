package emit

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mcpsecrets/mcpsecrets/internal/credential"
	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// Here is what is guessed of an entry that was read: its type, and its name.

// typedValue returns the default as a number, true or false where it is one as JSON has it, else as a text.
func typedValue(e entry) any {
	if e.isList {
		items, _ := field.SplitList(e.value)
		return items
	}
	if json.Valid([]byte(e.value)) && (e.kind == field.Integer || e.kind == field.Number || e.kind == field.Boolean) {
		return json.RawMessage(e.value)
	}
	return e.value
}

// guess decides on the type. What is said of secrets counts; where nothing is said, the name does. Of what this package wrote,
// all is said.
func (s says) guess(made *secret, e *entry, ours bool) {
	name := s.identity(*e)
	switch {
	case e.secret && !s.types:
		e.kind = field.Password
	case e.secret, !(field.Field{Type: e.kind}).Shows():
	case !ours && e.unsaid && credential.Named(name):
		e.secret, e.kind = true, field.Password
		made.note("read as a secret, by its name")
	case !ours && holdsPassword(e.value):
		e.secret, e.kind = true, field.Password
		made.note("read as a secret: its default has a user or a password in it")
	case !ours && credential.Named(name):
		made.note("warning: its name is that of a credential, and it is not marked as a secret: if it is one, its field_type is password")
	}
	if e.secret && e.value != "" {
		e.value = ""
		made.note("its default is left out: that of a secret would be committed")
	}
	if e.secret {
		return
	}
	if !ours && holdsKey(e.value) {
		e.value = ""
		made.note("warning: its default is left out, since it looks like a key: if it is one, its field_type is password")
	}
	switch {
	case e.kind == field.Number && !ours && !s.integers && allWhole(e.value, e.low, e.high):
		e.kind = field.Integer
		made.note("a number, read as an integer")
	case e.kind == field.Boolean && e.value != "":
		e.value = strings.ToLower(e.value)
	case e.kind == field.File && !ours: // whose getter would return the content
		e.kind, e.isPath = field.Text, true
		fallthrough
	case e.isPath:
		if !ours {
			made.note("a path, read as a text of format path: where the server wants the content, its field_type is file")
		}
	case e.kind == field.Text && !s.types && isAddressName(name) && (e.value == "" || isValue(field.Field{Type: field.URL}, e.value)):
		e.kind, made.guessed = field.URL, true
		made.note("read as a url, by its name")
	}
}

// allWhole reports whether texts are whole numbers, as far as they are not empty.
func allWhole(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(text string) bool {
		_, err := strconv.ParseInt(text, 10, 64)
		return text != "" && err != nil
	})
}

// asJSON writes a number as JSON has it, and as it is where it is so already.
func asJSON(text string) json.Number {
	if n, ok := field.ParseNumber(text); ok && !json.Valid([]byte(text)) {
		return json.Number(strconv.FormatFloat(n, 'g', -1, 64))
	}
	return json.Number(text)
}

// isAddressName reports whether a name is that of something with an address.
func isAddressName(name string) bool {
	words := strings.FieldsFunc(strings.ToUpper(name), func(c rune) bool { return c == '_' || c == '-' || c == '.' })
	return len(words) > 0 && slices.Contains([]string{"URL", "HOST", "ENDPOINT"}, words[len(words)-1])
}

// holdsPassword reports whether a text is an address with a user or a password in it.
func holdsPassword(text string) bool {
	_, rest, ok := strings.Cut(text, "://")
	authority, _, _ := strings.Cut(rest, "/")
	return ok && strings.Contains(authority, "@")
}

// namedValue is the beginning of a value within a text, behind its name: in a connection string, a header, a query or JSON.
var namedValue = regexp.MustCompile(`([\pL_][\pL\w.-]*)["']?\s*[=:]\s*["']?[^\s"';&,]`)

var authorization = regexp.MustCompile(`(?i)^(?:bearer|basic|token|apikey) +\S`)

// holdsKey reports whether a text is like a key, or has something in it that is or that is called one.
func holdsKey(text string) bool {
	if authorization.MatchString(text) {
		return true
	}
	for _, name := range namedValue.FindAllStringSubmatch(text, -1) {
		if credential.Named(name[1]) {
			return true
		}
	}
	words := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" \t\n\"'`,;:&?=/(){}[]<>", c) })
	return looksRandom(text) || slices.ContainsFunc(words, looksRandom)
}

var randomText = regexp.MustCompile(`^[A-Za-z0-9_.~+/=-]{16,}$`)

// looksRandom reports whether a text is like a key: long, without spaces, and with letters and digits in turns.
func looksRandom(text string) bool {
	turns, before := 0, false
	for i, c := range text {
		digit := '0' <= c && c <= '9'
		if i > 0 && digit != before {
			turns++
		}
		before = digit
	}
	return turns >= 3 && randomText.MatchString(text)
}

// nameFor makes the name of a secret of one in another format: apiKey and API_KEY become api_key.
func nameFor(identity string) string {
	var name strings.Builder
	before := ' '
	for _, c := range identity {
		if unicode.IsUpper(c) && (unicode.IsLower(before) || unicode.IsDigit(before)) && !isUpper(identity) {
			name.WriteByte('_')
		}
		before = c
		switch c = unicode.ToLower(c); {
		case field.ValidName(string(c)):
			name.WriteRune(c)
		default:
			name.WriteByte('_')
		}
	}
	valid := name.String()
	if strings.HasPrefix(valid, field.ReservedPrefix) {
		valid = strings.TrimLeft(valid, "_")
	}
	if valid == "" {
		valid = "value"
	}
	return valid[:min(len(valid), field.MaxNameLength)]
}

func isUpper(text string) bool { return text == strings.ToUpper(text) }

// unusedName returns name, or one that is made of it, which is not taken, and takes it.
func unusedName(name string, taken map[string]bool) string {
	other := name
	for n := 2; taken[other]; n++ {
		suffix := "_" + strconv.Itoa(n)
		other = name[:min(len(name), field.MaxNameLength-len(suffix))] + suffix
	}
	taken[other] = true
	return other
}
