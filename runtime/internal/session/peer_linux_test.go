package session

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// In a sandbox that has one user, nobody can tell root outside from others there, and a display may be root's.
func TestUsersThatASandboxHides(t *testing.T) {
	const inside = "MCPSECRETS_TEST_INSIDE"
	if os.Getenv(inside) != "" {
		if !isHidden(nobody) || isHidden(os.Geteuid()) {
			t.Errorf("hidden: nobody %t, ourselves %t", isHidden(nobody), isHidden(os.Geteuid()))
		}
		return
	}
	if isHidden(nobody) {
		t.Skip("the test runs in such a sandbox")
	}
	exe, err := os.Executable()
	check(t, err)
	cmd := exec.Command(exe, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
	}
	if err := cmd.Start(); err != nil {
		t.Skip("no user namespace can be made here: ", err)
	}
	check(t, cmd.Wait())
}
