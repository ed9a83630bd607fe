package doctor

import "golang.org/x/sys/unix"

// remoteKinds are file systems behind a network, by their number.
// https://man7.org/linux/man-pages/man2/statfs.2.html
var remoteKinds = map[int64]string{
	unix.NFS_SUPER_MAGIC: "nfs", unix.SMB_SUPER_MAGIC: "smb", unix.CIFS_SUPER_MAGIC: "cifs", unix.SMB2_SUPER_MAGIC: "smb2",
	unix.CODA_SUPER_MAGIC: "coda", unix.AFS_SUPER_MAGIC: "afs", unix.CEPH_SUPER_MAGIC: "ceph", unix.V9FS_MAGIC: "9p",
}

func spaceOf(dir string) (space, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return space{}, err
	}
	kind, remote := remoteKinds[int64(s.Type)] //nolint:unconvert // it has another size elsewhere
	size := uint64(s.Bsize)
	return space{free: s.Bavail * size, total: s.Blocks * size, files: s.Ffree, kind: kind, remote: remote, known: true}, nil
}
