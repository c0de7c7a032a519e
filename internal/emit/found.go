package emit

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mcpsecrets/mcpsecrets/internal/credential"
	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/layout"
	"github.com/mcpsecrets/mcpsecrets/internal/wording"
	"github.com/mcpsecrets/mcpsecrets/schema"
	"github.com/mcpsecrets/mcpsecrets/templates"
)

// Here what a file of another format says becomes a schema. What is guessed is said, and what a schema does not take is left out,
// and said too.

// An Import is what a file of another format says of secrets.
type Import struct {
	Format string   // its name
	Server string   // the one that was wanted, or as the file calls it
	Info   []byte   // the secrets, as a SECRETS_INFO dictionary for [templates.ParseInfo]
	Notes  []string // what was guessed or left out, a line each
}

// found is what a format reads.
type found struct {
	server  string
	entries []entry
}

// A secret is an entry on its way into a schema.
type secret struct {
	name    string
	keys    []dictionaryKey
	guessed bool // its type is a guess, which may be wrong
	notes   []string
}

type dictionaryKey struct {
	name  string
	value any
}

// toImport makes the secrets of a schema for server of what was read.
func (found *found) toImport(s says, server string) (*Import, error) {
	result := &Import{Server: server}
	taken, variables := map[string]bool{}, map[string]bool{}
	var all []*secret
	for _, e := range found.entries {
		made := s.secret(e, taken, variables)
		if err := made.settle(server); err != nil {
			return nil, fmt.Errorf("%q: %w", made.name, err)
		}
		all = append(all, made)
		for _, note := range made.notes {
			result.Notes = append(result.Notes, made.name+": "+note)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("it declares nothing that a user could be asked for")
	}
	result.Info = []byte(dictionary(all...))
	return result, nil
}

// dictionary returns secrets as JSON, each key on a line of its own: the first of the first secret on line 3.
func dictionary(all ...*secret) string {
	var text strings.Builder
	text.WriteString("{\n")
	for i, s := range all {
		fmt.Fprintf(&text, "%s: {\n", JSON(s.name))
		for j, key := range s.keys {
			fmt.Fprintf(&text, "%s: %s%s\n", JSON(key.name), JSON(key.value), comma(j, len(s.keys)))
		}
		fmt.Fprintf(&text, "}%s\n", comma(i, len(all)))
	}
	return text.String() + "}\n"
}

func comma(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}

func (s *secret) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// add adds a key with a value that is not nothing.
func (s *secret) add(name string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case bool:
		if !v {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	case *int64:
		if v == nil {
			return
		}
		value = *v
	}
	s.keys = append(s.keys, dictionaryKey{name, value})
}

func (s *secret) set(name string, value any) {
	for i := range s.keys {
		if s.keys[i].name == name {
			s.keys[i].value = value
			return
		}
	}
	s.keys = append(s.keys, dictionaryKey{name, value})
}

func (s *secret) drop(name string) {
	s.keys = slices.DeleteFunc(s.keys, func(k dictionaryKey) bool { return k.name == name })
}

func (s *secret) get(name string) any {
	for _, k := range s.keys {
		if k.name == name {
			return k.value
		}
	}
	return nil
}

// secret makes a secret of an entry. Names that are taken are those of secrets, and in capitals those of variables.
func (s says) secret(e entry, taken, variables map[string]bool) *secret {
	identity := s.identity(e)
	made := &secret{}
	made.name = unusedName(nameFor(identity), taken)
	if made.name != identity && !strings.EqualFold(made.name, identity) {
		made.note("its name was %q", identity)
	}
	label, help, ours := s.split(&e)
	if e.remark != "" {
		made.note("%s", e.remark)
	}
	if label == "" && s.variables && !strings.EqualFold(made.name, identity) {
		label = identity
	}
	s.guess(made, &e, ours)
	made.add("label", label)
	made.add("field_type", string(e.kind))
	made.add("required", e.required)
	made.add("default", typedValue(e))
	made.add("help_text", help)
	made.add("placeholder", e.example)
	made.add("choices", e.choices)
	made.add("min", e.low)
	made.add("max", e.high)
	made.add("schemes", e.address.schemes)
	made.add("hosts", e.address.hosts)
	made.add("user_info", e.address.userInfo)
	switch upper := strings.ToUpper(e.variable); {
	case e.variable == "":
	case !field.ValidEnv(e.variable), variables[upper]:
		made.note("the variable %q is left out: a schema takes it for none, or for that of another", e.variable)
	default:
		variables[upper] = true
		made.add("env", e.variable)
	}
	return made
}

// typedValue returns the default as a number, true or false where it is one as JSON has it, else as a text.
func typedValue(e entry) any {
	if json.Valid([]byte(e.value)) && (e.kind == field.Integer || e.kind == field.Boolean) {
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
	if !ours && looksRandom(e.value) {
		e.value = ""
		made.note("warning: its default is left out, since it looks like a key: if it is one, its field_type is password")
	}
	switch {
	case e.kind == field.Integer && e.value != "" && !isInteger(e.value):
		e.kind, e.low, e.high = field.Text, nil, nil
		made.note("a number that need not be whole: read as text")
	case e.kind == field.Integer && !ours:
		made.note("a number, read as an integer")
	case e.kind == field.Boolean && e.value != "":
		e.value = strings.ToLower(e.value)
	case e.kind == field.Text && !s.types && isAddressName(name) && (e.value == "" || field.Field{Type: field.URL}.Check(e.value) == nil):
		e.kind, made.guessed = field.URL, true
		made.note("read as a url, by its name")
	}
}

func isInteger(text string) bool {
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil
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

// settle changes a secret until a schema takes it.
func (s *secret) settle(server string) error {
	for range 20 {
		_, err := templates.ParseInfo("", server, []byte(dictionary(s)))
		var mistakes schema.ErrorList
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &mistakes):
			return err
		}
		if !s.yield(mistakes[0]) {
			return err
		}
	}
	return errors.New("no schema takes it, please report this")
}

// yield gives in to a mistake in the dictionary of one secret.
func (s *secret) yield(mistake *schema.Error) bool {
	i := mistake.Pos.Line - 3
	if i < 0 {
		s.set("label", layout.Shorten(s.name, field.LabelColumns))
		return true
	}
	if i >= len(s.keys) {
		return false
	}
	switch key := s.keys[i]; {
	case s.guessed:
		s.guessed = false
		s.set("field_type", string(field.Text))
		s.notes = slices.DeleteFunc(s.notes, func(note string) bool { return note == "read as a url, by its name" })
	case key.name == "help_text":
		s.shorten(key.value.(string))
	case key.name == "choices":
		s.nameChoices(key.value)
	case key.name == "field_type":
		return false
	default:
		s.note("its %s is left out: %s", key.name, strings.TrimPrefix(mistake.Text, fmt.Sprintf("secret %q: ", s.name)))
		s.drop(key.name)
	}
	return true
}

// shorten cuts a help text to what a dialog has room for, and takes out what it would not show.
func (s *secret) shorten(help string) {
	shown := strings.Map(func(c rune) rune {
		switch {
		case c == '{':
			return '('
		case c == '}':
			return ')'
		case c == '\n' || !unicode.IsControl(c) && layout.Shows(c) && !unicode.Is(unicode.Cf, c):
			return c
		}
		return -1
	}, help)
	if shown != help && wording.HelpText.Check(shown) == nil {
		s.note("its help_text is without what a dialog does not show, or would fill in")
		s.set("help_text", shown)
		return
	}
	lines := strings.Split(layout.Clip(shown, field.HelpLines-1), "\n")
	if shown == help && len(help) < 40 || len(lines) == 0 {
		s.note("its help_text is left out: no dialog has room for it")
		s.drop("help_text")
		return
	}
	cut := strings.TrimSpace(strings.Join(lines, "\n"))
	if cut == help { // still too long beside all else that a dialog says
		runes := []rune(cut)
		cut = strings.TrimSpace(string(runes[:len(runes)/2])) + "…"
	}
	s.note("its help_text is cut to what a dialog has room for")
	s.set("help_text", cut)
}

// nameChoices gives choices that make no Go name one, or else makes a text of a choice.
func (s *secret) nameChoices(choices any) {
	if texts, ok := choices.([]string); ok {
		var named []map[string]string
		for i, choice := range texts {
			named = append(named, map[string]string{"value": choice, "go_name": fmt.Sprintf("Choice%d", i+1)})
		}
		s.set("choices", named)
		return
	}
	s.note("its choices are left out: no schema takes them all")
	s.drop("choices")
	s.set("field_type", string(field.Text))
}
