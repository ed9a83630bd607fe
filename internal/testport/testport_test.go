package testport

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

func TestAPortIsGivenOnce(t *testing.T) {
	seen := map[int]bool{}
	t.Run("meanwhile", func(t *testing.T) {
		for range 200 {
			port := Free(t)
			if seen[port] || port < first || port >= first+count {
				t.Errorf("%d", port)
			}
			seen[port] = true
			l, err := net.Listen("tcp", address(port))
			if err != nil {
				t.Errorf("%d is not free: %v", port, err)
				continue
			}
			l.Close()
		}
	})
	if len(taken) != 0 {
		t.Errorf("%d are still taken", len(taken))
	}
}

// TestAnotherProcessIsNotGivenIt runs itself as the other process.
func TestAnotherProcessIsNotGivenIt(t *testing.T) {
	if given := os.Getenv("SLUICE_TEST_PORT"); given != "" {
		port, err := strconv.Atoi(given)
		if err != nil {
			t.Fatal(err)
		}
		if take(port) {
			t.Log("it was taken twice")
		}
		return
	}
	if locks() == nil {
		t.Skip("there is no file for locks")
	}
	port := Free(t)
	ask := func() string {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestAnotherProcessIsNotGivenIt$", "-test.v")
		cmd.Env = append(os.Environ(), "SLUICE_TEST_PORT="+strconv.Itoa(port))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if out := ask(); strings.Contains(out, "taken twice") {
		t.Error(out)
	}
	give(port)
	if out := ask(); !strings.Contains(out, "taken twice") {
		t.Errorf("the other process never takes it: %s", out)
	}
}
