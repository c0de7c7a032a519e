package client

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// folder returns what is in a folder, by name.
func folder(t *testing.T, path string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(path, entry.Name()))
		if err != nil {
			text = []byte("can't be read")
		}
		files[entry.Name()] = string(text)
	}
	return files
}

func TestWriteKeepsABackup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	write(t, path, "1")
	if runtime.GOOS != "windows" {
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	for n, backup := range []string{path + ".bak", path + ".bak2", path + ".bak3"} {
		file, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := file.Write(file.Text+"+", false); err != nil || got != backup {
			t.Fatalf("the backup is %s, %v", got, err)
		}
		for _, name := range []string{path, backup} {
			if after, err := os.Stat(name); err != nil || after.Mode() != before.Mode() {
				t.Errorf("%s: mode %v, %v", name, after.Mode(), err)
			}
		}
		if text, _ := os.ReadFile(backup); string(text) != "1"+strings.Repeat("+", n) {
			t.Errorf("%s has %q", backup, text)
		}
	}
	if files := folder(t, filepath.Dir(path)); len(files) != 4 || files["a.json"] != "1+++" {
		t.Errorf("there are %v", files)
	}
}

func TestNewFile(t *testing.T) {
	for _, shared := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "b", "c", "a.json")
		file, err := Read(path)
		if err != nil || file.Exists() || file.Text != "" {
			t.Fatal(file, err)
		}
		if backup, err := file.Write("new", shared); err != nil || backup != "" {
			t.Fatal(backup, err)
		}
		if files := folder(t, filepath.Dir(path)); len(files) != 1 || files["a.json"] != "new" {
			t.Errorf("there are %v", files)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if private := info.Mode().Perm()&0o077 == 0; private == shared && runtime.GOOS != "windows" {
			t.Errorf("shared %t: mode %v", shared, info.Mode())
		}
	}
}

// What can't be replaced as it is stays, and nothing is left beside it.
func TestWriteRefuses(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links and modes are those of Unix")
	}
	for name, row := range map[string]struct {
		make func(path string) error
		want string
	}{
		"folder":    {func(path string) error { return os.Mkdir(path, 0o700) }, "it is a folder"},
		"dead link": {func(path string) error { return os.Symlink("gone", path) }, "it is a link to a file that is not there"},
		"device":    {func(path string) error { return os.Symlink(os.DevNull, path) }, "it is no plain file"},
		"loop":      {func(path string) error { return os.Symlink(path, path) }, "EvalSymlinks: too many links"},
		"read-only": {func(path string) error { return os.WriteFile(path, []byte("1"), 0o400) }, "it is read-only"},
		"two names": {func(path string) error {
			if err := os.WriteFile(path, []byte("1"), 0o600); err != nil {
				return err
			}
			return os.Link(path, path+".other")
		}, "it has several names (hard links), of which the others would keep the old text"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.json")
			if err := row.make(path); err != nil {
				t.Fatal(err)
			}
			before := folder(t, filepath.Dir(path))
			file, err := Read(path)
			if err == nil {
				_, err = file.Write("2", false)
			}
			if err == nil || err.Error() != row.want {
				t.Errorf("%v, want %s", err, row.want)
			}
			if after := folder(t, filepath.Dir(path)); len(after) != len(before) || after["a.json"] != before["a.json"] {
				t.Errorf("there were %v, are %v", before, after)
			}
		})
	}
}

// Its client may write the file at any time: what it wrote stays.
func TestChangedMeanwhile(t *testing.T) {
	for _, old := range []string{"", "1"} {
		path := filepath.Join(t.TempDir(), "a.json")
		if old != "" {
			write(t, path, old)
		}
		file, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, "theirs")
		if _, err := file.Write("2", false); err == nil || err.Error() != "it has changed meanwhile: run the command again" {
			t.Error(err)
		}
		if files := folder(t, filepath.Dir(path)); len(files) != 1 || files["a.json"] != "theirs" {
			t.Errorf("there are %v", files)
		}
	}
}

// A link stays one, and the file behind it is replaced, with its backup beside it.
func TestLinksStay(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a right there")
	}
	root := t.TempDir()
	for _, name := range []string{"real", "links"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(root, "real", "a.json"), "1")
	link := filepath.Join(root, "links", "b.json")
	if err := os.Symlink("../real/a.json", link); err != nil {
		t.Fatal(err)
	}
	file, err := Read(link)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write("2", false); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(link); err != nil || target != "../real/a.json" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
	if files := folder(t, filepath.Join(root, "real")); files["a.json"] != "2" || files["a.json.bak"] != "1" || len(files) != 2 {
		t.Errorf("there are %v", files)
	}
}
