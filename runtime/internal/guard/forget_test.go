package guard

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
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

// A server makes texts of a value and of what a model chooses, and masks them. Whatever is chosen, no block has a character of
// the value: with one of the rest it would be found by a guess of that one character, and so the value be read.
func TestNoBlockHasAPartOfAKnownValue(t *testing.T) {
	const ofValues = upper + digits + "АБВГДЕЖЗИКЛМНОПРСТ" // and of nothing else
	r := rand.New(rand.NewPCG(7, 11))
	values := []string{upper + digits, upper + digits + "+/-_.", "ABCDEF" + digits, digits, upper + " ", "АБВГДЕЖЗИКЛМНОПРСТ", "АБВГДЕЖЗ -" + upper, upper + digits + `%&"\=:@#`, `%%%%%0019BBDF5C7\"`, "ABCDEF" + digits + `%&"\=:@#`}
	for n := range 3000 {
		value := strings.TrimSpace(randomRunes(r, 8+r.IntN(40), values[n%len(values)]))
		if !slices.Equal(pieces(value, ""), []string{value}) {
			continue // a part of it is public
		}
		g := learn(value)
		chosen := func() string {
			return randomRunes(r, r.IntN(24), []string{lower, "ab %&", lower + ".:/=-_"}[r.IntN(3)])
		}
		ends := []string{":", "", "/", " ", ".", "-", "=", "%", "%b", `\`, `\x`, `\u`, `\uab`, "&#", "&#x"} // also beginnings of escapes
		before, behind := chosen()+ends[r.IntN(len(ends))], []string{"", ":", "/", " ", ".", "x"}[r.IntN(6)]+chosen()
		for name, text := range map[string]string{
			"header":  "token " + before + value + behind,
			"basic":   "basic " + base64.StdEncoding.EncodeToString([]byte(before+value+behind)),
			"URL":     "https://a:" + before + value + behind + "@h.example/",
			"DSN":     before + value + behind + "@tcp(h.example)/db",
			"query":   "https://h.example/?u=" + before + url.QueryEscape(value) + "&v=" + behind,
			"JSON":    `{"user":"` + before + `","password":"` + quote(value) + `","more":"` + behind + `"}`,
			"escaped": "login " + before + quote(quote(value)) + behind,
			"hex":     "key " + hex.EncodeToString([]byte(before+value+behind)),
			"twice":   "token " + value + before + value + behind + value,
			"cut off": "token " + before + firstOf(value) + behind,
		} {
			for _, b := range g.newBlocks(text) {
				if strings.ContainsAny(b.text, ofValues) {
					t.Errorf("%s of %q: %q has the block %q", name, value, text, b.text)
				}
			}
		}
	}
}

// A value may look escaped itself, also at its ends, and then have something in it that nobody sees. All of it is taken out.
func TestNothingIsLearnedOfAValueThatLooksEscaped(t *testing.T) {
	for _, value := range []string{
		`%HN:7@7DL\5=PYLEOB%1B"%F4`, "HN7DLQPYLEOB%1B", "HN7DLQPYLEOB%1B[", "HN7DLQPYLEOB%1B%5D", "%1B[1mHN7DLQPYLEOB", "%7FHN7DLQPYLEOB%7F", "%00%00HN7DLQPYLEOB",
		"HN7DLQPYLEOB&#173", "&#8203;HN7DLQPYLEOB", `\aHN7DLQPYLEOB\a`, "HN7DLQPY%1B]LEOB", "HN7DLQPYLEOB%9B", "@E&VW%73L", `HN7DLQPY"%C2%AD"`,
		"KA4QE9MZRZIS==EF4Z6TGED&#8W3IQ&SGPXTJSW9M1LU8F5Z5%GK99GK@SLR3G8J", // of as many characters as a view takes
	} {
		g := learn(value)
		for _, text := range []string{value, quote(value), quote(quote(value)), url.QueryEscape(value), url.PathEscape(quote(value)), quote(url.QueryEscape(value)), html.EscapeString(value)} {
			for _, around := range []string{"login %s.behind.it", "login before:%s:behind.it", "login before/%s", "login %s m\a and more"} {
				for _, b := range g.newBlocks(strings.ReplaceAll(around, "%s", text)) {
					if strings.ContainsAny(b.text, upper) {
						t.Errorf("%q in %q: %q is learned", value, strings.ReplaceAll(around, "%s", text), b.text)
					}
				}
			}
		}
	}
}

// firstOf returns the first block of a value that has no shape.
func firstOf(value string) string {
	from, to := firstBlock(value)
	return value[from:to]
}

func isMasked(g *Guard, guess string) bool {
	return strings.Contains(g.Text("\n"+guess+"\n"), Redacted)
}

// randomRunes is randomText of any alphabet.
func randomRunes(r *rand.Rand, length int, alphabet string) string {
	runes := []rune(alphabet)
	text := make([]rune, length)
	for i := range text {
		text[i] = runes[r.IntN(len(runes))]
	}
	return string(text)
}

// What a text has beside a value is known for itself.
func TestTheRestOfATextIsLearned(t *testing.T) {
	const derived = "Zk29xVq81mPd0LcB"
	for _, text := range []string{stripe + "." + derived, "Token " + stripe + ":" + derived, url.QueryEscape(odd) + "&sig=" + derived, derived + "." + stripe, pem + derived} {
		g := learn(stripe, odd, pem)
		g.LearnForAWhile(text)
		if masked := g.Text("a " + derived + " b"); strings.Contains(masked, derived) {
			t.Errorf("%q: %q", text, masked)
		}
	}
}

// The attack that this stops: whoever chooses what stands before a value in a text moves the borders of its blocks, until one
// has seven known characters and one unknown.
func TestChosenBeginningIsNoOracle(t *testing.T) {
	const password, filler = "4eC39HqLyjWDarjtT1zdp7dc", "xy3zxy3zxy3zxy3z"
	for name, made := range map[string]func(string) string{
		"header": func(user string) string { return "Token " + user + ":" + password },
		"basic": func(user string) string {
			return "Basic " + base64.StdEncoding.EncodeToString([]byte("a:"+user+":"+password))
		},
		"URL": func(user string) string { return "https://a:" + user + ":" + password + "@h.example/" },
	} {
		for n := minimum; n < 2*minimum; n++ {
			g := learn(password)
			g.LearnForAWhile(made(filler[:n]))
			for known := range password {
				before := filler[:n] + ":" + password[:known]
				var right []string
				for _, c := range base62 {
					if guess := before[len(before)-minimum+1:] + string(c); isMasked(g, guess) {
						right = append(right, guess)
					}
				}
				if len(right) == 1 && !isMasked(learn(password), right[0]) { // else it is a block of the value
					t.Errorf("%s: of all next characters only %q is masked", name, right)
				}
			}
		}
	}
}

// Texts that have nothing to be looked for leave a guard as it was, whatever was forgotten meanwhile.
func TestTextsOfNothing(t *testing.T) {
	g := new(Guard)
	for n := range 3 * maxYoung / least {
		g.LearnForAWhile(fmt.Sprint(n))
	}
	if g.Knows() || g.Text("Bearer 1234567") != "Bearer 1234567" {
		t.Error("a guard knows something of nothing")
	}
	empty := &search{guard: &Guard{known: new(table)}, limit: 1 << 20} // all was forgotten while it goes on
	empty.scan(&view{text: []byte("a text that is long enough")})
	if len(empty.hits) != 0 {
		t.Errorf("%d blocks are found", len(empty.hits))
	}
}

// Whoever learns waits for no long text that somebody else learns: what takes long is done before.
func TestLearningIsNotHeldUp(t *testing.T) {
	g := learn(stripe)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range 20 {
			g.LearnForAWhile(strings.Repeat(fmt.Sprintf("password: machine%d ", n), 2<<10))
			g.Learn(strings.Repeat(fmt.Sprintf("password: machine%d ", n), 2<<10), "")
		}
	}()
	free, held := 0, 0
	for {
		select {
		case <-done:
			if held > free {
				t.Errorf("at %d of %d moments nobody else could learn", held, held+free)
			}
			return
		case <-time.After(100 * time.Microsecond):
			if g.learning.TryLock() {
				g.learning.Unlock()
				free++
			} else {
				held++
			}
		}
	}
}

// Nor does anybody, whether learning or masking, wait for a table that is made anew: here, again and again, as generations begin and
// as values are learned that begin alike.
func TestNobodyWaitsForANewTable(t *testing.T) {
	g := learn(stripe)
	for n := range 2 * maxYoung / least {
		g.LearnForAWhile(fmt.Sprintf("%016x-%s", n, strings.Repeat(fmt.Sprintf("%x", n*7919+1), 80)))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range 20 {
			g.learning.Lock()
			g.old, g.young = g.young, g.old // as if it were time
			g.learning.Unlock()
			g.forget()
			g.Learn(fmt.Sprintf("4eC39HqL%04dWDarjtT1", n), "")
		}
	}()
	free, held, learned := 0, 0, 0
	for {
		select {
		case <-done:
			if held > free {
				t.Errorf("at %d of %d moments nobody else could learn", held, held+free)
			}
			for n := range learned {
				if text := fmt.Sprintf("meanwhile-%08d", n); g.Text(text) == text {
					t.Errorf("%s is not masked", text)
				}
			}
			return
		case <-time.After(100 * time.Microsecond):
			if !g.learning.TryLock() {
				held++
				continue
			}
			g.learning.Unlock()
			free++
			if learned < 100 {
				g.Learn(fmt.Sprintf("meanwhile-%08d", learned), "")
				learned++
			}
		}
	}
}

// A value is learned again whenever it is handed out. While a generation is made, which takes long, that waits for nobody.
func TestKnownValueIsLearnedWhileOthersLearn(t *testing.T) {
	g := learn(stripe)
	g.learning.Lock()
	defer g.learning.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Learn(stripe, "sk_live_")
		if got := g.Text("it is " + stripe); got != "it is [redacted]" {
			t.Errorf("got %q", got)
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("it waits")
	}
}
