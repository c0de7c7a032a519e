package guard

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/credential"
)

// Documents: files of keys and settings, such as PEM, a kubeconfig, a service account, .env, .netrc; and settings in one
// line, such as "host=db password=...". Most of them is words that all such files share.

// A form is how files write a setting. The first group of the expression is its name, the second its value.
type form struct {
	needs      string // one of these characters
	expression func() *regexp.Regexp
}

var forms = []form{
	// A line of YAML, of an .ini or .env file, up to its end.
	{"=:", lazily(`(?m)^[ \t]*(?:- +)?(?:export +|set +)?["']?([\pL_.][\pL\w .-]*?)["']?[ \t]*(?:=|:[ \t]|:$)[ \t]*(\S[^\n]*)`)},
	// In quotes: JSON, and the literals of most languages.
	{`"`, lazily(`["']?([\pL_.][\pL\w.-]*)["']?\]?[ \t]*(?:=>?|:=?|,)\s*"((?:[^"\\]|\\.)*)"`)},
	{"'", lazily(`["']?([\pL_.][\pL\w.-]*)["']?\]?[ \t]*(?:=>?|:=?|,)\s*'((?:[^'\\]|\\.|'')*)'`)},
	// One of several in a line: between spaces or in an address, in braces, between semicolons.
	{"=", lazily(`([\pL_][\pL\w.-]*)[ \t]*=[ \t]*([^\s"'{;,&][^\s;,&]*)`)},
	{"{", lazily(`[{,][ \t]*["']?([\pL_][\pL\w.-]*)["']?: *([^\s"'{\[,}][^\n,}]*)`)},
	{"{", lazily(`([\pL_][\pL\w.-]*)[ \t]*=\{((?:[^}]|\}\})*)\}`)},
	{";", lazily(`(?:^|;)[ \t]*([\pL_][\pL\w .-]*?)[ \t]*=[ \t]*([^\n"'{;][^\n;]*)`)},
	// XML: an element, two attributes, and an element beside its name.
	{"<", lazily(`<([\w:.-]+)[^<>]*>\s*([^<>]+?)\s*</`)},
	{"<", lazily(`(?:key|name)="([^"]*)"\s+value="([^"]*)"`)},
	{"<", lazily(`<key>([^<>]*)</key>\s*<string>\s*([^<>]+?)\s*</string>`)},
	// .netrc
	{"m", lazily(`(?m)^(?:[^\n=:]*[ \t])?(password)[ \t]+(\S+)`)},
}

// A setting is a name, and where in a text its value is.
type setting struct {
	name     string
	from, to int
}

// settings calls f for each setting of a text. Where two forms fit, it is called for both.
func settings(text string, f func(setting)) {
	forms := forms
	if isSettings(text) {
		forms = forms[1:] // the first one does not end where the next begins
	}
	for _, form := range forms {
		if !strings.ContainsAny(text, form.needs) {
			continue
		}
		for _, found := range form.expression().FindAllStringSubmatchIndex(text, -1) {
			f(setting{text[found[2]:found[3]], found[4], found[5]})
		}
	}
}

// blockScalars calls f for each line of the values in YAML that their names say are confidential and that are on the lines
// behind the name.
func blockScalars(text string, f func(name, line string)) {
	end := 0
	for _, begin := range blockBegin().FindAllStringSubmatchIndex(text, -1) {
		name := text[begin[4]:begin[5]]
		if begin[0] < end || !credential.Named(name) {
			continue
		}
		end = begin[1]
		for line := range strings.SplitAfterSeq(text[end:], "\n") {
			if indent(line) <= begin[3]-begin[2] && strings.TrimSpace(line) != "" {
				break
			}
			f(name, line)
			end += len(line)
		}
	}
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// hasSecret reports whether a text has a setting that is confidential by its name.
func (l *learner) hasSecret(text string) bool {
	found := false
	settings(text, func(s setting) { found = found || l.naming(s.name).isSecret })
	return found
}

var (
	// sasParameter is what a shared access signature of Azure begins with, where it is cut at its first "&".
	sasParameter = lazily(`^s[a-z]{1,3}=[\w:%.-]*$`)

	blockBegin   = lazily(`(?m)^( *(?:- +)*)["']?([\pL_.][\pL\w .-]*?)["']?[ \t]*:[ \t]+[|>][+\-0-9]*[ \t]*(?:#[^\n]*)?\r?\n`)
	privateLines = lazily(`(?m)^Private-Lines: *\d+\s*\n((?:[A-Za-z0-9+/=]+\s*\n?)*)`) // of PuTTY; first, how long it is
	pgpass       = lazily(`(?m)^[^\s:]+:(?:\d+|\*):[^\s:]+:[^\s:]+:(\S+)$`)
	nameInLine   = lazily(`(?:^|[; &,])[ \t]*([\pL_][\pL\w .-]*?)[ \t]*=`)
	pemBlock     = lazily(`(?s)-----BEGIN ([A-Z0-9 ]+)-----(.*?)(?:-----END [A-Z0-9 ]+-----|$)`)
	longRun      = lazily(`[\w+/.~-]{16,}={0,2}`)
	addresses    = lazily(`[a-z][a-z0-9+.-]*://[^\s"'<>]+`)
	items        = lazily(`(?:[\[,]\s*"((?:[^"\\]|\\.)*)"|^[ \t]*- +([^\s:]+)$)\s*(:?)`)
	structure    = lazily(`(?m)^[ \t]*(?:[#;!<{}\[\]]|---|machine |default$|(?:- +)?["']?[\pL_][\pL\w .-]*["']?[ \t]*(?:=|:[ \t]|:$))`)
)

// isSettings reports whether a text of one line is made of several settings, of which one is confidential, or which are too
// many for a password.
func isSettings(text string) bool {
	if strings.Contains(text, "\n") {
		return false
	}
	names := nameInLine().FindAllStringSubmatchIndex(text, -1)
	return len(names) > 1 && names[0][0] == 0 && (len(names) > 2 || slices.ContainsFunc(names, func(name []int) bool {
		return credential.Named(text[name[2]:name[3]])
	}))
}

// isDocument reports whether a text has the form of a document.
func isDocument(text string) bool {
	switch {
	case strings.Contains(text, "\n"), strings.Contains(text, "-----BEGIN "):
		return true
	case strings.HasPrefix(text, "machine "), pgpass().MatchString(text):
		return true
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return json.Valid([]byte(text)) || new(learner).hasSecret(text)
	case strings.HasPrefix(text, "<"):
		return strings.HasSuffix(text, ">") && strings.Contains(text, "</")
	}
	return isSettings(text)
}

// document adds what is confidential of a document. Where a text of several lines has no structure, each counts.
func (l *learner) document(text string, whole bool) bool {
	if !isDocument(text) {
		return false
	}
	before := len(l.pieces)
	rest := l.settings(withoutPublicParts(text))
	rest = escapesInFiles.Replace(rest)
	rest = l.keys(rest)
	rest = addresses().ReplaceAllStringFunc(rest, func(address string) string {
		l.address(address, false)
		return " "
	})
	if len(l.pieces) == before && !l.hasSecret(rest) {
		l.lines(rest)
	}
	l.runs(rest)
	if whole && len(l.pieces) == before {
		l.remains(text)
	}
	return true
}

// publicParts have in their first group what some files have beside a key: the public one, and what says how a file is
// encrypted.
var publicParts = []struct {
	needs      string
	expression func() *regexp.Regexp
}{
	{"Public-Lines:", lazily(`(?m)^Public-Lines: *\d+\s*\n((?:[A-Za-z0-9+/=]+\s*\n)*)`)}, // of PuTTY
	{" AAAA", lazily(`((?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-[\w-]+|sk-[\w.@-]+) +AAAA[\w+/]+=*)`)},
	{"ublic key", lazily(`(?m)^[ \t]*(?:#|;|//|--)[^\n]*[Pp]ublic key:? +(\S+)`)}, // of age
	{"$ANSIBLE_VAULT;", lazily(`(?m)^[ \t]*(\$ANSIBLE_VAULT;\S+)`)},
	{`"x5c"`, lazily(`"x5c"\s*:\s*\[([^\]]*)\]`)},
	{"minisign", lazily(`(?m)^(untrusted comment: [^\n]*)`)},
}

// The members of a JWK (RFC 7517 and 7518).
var (
	publicInJWK  = lazily(`^(?:kty|use|alg|kid|crv|n|e|x|y|x5u|x5t(?:#S256)?)$`)
	privateInJWK = lazily(`^(?:d|p|q|dp|dq|qi|k|r|t)$`)
)

// withoutPublicParts returns a text of the same length.
func withoutPublicParts(text string) string {
	clean := []byte(text)
	for _, part := range publicParts {
		if !strings.Contains(text, part.needs) {
			continue
		}
		for _, found := range part.expression().FindAllStringSubmatchIndex(text, -1) {
			blank(clean[found[2]:found[3]])
		}
	}
	return string(clean)
}

// escapesInFiles undoes how JSON and .env write a PEM block in one line.
var escapesInFiles = strings.NewReplacer(`\\n`, "\n", `\n`, "\n", `\r`, "", `\/`, "/")

// settings adds the values of settings that their names say are confidential, and what is confidential of documents in
// values. It returns the text without values that are public by their names, such as certificates.
func (l *learner) settings(text string) string {
	rest := []byte(text)
	isJWK := strings.Contains(text, `"kty"`)
	settings(text, func(s setting) {
		switch value := text[s.from:s.to]; {
		case l.naming(s.name).isPublic, isJWK && publicInJWK().MatchString(s.name):
			blank(rest[s.from:s.to])
		case isJWK && privateInJWK().MatchString(s.name):
			l.part(unquoted(value))
		default:
			l.setting(s.name, value)
		}
	})
	blockScalars(text, l.setting)
	for _, lines := range privateLines().FindAllStringSubmatch(text, -1) {
		l.body(lines[1], len("AAAAgQ"))
	}
	for _, line := range pgpass().FindAllStringSubmatch(text, -1) {
		l.part(line[1])
	}
	return string(rest)
}

func (l *learner) setting(name, value string) {
	value = unquoted(strings.TrimSpace(value))
	switch {
	case !long(value), sasParameter().MatchString(value):
	case isDocument(value):
		if l.isNew(value) {
			l.learn(value, false)
		}
	case l.naming(name).isSecret:
		l.part(unwrapped(value))
		if value, _, comment := strings.Cut(value, " #"); comment {
			l.part(strings.TrimSpace(value))
		}
	}
}

// unquoted undoes the escapes of a text that was in quotes, if JSON has them.
func unquoted(text string) string {
	var plain string
	if !strings.Contains(text, `\`) || json.Unmarshal([]byte(`"`+text+`"`), &plain) != nil {
		return text
	}
	return plain
}

func blank(text []byte) {
	for i := range text {
		if text[i] != '\n' {
			text[i] = ' '
		}
	}
}

// keys adds the lines of private keys in PEM, and returns the text without any PEM blocks.
func (l *learner) keys(text string) string {
	return pemBlock().ReplaceAllStringFunc(text, func(block string) string {
		found := pemBlock().FindStringSubmatch(block)
		if header, body := found[1], found[2]; !isPublicBlock(header) {
			l.body(body, algorithm(header, strings.TrimSpace(body)))
		}
		return "\n"
	})
}

func isPublicBlock(header string) bool {
	for _, public := range []string{"CERTIFICATE", "PUBLIC", "CRL", "PARAMETERS"} {
		if strings.Contains(header, public) {
			return true
		}
	}
	return false
}

// body adds the lines of a PEM block, beyond those characters that only say what it is.
func (l *learner) body(text string, public int) {
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, ":") { // a header, such as Proc-Type
			continue
		}
		for _, run := range strings.Fields(line) {
			skipped := min(public, len(run))
			public -= skipped
			l.add(run[skipped:])
		}
	}
}

// algorithm returns how long the beginning of a PEM block's body is that names its algorithm, as the public key and the
// certificate do. The key itself follows at once, but in the format of OpenSSH, where the public key comes first.
func algorithm(header, body string) int {
	switch {
	case strings.HasPrefix(header, "EC "):
		return 8 // which only says how long all is
	case strings.HasPrefix(header, "OPENSSH "):
		return 112
	case strings.Index(body, "BQYDK2V") == 8: // Ed25519 and its like, in PKCS #8
		return 16
	default:
		return 40
	}
}

// runs adds the long runs of letters and digits that are no words, whatever their name is.
func (l *learner) runs(text string) {
	for _, run := range longRun().FindAllString(text, -1) {
		if l.token(run) {
			continue
		}
		for part := range strings.SplitSeq(run, ".") {
			l.run(part)
		}
	}
}

func (l *learner) run(text string) {
	if len(text) < 2*minimum || l.encoded(text, false) || isOrdinary(text) {
		return
	}
	prefix := vendorPrefix(text)
	if prefix != "" && !isOrdinary(text[len(prefix):]) || len(text) >= 4*minimum || isMixed(text) {
		l.plain(text)
	}
}

// isMixed reports whether a text has small letters, capitals and digits, as keys do.
func isMixed(text string) bool {
	return strings.ContainsAny(text, "abcdefghijklmnopqrstuvwxyz") && strings.ContainsAny(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") &&
		strings.ContainsAny(text, "0123456789")
}

// lines adds each line by its own shape, where most lines have no structure: the others may look so by chance.
func (l *learner) lines(text string) {
	var lines []string
	structured := 0
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
		if structure().MatchString(line) {
			structured++
		}
		if line != "" && !strings.HasSuffix(line, ":") {
			lines = append(lines, line)
		}
	}
	if structured*2 >= len(lines) && structured > 0 {
		return
	}
	for _, line := range lines {
		if line = unwrapped(line); long(line) {
			l.learn(line, true)
		}
	}
}

// remains is for a document of which nothing was told apart: what is random in it, a password that is short, the blocks of
// PEM that are public elsewhere; or else what is no setting.
func (l *learner) remains(text string) {
	before := len(l.pieces)
	settings(text, func(s setting) { l.remainingSetting(text, s) })
	for _, block := range pemBlock().FindAllStringSubmatch(text, -1) {
		l.body(block[2], algorithm(block[1], strings.TrimSpace(block[2])))
	}
	if len(l.pieces) > before {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		l.remainingLine(line)
	}
}

func (l *learner) remainingSetting(text string, s setting) {
	switch value := strings.Trim(text[s.from:s.to], "\"' \t"); {
	case value == "", l.naming(s.name).isPublic, strings.Contains(value, "://"):
	case long(value) && !isOrdinary(value) && !credential.About(s.name):
		l.part(value)
	case l.naming(s.name).isSecret:
		line := max(s.from-2*minimum, 0)
		line += strings.LastIndexByte(text[line:s.from], '\n') + 1
		l.widen(text[line:s.to], s.from-line, s.to-line)
	}
}

// remainingLine adds a line that is neither a setting nor an item of a list, or the items that it has.
func (l *learner) remainingLine(line string) {
	if !structure().MatchString(line) && !strings.HasPrefix(strings.TrimSpace(line), "- ") {
		l.plain(unwrapped(line))
	}
	for _, item := range items().FindAllStringSubmatch(line, -1) {
		if named := item[3] != ""; !named {
			l.part(unwrapped(unquoted(item[1] + item[2])))
		}
	}
}
