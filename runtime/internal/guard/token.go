package guard

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

var jwt = lazily(`^eyJ[\w-]+\.([\w-]*)\.([\w.~-]*)$`)

// token adds what is confidential of a JWT. The header is the same in all tokens, and the claims begin alike; without its
// signature a token is worth nothing. Of one that is encrypted (RFC 7516), four parts follow the header, and all count.
func (l *learner) token(text string) bool {
	found := jwt().FindStringSubmatchIndex(text)
	if found == nil {
		return false
	}
	claims, signature := found[2], found[4]
	switch {
	case strings.Contains(text[signature:], "."):
		l.add(strings.TrimLeft(text[claims:], "."))
	case signature-claims > 4*minimum && signature == len(text): // without one, the claims are all there is
		l.add(text[claims+2*minimum:])
	case long(text[signature:]):
		l.add(text[signature:])
	default:
		l.widen(text, signature, len(text))
	}
	return true
}

var userAndPassword = lazily(`^[^\s:]+:(\S.*)$`)

// encoded adds what is confidential of a document, a token or a login in base64. It is no such text if nothing of the kind
// comes out.
//
// What it stands for is enough to find it as it is, but for what is within a text in base64 again, or in short lines: there,
// what is written counts too.
func (l *learner) encoded(text string, whole bool) bool {
	plain, ok := decoded(text)
	if !ok || l.budget < len(plain) {
		return false
	}
	inner := learner{within: true, budget: l.budget - len(plain)}
	login := userAndPassword().FindStringSubmatch(plain)
	switch {
	case inner.token(plain), inner.address(plain, whole), inner.encoded(plain, whole), inner.document(plain, whole):
	case login != nil && long(login[1]):
		inner.plain(login[1])
	default:
		return false
	}
	l.budget = inner.budget
	if len(inner.pieces) == 0 && !strings.Contains(plain, "-----BEGIN ") {
		return false // a short key may well stand for a text by chance, but not for a certificate
	}
	for _, piece := range inner.pieces {
		l.add(piece)
	}
	if l.within || strings.ContainsAny(text, " \n") {
		l.written(text, plain, inner.pieces)
	}
	return true
}

// written adds what of a text in base64 stands for nothing but a piece of what it encodes. Where the text has lines, each
// is a piece.
func (l *learner) written(text, plain string, pieces []string) {
	var letters []int // where they are
	for i := range len(text) {
		if !isSpace(text[i]) {
			letters = append(letters, i)
		}
	}
	done := 0 // pieces are mostly in the order of the text
	for _, piece := range pieces {
		at := strings.Index(plain[done:], piece)
		if at < 0 {
			continue
		}
		at += done
		done = at
		from, to := (at*4+2)/3, (at+len(piece))*4/3
		for run := range strings.FieldsSeq(text[letters[from] : letters[to-1]+1]) {
			l.add(run)
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

var base64Text = lazily(`^[A-Za-z0-9+/_-]+(?:\s+[A-Za-z0-9+/_-]+)*={0,2}$`)

// decoded returns the text that a text in base64 of either alphabet stands for. Bytes that are no text don't count.
func decoded(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if !base64Text().MatchString(text) {
		return "", false
	}
	letters := strings.NewReplacer("-", "+", "_", "/", "=", "", " ", "", "\t", "", "\n", "", "\r", "").Replace(text)
	plain, err := base64.RawStdEncoding.DecodeString(letters)
	if err != nil || len(plain) < minimum || !utf8.Valid(plain) {
		return "", false
	}
	for _, c := range plain {
		if c < ' ' && !isSpace(c) || c == 0x7f {
			return "", false
		}
	}
	return string(plain), true
}

var (
	// isWord knows words as they are in paths and names: "hooks", "ListPets", "v1", "T000"; and dates and numbers.
	isWord = lazily(`^(?:(?:[A-Z]?[a-z]*|[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})+|[A-Z]+|[A-Za-z]{1,6})\d{0,4}|\d{1,14}|\d{1,8}[TZ]\d{0,6}Z?|[A-Za-z0-9]{1,3})$`)
	joints = lazily(`(?:%[0-9A-Fa-f]{2}|[^A-Za-z0-9])+`)
)

// longestWord is how many letters and digits a word has at most; a date without separators has as many.
const longestWord = 16

// isOrdinary reports whether a text is made of words and numbers only. A random one rarely is, if it is long enough to be
// a key.
func isOrdinary(text string) bool {
	for _, word := range joints().Split(text, -1) {
		if len(word) > longestWord || !isWord().MatchString(word) || len(word) == longestWord && !strings.HasSuffix(word, "Z") {
			return false
		}
	}
	return true
}
