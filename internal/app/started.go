package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
)

// tellStart tells the audit log that this node began to serve, and with which version, once
// the store is there: whoever looks for what changed when something broke finds it there.
func (p *process) tellStart(ctx context.Context) {
	for !p.migrated.Load() {
		if !pause(ctx, 100*time.Millisecond) {
			return
		}
	}
	for e := started(p.began, p.opt.Version); ; {
		if _, err := p.store.AppendAudit(ctx, e); err == nil || !pause(ctx, time.Second) {
			return
		}
	}
}

// started is the event of a node that began to serve.
func started(at time.Time, version string) audit.Event {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	after, _ := json.Marshal(version) // any text can be JSON
	return audit.Event{
		Time: at, Actor: audit.Actor{Kind: "sluice"}, Action: "node.start", Object: audit.Object{Kind: "node", ID: host, Name: host}, Outcome: audit.OK,
		Changes: fmt.Appendf(nil, `[{"path":"version","before":null,"after":%s}]`, after),
	}
}
