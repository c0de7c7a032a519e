package child

import (
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

func (*watch) forget() {}

// The access lists of a folder and of a file in it name this user.
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
		for _, entry := range strings.Split(list, "(")[1:] {
			if !strings.HasSuffix(entry, ";"+user.User.Sid.String()+")") && !strings.HasSuffix(entry, ";SY)") { // which Wine adds
				t.Errorf("%s: %s", path, list)
			}
		}
		if !strings.Contains(list, user.User.Sid.String()) {
			t.Errorf("%s: the user is not in %s", path, list)
		}
	}
}
