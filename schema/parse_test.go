package schema

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/internal/pace"
)

var update = flag.Bool("update", false, "rewrite testdata/invalid/*.txt")

// files returns the schemas in a folder of testdata.
func files(tb testing.TB, folder string) []string {
	var all []string
	for _, ext := range []string{"yaml", "json"} {
		paths, err := filepath.Glob(filepath.Join("testdata", folder, "*."+ext))
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, paths...)
	}
	if len(all) == 0 {
		tb.Fatalf("no schemas in testdata/%s", folder)
	}
	return all
}

func read(tb testing.TB, path string) []byte {
	src, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return src
}

func TestValid(t *testing.T) {
	for _, path := range files(t, "valid") {
		if _, err := Parse(filepath.Base(path), read(t, path)); err != nil {
			t.Errorf("%s:\n%v", path, err)
		}
	}
}

// TestInvalid pins the whole text of every mistake. A case is one file or several mistakes of one rule.
func TestInvalid(t *testing.T) {
	for _, path := range files(t, "invalid") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			ext := filepath.Ext(path)
			f, err := Parse("secrets"+ext, read(t, path))
			if err == nil || f != nil {
				t.Fatalf("got %v, %v; want an error and no File", f, err)
			}
			golden, got := strings.TrimSuffix(path, ext)+".txt", err.Error()+"\n"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(read(t, golden)), got); diff != "" {
				t.Errorf("%s (-want +got; go test ./schema -update):\n%s", golden, diff)
			}
		})
	}
}

func TestEveryKey(t *testing.T) {
	f, err := Parse("secrets.yaml", read(t, "testdata/valid/every-key.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := Secret{
		Field: field.Field{
			Name: "token", Type: field.Password,
			Label: "Access token", Help: "Create one under Account, API keys.\n\nIt begins with sk_live_.",
			Docs: "https://docs.example.com/keys?lang=en#create", Placeholder: "sk_live_...", Examples: []string{"sk_live_xxxxxxxxxxxxxxxx", "sk_live_EXAMPLE0a1b2c3d4"}, Required: true, Deprecated: "Use the key pair instead.",
			Permission: field.Dialog, Remember: 90 * time.Minute, Scope: field.ToolScope, Standing: field.MayStand,
			SentTo: "endpoint", RenamedFrom: []string{"API_TOKEN", "api.token"},
			MinLength: 16, MaxLength: 64, Pattern: "sk_live_[A-Za-z0-9]+", PatternHelp: "sk_live_, and letters and digits", Prefixes: []string{"sk_live_"},
		},
		Pos: Pos{4, 3}, GoName: "AccessToken",
	}
	if diff := cmp.Diff(want, *f.Secret("token"), cmpopts.IgnoreUnexported(Secret{}, field.Range{})); diff != "" {
		t.Error(diff)
	}
	if got := f.Secret("token"); got.At("go_name") != (Pos{22, 14}) || got.At("choices") != got.Pos {
		t.Errorf("go_name at %v, choices at %v", got.At("go_name"), got.At("choices"))
	}
	order := f.Secret("order")
	if diff := cmp.Diff([]string{"", "NameDescending", ""}, order.ChoiceGoNames); diff != "" {
		t.Error(diff)
	}
	if got := []Pos{order.ChoiceAt(0), order.ChoiceAt(1), order.ChoiceAt(2)}; !reflect.DeepEqual(got, []Pos{{55, 9}, {57, 18}, {59, 17}}) {
		t.Errorf("choices at %v", got)
	}
	if got := f.Secret("model"); !got.Open || got.Shown("small-2") != "Small" || got.Shown("medium") != "medium" || got.Placeholder != "Large" || got.Default != "huge-1" {
		t.Errorf("model is %+v", got.Field)
	}
	for name, want := range map[string]string{"retries": "3", "at_most": "7", "verbose": "false", "timeout": "1m30s"} {
		if got := f.Secret(name).Default; got != want {
			t.Errorf("default of %s is %q, want %q", name, got, want)
		}
	}
	if got := f.Secret("retries"); got.Placeholder != "5" || len(got.Examples) != 2 {
		t.Errorf("retries is %+v", got.Field)
	}
	if got := f.Secret("retries").Range; got != field.Between(-1, 1<<63-1) {
		t.Errorf("range of retries is %v", got)
	}
	if got := f.Secret("at_least").Range; got != field.AtLeast(0) {
		t.Errorf("range of at_least is %v", got)
	}
	if got := f.Secret("at_most").Range; got != field.AtMost(10) {
		t.Errorf("range of at_most is %v", got)
	}
	calls := f.Groups[1]
	if calls.GoName != "CallOptions" || calls.MemberAt(1) != (Pos{82, 24}) || f.Groups[0].At("go_name") != f.Groups[0].Pos {
		t.Errorf("group calls is %+v", calls)
	}
}

// TestDefaults: what an author leaves out, or writes as null or "", is filled in.
func TestDefaults(t *testing.T) {
	f, err := Parse("secrets.yaml", read(t, "testdata/valid/nulls-and-empty-texts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range f.Secrets {
		want := field.Field{Name: s.Name, Label: s.Name, Type: field.Password, Permission: field.Ask, Scope: field.ServerScope}
		if !reflect.DeepEqual(s.Field, want) {
			t.Errorf("got %+v, want %+v", s.Field, want)
		}
	}
}

// TestRules: a rule sees what could be read, and its mistakes take their place among the others.
func TestRules(t *testing.T) {
	src := "version: 1\nserver: x\nsecrets:\n  A:\n  b:\n    lable: x\n  b:\n  c:\n    field_type: urll\ngroups:\n  g: [b, d]\n"
	rule := func(f *File) (errs ErrorList) {
		for _, s := range f.Secrets {
			errs = append(errs, f.Errorf(s.Pos, "saw %q of type %q", s.Name, s.Type), f.Errorf(s.Pos, "saw %q of type %q", s.Name, s.Type))
		}
		return append(errs, f.Errorf(f.Groups[0].Pos, "saw %v", f.Groups[0].Members))
	}
	want := `a.yaml:4:3: secret "A" may have only lower-case letters, digits, "_", "." and "-" in its name, did you mean "a"? (values that are stored under it are found with renamed_from: ["A"])
a.yaml:5:3: saw "b" of type "password"
a.yaml:6:5: secret "b": unknown key "lable", did you mean "label"? (` + strings.Join(secretKeyNames, ", ") + `)
a.yaml:7:3: secret "b" is already declared at line 5
a.yaml:8:3: saw "c" of type ""
a.yaml:9:17: secret "c": unknown field_type "urll", did you mean "url"? (text, password, url, email, integer, number, boolean, choice, duration, multiline, file)
a.yaml:11:3: saw [b]
a.yaml:11:10: group "g": unknown secret "d"`
	_, err := Parse("a.yaml", []byte(src), rule)
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
	var first *Error
	if !errors.As(err, &first) || first.Pos != (Pos{4, 3}) {
		t.Errorf("errors.As finds %v", first)
	}
}

// TestForms: the same schema in other clothes is the same schema.
func TestForms(t *testing.T) {
	for _, path := range files(t, "valid") {
		src := read(t, path)
		want, err := Parse("", src)
		if err != nil {
			t.Fatal(err)
		}
		for form, src := range map[string][]byte{
			"CRLF": bytes.ReplaceAll(src, []byte("\n"), []byte("\r\n")),
			"CR":   bytes.ReplaceAll(src, []byte("\n"), []byte("\r")),
			"BOM":  append([]byte("\uFEFF"), src...),
		} {
			if got, err := Parse("", src); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s with %s: %v", path, form, err)
			}
		}
	}
}

// TestHostile: what a file can do to its reader. Each is read in a time that goes by its size, with one mistake at the right place.
func TestHostile(t *testing.T) {
	const head = "version: 1\nserver: x\nsecrets:\n"
	for name, c := range map[string]struct{ src, want string }{
		"not UTF-8":       {head + "  é\xff:\n", "4:4: the byte 0xff is not UTF-8, save the file as UTF-8"},
		"UTF-16":          {"\xff\xfev\x00", "1:1: the byte 0xff is not UTF-8, save the file as UTF-8"},
		"too large":       {strings.Repeat("# filler\n", 1_000_000), "1:1: the file has 9000000 bytes, a schema may have at most 4194304"},
		"mappings":        {head + "  " + strings.Repeat("{a: ", 1_000_000), "4:399: nested more than 100 levels deep"},
		"lists":           {strings.Repeat("- ", 500_000), "1:201: nested more than 100 levels deep"},
		"complex keys":    {strings.Repeat("? ", 500_000), "1:201: nested more than 100 levels deep"},
		"tags":            {strings.Repeat("!a ", 1_000_000), `1:4: unexpected "` + strings.Repeat("!a ", 19) + `..."`},
		"JSON lists":      {`{"a":` + strings.Repeat("[", 4_000_000), "1:105: nested more than 100 levels deep"},
		"documents":       {strings.Repeat("---\n", 1_000_000), "2:1: a second document begins here, a schema is one document"},
		"angles":          {head + strings.Repeat("<", 4_000_000), `4:1: ":" is missing after "` + strings.Repeat("<", 57) + `..."`},
		"quoted tabs":     {head + `  a: {label: "` + strings.Repeat("\tx", 2_000_000) + `"}`, `4:14: secret "a": label has 3999999 characters, a dialog has room for 40`},
		"empty lines":     {head + "  a:\n    label: |\n      x\n" + strings.Repeat("\n", 1_000_000) + "  a:\n", `1000007:3: secret "a" is already declared at line 4`},
		"anchors":         {strings.Repeat("&a ", 500_000), `1:4: unexpected "` + strings.Repeat("&a ", 19) + `..."`},
		"aliases":         {head + "  a: &a b\n  c: [" + strings.Repeat("*a,", 1_000_000) + "]", "5:300007: the aliases up to here stand for more than 100000 values"},
		"comments":        {head + strings.Repeat("  a: b #\n  #\n\n", 2) + strings.Repeat("# a\n  # b\n", 300_000), `4:6: secret "a": a secret must be a mapping of keys such as label and field_type, found the text "b"` + "\n" + `secrets.yaml:7:3: secret "a" is already declared at line 4` + "\n" + `secrets.yaml:7:6: secret "a": a secret must be a mapping of keys such as label and field_type, found the text "b"`},
		"keys in a line":  {head + "  a: {" + strings.Repeat("a, ", 300_000) + "}", `4:7: ":" is missing after "a"`},
		"pairs":           {head + "  a: [" + strings.Repeat("{a: b}, ", 100_000) + "a: b]", `4:800007: a text with ": " in it must be in quotes`},
		"explicit keys":   {head + strings.Repeat("  ? a\n", 500_000), `4:3: keys that begin with "?" are not supported, write "key: value"`},
		"open brackets":   {head + "  a: [" + strings.Repeat("{a: b}, ", 100_000), `4:6: "[" is never closed, "]" is missing`},
		"surrogates":      {head + `  a: {label: "` + strings.Repeat(`\ud83d\udd11`, 300_000) + `"}`, `4:14: secret "a": label has 300000 characters, a dialog has room for 40`},
		"indented deeper": {deeper(2_000), "101:101: nested more than 100 levels deep"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := parseQuickly(t, c.src); err == nil || err.Error() != "secrets.yaml:"+c.want {
				t.Errorf("got  %v\nwant secrets.yaml:%s", err, c.want)
			}
		})
	}
}

// parseQuickly parses src, and fails if that takes much longer than its size of ordinary schemas. What takes time that grows
// with the square of the size takes a thousand times as long.
func parseQuickly(t *testing.T, src string) (err error) {
	t.Helper()
	ratio := pace.Ratio(
		func() { _, err = Parse("secrets.yaml", []byte(src)) },
		func() { _, _ = Parse("secrets.yaml", ordinary) },
	)
	if ratio /= max(1, float64(len(src))/float64(len(ordinary))); ratio > 20 {
		t.Errorf("takes %.0f times as long as an ordinary schema", ratio)
	}
	return err
}

// ordinary is a schema of a thousand secrets.
var ordinary = func() []byte {
	var b bytes.Buffer
	b.WriteString("version: 1\nserver: x\nsecrets:\n")
	for i := range 1_000 {
		fmt.Fprintf(&b, "  key%d:\n    label: Key number %d\n    required: true\n", i, i)
	}
	return b.Bytes()
}()

func deeper(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// TestLongLine: ten thousand secrets pasted as one line of JSON, where positions and escapes are looked for in the line.
func TestLongLine(t *testing.T) {
	var b strings.Builder
	b.WriteString("version: 1\nserver: x\nsecrets: {")
	for i := range 10_000 {
		fmt.Fprintf(&b, `"key%d": {"label": "caf\u00e9 é!", "required": true}, `, i)
	}
	b.WriteString("\t\"last\": {\"lable\": \"x\"}}\n")
	err := parseQuickly(t, b.String())
	line := strings.Split(b.String(), "\n")[2]
	want := utf8.RuneCountInString(line[:strings.Index(line, `"lable"`)]) + 1
	if errs, ok := err.(ErrorList); !ok || len(errs) != 1 || errs[0].Pos != (Pos{3, want}) {
		t.Errorf("got %v, want one mistake at 3:%d", err, want)
	}
}

// TestManyMistakes: ten thousand of them take no time that grows with their square.
func TestManyMistakes(t *testing.T) {
	var b strings.Builder
	b.WriteString("version: 1\nserver: x\nsecrets:\n")
	const n = 10_000
	for range n {
		b.WriteString("  same:\n    label: x\n")
	}
	b.WriteString("groups:\n  all: [")
	for i := range n {
		b.WriteString("same" + strings.Repeat("x", i%5+1) + string(rune('a'+i%26)) + ", ")
	}
	b.WriteString("]\n")
	err := parseQuickly(t, b.String())
	if got := len(err.(ErrorList)); got < 2*n-1 {
		t.Errorf("got %d mistakes, want %d", got, 2*n-1)
	}
}
