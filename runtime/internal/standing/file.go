package standing

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mcpsecrets/mcpsecrets/runtime/internal/store/private"
	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// ReadFile returns the permissions in a file. Who can write it can allow, so what others than this user and root can change, or
// replace, is refused: the error is then [store.ErrUnsafe]. Others may read it: it has names, and no value.
func ReadFile(path string) ([]Permission, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, err
	}
	all, err := Decode(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return all, nil
}

func open(path string) (*os.File, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("%w: %s is no full path", store.ErrFailed, path)
	}
	place, err := private.Resolve(path)
	if err != nil {
		return nil, err
	}
	return private.OpenShared(place)
}

// ChangeFile replaces the permissions in a file by what change makes of them; without the file, of none. Whoever reads it meanwhile
// has all of the old ones or all of the new. A new file may be read by others.
func ChangeFile(path string, change func([]Permission) []Permission) error {
	all, err := ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := Encode(change(all))
	if err != nil {
		return err
	}
	place, err := private.Resolve(path)
	if err != nil {
		return err
	}
	return replace(place, text)
}

// replace puts a file with a text into the place of another.
func replace(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".allowed-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // which fails once it has its name
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Chmod(modeOf(path)), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// modeOf returns the mode of the file that is there, or of a new one.
func modeOf(path string) fs.FileMode {
	if info, err := os.Stat(path); err == nil {
		return info.Mode().Perm()
	}
	return 0o644
}
