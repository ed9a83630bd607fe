package testredis_test

import (
	"bufio"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/internal/testredis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func say(t *testing.T, s *testredis.Server, command string) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestADurableServerRemembersOverARestartAndAnotherDoesNot(t *testing.T) {
	for durable, want := range map[bool]string{true: ":1\r\n", false: ":0\r\n"} {
		s := testredis.Start(t, durable)
		say(t, s, "SET kept 42")
		s.Restart()
		if got := say(t, s, "EXISTS kept"); got != want {
			t.Errorf("durable %v: %q", durable, got)
		}
		s.Kill()
		if c, err := net.DialTimeout("tcp", s.Addr(), time.Second); err == nil {
			c.Close()
			t.Error("a killed server takes connections")
		}
	}
}
