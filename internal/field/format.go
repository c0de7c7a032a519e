package field

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Format says what the text of a text, password or multiline is. It is checked, and most have a Go type of their own.
type Format string

// The formats, by the names that a schema uses.
const (
	PEMFormat      Format = "pem"       // blocks of RFC 7468, one at least: [PEM]
	JSONFormat     Format = "json"      // RFC 8259: json.RawMessage
	YAMLFormat     Format = "yaml"      // a mapping or a list: string
	JWTFormat      Format = "jwt"       // RFC 7519, not verified: string
	Base64Format   Format = "base64"    // RFC 4648, of either alphabet, padded or not: []byte
	UUIDFormat     Format = "uuid"      // RFC 9562: string
	DateFormat     Format = "date"      // full-date of RFC 3339: time.Time, in UTC
	HostFormat     Format = "host"      // a name or an address that is looked up: string
	PortFormat     Format = "port"      // 1 to 65535: uint16
	HostPortFormat Format = "host_port" // both, an IPv6 address in brackets: [HostPort]
	PathFormat     Format = "path"      // of a file or folder, absolute or below ~: string
)

// A format is how texts of a [Format] are checked.
type format struct {
	name  Format
	types []Type
	kind  Kind // of the problem of a text that is none
	parse func(text string) (value any, ok bool)
}

var (
	lines   = []Type{Multiline, File}
	oneLine = []Type{Text, Password}
	shown   = []Type{Text}
)

// formats are in the order of the documentation.
var formats = []format{
	{PEMFormat, lines, NotPEM, parsePEM},
	{JSONFormat, []Type{Text, Password, Multiline, File}, NotJSON, parseJSON},
	{YAMLFormat, lines, NotYAML, ifTrue(looksLikeYAML)},
	{JWTFormat, oneLine, NotJWT, ifTrue(isJWT)},
	{Base64Format, []Type{Text, Password, Multiline, File}, NotBase64, parseBase64},
	{UUIDFormat, oneLine, NotUUID, ifTrue(regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`).MatchString)},
	{DateFormat, shown, NotDate, parseDate},
	{HostFormat, shown, NotHost, ifTrue(isHost)},
	{PortFormat, shown, NotPort, parsePort},
	{HostPortFormat, shown, NotHostPort, parseHostPort},
	{PathFormat, shown, NotPath, ifTrue(isPath)},
}

// Formats returns the name of every format, in the order of the documentation.
func Formats() []Format {
	names := make([]Format, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// Types returns the types whose texts can have a format.
func (name Format) Types() []Type { return name.row().types }

func (name Format) row() format {
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if i < 0 {
		return format{}
	}
	return formats[i]
}

// A PEM is a text of PEM blocks, and what is in it.
type PEM struct {
	Text         string              // all of it
	Blocks       []*pem.Block        // at least one
	Certificates []*x509.Certificate // of the blocks that are certificates
}

// A HostPort is a host, by name or address, and a port.
type HostPort struct {
	Host string // an IPv6 address is without brackets
	Port uint16
}

// String returns host:port, as net.Dial takes it.
func (a HostPort) String() string {
	return net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port)))
}

// parseFormat returns what a text of f's format stands for.
func (f Field) parseFormat(text string) (any, *Problem) {
	row := f.Format.row()
	if row.parse == nil {
		return text, nil
	}
	value, ok := row.parse(text)
	if !ok {
		return nil, &Problem{Kind: row.kind}
	}
	if f.Format == JSONFormat && !hasKeys(text, f.Keys) {
		return nil, &Problem{Kind: NoKeys, Want: strings.Join(f.Keys, ", ")}
	}
	return value, nil
}

// formatProblems are those of f's format.
func (f Field) formatProblems() (problems []*Problem) {
	if row := f.Format.row(); row.kind != "" {
		problems = append(problems, &Problem{Kind: row.kind})
	}
	if len(f.Keys) > 0 {
		problems = append(problems, &Problem{Kind: NoKeys, Want: strings.Join(f.Keys, ", ")})
	}
	return problems
}

func ifTrue(is func(string) bool) func(string) (any, bool) {
	return func(text string) (any, bool) { return text, is(text) }
}

// parsePEM wants every block that begins to be whole, and every certificate to be one. What stands between blocks says nothing.
func parsePEM(text string) (any, bool) {
	p := PEM{Text: text}
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		p.Blocks = append(p.Blocks, block)
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, false
		}
		p.Certificates = append(p.Certificates, certificate)
	}
	return p, len(p.Blocks) > 0 && len(p.Blocks) == strings.Count(text, "-----BEGIN ")
}

func parseJSON(text string) (any, bool) { return json.RawMessage(text), json.Valid([]byte(text)) }

// hasKeys reports whether a JSON text is an object with keys; without keys, any text is right.
func hasKeys(text string, keys []string) bool {
	var object map[string]json.RawMessage
	err := json.Unmarshal([]byte(text), &object)
	return len(keys) == 0 || err == nil && !slices.ContainsFunc(keys, func(key string) bool { return object[key] == nil })
}

// isJWT reports whether a text is a JWS or JWE in compact form (RFC 7515 and 7516, section 7.1), whose header says how it is
// signed or encrypted. Whoever takes it verifies it.
func isJWT(text string) bool {
	parts := strings.Split(text, ".")
	for i, part := range parts {
		content, err := base64.RawURLEncoding.Strict().DecodeString(part)
		isHeader, isClaims := i == 0, i == 1 && len(parts) == 3
		if err != nil || isHeader && !hasKeys(string(content), []string{"alg"}) || isClaims && !isObject(content) {
			return false
		}
	}
	return len(parts) == 3 || len(parts) == 5
}

func isObject(text []byte) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(text, &object) == nil && object != nil
}

// parseBase64 takes what lines a text is cut into for nothing.
func parseBase64(text string) (any, bool) {
	text = strings.TrimRight(strings.NewReplacer("\n", "", "\r", "").Replace(text), "=")
	alphabet := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		alphabet = base64.RawURLEncoding
	}
	content, err := alphabet.DecodeString(text)
	return content, err == nil && len(content) > 0
}

func parseDate(text string) (any, bool) {
	date, err := time.Parse(time.DateOnly, text)
	return date, err == nil
}

func isHost(text string) bool {
	if address, err := netip.ParseAddr(text); err == nil {
		return address.Zone() == ""
	}
	return validDomain(strings.TrimSuffix(text, "."))
}

func parsePort(text string) (any, bool) {
	port, err := strconv.ParseUint(text, 10, 16)
	return uint16(port), err == nil && port > 0
}

func parseHostPort(text string) (any, bool) {
	host, port, err := net.SplitHostPort(text)
	number, isPort := parsePort(port)
	if err != nil || !isPort || !isHost(host) || strings.Contains(host, ":") != strings.HasPrefix(text, "[") {
		return nil, false
	}
	return HostPort{host, number.(uint16)}, true
}

// fullPath is a path that means the same wherever a server is started: of any system, so that a schema means the same on all.
var fullPath = regexp.MustCompile(`^(/|~$|~[/\\]|[A-Za-z]:[/\\]|\\\\[^\\]+\\)`)

func isPath(text string) bool { return fullPath.MatchString(text) }
