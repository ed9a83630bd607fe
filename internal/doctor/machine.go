package doctor

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// OpenFiles looks whether the process may have as many files open as its connections need.
func OpenFiles(connections int) Check {
	return Check{Name: "open-files", Run: func(context.Context) []Finding {
		limit, known := openFiles()
		if !known {
			return skipped("this system has no limit of open files")
		}
		return judgeFiles(limit, uint64(max(connections, 0)))
	}}
}

func judgeFiles(limit, connections uint64) []Finding {
	mend := "Raise it: LimitNOFILE= in the systemd unit, ulimits in Compose, ulimit -n in a shell; or lower server.max_connections."
	switch need := 2 * connections; {
	case limit < 1024:
		return problem(mend, "only %d files may be open at a time, a connection takes one or two", limit)
	case limit < need:
		return warning(mend, "%d files may be open at a time, and server.max_connections (%d) may need %d", limit, connections, need)
	}
	return well("%d files may be open at a time", limit)
}

const leastMemory = 128 << 20

// Memory looks whether the bounds of memory fit what the machine or container has.
// available and the bounds are bytes; 0 = unknown, or unless configured.
func Memory(available, maxMemory int64) Check {
	return Check{Name: "memory", Run: func(context.Context) []Finding {
		return judgeMemory(available, maxMemory, debug.SetMemoryLimit(-1))
	}}
}

func judgeMemory(available, maxMemory, goLimit int64) []Finding {
	switch {
	case available == 0:
		return skipped("how much memory there is cannot be told")
	case available < leastMemory:
		return warning("Give the machine or container 256 MiB or more.", "there are only %s of memory", bytesOf(uint64(available)))
	case maxMemory > available:
		return problem("Lower server.max_memory, or leave it out: it is then three quarters of what there is.", "server.max_memory (%s) is more than the machine or container has (%s): it would be killed before it refuses calls", bytesOf(uint64(maxMemory)), bytesOf(uint64(available)))
	case goLimit != math.MaxInt64 && goLimit > available:
		return warning("Lower GOMEMLIMIT, or leave it out: it is then nine tenths of what there is.", "GOMEMLIMIT (%s) is more than the machine or container has (%s)", bytesOf(uint64(goLimit)), bytesOf(uint64(available)))
	}
	return well("%s of memory", bytesOf(uint64(available)))
}

// Zones looks whether the time zones that budgets name are known here.
func Zones(names []string) Check {
	return Check{Name: "time-zones", Run: func(context.Context) []Finding {
		for _, name := range names {
			if _, err := time.LoadLocation(name); err != nil {
				return problem("Install the system's time zone data (the package tzdata), or use UTC in the budget's zone.", "the time zone %s is not known here: %v", name, err)
			}
		}
		if len(names) == 0 {
			return skipped("no budget names a time zone")
		}
		return well("%s", strings.Join(names, ", "))
	}}
}

// Port looks whether an address can be listened on. Where something listens already, it is
// asked whether it is a gateway.
func Port(name, address string, tls bool) Check {
	return Check{Name: "ports", Object: name + " " + address, Run: func(ctx context.Context) []Finding {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err == nil {
			l.Close()
			return well("it is free")
		}
		if livez(ctx, address, tls) {
			return well("a gateway serves there")
		}
		return problem("Stop the other program, or choose another address: --listen, --admin-listen, server.listen, admin.listen. Ports below 1024 need a right (CAP_NET_BIND_SERVICE).", "it cannot be listened on: %v", err)
	}}
}

// livez reports whether a gateway answers at an address.
func livez(ctx context.Context, address string, tls bool) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil || tls {
		return false
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/livez", nil)
	if err != nil {
		return false
	}
	t := &http.Transport{DisableKeepAlives: true}
	resp, err := t.RoundTrip(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	b := make([]byte, 3)
	n, _ := resp.Body.Read(b)
	return resp.StatusCode == http.StatusOK && string(b[:n]) == "ok\n"
}

// Proxies looks at the proxy that the environment names for calls to vendors: whether it is
// one, answers, and whether servers of one's own would be called through it.
func Proxies(get func(string) (string, bool), ownHosts []string) Check {
	return Check{Name: "proxies", Run: func(ctx context.Context) []Finding {
		var found []Finding
		for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
			if value, ok := get(name); ok && value != "" {
				found = append(found, judgeProxy(ctx, name, value)...)
			}
		}
		if len(found) == 0 {
			return well("the environment names no proxy")
		}
		no, _ := get("NO_PROXY")
		lower, _ := get("no_proxy")
		for _, host := range ownHosts {
			if !strings.Contains(no+","+lower, host) && no != "*" && lower != "*" && !local(host) {
				found = append(found, warning("Add "+host+" to NO_PROXY, or set proxy: none at the provider.", "%s seems to be a server of your own, and would be called through the proxy", host)...)
			}
		}
		return found
	}}
}

// local reports hosts that Go never calls through a proxy.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func judgeProxy(ctx context.Context, name, value string) []Finding {
	mend := "Correct " + name + " or unset it; a provider's own proxy: setting goes before it."
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		return problem(mend, "%s is no address of a proxy, such as http://proxy.example.com:3128", name)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if port == "" {
		port = "1080"
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return problem(mend, "the proxy of %s does not answer: %v", name, err)
	}
	conn.Close()
	return well("%s: %s answers", name, net.JoinHostPort(u.Hostname(), port))
}

func took(d time.Duration) string { return fmt.Sprint(d.Round(100 * time.Microsecond)) }
