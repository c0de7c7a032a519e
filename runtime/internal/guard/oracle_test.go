package guard

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/bits"
	"net/url"
	"strings"
	"testing"
)

// An attacker makes the model call a tool that returns its argument, alone or beside the value, and compares what comes back
// for each next character, and how long that takes. Every wrong guess looks the same; the right one must look like them, and
// take as many steps.
func TestOracle(t *testing.T) {
	for _, value := range []string{stripe, "correct horse battery staple 7", `hunter2!"<%41>\x`, "4929123412341234", "Zm9v+/Zm9v/YmFy+w=="} {
		prefix := prefixOf(value)
		g, stranger := learn(value), learn("never-shown-0123456789")
		newKeys(g, stranger)
		// What the tool makes of the guess, and what it puts around it.
		encoders := map[string]func(string) string{
			"as it is":  func(guess string) string { return guess },
			"as base32": func(guess string) string { return base32.StdEncoding.EncodeToString([]byte(guess)) },
			"as base64 twice": func(guess string) string {
				return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(guess))))
			},
			"in octal":            func(guess string) string { return percentAll(guess, `\%03o`) },
			"as quoted-printable": func(guess string) string { return percentAll(guess, "=%02X") },
			"as base64":           func(guess string) string { return base64.StdEncoding.EncodeToString([]byte(guess)) },
			"as hex":              func(guess string) string { return hex.EncodeToString([]byte(guess)) },
			"as a query":          url.QueryEscape,
			"escaped all":         func(guess string) string { return percentAll(guess, "%%%02x") },
			"as JSON":             quote,
			"with its end as XML": func(guess string) string { return guess[:len(guess)-1] + escapeAll(guess[len(guess)-1:], "&#%d;") },
		}
		around := []string{"GUESS", "GUESS" + value, value + "GUESS", value + " GUESS " + value, "GUESS~~~~ ~~", "~~ ~~~~GUESS", "~=GUESS:~"}
		begins := blockEnds(value, prefix)
		// What the attacker knows is value[from:to], by whatever means; the guess is the next character.
		for from := len(prefix); from < len(value); from++ {
			for to := from + 1; to < len(value); to++ {
				if begin, isEnd := begins[to+1]; !isPlain(value[to]) || isEnd && from <= begin {
					continue // inherent: the last character of a block, all others being known
				}
				if raceDetector && (from+to)%5 != 0 {
					continue // one goroutine has no races; its time is for others
				}
				for name, encode := range encoders {
					for _, text := range around {
						shape := func(c byte) (string, int) {
							guess := encode(value[from:to] + string(c))
							shown, steps := work(g, stranger, strings.ReplaceAll(text, "GUESS", guess))
							shown = strings.ReplaceAll(shown, Redacted, "*")
							return strings.ReplaceAll(shown, guess, "GUESS"), steps
						}
						right, more := shape(value[to])
						for _, c := range []byte("aQz07") {
							if wrong, _ := shape(c); right != wrong {
								t.Fatalf("%s: %s in %q, %q tells that it goes on with %q:\n right %s\n wrong %s", value, name, text, value[from:to], value[to], right, wrong)
							}
						}
						// What is masked is work.
						for n := 0; more != 0 && !strings.Contains(right, "*"); n++ {
							if n == 3 {
								t.Fatalf("%s: %s in %q, %q takes time: %d steps more", value, name, text, value[from:to+1], more)
							}
							newKeys(g, stranger) // it was by chance, else it is again
							_, more = shape(value[to])
						}
					}
				}
			}
		}
	}
}

// Who knows a block of another value, or of the same, puts a half of it beside a guess of the other half. Until all of
// a block is right, the guess takes no step and finds no flag.
func TestOracleOfHalves(t *testing.T) {
	for kind, values := range map[string][2]string{
		"eight bytes":               {stripe, "Xk39HqLyjW7Darjt"},
		"sixteen":                   {"unhurried otters juggle lanterns", "correct horse battery staple"},
		"sixteen, Cyrillic":         {"крокодилспитднемвреке", "справедливостьпревышевсего"},
		"some of two bytes":         {"schlüssel-für-Zoë-und-ihre-Katzen", "grüße-an-müller-und-söhne-überall"},
		"of two and of one":         {"schlüssel-für-Zoë-und-ihre-Katzen", "unhurried otters juggle lanterns"},
		"of three":                  {"领养宠物的人需要两份推荐还需要一个可以跑的地方", "这是一个很长的密码没有人能够猜到它因为太长了"},
		"of four":                   {"🐶🐱🐭🐹🐰🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦", "🍏🍎🍐🍊🍋🍌🍉🍇🍓🍈🍒🍑🍍🥝🥥🍅🍆🥑"},
		"of which some are escapes": {`hunter2!"<%41>\x--and--%42-more`, `Tr0ub4d&or%20x\y!!and%43more!!`},
	} {
		g, stranger := learn(values[:]...), learn("never-shown-0123456789")
		newKeys(g, stranger)
		var texts []string
		for text := range g.known.blocks {
			texts = append(texts, text)
		}
		for _, known := range texts {
			for _, secret := range texts {
				for cut := 1; cut < min(len(known), len(secret)); cut++ {
					guess := "~" + known[:cut] + secret[cut:] + " "
					if strings.Contains(g.Text(guess), Redacted) {
						continue // it is a block, or has one in it
					}
					for n := 0; ; n++ {
						_, more := work(g, stranger, guess)
						flags := flagged(g.known, guess)
						if more == 0 && flags == 0 {
							break
						}
						if n == 3 {
							t.Fatalf("%s: %q, of %q and %q, takes %d steps more and finds %d flags", kind, guess, known, secret, more, flags)
						}
						newKeys(g, stranger) // it was by chance, else it is again
					}
				}
			}
		}
	}
}

// flagged counts the look-ups in a text that find a flag.
func flagged(t *table, text string) (count int) {
	padded := append([]byte(text), make([]byte, 2*window)...)
	for scan := (scanner{text: padded, end: len(text) - window + 1}); scan.at < scan.end; {
		if scan.next(t, scan.end) != 0 {
			count++
		}
	}
	for rest := t.plain | t.wide; rest != 0; rest &= rest - 1 {
		length := bits.TrailingZeros64(uint64(rest)) + 1
		for at := 0; at+length <= len(text); at++ {
			if flags, bit := t.flags[kindOf(length)].of(hashOf([]byte(text[at : at+length]))); *flags&bit != 0 {
				count++
			}
		}
	}
	return count
}

// work masks a text, and counts how many steps more it takes than where the value is not known.
func work(g, stranger *Guard, text string) (shown string, more int) {
	defer func(before func(int)) { counted = before }(counted)
	counted = func(steps int) { more += steps }
	shown = g.Text(text)
	counted = func(steps int) { more -= steps }
	stranger.Text(text)
	return shown, more
}

// newKeys gives guards other keys, and tables where flags are hardly ever wrong.
func newKeys(guards ...*Guard) {
	keys = randomKeys()
	for _, g := range guards {
		known := *g.known
		known.flags = [others + 1]flags{make(flags, 1<<20), make(flags, 1<<20), make(flags, 1<<20)}
		for text := range known.blocks {
			known.set(text)
		}
		g.known = &known
	}
}

// isPlain reports whether c looks the same to all encodings, so that a difference can only come from being right.
func isPlain(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// blockEnds returns where the blocks of a value begin, by where they end.
func blockEnds(value, prefix string) map[int]int {
	begins := map[int]int{}
	at := len(prefix)
	for _, block := range blocks(value[len(prefix):], nil) {
		at += strings.Index(value[at:], block.text)
		begins[at+len(block.text)] = at
		at += len(block.text)
	}
	return begins
}

// The attack that blocks are there to stop: who knows all but the last character of any eight in a row finds the next one,
// and so on to the end. Here, knowing the first block, an attacker who tries every character gets no further.
func TestOracleGetsNoFurther(t *testing.T) {
	g := learn(stripe)
	known := stripe[len("sk_live_"):][:8]
	masked := func(guess string) bool { return strings.Contains(g.Text(guess), Redacted) }
	if !masked(known) || masked(known[:7]+"x") {
		t.Fatal("the first block is not found by itself alone")
	}
	for length := 1; length <= 7; length++ { // of what is known, at the end
		for _, c := range base62 {
			if guess := known[8-length:] + string(c); masked(guess) {
				t.Errorf("%q is masked", guess)
			}
		}
	}
	var shapes = map[string]bool{}
	for _, c := range base62 {
		for _, d := range base62 {
			shapes[g.Text(fmt.Sprintf("x %s%c%c y", known, c, d))] = true
		}
	}
	if len(shapes) != 1 {
		t.Errorf("what follows the first block shows in %d ways", len(shapes))
	}
}
