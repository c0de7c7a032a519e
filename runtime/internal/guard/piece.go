package guard

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// What of a value is confidential. Everybody knows how a bearer header, a JWT or a PEM block begins: if that were looked
// for, every other one would be masked, and every text that explains them.

// minimum is how many characters in a row are too many for a coincidence, and too many to be guessed at once.
const minimum = 8

var (
	authScheme = lazily(`^(?i:basic|bearer|token) +`)
	jwt        = lazily(`^eyJ[\w-]+\.[\w-]*\.([\w-]+)$`)
	urlShape   = lazily(`^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*?(?::([^/?#]*))?@)?[^/?#]*(.*)$`)
	longPart   = lazily(`[\w-]{16,}`)
	longRun    = lazily(`[\w+/=-]{32,}`)
	lastLine   = lazily(`^[\w+/=-]+$`)
)

// lazily compiles an expression when it is first needed: most servers are started more often than they learn a secret.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// pieces returns the parts of a value that are looked for, each of at least eight characters; none if it is too short.
// Where a piece is found, the whole token around it is masked.
func pieces(value, prefix string) []string {
	value = strings.TrimSpace(value)
	value = value[len(authScheme().FindString(value)):]
	value = strings.TrimPrefix(value, prefix)

	var found []string
	if parts := jwt().FindStringSubmatch(value); parts != nil {
		// The header is the same in all tokens, the claims begin alike; without its signature a token is worth nothing.
		found = parts[1:2]
	} else if parts := urlShape().FindStringSubmatch(value); parts != nil && !strings.ContainsAny(value, " \n") {
		// The password; and long parts of path and query, since the key of a web hook is there. Scheme, user and host
		// are in ordinary results.
		found = append(longPart().FindAllString(parts[2], -1), parts[1])
	} else if strings.Contains(value, "\n") {
		found = multiline(value)
	} else {
		found = []string{value}
	}

	kept := found[:0:0]
	for _, piece := range found {
		if utf8.RuneCountInString(piece) >= minimum {
			kept = append(kept, piece)
		}
	}
	return kept
}

// multiline returns the long unbroken runs of a PEM block, a kubeconfig, a service account (a JSON file with a PEM block in
// a string, hence without its escapes). The rest of such files is words that all of them share. Where no run is long,
// every line counts.
func multiline(value string) []string {
	var found []string
	lines := strings.Split(unescapedFully(value), "\n")
	body := false // the line before was of the body of a block
	for i, line := range lines {
		line = strings.TrimSpace(line)
		runs := longRun().FindAllString(line, -1)
		if len(runs) == 0 && body && lastLine().MatchString(line) {
			runs = []string{line}
		}
		body = len(runs) == 1 && runs[0] == line // and the next may be its last line, which is short
		if body && i > 0 && strings.Contains(lines[i-1], "-----BEGIN ") {
			runs[0] = runs[0][min(algorithm(lines[i-1], line), len(line)):]
		}
		found = append(found, runs...)
	}
	if len(found) == 0 {
		for _, line := range strings.Split(value, "\n") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// algorithm returns how long the beginning of a PEM block's body is that names its algorithm, as the public key and the
// certificate do. The key itself follows at once.
func algorithm(header, body string) int {
	switch {
	case strings.Contains(header, "-----BEGIN EC "):
		return 8 // which only says how long all is
	case strings.Index(body, "BQYDK2V") == 8: // Ed25519 and its like, in PKCS #8
		return 16
	default:
		return 40
	}
}
