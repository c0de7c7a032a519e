package guard

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// stepsOf counts what it takes to mask a message.
func stepsOf(g *Guard, message []byte) (steps int) {
	counting.Lock()
	defer counting.Unlock()
	defer func(before func(int)) { counted = before }(counted)
	counted = func(n int) { steps += n }
	g.JSON(message)
	return steps
}

var counting sync.Mutex

// masking is what it takes at most to mask what is found in these texts.
const masking = 20

// heavy are texts that take more work than others, each of about so many bytes.
func heavy(size int) map[string]string {
	texts := map[string]string{}
	for _, unit := range []string{
		`\`, `"`, `'`, `%`, `&`, "=", "a", "A", "0", " ", "\x00", "\x1b", "\x1b[", `\"`, `\\"`, `'"`, "%25", "%5c", `\x5c`, `\u005c`,
		"&amp;", "&#38;", "&#", "&zzzzzzzzzzzzzzzzz", "&quot", "%4", "=4", "=41", "=\n", "a\n", "0a ", "0a", "115, ", "00000000  ", "00000000: ",
		"aaaaaaaaaaa ", "aaaaaaaaaaa\n", "aaaaaaaaaaa&amp;", "\u200b", "\uff21", "\u00ad", "é", `\u`, `\u{`, `\U`, `\1`, "1e", "[", "{", `{"":`, `["`, "MFRGGZDF", "eHh4eHh4",
		"=3D", "=?a?q?_", "=?a?q?=3D=3D_?= ", "=?a?b?YWFh?= ", "0: 1, ", `"0":0,`, `"0":52,"1":53,`, "0,0,1,1,", "0000000   a   b\n", "000000 3435\n", "0x0000:\t3435 ", "U+0034 ", "0.0", "1_", "\b", "_\b", "\x9b", "\u009b",
		"\x1b(", "\x1bP", "\x1b]0;", "\ufffd", "\ufffd1m", "\u3164", "\x7f", "VVVV", "vvvv0", "QUFB", "064 ", "012345 ", "34353637 ", "nQUFBQUFBQUFBQUFB\\",
		stripe + " ", stripe, base64.StdEncoding.EncodeToString([]byte(stripe)), quote(odd), "4eC39HqL ",
	} {
		texts[unit] = strings.Repeat(unit, size/len(unit)+1)[:size]
	}
	for name, layer := range map[string]func(string) string{
		"percents": func(s string) string { return percentAll(s, "%%%02x") },
		"octal":    func(s string) string { return percentAll(s, `\%03o`) },
		"base64":   func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"hex":      func(s string) string { return hex.EncodeToString([]byte(s)) },
		"quotes":   quote,
	} {
		text := "<a href='x'>\\n" + strings.Repeat("&%", 10)
		for len(layer(text)) <= size && len(text) < len(layer(text)) {
			text = layer(text)
		}
		texts["nested "+name] = strings.Repeat(text, size/len(text))
	}
	return texts
}

// A text costs what it is long, whatever is in it and however it is escaped: ten times the length are ten times the steps.
func TestStepsAreLinear(t *testing.T) {
	g := learn(stripe, odd, `back\slash\\and%20&more`, pem)
	const size = 8 << 10
	long := heavy(10 * size)
	for name, text := range heavy(size) {
		for form, text := range map[string][2]string{"text": {text, long[name]}, "JSON": {`"` + quote(text) + `"`, `"` + quote(long[name]) + `"`}} {
			short, steps := stepsOf(g, []byte(text[0])), stepsOf(g, []byte(text[1]))
			if ratio := float64(steps) / float64(short) * float64(len(text[0])) / float64(len(text[1])); ratio > 1.5 {
				t.Errorf("%s as %s: %d steps, for ten times the length %d", name, form, short, steps)
			}
			if perByte := steps / len(text[1]); perByte > stepsPerByte+masking {
				t.Errorf("%s as %s: %d steps a byte", name, form, perByte)
			}
		}
	}
}

// What would take more is withheld: here, what may be many things, and each of them many others.
func TestTooMuchIsWithheld(t *testing.T) {
	g := learn(stripe)
	defer func(before int) { stepsPerByte = before }(stepsPerByte)
	stepsPerByte = 12
	hidden := strings.Repeat("%252525252541", 10_000)
	message, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "result": []string{"before", hidden, "after"}})
	got := string(g.JSON(message))
	if want := `{"id":1,"jsonrpc":"2.0","result":["before","[redacted]","after"]}`; got != want {
		t.Errorf("%.200s", got)
	}
}

func FuzzSteps(f *testing.F) {
	for _, text := range heavy(1 << 10) {
		f.Add(text, 4)
	}
	for unit, count := range map[string]int{`\`: 64 << 10, "&": 64 << 10, "%": 64 << 10, `\\"`: 64 << 10, "[": 64 << 10, "a%25": 1 << 16} {
		f.Add(unit, count)
	}
	g := learn(stripe, odd, `back\slash\\and%20&more`, pem, "4929123412341234")
	f.Fuzz(func(t *testing.T, text string, times int) {
		text = strings.Repeat(text, max(0, min(times, 1<<18/(len(text)+1))))
		for _, message := range []string{text, `"` + quote(text) + `"`} {
			if steps := stepsOf(g, []byte(message)); steps > 2*(stepsPerByte*len(message)+stepsAnyway) {
				t.Fatalf("%d bytes take %d steps: %.100q", len(message), steps, message)
			}
		}
	})
}

func ExampleGuard_Text() {
	var g Guard
	g.Learn("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk_live_")
	fmt.Println(g.Text("Get https://api.example/?key=sk_live_4eC39HqLyjWDarjtT1zdp7dc: EOF"))
	// Output: Get https://api.example/?key=[redacted]: EOF
}
