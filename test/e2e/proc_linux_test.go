package e2e_test

import "syscall"

// dieWithParent ends a process together with a test binary that is killed and cannot clean up.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
