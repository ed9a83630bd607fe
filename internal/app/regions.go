package app

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"github.com/sluice-gateway/sluice/internal/whole"
)

// readRegions makes effective where the store says that calls of workspaces may be served,
// and keeps a copy for a start without the store.
func (p *process) readRegions(ctx context.Context) error {
	all, err := p.store.WorkspaceRegions(ctx)
	if err != nil {
		return err
	}
	p.proxy.SetRegions(all)
	b, err := json.Marshal(all)
	if err == nil {
		err = whole.Write(p.knownPath(regionsCopy), whole.Private, whole.Text(b))
	}
	if err != nil {
		p.log.Warn("the copy of workspaces' regions for a start without the store cannot be written", "error", err)
	}
	return nil
}

// loadRegions reads that copy. Without one nobody is served until the store has been read.
func (p *process) loadRegions() {
	b, err := os.ReadFile(p.knownPath(regionsCopy))
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	var all map[string][]string
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		p.log.Warn("the copy of workspaces' regions cannot be read; calls wait for the store", "error", err)
		return
	}
	p.proxy.SetRegions(all)
}
