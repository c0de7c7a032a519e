package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mcpsecrets/mcpsecrets/runtime/store"
)

// Where secrets are mounted from memory, as Docker's, Kubernetes' and systemd's are, all may read what root has put there.
func TestMountedFromMemory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root mounts")
	}
	for _, kind := range []string{"tmpfs", "ramfs"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			if err := unix.Mount(kind, dir, kind, 0, ""); err != nil {
				t.Skipf("nothing can be mounted here: %v", err)
			}
			t.Cleanup(func() { unix.Unmount(dir, 0) })
			s := open(t, dir)
			for _, mode := range []os.FileMode{0o444, 0o644, 0o440, 0o400} {
				write(t, filepath.Join(dir, "api_key"), "mounted", mode)
				want(t, s, in, "api_key", "mounted")
			}
			write(t, filepath.Join(dir, "api_key"), "mounted", 0o666)
			wantError(t, s, in, "api_key", store.ErrUnsafe)
			s.Close() // or it could not be unmounted
		})
	}
}
