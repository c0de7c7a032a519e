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

// makePrivate makes a folder that is open to this user alone, whatever the one has where it is: its access list takes over nothing,
// and what is made in it takes over that.
func makePrivate(place string) (path string, err error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", err
	}
	descriptor, err := windows.SecurityDescriptorFromString("D:P(A;OICI;FA;;;" + user.User.Sid.String() + ")")
	if err != nil {
		return "", err
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: descriptor}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	path = filepath.Join(place, beginning+rand.Text())
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return "", err
	}
	return path, windows.CreateDirectory(name, attributes)
}

// isOwn has nothing to look at: the folder for temporary files is the user's.
func isOwn(fs.FileInfo) bool { return true }

// A watch is not to be had: no program that all systems have waits for the end of another.
type watch struct{}

func watchOver(string) *watch { return nil }

func (*watch) end() {}
