//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is one running program, with the children that it started.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// spawn starts a program on one core; core -1 = wherever it likes. Its output goes to a file.
func spawn(core int, log string, env []string, dir string, args ...string) (*process, error) {
	if core >= 0 {
		args = append([]string{"taskset", "-c", strconv.Itoa(core)}, args...)
	}
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, append(os.Environ(), env...), out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() { // ends with the process, which stop waits for
		_ = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// stop ends the program and waits for it.
func (p *process) stop() {
	for _, s := range []os.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = p.cmd.Process.Signal(s)
		select {
		case <-p.done:
			return
		case <-time.After(10 * time.Second):
		}
	}
	<-p.done
}

// pids are the process's own and its children's.
func (p *process) pids() []int {
	own := p.cmd.Process.Pid
	all := []int{own}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", own, own))
	if err != nil {
		return all
	}
	for f := range strings.FieldsSeq(string(text)) {
		if pid, err := strconv.Atoi(f); err == nil {
			all = append(all, pid)
		}
	}
	return all
}

// cpu is the CPU time that the process and its children used so far, from their exact
// clocks: https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html
func (p *process) cpu() time.Duration {
	var sum time.Duration
	for _, pid := range p.pids() {
		var t unix.Timespec
		if unix.ClockGettime(int32(^pid<<3|2), &t) == nil {
			sum += time.Duration(t.Nano())
		}
	}
	return sum
}

// rss is their resident memory in bytes.
func (p *process) rss() int64 {
	var sum int64
	for _, pid := range p.pids() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		if f := bytes.Fields(text); err == nil && len(f) > 1 {
			pages, _ := strconv.ParseInt(string(f[1]), 10, 64)
			sum += pages * int64(os.Getpagesize())
		}
	}
	return sum
}

// busy is the CPU time that the whole machine used so far.
func busy() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	f := strings.Fields(string(text))
	if err != nil || len(f) < 9 {
		return 0
	}
	ticks := int64(0)
	for _, i := range []int{1, 2, 3, 6, 7, 8} { // user, nice, system, irq, softirq, steal
		n, _ := strconv.ParseInt(f[i], 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100
}

// freeAddress is a loopback address that nobody listens on just now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
