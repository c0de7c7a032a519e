package client

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A File is a client's file as it was read.
type File struct {
	Path string // of the file itself, behind all links
	Text string // "" where there is none
	info fs.FileInfo
}

// Exists reports whether there was a file.
func (f *File) Exists() bool { return f.info != nil }

// maxSize is more than a file has that people and clients write.
const maxSize = 64 << 20

// Read reads a client's file. Where there is none, it is empty. The error says why it can't be one.
func Read(path string) (*File, error) {
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(path); err == nil {
			return nil, errors.New("it is a link to a file that is not there")
		}
		return &File{Path: path}, nil
	}
	if err != nil {
		return nil, cause(err)
	}
	info, err := os.Stat(real)
	switch {
	case err != nil:
		return nil, cause(err)
	case info.IsDir():
		return nil, errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no plain file")
	case info.Size() > maxSize:
		return nil, errors.New("it is too large")
	}
	text, err := os.ReadFile(real)
	if err != nil {
		return nil, cause(err)
	}
	return &File{real, string(text), info}, nil
}

// Write replaces the file by one with another text, at once: whoever reads it meanwhile, or after a crash, finds the old one or the
// new one. Mode, owner and links stay as they were. What was there is beside it in the file backup, which is "" for a file that is
// new. A new file is its user's alone unless it is shared, as in a project. After an error, all is as it was.
func (f *File) Write(text string, shared bool) (backup string, err error) {
	mode := fs.FileMode(0o600)
	if shared {
		mode = 0o666
	}
	if f.Exists() {
		mode = f.info.Mode().Perm()
		if err := f.canReplace(); err != nil {
			return "", err
		}
	} else if err := os.MkdirAll(filepath.Dir(f.Path), folderMode(shared)); err != nil {
		return "", fmt.Errorf("its folder can't be made: %w", cause(err))
	}
	staged, err := f.stage(f.Path+".new", text, mode)
	if err != nil {
		return "", fmt.Errorf("a file beside it can't be written: %w", cause(err))
	}
	defer func() { _ = os.Remove(staged) }() // gone already if it was renamed
	if f.Exists() {
		if backup, err = f.stage(f.Path+".bak", f.Text, mode); err != nil {
			return "", fmt.Errorf("its backup can't be written: %w", cause(err))
		}
	}
	if err = f.unchanged(); err == nil {
		err = cause(os.Rename(staged, f.Path))
	}
	if err != nil {
		if backup != "" {
			_ = os.Remove(backup)
		}
		return "", err
	}
	syncFolder(filepath.Dir(f.Path))
	return backup, nil
}

func folderMode(shared bool) fs.FileMode {
	if shared {
		return 0o777
	}
	return 0o700
}

// canReplace says why a new file could not be to all what the old one is.
func (f *File) canReplace() error {
	switch {
	case f.info.Mode().Perm()&0o200 == 0:
		return errors.New("it is read-only")
	case hardLinks(f.info) > 1:
		return errors.New("it has several names (hard links), of which the others would keep the old text")
	}
	return nil
}

// stage writes a file beside the client's, with its owner. Its name is the one wanted, or with a number behind it where that is taken.
func (f *File) stage(name, text string, mode fs.FileMode) (string, error) {
	var file *os.File
	for n := 1; ; n++ {
		path := name
		if n > 1 {
			path = fmt.Sprintf("%s%d", name, n)
		}
		var err error
		// Not os.CreateTemp: a new file of a project has the mode that its user's umask says.
		if file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode); err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) || n == 1000 {
			return "", err
		}
	}
	var err error
	if f.Exists() {
		err = own(file, f.info)
		err = errors.Join(err, file.Chmod(mode)) // behind the umask, and what the change of owner took
	}
	if err == nil {
		_, err = file.WriteString(text)
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}

// unchanged returns an error if the file is another one than was read: its client may write it at any time.
func (f *File) unchanged() error {
	text, err := os.ReadFile(f.Path)
	switch {
	case !f.Exists() && errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return cause(err)
	case err != nil || !f.Exists() || !bytes.Equal(text, []byte(f.Text)):
		return errors.New("it has changed meanwhile: run the command again")
	}
	return nil
}

// cause returns what is wrong, without the path: who tells it names the file.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
