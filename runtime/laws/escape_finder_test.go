package laws

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// run is how many confidential characters in a row are too many to be seen.
const run = 8

// A finder looks for secrets in all that it is shown. It knows nothing of how the guard masks: it undoes whatever looks like
// an encoding, puts together what may be parts of one text, and then looks for any eight characters of a secret in a row, or for
// more where eight say too little.
type finder struct {
	runs   map[string][]sought // by the first eight characters
	begins map[[4]byte]bool    // what one begins with
}

// A sought text is a run of characters, and whose it is.
type sought struct{ text, kind string }

// learn makes the finder look for the confidential parts of a value, but for what is in a public text anyway.
func (f *finder) learn(v value, public string) {
	if f.runs == nil {
		f.runs, f.begins = map[string][]sought{}, map[[4]byte]bool{}
	}
	for _, part := range v.confidential {
		for at := range part {
			text := telling(part[at:])
			if text == "" {
				break
			}
			if !strings.Contains(public, text) {
				first := text[:characters(text, run)]
				f.runs[first] = append(f.runs[first], sought{text, v.kind})
				f.begins[[4]byte([]byte(text))] = true
			}
		}
	}
}

// telling returns the beginning of a part that is in no other text by chance; none if the part is too short. Eight times "f" are
// in every trace, as -1 in hexadecimal, which has sixteen of them.
func telling(part string) string {
	const varied, longest = 4, 3 * run
	for n := run; n <= longest; n++ {
		length := characters(part, n)
		if text := part[:length]; length == 0 || n == longest || distinct([]rune(text)) >= varied {
			return text
		}
	}
	return ""
}

// characters returns how many bytes the first n characters of a text take; 0 if it has less.
func characters(text string, n int) (length int) {
	for ; n > 0; n-- {
		_, width := utf8.DecodeRuneInString(text[length:])
		if width == 0 {
			return 0
		}
		length += width
	}
	return length
}

// find returns what there is of secrets in a text, and where; nothing if that is clean.
func (f *finder) find(text string) (found []string) {
	if len(f.runs) == 0 {
		return nil
	}
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		f.search(line, "", 0, seen, &found)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// depth bounds how many encodings, one in the other, are undone.
const depth = 7

func (f *finder) search(text, way string, level int, seen map[string]bool, found *[]string) {
	if len(text) < run || seen[text] {
		return
	}
	seen[text] = true
	if at, kind := f.look(text); kind != "" {
		*found = append(*found, fmt.Sprintf("%s, by way of%s: %q", kind, cmpOr(way, " nothing"), text[max(0, at-20):min(len(text), at+60)]))
		return
	}
	if level == depth {
		return
	}
	for _, u := range undone(text) {
		f.search(u.text, way+" "+u.way, level+u.levels, seen, found)
	}
}

// look looks for a run in a text as it is.
func (f *finder) look(text string) (at int, kind string) {
	for i := 0; i+run <= len(text); i++ {
		if f.begins[[4]byte([]byte(text[i:i+4]))] {
			length := characters(text[i:], run)
			for _, sought := range f.runs[text[i:i+length]] {
				if strings.HasPrefix(text[i:], sought.text) {
					return i, sought.kind
				}
			}
		}
	}
	return 0, ""
}

// An undoing is what a text may have been.
type undoing struct {
	way, text string
	levels    int
}

var (
	base64Like = regexp.MustCompile(`[A-Za-z0-9+/_-]{11,}`)
	base64Text = regexp.MustCompile(`[A-Za-z0-9+/_-]{11,}(?:\s+[A-Za-z0-9+/_-]+)+`)
	hexLike    = regexp.MustCompile(`[0-9a-fA-F]{16,}`)
	escapeLike = regexp.MustCompile(`\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|.)`)
	notBase64  = strings.NewReplacer("-", "+", "_", "/")
	noSpaces   = strings.NewReplacer(" ", "", "\n", "", "\r", "", "\t", "")
)

func undone(text string) (all []undoing) {
	for line := range strings.Lines(text) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "data: ")
		if line != "" && strings.ContainsRune(`{["`, rune(line[0])) {
			d := json.NewDecoder(strings.NewReader(line))
			d.UseNumber()
			var message any
			if d.Decode(&message) == nil {
				var leaves []string
				collect(message, &leaves)
				for _, leaf := range leaves {
					all = append(all, undoing{"JSON", leaf, 1})
				}
			}
		}
	}
	if strings.ContainsRune(text, '\\') {
		all = append(all, undoing{"escapes", escapeLike.ReplaceAllStringFunc(pairsJoined(text), unescape), 1})
	}
	if strings.ContainsRune(text, '%') {
		all = append(all, undoing{"a URL", percentLike.ReplaceAllStringFunc(text, func(s string) string {
			plain, _ := url.PathUnescape(s) // by the pattern
			return plain
		}), 1})
	}
	if strings.ContainsRune(text, '+') {
		all = append(all, undoing{"a form", strings.ReplaceAll(text, "+", " "), depth}) // which ends it
	}
	if strings.ContainsRune(text, '&') {
		all = append(all, undoing{"HTML", html.UnescapeString(text), 1})
	}
	for _, word := range append(base64Like.FindAllString(text, -1), base64Text.FindAllString(text, -1)...) {
		word = notBase64.Replace(noSpaces.Replace(word))
		for from := range 4 {
			if part := word[from:]; len(part) > 4 {
				plain, _ := base64.RawStdEncoding.DecodeString(part[:len(part)-len(part)%4])
				all = append(all, undoing{"base64", string(plain), 3})
			}
		}
	}
	for _, word := range hexLike.FindAllString(text, -1) {
		for from := range 2 {
			plain, _ := hex.DecodeString(word[from : len(word)-(len(word)-from)%2])
			all = append(all, undoing{"hexadecimal", string(plain), 3})
		}
	}
	for _, list := range numbersLike.FindAllString(text, -1) {
		var plain []byte
		for _, number := range strings.FieldsFunc(list, func(c rune) bool { return c < '0' || c > '9' }) {
			n, _ := strconv.Atoi(number) // by the pattern
			plain = append(plain, byte(n))
		}
		all = append(all, undoing{"numbers", string(plain), 3})
	}
	return all
}

var numbersLike = regexp.MustCompile(`\d{1,3}(?:[ ,]{1,2}\d{1,3}){7,}`)

var percentLike = regexp.MustCompile(`%[0-9a-fA-F]{2}`)

var surrogates = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)

// pairsJoined puts the character in place of two escapes that stand for one.
func pairsJoined(text string) string {
	return surrogates.ReplaceAllStringFunc(text, func(s string) string {
		var plain string
		_ = json.Unmarshal([]byte(`"`+s+`"`), &plain) // by the pattern
		return plain
	})
}

func unescape(s string) string {
	switch s[1] {
	case 'u', 'U':
		if c, err := strconv.ParseUint(s[2:], 16, 32); err == nil {
			return string(rune(c))
		}
	case 'x':
		if c, err := strconv.ParseUint(s[2:], 16, 8); err == nil {
			return string([]byte{byte(c)})
		}
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case 'r':
		return "\r"
	}
	return s[1:]
}

// collect collects all texts in a value of JSON: the leaves, the keys, and what texts that follow each other, in one list or
// at the same place in the objects of one, are together.
func collect(v any, into *[]string) {
	switch v := v.(type) {
	case string:
		*into = append(*into, v)
	case json.Number:
		*into = append(*into, string(v))
	case map[string]any:
		for key, member := range v {
			*into = append(*into, key)
			collect(member, into)
		}
	case []any:
		together := map[string]*strings.Builder{}
		for _, element := range v {
			collect(element, into)
			joinAt("", element, together)
		}
		for _, text := range together {
			*into = append(*into, text.String())
		}
	}
}

func joinAt(path string, v any, together map[string]*strings.Builder) {
	switch v := v.(type) {
	case string:
		if together[path] == nil {
			together[path] = &strings.Builder{}
		}
		together[path].WriteString(v)
	case map[string]any:
		for key, member := range v {
			joinAt(path+"."+key, member, together)
		}
	}
}

func cmpOr(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// What chance explains is no find, and what it does not explain is one, however little of the value tells it from others.
func TestFinderOfLittleChance(t *testing.T) {
	var f finder
	f.learn(value{kind: "little chance", confidential: []string{"ffffffffffff1204", "kokokokokokokokokokokoko32670079", "000000000000000000000000000000"}}, "")
	for _, text := range []string{"tsleepg(0xfce420, 0xffffffffffffffff)", "ffffffffffff12", "kokokokokoko", "0x0000000000000000"} {
		if found := f.find(text); found != nil {
			t.Errorf("finds %q in %s", found, text)
		}
	}
	for _, text := range []string{"ffffffff1204", "fffffffffffffff1204", "okokokoko32", "okokoko326", "kokokokokokokokokokokoko", "o3267007", "000000000000000000000000"} {
		if f.find(text) == nil {
			t.Errorf("does not find %s", text)
		}
	}
}

// What finds nothing proves nothing until it was seen to find.
func TestFinder(t *testing.T) {
	var f finder
	secret := "4eC39HqLyjWD\"é🔑arjtT1zdp7dc"
	f.learn(value{kind: "key", confidential: []string{secret}}, "")
	part := secret[3:]
	quoted, _ := json.Marshal(part)
	for name, text := range map[string]string{
		"plain": "x" + part, "eight": "HqLyjWD\"", "JSON": string(quoted), "JSON in JSON": strconv.Quote(string(quoted)),
		"base64": base64.StdEncoding.EncodeToString([]byte(part)), "base64 after 1": base64.URLEncoding.EncodeToString([]byte("." + part)),
		"base64 after 2": "xyz" + base64.RawURLEncoding.EncodeToString([]byte(".."+part)), "hex": "a" + hex.EncodeToString([]byte(part)),
		"URL": url.QueryEscape(part), "HTML": html.EscapeString(url.PathEscape(part)), "ASCII": strconv.QuoteToASCII(part),
		"parts":      `{"content":[{"type":"text","text":"HqLy"},{"type":"text","text":"jWD\""}]}`,
		"list":       `data: {"a":["HqLy","jWD\""]}`,
		"lines":      `{"a":"eHh4eHh4SHFM\neWpXRCLD\nqfCflJE="}`, // xxxxxxHqLyjWD"é🔑
		"number":     `{"a":{"HqLyjWD\"":1}}`,
		"bytes":      fmt.Sprint([]byte(part)),
		"as base64 ": `{"data":"` + base64.StdEncoding.EncodeToString(quoted) + `"}`,
	} {
		if f.find(text) == nil {
			t.Errorf("%s: does not find %s in %s", name, secret, text)
		}
	}
	for _, text := range []string{"HqLyjWD", "", "{}", "[", "arjtT1z", `{"a":["HqLy",1,"jW"]}`, "%zz&;\\"} {
		if found := f.find(text); found != nil {
			t.Errorf("finds %q in %s", found, text)
		}
	}
}

func distinct(characters []rune) int {
	seen := map[rune]bool{}
	for _, c := range characters {
		seen[c] = true
	}
	return len(seen)
}
