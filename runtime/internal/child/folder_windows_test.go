package child

import (
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

func (*watch) forget() {}

// The access list of a folder names this user, and takes over nothing; that of a file in it is the same.
func TestAccessListOfAFolder(t *testing.T) {
	place(t)
	f, err := newFolder()
	if err != nil {
		t.Fatal(err)
	}
	defer f.remove()
	file, err := f.write("key", "text")
	if err != nil {
		t.Fatal(err)
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{f.path, file} {
		descriptor, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
		if err != nil {
			t.Fatal(err)
		}
		list := descriptor.String()
		if strings.Count(list, "(") != 1 || !strings.Contains(list, user.User.Sid.String()) {
			t.Errorf("%s: %s", path, list)
		}
	}
}
