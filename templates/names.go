package templates

import (
	"fmt"
	"go/token"
	"strings"
	"unicode"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

// initialisms are written in one case, as Go's own names are.
var initialisms = initialismTable(
	"ACL API ARN ASCII AWS CA CDN CLI CPU CRM CSRF CSS CSV DB DKIM DNS DSN EOF FTP GCP GID GPG GPU GUID HMAC HTML HTTP HTTPS " +
		"IAM ID IMAP IP JSON JWK JWKS JWT LDAP LLM MAC MCP MFA MIME MTLS OIDC OTP PDF PEM PGP PID PIN POP QPS RAM RPC RSA SAML " +
		"SDK SFTP SHA SLA SMS SMTP SNI SQL SSH SSL SSO TCP TLS TOTP TTL UDP UI UID URI URL URN UTF8 UUID VAT VM VPN XML XMPP " +
		"XSRF XSS YAML")

func initialismTable(words string) map[string]string {
	table := map[string]string{"oauth": "OAuth", "oauth2": "OAuth2", "github": "GitHub", "gitlab": "GitLab"}
	for _, word := range strings.Fields(words) {
		table[strings.ToLower(word)] = word
		table[strings.ToLower(word)+"s"] = word + "s"
	}
	return table
}

// goName returns the exported Go name for a schema's word, such as StripeAPIKey for stripe_api_key. What it returns need
// not be an identifier: "2fa" makes "2fa".
func goName(word string) string {
	var name strings.Builder
	for _, part := range strings.FieldsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if fixed, ok := initialisms[strings.ToLower(part)]; ok {
			name.WriteString(fixed)
			continue
		}
		first, rest := []rune(part)[0], string([]rune(part)[1:])
		name.WriteString(string(unicode.ToUpper(first)) + rest)
	}
	return name.String()
}

// isGoName reports whether name can be used as an exported Go name.
func isGoName(name string) bool { return token.IsIdentifier(name) && token.IsExported(name) }

// isASCII reports whether no character of name can be taken for another one, as those of other scripts can, or for nothing.
func isASCII(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII })
}

// names are the Go names of one file's secrets and groups, by pointer.
type names struct {
	file    *schema.File
	secrets map[*schema.Secret]string
	groups  map[*schema.Group]string
	choices map[*schema.Secret][]string

	oneOfs       map[*schema.OneOf]string
	alternatives map[*schema.Alternative]string

	methods  scope // and the one field of Secrets
	folded   scope // the same in lower case: names that differ in capitals only are taken for each other
	packaged scope // package level
	errors   schema.ErrorList
	unnamed  []*schema.Secret // whose own name makes none, or one that is taken, and for which the author wrote none
}

// vettedMethods are those that go vet (stdmethods) wants with one signature wherever they are. Others of Go's own, such as
// Format, it wants so only with certain parameters.
var vettedMethods = strings.Fields("GobDecode GobEncode MarshalJSON MarshalXML ReadByte ReadRune UnmarshalJSON UnmarshalXML UnreadByte UnreadRune WriteByte")

// A scope says what each Go name in it stands for.
type scope map[string]owner

type owner struct {
	what string // such as `secret "api_key"`
	pos  schema.Pos
}

// A Schema is a file without mistakes, and the Go names of everything in it.
type Schema struct {
	*schema.File
	names *names
}

// Parse reads a schema and chooses its Go names. The error is a [schema.ErrorList] with every mistake of the file, those of
// names among the others: two secrets that meet in one Go name, and a go_name that can't be.
func Parse(name string, src []byte) (*Schema, error) {
	var chosen *names
	file, err := schema.Parse(name, src, func(f *schema.File) schema.ErrorList {
		chosen = chooseNames(f)
		return chosen.errors
	})
	if err != nil {
		return nil, err
	}
	return &Schema{file, chosen}, nil
}

// ParseInfo reads a SECRETS_INFO dictionary as [schema.ParseInfo] does. A secret whose own name makes no Go name gets a GoName.
func ParseInfo(name, server string, src []byte) (*Schema, error) {
	var chosen *names
	file, err := schema.ParseInfo(name, server, src, func(f *schema.File) schema.ErrorList {
		chosen = chooseNames(f)
		for attempt := 1; attempt < 10 && len(chosen.unnamed) > 0; attempt++ {
			for _, s := range chosen.unnamed {
				s.GoName = otherGoName(s.Name, attempt)
			}
			chosen = chooseNames(f)
		}
		return chosen.errors
	})
	if err != nil {
		return nil, err
	}
	return &Schema{file, chosen}, nil
}

// otherGoName makes a Go name of a word whose own won't do.
func otherGoName(word string, attempt int) string {
	name := goName(word)
	switch {
	case !isGoName(name):
		name = "Secret" + name
	case attempt == 1:
		name += "Value"
	}
	if attempt > 1 {
		name += fmt.Sprint(attempt)
	}
	return name
}

// chooseNames finds a Go name for everything in f. Mistakes are noted at the later place, with the way out.
func chooseNames(f *schema.File) *names {
	n := &names{
		file:    f,
		secrets: make(map[*schema.Secret]string, len(f.Secrets)),
		groups:  map[*schema.Group]string{},
		choices: map[*schema.Secret][]string{},
		oneOfs:  map[*schema.OneOf]string{}, alternatives: map[*schema.Alternative]string{},
		methods:  make(scope, len(f.Secrets)),
		folded:   make(scope, len(f.Secrets)),
		packaged: make(scope, 4*len(f.Secrets)),
	}
	n.methods["Manager"] = owner{what: "the field that holds the manager"}
	n.methods["All"] = owner{what: "the getter of all secrets"}
	for _, name := range vettedMethods {
		n.methods[name] = owner{what: "a method of Go's own, which go vet wants with another signature"}
	}
	n.packaged["Secrets"] = owner{what: "the type of all getters"}
	n.packaged["OpenSecrets"] = owner{what: "the function that opens the secrets"}
	n.packaged["Values"] = owner{what: "the type of all values"}
	for _, s := range f.Secrets {
		before := len(n.errors)
		n.addSecret(s)
		if len(n.errors) > before && s.At("go_name") == s.Pos {
			n.unnamed = append(n.unnamed, s)
		}
	}
	for _, g := range f.Groups {
		n.addGroup("group", g)
	}
	for _, o := range f.OneOfs {
		n.addOneOf(o)
	}
	for _, g := range f.AllOrNones {
		n.addGroup("all_or_none", g)
	}
	return n
}

func (n *names) addSecret(s *schema.Secret) {
	what := fmt.Sprintf("secret %q", s.Name)
	name, pos, ok := n.pick(what, s.Name, s.GoName, s.Pos, s.At("go_name"))
	n.secrets[s] = name
	if !ok || !n.claimGetter(name, what, pos) {
		return
	}
	n.claimSender(name, what, s.SentAs, pos)
	n.claim(n.packaged, "Key"+name, what, "its key", pos)
	if s.HasRules() {
		n.claim(n.packaged, "Validate"+name, what, "its validator", pos)
	}
	if s.Type == field.Choice && n.claim(n.packaged, name, what, "its type", pos) {
		n.claim(n.packaged, "All"+name, what, "the list of its choices", pos)
		n.addChoices(s, name)
	}
}

func (n *names) addChoices(s *schema.Secret, typeName string) {
	constants := make([]string, len(s.Choices))
	for i, choice := range s.Choices {
		what := fmt.Sprintf("choice %q", choice)
		suffix, pos := goName(choice), s.ChoiceAt(i)
		if i < len(s.ChoiceGoNames) && s.ChoiceGoNames[i] != "" {
			suffix = s.ChoiceGoNames[i]
			if !isASCII(suffix) {
				n.fail(pos, "%s: go_name %+q must be in ASCII: letters and digits", what, suffix)
				continue
			}
		}
		constants[i] = typeName + suffix
		if suffix == "" || !isGoName(constants[i]) {
			n.fail(pos, "%s makes no Go name, write it as {value: %q, go_name: NAME} with letters and digits", what, choice)
			continue
		}
		n.claim(n.packaged, constants[i], what, "its constant", pos)
	}
	n.choices[s] = constants
}

func (n *names) addGroup(which string, g *schema.Group) {
	what := fmt.Sprintf("%s %q", which, g.Name)
	name, pos, ok := n.pick(what, g.Name, g.GoName, g.Pos, g.At("go_name"))
	n.groups[g] = name
	if ok && n.claimGetter(name, what, pos) {
		n.claimSender(name, what, g.SentAs, pos)
		n.claim(n.packaged, name+"Secrets", what, "its type", pos)
	}
}

func (n *names) addOneOf(o *schema.OneOf) {
	what := fmt.Sprintf("one_of %q", o.Name)
	name, pos, ok := n.pick(what, o.Name, o.GoName, o.Pos, o.At("go_name"))
	n.oneOfs[o] = name
	if !ok || !n.claimGetter(name, what, pos) {
		return
	}
	n.claim(n.packaged, "Key"+name, what, "its key", pos)
	n.claim(n.packaged, name, what, "its type", pos)
	for _, a := range o.Alternatives {
		what := fmt.Sprintf("alternative %q", a.Name)
		suffix, pos := goName(a.Name), a.Pos
		if a.GoName != "" {
			suffix, pos = a.GoName, a.At("go_name")
		}
		n.alternatives[a] = name + suffix
		if suffix == "" || !isGoName(name+suffix) || !isASCII(suffix) {
			n.fail(pos, "%s makes no Go name, add go_name with letters and digits in ASCII", what)
			continue
		}
		n.claim(n.packaged, name+suffix, what, "its type", pos)
	}
}

// pick returns the Go name for a word and the place that chose it, or false where there is none.
func (n *names) pick(what, word, override string, pos, overridePos schema.Pos) (string, schema.Pos, bool) {
	if override != "" {
		if !isGoName(override) || !isASCII(override) {
			n.fail(overridePos, "%s: go_name %+q is not an exported Go name in ASCII: an upper-case letter, then letters and digits", what, override)
			return "", pos, false
		}
		return override, overridePos, true
	}
	name := goName(word)
	if !isGoName(name) {
		n.fail(pos, "%s makes no Go name, since a Go name begins with a letter: add go_name", what)
		return "", pos, false
	}
	return name, pos, true
}

// claimGetter takes name for the getter of what.
func (n *names) claimGetter(name, what string, pos schema.Pos) bool {
	return n.claimMethod(name, what, "its getter", pos)
}

// claimSender takes the names of the transport and the client of what, if it is sent.
func (n *names) claimSender(name, what string, sent field.SentAs, pos schema.Pos) {
	if sent != (field.SentAs{}) {
		sender := Sender{GoName: name}
		n.claimMethod(sender.TransportName(), what, "its transport", pos)
		n.claimMethod(sender.ClientName(), what, "its client", pos)
	}
}

// claimMethod takes name for a method, unless another has it or one that differs in capitals only.
func (n *names) claimMethod(name, what, which string, pos schema.Pos) bool {
	if !n.claim(n.methods, name, what, which, pos) {
		return false
	}
	lower := strings.ToLower(name)
	if before, taken := n.folded[lower]; taken {
		n.fail(pos, "%s: %s would be named %s, which differs only in capitals from that of %s at line %d, set go_name", what, which, name, before.what, before.pos.Line)
		return false
	}
	n.folded[lower] = owner{what, pos}
	return true
}

// claim takes name for what, or notes a mistake if it has been taken.
func (n *names) claim(in scope, name, what, which string, pos schema.Pos) bool {
	before, taken := in[name]
	if !taken {
		in[name] = owner{what, pos}
		return true
	}
	at := ""
	if before.pos.Line > 0 {
		at = fmt.Sprintf(" at line %d", before.pos.Line)
	}
	n.fail(pos, "%s: %s would be named %s like %s%s, set go_name", what, which, name, before.what, at)
	return false
}

func (n *names) fail(pos schema.Pos, format string, args ...any) {
	n.errors = append(n.errors, n.file.Errorf(pos, format, args...))
}
