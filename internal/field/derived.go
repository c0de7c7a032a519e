package field

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// A derived value is made of others by a template, such as "postgres://{user}:{password}@{host}/{name}". In a url each part is
// escaped by its place (RFC 3986), so that no value gets out of it; in a text the parts are joined as they are.

// A place is where a part stands in a template.
type place int

const (
	inText   place = iota
	inUser         // a user name or password: section 3.2.1
	inHost         // a whole host: section 3.2.2
	inName         // a part of a host's name
	inPort         // section 3.2.3
	inSuffix       // path, query or fragment: sections 3.3 to 3.5
)

// A piece of a template is a text, or the part that stands there.
type piece struct {
	text  string
	part  string // its name
	place place
}

// hole stands for a part while the places of a URL are looked for. No template has it.
const hole = "\x00"

// Parts returns the names of the secrets that f is made of, each once, in their order.
func (f Field) Parts() (names []string) {
	pieces, _ := splitTemplate(f.Derived)
	for _, p := range pieces {
		if p.part != "" && !slices.Contains(names, p.part) {
			names = append(names, p.part)
		}
	}
	return names
}

// splitTemplate returns the pieces of a template, without their places. A brace that is meant is written twice.
func splitTemplate(text string) (pieces []piece, err error) {
	literal := ""
	for text != "" {
		switch {
		case strings.HasPrefix(text, "{{"), strings.HasPrefix(text, "}}"):
			literal, text = literal+text[:1], text[2:]
		case text[0] == '{':
			name, rest, closed := strings.Cut(text[1:], "}")
			if !closed || !ValidName(name) {
				return nil, fmt.Errorf("must have the name of a secret in each pair of braces, such as {user}; a brace that is meant is written twice")
			}
			pieces = append(pieces, piece{text: literal}, piece{part: name})
			literal, text = "", rest
		case text[0] == '}':
			return nil, errors.New("has a brace without the other: one that is meant is written twice")
		default:
			literal, text = literal+text[:1], text[1:]
		}
	}
	return append(pieces, piece{text: literal}), nil
}

// template returns the pieces of f's template, with their places.
func (f Field) template() ([]piece, error) {
	pieces, err := splitTemplate(f.Derived)
	switch {
	case err != nil:
		return nil, err
	case len(pieces) < 2:
		return nil, errors.New("must have a part, such as {user}")
	case f.Type != URL:
		return pieces, nil
	}
	var places []place
	scheme, rest, ok := strings.Cut(skeleton(pieces), "://")
	if !ok || strings.Contains(scheme, hole) || scheme == "" {
		return nil, errors.New("must begin with a scheme, such as postgres://: no part can be escaped before that, and a text takes any")
	}
	end := strings.IndexAny(rest+"/", "/?#")
	authority, suffix := rest[:end], rest[end:]
	user := authority[:strings.LastIndexByte(authority, '@')+1]
	places = slices.Repeat([]place{inUser}, strings.Count(user, hole))
	for host := range strings.SplitSeq(authority[len(user):], ",") {
		name, port, _ := cutPort(host)
		whole := inName
		if name == hole {
			whole = inHost
		}
		if strings.Contains(port, hole) && port != hole || strings.Contains(name, "[") && strings.Contains(name, hole) {
			return nil, errors.New("must have a port of one part alone, and an address without brackets: they are put around it")
		}
		places = append(places, slices.Repeat([]place{whole}, strings.Count(name, hole))...)
		places = append(places, slices.Repeat([]place{inPort}, strings.Count(port, hole))...)
	}
	for before := range strings.SplitSeq(suffix, hole) {
		if places = append(places, inSuffix); drivers[scheme].ports && (strings.HasSuffix(before, "?port=") || strings.HasSuffix(before, "&port=")) {
			places[len(places)-1] = inPort
		}
	}
	for i := range pieces {
		if pieces[i].part != "" {
			pieces[i].place, places = places[0], places[1:]
		}
	}
	return pieces, nil
}

func skeleton(pieces []piece) string {
	var text strings.Builder
	for _, p := range pieces {
		text.WriteString(p.text)
		if p.part != "" {
			text.WriteString(hole)
		}
	}
	return text.String()
}

// cutPort cuts the port off a host, which may be an address in brackets.
func cutPort(host string) (name, port string, ok bool) {
	at := strings.LastIndexByte(host, ':')
	if at < strings.LastIndexByte(host, ']') || at < 0 {
		return host, "", false
	}
	return host[:at], host[at+1:], true
}

// DerivedScheme returns the scheme of a derived url, and whether a user can be in it.
func (f Field) DerivedScheme() (scheme string, hasUser bool) {
	pieces, err := splitTemplate(f.Derived)
	scheme, rest, ok := strings.Cut(skeleton(pieces), "://")
	if err != nil || !ok {
		return "", false
	}
	return scheme, strings.Contains(rest[:strings.IndexAny(rest+"/", "/?#")], "@")
}

// A Part is what a derived value is made of: a field and the text of its value.
type Part struct {
	Field Field
	Text  string
}

// Compose returns the value of f that is made of parts, by their names: its text and what that stands for. The error is a
// [*Problem] of the part that is named, or of the whole where name is "".
func (f Field) Compose(parts map[string]Part) (text string, value any, name string, problem error) {
	pieces, err := f.template()
	if err != nil {
		return "", nil, "", &Problem{Kind: NotText} // which the generator and Open have refused
	}
	var made strings.Builder
	for _, p := range pieces {
		made.WriteString(p.text)
		if p.part == "" {
			continue
		}
		escaped, problem := f.escape(parts[p.part], p.place)
		if problem != nil {
			return "", nil, p.part, problem
		}
		made.WriteString(escaped)
	}
	text = made.String()
	if f.Type == URL && hasDots(text) {
		return "", nil, "", &Problem{Kind: HasDots}
	}
	value, whole := f.parse(text)
	if whole != nil {
		return "", nil, "", whole
	}
	return text, value, "", nil
}

// escape returns a part as it is written in its place.
func (f Field) escape(part Part, at place) (string, *Problem) {
	text := part.plain()
	switch at {
	case inText:
		return text, nil
	case inHost:
		return f.hostOf(text)
	case inName:
		if strings.Trim(text, ".-") == "" || !validDomain("a"+text+"a") {
			return "", &Problem{Kind: NotHost}
		}
	case inPort:
		if port, err := strconv.ParseUint(text, 10, 16); err != nil || port == 0 {
			return "", &Problem{Kind: NotPort}
		}
	default:
		return percentEncode(text), nil
	}
	return text, nil
}

// hostOf returns a host: an IPv6 address in brackets, and the path of a socket percent-encoded where the driver takes one.
func (f Field) hostOf(text string) (string, *Problem) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		if address.Is6() {
			return "[" + text + "]", nil
		}
		return text, nil
	}
	scheme, _ := f.DerivedScheme()
	switch {
	case validDomain(strings.TrimSuffix(text, ".")):
		return text, nil
	case drivers[scheme].socket && f.IsConnection() && strings.HasPrefix(text, "/"):
		return percentEncode(text), nil
	}
	if _, ok := parseHostPort(text); ok {
		return text, nil
	}
	return "", &Problem{Kind: NotHost}
}

// plain is the text of a part as the value is written: the spaces around a number, say, are none of it.
func (p Part) plain() string {
	switch value, _ := p.Field.parse(p.Text); value := value.(type) {
	case int64:
		return strconv.FormatInt(value, 10)
	case bool:
		return strconv.FormatBool(value)
	}
	if p.Field.Type == Text || p.Field.Type == Password {
		if p.Field.Format == "" {
			return p.Text
		}
	}
	return strings.TrimSpace(p.Text)
}

// percentEncode writes everything but the unreserved characters (RFC 3986, section 2.3) as %XX, which is right in any part of
// a URL that may have any text.
func percentEncode(text string) string {
	const hex = "0123456789ABCDEF"
	var out strings.Builder
	for _, c := range []byte(text) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			out.WriteByte(c)
		} else {
			out.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return out.String()
}

// hasDots reports whether a segment of the path is "." or "..", which readers take for another path: they can't be escaped.
func hasDots(text string) bool {
	_, _, rest := splitAddress(text)
	path := rest[:strings.IndexAny(rest+"?", "?#")]
	return slices.ContainsFunc(strings.Split(path, "/"), func(segment string) bool { return segment == "." || segment == ".." })
}

// CheckTemplate returns why f's template is none that parts of such fields can fill. The sentence continues what it is called.
func (f Field) CheckTemplate(parts map[string]Field) error {
	pieces, err := f.template()
	if err != nil {
		return err
	}
	for _, p := range pieces {
		if p.part != "" && !parts[p.part].CanBePart() {
			return fmt.Errorf("can't have {%s} in it: a part is one value of one line", p.part)
		}
	}
	hosts, problem := f.hostParts(pieces)
	if problem != nil {
		return fmt.Errorf("makes no value whatever its parts are: it %w", problem)
	}
	for _, name := range hosts {
		if parts[name].Confidential() {
			return fmt.Errorf("can't have {%s} in its host: a question shows the host, and {%s} is confidential", name, name)
		}
	}
	return nil
}

// HostParts returns the names of the parts that say where a derived url goes, which a question shows: those in its host and port,
// and in a parameter or a path that names the host where drivers take that.
func (f Field) HostParts() []string {
	pieces, err := f.template()
	if err != nil || f.Type != URL {
		return nil
	}
	names, _ := f.hostParts(pieces)
	return names
}

// hostParts makes a value of parts that can be told apart, and returns those that its destination shows.
func (f Field) hostParts(pieces []piece) (names []string, problem error) {
	samples := map[string]Part{}
	for i, p := range pieces {
		text := fmt.Sprintf("part%d.example", i)
		if p.place == inPort {
			text = strconv.Itoa(40_000 + i%10_000)
		}
		if _, isThere := samples[p.part]; !isThere || p.place == inPort {
			samples[p.part] = Part{Field{Type: Text}, text}
		}
	}
	text, value, _, problem := f.Compose(samples)
	if problem != nil || f.Type != URL {
		return nil, problem
	}
	destination := f.Destination(text, value)
	for _, name := range f.Parts() {
		if strings.Contains(destination, samples[name].Text) {
			names = append(names, name)
		}
	}
	return names, nil
}

// CanBePart reports whether a derived value can have f in it: it is one value of one line.
func (f Field) CanBePart() bool { return !f.List && f.Type != Multiline && f.Type != File }
