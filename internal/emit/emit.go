package emit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/jsonc"
	"github.com/mcpsecrets/mcpsecrets/schema"
)

// Options are what a schema does not say of its server. Each format has its own use for them; without those that it must have,
// what is written is a fragment.
type Options struct {
	Env          bool   `json:"env,omitempty"`           // the server reads its environment itself: values are handed over
	Name         string `json:"name,omitempty"`          // as the format calls the server; the schema's, if left out
	Title        string `json:"title,omitempty"`         // what people call it
	Version      string `json:"version,omitempty"`       //
	Description  string `json:"description,omitempty"`   // in a sentence
	Author       string `json:"author,omitempty"`        //
	Command      string `json:"command,omitempty"`       // that starts it
	RegistryType string `json:"registry_type,omitempty"` // where its package is, such as oci
	Identifier   string `json:"identifier,omitempty"`    // of its package or image
	Transport    string `json:"transport,omitempty"`     // stdio, if left out, sse or streamable-http
	URL          string `json:"url,omitempty"`           // at which it listens, for the other transports
	Repository   string `json:"repository,omitempty"`    // of its source
	Commit       string `json:"commit,omitempty"`        // of its source, in full
	Adopt        bool   `json:"-"`                       // entries of somebody else are replaced that have the names of the schema's
}

// A TakenError says what somebody else wrote under the names of the schema's secrets. It is not replaced unless [Options].Adopt
// says so: what it says may be nowhere else.
type TakenError struct{ Names []string }

func (e *TakenError) Error() string {
	return "it has entries of these names that somebody else wrote, or filled in: " + strings.Join(e.Names, ", ")
}

// takes returns the error of what is taken, unless it may be replaced.
func (o Options) takes(taken []string) error {
	if len(taken) == 0 || o.Adopt {
		return nil
	}
	return &TakenError{taken}
}

// A format is one in which others declare what a server needs.
type format interface {
	says() says
	// begin returns a file for a server that declares nothing yet. missing are the options without which it is a fragment.
	begin(server string, o Options) (text string, missing []string, err error)
	// put makes the declarations in a file those of entries. It leaves all others as they are, but for its own that are of no
	// use any more.
	put(text, server string, entries []entry, o Options) (string, error)
	// is reports whether a text is of the format, by its keys.
	is(text string) bool
	read(text string) (*found, error)
}

// A named is a format with the names by which users know it.
type named struct {
	name, file string
	format
}

var formats = []named{
	{"server-json", "server.json", serverJSON{}},
	{"mcpb", "manifest.json", mcpb{}},
	{"gemini", "gemini-extension.json", gemini{}},
	{"vscode", "mcp.json", vscode{}},
	{"docker", "server.yaml", docker{}},
	{"markdown", "SECRETS.md", markdown{}},
	{"env", ".env.example", dotenv{}}, // last: nearly every text is one
}

// Formats returns the names of the formats and, parallel to them, what their files are usually called.
func Formats() (names, files []string) {
	for _, f := range formats {
		names, files = append(names, f.name), append(files, f.file)
	}
	return names, files
}

func formatOf(name string) (named, error) {
	for _, f := range formats {
		if f.name == name {
			return f, nil
		}
	}
	names, _ := Formats()
	return named{}, fmt.Errorf("there is no format %q (%s)", name, strings.Join(names, ", "))
}

// Write returns what the schema says in a format. missing are the options without which it is a fragment, by the names of flags;
// it says so itself where the format has comments. The error is one of the options.
func Write(name string, f *schema.File, o Options) (text []byte, missing []string, err error) {
	format, err := formatOf(name)
	if err != nil {
		return nil, nil, err
	}
	begun, missing, err := format.begin(f.Server, o)
	if err != nil {
		return nil, nil, err
	}
	whole, err := format.put(begun, f.Server, entriesOf(f, format.says(), o), o)
	return []byte(whole), missing, err
}

// Merge returns old with what the schema says in a format, and with all else as it was. The error says why old can't be changed; it
// is a [TakenError] where somebody else's entries would be lost.
func Merge(name string, f *schema.File, o Options, old []byte) ([]byte, error) {
	format, err := formatOf(name)
	if err != nil {
		return nil, err
	}
	text, marked := strings.CutPrefix(string(old), byteOrderMark)
	if other := Recognize(old); other != "" && !format.is(text) {
		return nil, fmt.Errorf("it is read as %s, not as %s", other, name)
	}
	merged, err := format.put(text, f.Server, entriesOf(f, format.says(), o), o)
	if marked {
		merged = byteOrderMark + merged
	}
	if err != nil {
		return nil, err
	}
	return []byte(merged), nil
}

// byteOrderMark begins files of some editors on Windows. No format has a place for it; who has it, keeps it.
const byteOrderMark = "\ufeff"

func withoutMark(text []byte) string { return strings.TrimPrefix(string(text), byteOrderMark) }

// errUnknown is what [Read] returns for a text of no format.
var errUnknown = errors.New("it is of no format that is known")

// Recognize returns the name of the format of a text, by its keys, or "".
func Recognize(text []byte) string {
	i := slices.IndexFunc(formats, func(f named) bool { return f.is(withoutMark(text)) })
	if i < 0 {
		return ""
	}
	return formats[i].name
}

// Read reads a file of any of the formats, for a schema of server. Without a server it is the file's own, or otherwise.
func Read(text []byte, server, otherwise string) (*Import, error) {
	format, err := formatOf(Recognize(text))
	if err != nil {
		return nil, errUnknown
	}
	found, err := format.read(withoutMark(text))
	if err != nil {
		return nil, err
	}
	if server == "" && isServer(found.server) {
		server = found.server
	}
	if server == "" {
		server = otherwise
	}
	result, err := found.toImport(format.says(), server)
	if err != nil {
		return nil, err
	}
	result.Format = format.name
	return result, nil
}

// isServer reports whether a schema takes a name for a server's.
func isServer(name string) bool {
	_, err := schema.Parse("", []byte("version: 1\nserver: "+JSON(name)+"\nsecrets: {any: }\n"))
	return err == nil
}

// fragment is what a fragment says of itself.
func fragment(what string, missing []string) string {
	return fmt.Sprintf("A fragment for %s: merge it into one, or give --%s.", what, strings.Join(missing, ", --"))
}

// lacking returns the names of the flags whose values are empty: each name is followed by its value.
func lacking(flags ...string) (missing []string) {
	for i := 0; i < len(flags); i += 2 {
		if flags[i+1] == "" {
			missing = append(missing, flags[i])
		}
	}
	return missing
}

// parseStrict reads JSON without comments, which is to be changed.
func parseStrict(text string) (*jsonc.Document, error) {
	t, err := jsonc.Editable(text)
	if err == nil && !jsonc.IsStrict(text) {
		err = errors.New("it has comments, or commas behind the last item, which its readers refuse")
	}
	return t, err
}
