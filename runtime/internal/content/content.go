// Package content reads values that are files: what is stored of a secret of field_type file is the path, and its value is what
// the file has when it is read. Begin with [Of].
package content

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mcpsecrets/mcpsecrets/internal/field"
)

// Of returns the value of f for what is stored: of a file its content, and else text itself. Line ends become LF, as in what a
// person enters. A problem says why the file can't be used, and never what is in it; the rules of f are not looked at.
func Of(f field.Field, text string) (string, *field.Problem) {
	if f.Type != field.File {
		return text, nil
	}
	file, problem := open(FullPath(strings.TrimSpace(text)), f.Confidential())
	if problem != nil {
		return "", problem
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, field.MaxSize+1))
	switch {
	case err != nil:
		return "", &field.Problem{Kind: field.NoFile}
	case len(content) > field.MaxSize || len(content) == 0:
		return "", &field.Problem{Kind: field.LargeFile, Want: strconv.Itoa(field.MaxSize)}
	}
	return f.Content().Clean(string(content)), nil
}

// Check returns every rule that text breaks, as [field.Field.CheckAll] does, or nil. Of a file those are the rules of a path, and
// of the content.
func Check(f field.Field, text string) error {
	if err := f.CheckAll(text); err != nil || f.Type != field.File {
		return err
	}
	content, problem := Of(f, text)
	if problem != nil {
		return field.Broken{problem}
	}
	return f.Content().CheckAll(content)
}

// FullPath returns a path without ~, or as it is where the user has no home folder.
func FullPath(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	home, err := os.UserHomeDir()
	if !ok || err != nil {
		return path
	}
	return filepath.Join(home, filepath.FromSlash(rest))
}

// open opens a plain file. It does not wait for the other end of a pipe, and looks at what it has opened: the path may name
// something else by then.
func open(path string, private bool) (*os.File, *field.Problem) {
	if !filepath.IsAbs(path) {
		return nil, &field.Problem{Kind: field.NotPath}
	}
	file, err := os.OpenFile(path, os.O_RDONLY|nonblocking, 0)
	if err != nil {
		return nil, &field.Problem{Kind: field.NoFile}
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("no plain file")
	}
	if err != nil {
		file.Close()
		return nil, &field.Problem{Kind: field.NoFile}
	}
	if private && !isPrivate(info) {
		file.Close()
		return nil, &field.Problem{Kind: field.OpenFile}
	}
	return file, nil
}
