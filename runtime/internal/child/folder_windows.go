package child

import (
	"crypto/rand"
	"io/fs"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// places are where a folder can be: the user's own folder for temporary files.
func places() []string { return []string{os.TempDir()} }

// makePrivate makes a folder that is open to this user alone.
func makePrivate(place string) (path string, err error) {
	attributes, err := ownOnly()
	if err != nil {
		return "", err
	}
	path = filepath.Join(place, beginning+rand.Text())
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return "", err
	}
	return path, windows.CreateDirectory(name, attributes)
}

// createPrivate makes a file that is open to this user alone.
func createPrivate(path string) (*os.File, error) {
	attributes, err := ownOnly()
	if err != nil {
		return nil, err
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	file, err := windows.CreateFile(name, windows.GENERIC_WRITE, 0, attributes, windows.CREATE_NEW, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(file), path), nil
}

// ownOnly is an access list that names this user alone, and takes over nothing of the one of the folder around.
func ownOnly() (*windows.SecurityAttributes, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, err
	}
	descriptor, err := windows.SecurityDescriptorFromString("D:P(A;OICI;FA;;;" + user.User.Sid.String() + ")")
	if err != nil {
		return nil, err
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: descriptor}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	return attributes, nil
}

// isOwn has nothing to look at: the folder for temporary files is the user's.
func isOwn(fs.FileInfo) bool { return true }

// A watch is not to be had: no program that all systems have waits for the end of another.
type watch struct{}

func watchOver(string) *watch { return nil }

func (*watch) end() {}
