package files_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/files"
	"github.com/mcpsecrets/mcpsecrets/runtime/runtimetest"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// In is the scope of the tests.
var in = store.Scope{Server: "petstore"}

var names = []string{"api_key", "base_url", "db.password", "..data"} // the last is no secret's name

func open(t testing.TB, dir string) *files.Store {
	t.Helper()
	s, err := files.New(dir, names)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// write writes a file of a mode, and makes the folders on the way.
func write(t testing.TB, path, content string, mode os.FileMode) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o600))
	must(t, os.Chmod(path, mode))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t testing.TB, s *files.Store, in store.Scope, name, value string) {
	t.Helper()
	if got, err := s.Get(t.Context(), in, name); got != value || err != nil {
		t.Errorf("%s of %+v is %q, %v, want %q", name, in, got, err, value)
	}
}

func wantError(t testing.TB, s *files.Store, in store.Scope, name string, want error, texts ...string) {
	t.Helper()
	got, err := s.Get(t.Context(), in, name)
	if !errors.Is(err, want) || got != "" {
		t.Errorf("%s of %+v is %q, %v, want %v", name, in, got, err, want)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %q in it", name, err, text)
		}
	}
}

// A value is what its file has at each use, and no other file of the folder is a value.
func TestFilesAreValues(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	wantError(t, s, in, "api_key", store.ErrNotSet)
	write(t, filepath.Join(dir, "api_key"), "one\n", 0o600)
	want(t, s, in, "api_key", "one")
	write(t, filepath.Join(dir, "new"), "two", 0o400)
	must(t, os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "api_key")))
	want(t, s, in, "api_key", "two")
	must(t, os.Remove(filepath.Join(dir, "api_key")))
	wantError(t, s, in, "api_key", store.ErrNotSet)

	write(t, filepath.Join(dir, "other"), "another server's", 0o600)
	write(t, filepath.Join(dir, "..data"), "Kubernetes'", 0o600)
	write(t, filepath.Join(dir, "work", "api_key"), "of work", 0o600)
	for _, name := range []string{"other", "..data", "work/api_key", "../" + filepath.Base(dir) + "/other", "/etc/hostname", "", ".", "work"} {
		wantError(t, s, in, name, store.ErrNotSet)
	}
}

// The end of a line is no part of a value of one line. What has several is as it is in the file.
func TestLineEndIsNoPartOfAValue(t *testing.T) {
	for has, wanted := range map[string]string{
		"one": "one", "one\n": "one", "one\r\n": "one", "one\r": "one\r", " one \n": " one ", "one\n\n": "one\n\n", "one\ntwo\n": "one\ntwo\n",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "api_key"), has, 0o600)
		want(t, open(t, dir), in, "api_key", wanted)
	}
}

// The folder may come later, and be replaced.
func TestFolderIsReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "secrets")
	s := open(t, dir)
	wantError(t, s, in, "api_key", store.ErrNoStore, "there is no folder "+dir)
	write(t, filepath.Join(dir, "api_key"), "one", 0o600)
	want(t, s, in, "api_key", "one")
	must(t, os.Rename(dir, dir+".old"))
	wantError(t, s, in, "api_key", store.ErrNoStore)
	write(t, filepath.Join(dir, "api_key"), "two", 0o600)
	want(t, s, in, "api_key", "two")
	must(t, s.Close())
	wantError(t, s, in, "api_key", store.ErrNoStore)
	wantError(t, open(t, filepath.Join(dir, "api_key")), in, "api_key", store.ErrNoStore, "is no folder")
}

// Each account has its own folder, and none is another's.
func TestAccountsAreFolders(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	write(t, filepath.Join(dir, "api_key"), "default", 0o600)
	write(t, filepath.Join(dir, "work", "api_key"), "of work", 0o600)
	write(t, filepath.Join(dir, "..outside", "api_key"), "of nobody", 0o600)
	write(t, filepath.Join(dir, "_x", "api_key"), "of nobody", 0o600)
	work := store.Scope{Server: "petstore", Account: "work"}
	want(t, s, in, "api_key", "default")
	want(t, s, work, "api_key", "of work")
	wantError(t, s, work, "base_url", store.ErrNotSet)
	for _, account := range []string{"home", "..outside", "..", ".", "_x", "Work", "work/", "a/b", strings.Repeat("a", 33)} {
		wantError(t, s, store.Scope{Server: "petstore", Account: account}, "api_key", store.ErrNotSet)
	}
	wantError(t, s, store.Scope{Server: "petstore", Principal: "ada"}, "api_key", store.ErrNotSet)
	entries, err := s.List(t.Context(), in)
	if want := []store.Entry{{Name: "api_key"}, {Account: "work", Name: "api_key"}}; err != nil || !slices.Equal(entries, want) {
		t.Errorf("listed are %v, %v, want %v", entries, err, want)
	}
}

// Nothing is ever written, and who wants that is told where to.
func TestFilesAreOnlyRead(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	write(t, filepath.Join(dir, "api_key"), "one", 0o600)
	for name, err := range map[string]error{
		"set":     s.Set(t.Context(), in, "base_url", "x"),
		"delete":  s.Delete(t.Context(), in, "api_key"),
		"prepare": s.Prepare(t.Context(), in),
	} {
		if !errors.Is(err, store.ErrReadOnly) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Delete(t.Context(), in, "base_url"); !errors.Is(err, store.ErrNotSet) {
		t.Errorf("nothing to delete: %v", err)
	}
	want(t, s, in, "api_key", "one")
	work := store.Scope{Server: "petstore", Account: "work"}
	if got, want := s.Guide(work, "api_key"), "write it to "+filepath.Join(dir, "work", "api_key"); got != want {
		t.Errorf("the guide is %q, want %q", got, want)
	}
}

func TestFolderIsAbsolute(t *testing.T) {
	for _, dir := range []string{"", "secrets", "./secrets", "~/secrets", "$CREDENTIALS_DIRECTORY"} {
		if _, err := files.New(dir, names); err == nil || !strings.Contains(err.Error(), "absolute") {
			t.Errorf("%q: %v", dir, err)
		}
	}
}

func TestTooBigAFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	write(t, filepath.Join(dir, "api_key"), strings.Repeat("x", field.MaxSize), 0o600)
	want(t, s, in, "api_key", strings.Repeat("x", field.MaxSize))
	write(t, filepath.Join(dir, "api_key"), strings.Repeat("x", field.MaxSize+1), 0o600)
	wantError(t, s, in, "api_key", store.ErrTooBig)
}

func TestCallThatHasEnded(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "api_key"), "one", 0o600)
	s := open(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 2 { // the first opens the folder
		cancel()
		if _, err := s.Get(ctx, in, "api_key"); !errors.Is(err, context.Canceled) {
			t.Errorf("get: %v", err)
		}
		if _, err := s.List(ctx, in); !errors.Is(err, context.Canceled) {
			t.Errorf("list: %v", err)
		}
		want(t, s, in, "api_key", "one")
	}
}

func TestFilesKeepTheContract(t *testing.T) {
	runtimetest.TestReadOnlyStore(t, func(t testing.TB, values map[store.Entry]string) store.Store {
		dir := t.TempDir()
		for e, value := range values {
			write(t, filepath.Join(dir, e.Account, e.Name), value, 0o600)
		}
		return open(t, dir)
	})
}
