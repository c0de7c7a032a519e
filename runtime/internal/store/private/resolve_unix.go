//go:build unix

package private

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// maxLinks is how many links may be on the way, as in Linux itself.
const maxLinks = 40

// Resolve follows the links of a full path, and returns where it leads: to a file, a folder, or to nothing yet in a folder that
// is there. It returns a [store.ErrUnsafe] if others can make it lead elsewhere: if they can put something into the place of a
// folder or a link on the way, or of what is at its end.
func Resolve(path string) (string, error) {
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("%w: %s is no full path", store.ErrFailed, path)
	}
	w := walk{at: "/", names: split(path)}
	for len(w.names) > 0 {
		if err := w.step(); err != nil {
			return "", err
		}
	}
	return w.at, nil
}

// A walk goes along a path by one name after the other, as the system does.
type walk struct {
	at    string // free of links
	names []string
	links int
}

func (w *walk) step() error {
	name := w.names[0]
	w.names = w.names[1:]
	if name == ".." {
		w.at = filepath.Dir(w.at)
		return nil
	}
	next := filepath.Join(w.at, name)
	info, err := os.Lstat(next)
	switch {
	case err != nil && len(w.names) == 0 && os.IsNotExist(err):
		w.at = next
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return w.follow(next, info)
	case info.IsDir():
		err = CheckFolder(next, info)
	}
	w.at = next
	return err
}

// follow goes on where a link leads. Who owns it can make it lead elsewhere.
func (w *walk) follow(link string, info fs.FileInfo) error {
	if w.links++; w.links > maxLinks {
		return fmt.Errorf("%w: %s is a link that leads nowhere", store.ErrFailed, link)
	}
	if err := CheckOwner(link, info); err != nil {
		return err
	}
	to, err := os.Readlink(link)
	if err != nil {
		return err
	}
	if filepath.IsAbs(to) {
		w.at = "/"
	}
	w.names = append(split(to), w.names...)
	return nil
}

// split returns the names of a path. It does not clean it: what is above a link is not what is above the place where it leads.
func split(path string) (names []string) {
	for _, name := range strings.Split(path, "/") {
		if name != "" && name != "." {
			names = append(names, name)
		}
	}
	return names
}
