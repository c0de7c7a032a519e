package private

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Resolve follows the links of a full path, and returns where it leads: to a file, a folder, or to nothing yet in a folder that
// is there. Who can change the way is not looked at: see the package.
func Resolve(path string) (string, error) {
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("%w: %s is no full path", store.ErrFailed, path)
	}
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	return filepath.Join(folder, filepath.Base(path)), nil
}
