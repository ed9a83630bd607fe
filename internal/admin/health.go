package admin

import (
	"context"
	"runtime"
	"time"
)

// Health is how the gateway is.
type Health struct {
	Status   string      `json:"status" enum:"ok,degraded" doc:"degraded: it serves, but see problems."`
	Problems []string    `json:"problems" doc:"What is wrong, for people."`
	Version  string      `json:"version"`
	Go       string      `json:"go" doc:"The Go release that built it."`
	Platform string      `json:"platform" doc:"Operating system and processor, as in linux/amd64."`
	Started  time.Time   `json:"started"`
	UptimeS  int64       `json:"uptime_s"`
	InFlight *int64      `json:"in_flight" doc:"Calls being served."`
	Store    StoreHealth `json:"store"`
	Spool    SpoolHealth `json:"spool"`

	Targets []TargetHealth `json:"targets" doc:"What has been called lately, by provider, model and credential."`
}

// TargetHealth says how one model of a provider stands with one credential. A provider
// that is down by its probes stands there by its name alone.
type TargetHealth struct {
	Provider   string     `json:"provider"`
	Model      string     `json:"model" doc:"Empty = of operations without one, or all."`
	Credential string     `json:"credential" doc:"Empty = none, or all."`
	Level      string     `json:"level" enum:"healthy,probing,cooling,drained" doc:"probing: it rested, and one call may try; cooling: used only when nothing better is left; drained: never used."`
	Until      *time.Time `json:"until" doc:"When its rest ends or ended; null = it does not rest."`
	Why        string     `json:"why" doc:"The kind of fault that made it rest; empty = it does not rest."`
	Status     int        `json:"status" doc:"The vendor's answer that led to it; 0 = none."`
	Peer       bool       `json:"peer" doc:"Another node told of it."`
	Row        int        `json:"failures" doc:"Since the last success."`
	Strikes    int        `json:"rests" doc:"In a row."`
	Calls      int64      `json:"calls" doc:"With this credential, in the present window."`
	Failed     int64      `json:"failed" doc:"Of calls."`
	Busy       int64      `json:"busy" doc:"Attempts in flight on this node, over all credentials."`
	FirstMS    *float64   `json:"first_ms" doc:"Usual time to the first content; null = unknown."`
	P95MS      *float64   `json:"first_p95_ms" doc:"Of the last minutes; null = too few calls to tell."`
	Success    float64    `json:"success" doc:"Share of calls, 0 to 1, the last ones counting most."`
	Speed      *float64   `json:"tokens_per_second" doc:"null = unknown."`
}

// StoreHealth says whether the store answers.
type StoreHealth struct {
	OK bool `json:"ok"`
}

// SpoolHealth says how the spool stands. Counts are since the start.
type SpoolHealth struct {
	Depth         int64      `json:"depth" doc:"Entries not yet in the store."`
	Bytes         int64      `json:"bytes"`
	Oldest        *time.Time `json:"oldest" doc:"Time of the entry that waits longest."`
	BodiesDropped int64      `json:"bodies_dropped" doc:"Entries whose bodies were dropped because the spool was nearly full."`
	BodiesLocked  int64      `json:"bodies_locked" doc:"Entries that were stored without their bodies, whose key does not open; copies are kept in the spool's folder bad."`
	Bad           int64      `json:"bad" doc:"Entries that the store refused for ever; they are kept in the spool's folder bad."`
	BadBytes      int64      `json:"bad_bytes"`
	PutErrors     int64      `json:"put_errors" doc:"Batches that the store did not take."`
	Lost          int64      `json:"lost" doc:"Entries that came too late during a shutdown."`
}

const pingTime = 2 * time.Second

func (a *api) getHealth(c *call) (Health, error) {
	s := a.Spool.Stats()
	h := Health{
		Status: "ok", Problems: []string{}, Version: a.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Started: a.started.UTC(), UptimeS: int64(a.Clock().Sub(a.started).Seconds()),
		Spool: SpoolHealth{Depth: s.Depth, Bytes: s.Bytes, BodiesDropped: s.DroppedBodies, BodiesLocked: s.LockedBodies, Bad: s.Bad, BadBytes: s.BadBytes, PutErrors: s.PutErrors, Lost: s.Late},
	}
	h.Targets = []TargetHealth{}
	if a.Targets != nil {
		h.Targets = notNil(a.Targets())
	}
	if !s.Oldest.IsZero() {
		oldest := s.Oldest.UTC()
		h.Spool.Oldest = &oldest
	}
	if a.InFlight != nil {
		n := a.InFlight()
		h.InFlight = &n
	}
	h.Store.OK = a.ping(c.ctx()) == nil
	h.problem(!h.Store.OK || s.StoreAway, "the store does not answer; entries wait in the spool")
	h.problem(s.DiskFailing, "the disk refuses records; they are kept in memory")
	h.problem(s.DroppedBodies > 0, "bodies of entries were dropped because the spool was nearly full")
	h.problem(s.LockedBodies > 0, "bodies of entries are sealed under a key that does not open")
	if a.Document != nil {
		refused := a.Document().Refused
		h.problem(refused != "", refused)
	}
	if a.Backups != nil {
		if b := a.Backups(); b != nil {
			h.problem(b.Overdue, "there is no backup as new as backups in the configuration says")
			h.problem(!b.Overdue && b.InRow > 0, "the last backup failed: "+b.Error)
		}
	}
	h.problem(s.Bad > 0, "entries were set aside because the store refuses them")
	if a.Ready != nil {
		if err := a.Ready(); err != nil {
			h.problem(true, err.Error())
		}
	}
	return h, nil
}

func (h *Health) problem(is bool, text string) {
	if is {
		h.Status, h.Problems = "degraded", append(h.Problems, text)
	}
}

func (a *api) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	return a.Store.Ping(ctx)
}
