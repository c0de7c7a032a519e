package dialog

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"unicode/utf8"
)

// maxFile is the largest file whose content can be a value.
const maxFile = 1 << 20

// checkChosen returns the path that a chooser answered.
func checkChosen(path string) (string, error) {
	if !filepath.IsAbs(path) {
		return "", failed("its answer is not the path of a file") // no chooser says so
	}
	return checkAnswer(path)
}

// readChosen reads the file that a person chose. Errors leave its name out.
func readChosen(path string) (string, error) {
	if _, err := checkChosen(path); err != nil {
		return "", err
	}
	// Opening a named pipe would wait for its other end.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", ErrBadFile
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", ErrBadFile
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return "", ErrBadFile
	case len(content) > maxFile:
		return "", ErrTooLong
	case !utf8.Valid(content):
		return "", ErrBadFile
	default:
		return string(content), nil
	}
}
