package app

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// leavePages gives back the pages of the program's own file that only the start needed:
// what is needed again comes from the page cache, at no cost worth speaking of. It does
// nothing where the kernel's list cannot be read.
func leavePages() {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if from, to, ok := cleanPages(s.Bytes(), self); ok {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED)
		}
	}
}

// cleanPages reads one line of proc_pid_maps(5): a part of the file that cannot have been
// written to.
func cleanPages(line []byte, file string) (from, to uintptr, ok bool) {
	fields := bytes.Fields(line)
	if len(fields) != 6 || string(fields[5]) != file || bytes.IndexByte(fields[1], 'w') >= 0 || fields[1][3] != 'p' {
		return 0, 0, false
	}
	a, b, found := bytes.Cut(fields[0], []byte("-"))
	x, err := strconv.ParseUint(string(a), 16, 64)
	y, err2 := strconv.ParseUint(string(b), 16, 64)
	return uintptr(x), uintptr(y), found && err == nil && err2 == nil && y > x
}
