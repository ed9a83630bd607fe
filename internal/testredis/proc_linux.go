package testredis

import "syscall"

// dieWithParent ends the server with a test binary that is killed and cannot clean up.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
