package guard

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/mcpsecrets/mcpsecrets/internal/credential"
)

// What of a value is confidential. Everybody knows how a bearer header, a JWT or a PEM block begins: if that were looked
// for, every other one would be masked, and every text that explains them.
//
// A value is read by its shape: token.go has JWTs and what is in base64, address.go has URLs and DSNs, document.go has
// files, vendor.go has how the keys of known services begin. What has none of these shapes is confidential as a whole.

const (
	// minimum is how many characters in a row are too many for a coincidence, and too many to be guessed at once.
	minimum = 8

	// maxRead is how many bytes of a text are read, as many as a value in the keychain may have. A server may make longer
	// texts of what a model sends.
	maxRead = 256 << 10

	// maxLearned is how many bytes are looked for of one text, since the table of a guard is a multiple of it. Of a text that
	// has more, only the beginning of each piece is looked for: that is enough to find it where all of it is shown.
	maxLearned = 64 << 10
)

// pieces returns the parts of a value that are looked for, each of at least eight characters; none if it is too short.
// Where a piece is found, the whole token around it is masked. Of a value that is not UTF-8 there are the pieces as they
// are, and as JSON shows them, with U+FFFD for each byte that is none (as encoding/json does).
func pieces(value, prefix string) []string {
	value = unwrapped(value[:min(len(value), maxRead)])
	l := learner{prefix: prefix, budget: readings * len(value)}
	l.learn(value, true)
	if replaced := string([]rune(value)); replaced != value {
		l.add(value) // its shape was perhaps read as JSON reads it
		l.learn(replaced, true)
	}
	if rest, declared := strings.CutPrefix(value, prefix); declared && prefix != "" && len(l.pieces) == 0 {
		l.add(rest) // whatever it looks like: who declares a prefix says that all beyond it counts
	}
	return withoutParts(bounded(withoutBeginnings(l.pieces)))
}

// withoutBeginnings returns the pieces without those that another one begins with: they are found with it, but may say too
// little of where it ends.
func withoutBeginnings(pieces []string) []string {
	sorted := slices.Sorted(slices.Values(pieces))
	beginnings := map[string]bool{}
	for i, piece := range sorted[:max(len(sorted)-1, 0)] {
		beginnings[piece] = strings.HasPrefix(sorted[i+1], piece)
	}
	return slices.DeleteFunc(pieces, func(piece string) bool { return beginnings[piece] })
}

// bounded returns the pieces, shortened and cut off so that they are no more than maxLearned.
func bounded(pieces []string) []string {
	size := 0
	for _, piece := range pieces {
		size += len(piece)
	}
	if size <= maxLearned {
		return pieces
	}
	room := maxLearned
	for i, piece := range pieces {
		pieces[i] = first(piece, 2*minimum)
		if room -= len(pieces[i]); room < 0 {
			return pieces[:i]
		}
	}
	return pieces
}

// A learner collects the pieces of one value.
type learner struct {
	prefix string // declared for the value as a whole
	pieces []string
	seen   map[string]bool
	within bool // what is read now is within a text in base64
	budget int  // how many more bytes are read, of texts within texts

	names map[string]naming // of settings: a file has few, and many times
}

// A naming is what a name says of its value.
type naming struct{ isSecret, isPublic bool }

// naming tells by [credential.Named] and [credential.Public], which take long.
func (l *learner) naming(name string) naming {
	says, known := l.names[name]
	if !known {
		if l.names == nil {
			l.names = map[string]naming{}
		}
		says = naming{credential.Named(name), credential.Public(name)}
		l.names[name] = says
	}
	return says
}

// readings is how often each byte of a value is read at most, as part of texts within texts. A cluster's secret has a
// registry's login in base64 in JSON in base64; nobody nests deeper but to keep a server busy.
const readings = 8

// learn adds the pieces of a text. Where whole is set, something of it has to be found when all of it is shown, so what
// is not told apart counts as confidential; otherwise the text is only a part, and public as long as nothing speaks
// against it.
func (l *learner) learn(text string, whole bool) {
	if l.budget -= len(text); l.budget < 0 {
		return
	}
	switch {
	case l.token(text):
	case l.address(text, whole):
	case l.dsn(text, whole):
	case l.encoded(text, whole):
	case l.document(text, whole):
	default:
		l.plain(text)
	}
}

// plain adds a text that has no shape: all of it, beyond its prefix. A prefix that was declared is public in any case. One
// that is only known from elsewhere may be a coincidence, so it counts if the rest is long enough.
func (l *learner) plain(text string) {
	if rest, declared := strings.CutPrefix(text, l.prefix); declared && l.prefix != "" {
		if longer := len(publicPrefix(text)) - len(l.prefix); longer > 0 && long(rest[longer:]) {
			rest = rest[longer:]
		}
		l.add(rest)
		return
	}
	if rest := text[len(publicPrefix(text)):]; long(rest) {
		text = rest
	}
	l.add(text)
}

// add adds a piece, if it is long enough.
func (l *learner) add(piece string) {
	if long(piece) && l.isNew(piece) {
		l.pieces = append(l.pieces, piece)
	}
}

// isNew reports whether a piece, or a text within, is seen for the first time.
func (l *learner) isNew(text string) bool {
	if l.seen[text] {
		return false
	}
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	l.seen[text] = true
	return true
}

// widen adds text[from:to], which is too short to be told from ordinary text, together with as much of what is around it
// as is needed: so it is found where the whole text is shown, and only with all of it.
func (l *learner) widen(text string, from, to int) {
	if from > 0 {
		from-- // what separates it says more than what follows
	}
	for enough := 2 * minimum; !distinct(text[from:to]) && enough > 0; enough-- {
		if to < len(text) {
			_, size := utf8.DecodeRuneInString(text[to:])
			to += size
		} else if from > 0 {
			_, size := utf8.DecodeLastRuneInString(text[:from])
			from -= size
		}
	}
	l.add(text[from:to])
}

// distinct reports whether a text is long enough, and has enough different characters, to be unlike ordinary text.
func distinct(text string) bool {
	different := map[rune]bool{}
	for _, c := range text {
		different[c] = true
	}
	return long(text) && len(different) >= minimum/2
}

// first returns the first n characters of a text.
func first(text string, n int) string {
	for i := range text {
		if n--; n < 0 {
			return text[:i]
		}
	}
	return text
}

const smallLetters = "abcdefghijklmnopqrstuvwxyz"

func long(text string) bool { return utf8.RuneCountInString(text) >= minimum }

var (
	authScheme = lazily(`^(?:(?i:basic|bearer|token|apikey)|-H|--header|-u|--user) +`)
	assignment = lazily(`^(?:export +|set +|setx +|\$env:)?["']?([\pL_][\pL\w.-]*)["']?(?: *= *|: +)`)
)

// maxWrappings is how many things are taken off a value: a comma, quotes, a name, quotes, a scheme, and one to spare.
const maxWrappings = 6

// unwrapped returns a value without what people copy along with it: quotes, a comma, the name of a variable or a header,
// a scheme of authentication. What would leave too little is no wrapping.
func unwrapped(value string) string {
	value = strings.TrimSpace(value)
	for range maxWrappings {
		inner := strings.TrimSpace(unwrappedOnce(value))
		if !long(inner) {
			break
		}
		value = inner
	}
	return value
}

var quotations = [][2]string{{"'", "'"}, {`"`, `"`}, {"`", "`"}, {`\"`, `\"`}, {"“", "”"}, {"‘", "’"}, {"„", "“"}, {"«", "»"}, {"<", ">"}}

func unwrappedOnce(value string) string {
	if trimmed := strings.TrimRight(value, ",;"); trimmed != value {
		return trimmed
	}
	for _, quotes := range quotations {
		inner, opened := strings.CutPrefix(value, quotes[0])
		inner, closed := strings.CutSuffix(inner, quotes[1])
		if opened && closed && !strings.Contains(inner, quotes[0]) { // unlike a name and a value, each in quotes
			return inner
		}
	}
	if name := assignment().FindStringSubmatch(value); name != nil && !strings.Contains(value, "\n") && !isSettings(value) {
		if credential.Named(name[1]) || strings.HasPrefix(name[0], "export ") {
			return value[len(name[0]):]
		}
	}
	return value[len(authScheme().FindString(value)):]
}

// lazily compiles an expression when it is first needed: most servers are started more often than they learn a secret.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
