package files

import (
	"os"

	"golang.org/x/sys/unix"
)

// isRemote reports whether a folder's file system asks somebody else, who may not answer: another computer, or a program.
func isRemote(root *os.Root) bool {
	folder, err := root.Open(".")
	if err != nil {
		return true
	}
	defer folder.Close()
	var stat unix.Statfs_t
	if unix.Fstatfs(int(folder.Fd()), &stat) != nil {
		return true
	}
	switch uint32(stat.Type) {
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.FUSE_SUPER_MAGIC,
		unix.V9FS_MAGIC, unix.CEPH_SUPER_MAGIC, unix.AFS_SUPER_MAGIC, unix.AFS_FS_MAGIC, unix.CODA_SUPER_MAGIC, unix.OCFS2_SUPER_MAGIC:
		return true
	}
	return false
}
