//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	gatewayKey = "sk-sluice-bench-0123456789abcdef"
	adminToken = "sluice-admin-bench-0123456789abcdef"
)

// The targets' names.
const (
	direct   = "direct"
	nginx    = "nginx"
	goproxy  = "goproxy"
	paused   = "sluice"
	draining = "sluice, draining"
	foreign  = "sluice, translating"
	limited  = "sluice, limited"
	crowded  = "sluice, limited, 100,000 keys"
	cached   = "sluice, from its memory"
	traced   = "sluice, traced"
	watched  = "sluice, draining, traced and exporting"
)

// inTurn are measured in turn only: see takingTurns.
var inTurn = []string{limited, crowded, traced, watched}

// drains reports whether a target brings entries to its store.
func (t *target) drains() bool { return t.name == draining || t.name == watched }

// target is what is measured in one round.
type target struct {
	name  string
	addr  string
	admin string // of a gateway
	proc  *process
}

// launcher starts targets.
type launcher struct {
	sluice, scratch string
	up              string // host:port of the upstream
	seeded          string // a store with many keys, once it is made
	core            int
}

// start starts a target with nothing left over from before.
func (l *launcher) start(name string) (*target, error) {
	t := &target{name: name, addr: l.up}
	if name == direct {
		return t, nil
	}
	dir := filepath.Join(l.scratch, "run")
	if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var err error
	if t.addr, err = freeAddress(); err != nil {
		return nil, err
	}
	log := filepath.Join(l.scratch, name+".log")
	switch name {
	case nginx:
		t.proc, err = l.startNginx(dir, log, t.addr)
	case goproxy:
		t.proc, err = spawn(l.core, log, nil, dir, os.Args[0], "goproxy", "-addr", t.addr, "-up", "http://"+l.up)
	default:
		if t.admin, err = freeAddress(); err == nil {
			t.proc, err = l.startSluice(dir, log, t)
		}
	}
	return t, err
}

// startSluice runs the gateway with everything on that the bars ask for: key check,
// metrics, an entry for each call.
func (l *launcher) startSluice(dir, log string, t *target) (*process, error) {
	drain := "paused"
	if t.drains() {
		drain = "run"
	}
	doc := fmt.Sprintf("discover: false\nproviders:\n  openai: { base_url: \"http://%s/v1\", api_key: env:BENCH_UPSTREAM_KEY }\ngateways: { default: { log: { bodies: metadata } } }\nstorage: { drain: %s }\n", l.up, drain)
	if t.name == foreign {
		doc = strings.Replace(doc, fmt.Sprintf("openai: { base_url: \"http://%s/v1\"", l.up), fmt.Sprintf("anthropic: { base_url: \"http://%s\"", l.up), 1)
	}
	if t.name == limited || t.name == crowded {
		doc = strings.Replace(doc, "log:", hotRules+"log:", 1)
	}
	if t.name == cached {
		doc = strings.Replace(doc, "log:", "cache: 1h, log:", 1)
	}
	if t.name == traced || t.name == watched { // the upstream takes OTLP too
		doc += fmt.Sprintf("telemetry: { otlp: { endpoint: \"http://%s\", signals: traces }, traces: { ratio: 0.1 } }\n", l.up)
	}
	if t.name == watched {
		doc += "exports: { bench: { to: jsonl } }\n"
	}
	if t.name == crowded {
		if err := l.seed(filepath.Join(dir, "sluice.db")); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "sluice.yaml"), []byte(doc), 0o600); err != nil {
		return nil, err
	}
	env := []string{"BENCH_UPSTREAM_KEY=upstream", "SLUICE_KEY=" + gatewayKey, "SLUICE_ADMIN_TOKEN=" + adminToken}
	return spawn(l.core, log, env, dir, l.sluice, "serve", "--data", dir, "--listen", t.addr, "--admin-listen", t.admin)
}

// hotRules are three limits and a budget, none of which is ever reached.
const hotRules = `limits: [ { name: requests, per: key, requests: 100000000/1m }, ` +
	`{ name: tokens, per: workspace, tokens: 100000000000/1m }, { name: places, per: key, concurrent: 10000 } ], ` +
	`budgets: [ { name: month, per: workspace, cost: 1000000.00/month } ], `

func (l *launcher) startNginx(dir, log, addr string) (*process, error) {
	conf := fmt.Sprintf(`pid nginx.pid;
error_log stderr error;
worker_rlimit_nofile 30000;
events { worker_connections 8192; }
http {
	access_log off;
	client_body_buffer_size 64k;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	keepalive_requests 100000000;
	upstream mock { server %s; keepalive 2048; keepalive_requests 100000000; }
	server {
		listen %s backlog=4096;
		location / {
			proxy_pass http://mock;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header Authorization "Bearer upstream";
			proxy_buffering off;
		}
	}
}
`, l.up, addr)
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o644); err != nil {
		return nil, err
	}
	user := "worker_processes 1; daemon off;"
	if os.Geteuid() == 0 {
		user += " user root;"
	}
	return spawn(l.core, log, nil, dir, "nginx", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr", "-g", user)
}

// names lists the targets that can be measured here.
func names() []string {
	all := []string{direct, goproxy, paused, draining, foreign, limited, crowded, cached, traced, watched}
	if _, err := exec.LookPath("nginx"); err == nil {
		all = append(all, nginx)
	} else {
		fmt.Fprintln(os.Stderr, "*** nginx is not installed: it is left out ***")
	}
	return all
}

// model is what is asked for at the target.
func (t *target) model() string {
	if t.name == foreign {
		return "anthropic/claude-bench"
	}
	return "gpt-4o-mini"
}
