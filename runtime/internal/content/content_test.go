package content

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// put writes a file and returns its path.
func put(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

var (
	hidden = field.Field{Type: field.File}
	shown  = field.Field{Type: field.File, Secrecy: field.Shown}
)

func TestOf(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	if err := os.WriteFile(filepath.Join(home, "key"), []byte("at home"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		f          field.Field
		text, want string
	}{
		"a file":              {hidden, put(t, "a\nb\n", 0o600), "a\nb\n"},
		"read only":           {hidden, put(t, "x", 0o400), "x"},
		"line ends":           {hidden, put(t, "\ufeffa\r\nb\r\n", 0o600), "a\nb\n"},
		"a space behind":      {hidden, put(t, "x", 0o600) + " ", "x"},
		"at home":             {hidden, "~/key", "at home"},
		"as large as may be":  {hidden, put(t, strings.Repeat("x", field.MaxSize), 0o600), strings.Repeat("x", field.MaxSize)},
		"public, for all":     {shown, put(t, "x", 0o644), "x"},
		"of another type":     {field.Field{Type: field.Text}, "/no/such", "/no/such"},
		"a multiline is text": {field.Field{Type: field.Multiline}, "/no/such", "/no/such"},
	} {
		if got, problem := Of(row.f, row.text); problem != nil || got != row.want {
			t.Errorf("%s: %.40q, %v", name, got, problem)
		}
	}
	for name, row := range map[string]struct {
		f    field.Field
		text string
		want field.Kind
	}{
		"none":       {hidden, filepath.Join(home, "none"), field.NoFile},
		"a folder":   {hidden, home, field.NoFile},
		"public too": {shown, home, field.NoFile},
		"relative":   {hidden, "key", field.NotPath},
		"empty":      {hidden, put(t, "", 0o600), field.LargeFile},
		"too large":  {hidden, put(t, strings.Repeat("x", field.MaxSize+1), 0o600), field.LargeFile},
	} {
		got, problem := Of(row.f, row.text)
		if problem == nil || problem.Kind != row.want || got != "" || strings.Contains(problem.Error(), row.text) {
			t.Errorf("%s: %q, %v", name, got, problem)
		}
	}
}

// Check looks at the path, at the file and at what is in it, and tells nothing of either.
func TestCheck(t *testing.T) {
	f := field.Field{Type: field.File, Format: field.JSONFormat, Keys: []string{"private_key"}, MinLength: 10}
	for text, want := range map[string]string{
		put(t, `{"private_key": 1}`, 0o600):  "",
		put(t, `{"other": "s3cr3t"}`, 0o600): "must be a JSON object that has these keys: private_key",
		put(t, `s3cr3t and more`, 0o600):     "must be JSON",
		put(t, `{}`, 0o600):                  "must have at least 10 characters",
		put(t, "\xff\xfe and more", 0o600):   "must be text in UTF-8 without NUL characters",
		"/no/such/file":                      "must be the path of a file that is there and that can be read",
		"file":                               "must be a full path, such as /home/ann/notes or ~/notes",
		"":                                   "must not be empty",
	} {
		err := Check(f, text)
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if err := Check(field.Field{Type: field.Integer}, "x"); err == nil {
		t.Error("another type is not checked")
	}
	if want := strconv.Itoa(field.MaxSize); !strings.Contains((&field.Problem{Kind: field.LargeFile, Want: want}).Error(), want) {
		t.Error("the size is not said")
	}
}
