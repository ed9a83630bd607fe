package admin

import (
	"context"
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/internal/export"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Exports are the exports of a running gateway; *export.Exports is one.
type Exports interface {
	Specs() []*export.Spec
	// Test sends a sample; an unknown name is export.ErrUnknown.
	Test(ctx context.Context, name string) (id string, err error)
	Wake(name string)
	Past(name string) []export.Lag
}

// ExportList are the exports that there are.
type ExportList struct {
	Data []Export `json:"data"`
	Next string   `json:"next"`
}

// Export is how one export stands, of all nodes together.
type Export struct {
	Name     string     `json:"name"`
	To       string     `json:"to" doc:"What it brings entries to; empty = it is no longer configured here."`
	State    string     `json:"state" enum:"running,failing,paused,waiting,gone" doc:"running: entries go, or there are none; failing: the last try failed, and it is tried again; waiting: no node works for it yet; gone: it stands in no configuration that this node has, and keeps its place for a week."`
	Node     string     `json:"node" doc:"The node that works for it; empty = none."`
	Since    time.Time  `json:"since" doc:"When it was first configured: it begins with what came after that."`
	Lag      int64      `json:"lag_entries" doc:"Entries in the store that it has not passed."`
	LagS     float64    `json:"lag_seconds" doc:"Age of the oldest of them, from its arrival in the store."`
	Sent     int64      `json:"sent" doc:"Entries that the sink has taken."`
	Filtered int64      `json:"filtered" doc:"Entries that its filter or gateways leave out."`
	SetAside int64      `json:"set_aside" doc:"Entries that the sink refused for good."`
	Deleted  int64      `json:"deleted" doc:"Entries that were deleted before they were sent."`
	Failed   int64      `json:"failed" doc:"Tries that failed."`
	LastSent *time.Time `json:"last_sent"`
	Error    string     `json:"error" doc:"Of the last try that failed."`
	ErrorAt  *time.Time `json:"error_time"`
	PausedBy string     `json:"paused_by"`
	Gateways []string   `json:"gateways" doc:"None = all."`
	Bodies   bool       `json:"bodies" doc:"What was said is sent too, as far as it was kept."`
	Filter   bool       `json:"filter" doc:"It has a filter."`
	Past     []PastLag  `json:"past" doc:"The last hour as this node saw it, the oldest first."`
}

// PastLag is how far an export was behind at a time.
type PastLag struct {
	Time    time.Time `json:"time"`
	Entries int64     `json:"entries"`
	Seconds float64   `json:"seconds"`
}

// ExportDetail is an export with what its sink refused.
type ExportDetail struct {
	Export
	Refused []gateway.SetAside `json:"refused" doc:"The newest entries that the sink refused for good, up to 100, with its words. They stay in the store, as others do."`
}

// ExportTest is what came of a test.
type ExportTest struct {
	Export string `json:"export"`
	OK     bool   `json:"ok"`
	Error  string `json:"error"`
	Sample string `json:"sample" doc:"The id of what was sent; its metadata say sluice_sample."`
}

const maxRefused = 100

func (a *api) exportRoutes() []route {
	return []route{
		read(admins, get, "/exports", "listExports", "Where entries are exported to, and how far that has come.", nil, a.listExports),
		read(admins, get, "/exports/{name}", "getExport", "One export, with the entries that its sink refused.", nil, a.getExport),
		read(admins, post, "/exports/{name}/test", "testExport", "Send a marked sample to a sink and tell what came of it.", nil, a.testExport),
		read(admins, post, "/exports/{name}/pause", "pauseExport", "Send nothing, on no node, until it is resumed. Entries wait in the store as long as it keeps them.", nil, a.pauseExport),
		read(admins, post, "/exports/{name}/resume", "resumeExport", "Go on where the export stood.", nil, a.resumeExport),
	}
}

func (a *api) listExports(c *call) (ExportList, error) {
	states, err := a.Store.Exports(c.ctx())
	list := ExportList{Data: []Export{}}
	for i := range states {
		list.Data = append(list.Data, a.shownExport(&states[i]))
	}
	for _, s := range a.exportSpecs() {
		if !slices.ContainsFunc(states, func(st gateway.ExportState) bool { return st.Name == s.Name }) { // the store does not know it yet
			list.Data = append(list.Data, a.shownExport(&gateway.ExportState{Name: s.Name, Created: a.now()}))
		}
	}
	return list, err
}

func (a *api) exportSpecs() []*export.Spec {
	if a.Exports == nil {
		return nil
	}
	return a.Exports.Specs()
}

func (a *api) shownExport(st *gateway.ExportState) Export {
	lag := export.LagOf(st, a.now())
	x := Export{
		Name: st.Name, State: "gone", Since: st.Created, Lag: lag.Entries, LagS: lag.Seconds, Sent: st.Sent, Filtered: st.Filtered, SetAside: st.SetAside,
		Deleted: st.Deleted, Failed: st.Failures, LastSent: timeOrNull(st.LastSent), Error: st.Error, ErrorAt: timeOrNull(st.ErrorTime), PausedBy: st.PausedBy,
		Gateways: []string{}, Past: []PastLag{},
	}
	if st.Until.After(a.now()) {
		x.Node = st.Holder
	}
	for _, s := range a.exportSpecs() {
		if s.Name == st.Name {
			x.To, x.Bodies, x.Filter, x.Gateways, x.State = s.Kind, s.Bodies, s.Filter != nil, notNil(s.Gateways), exportState(st, x.Node)
		}
	}
	if a.Exports != nil {
		for _, l := range a.Exports.Past(st.Name) {
			x.Past = append(x.Past, PastLag(l))
		}
	}
	return x
}

func exportState(st *gateway.ExportState, node string) string {
	switch {
	case st.Paused:
		return "paused"
	case st.Failing:
		return "failing"
	case node == "":
		return "waiting"
	}
	return "running"
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a *api) getExport(c *call) (ExportDetail, error) {
	name := c.path["name"]
	st, err := a.Store.Export(c.ctx(), name)
	if err != nil {
		return ExportDetail{}, named(err, "export", name)
	}
	aside, err := a.Store.SetAside(c.ctx(), name, maxRefused)
	return ExportDetail{a.shownExport(&st), notNil(aside)}, err
}

func (a *api) testExport(c *call) (ExportTest, error) {
	out := ExportTest{Export: c.path["name"]}
	if !slices.ContainsFunc(a.exportSpecs(), func(s *export.Spec) bool { return s.Name == out.Export }) {
		return out, notFound("there is no export " + asStored(out.Export) + " in the configuration")
	}
	var err error
	if out.Sample, err = a.Exports.Test(c.ctx(), out.Export); err != nil {
		out.Error = err.Error()
	}
	out.OK = err == nil
	return out, nil
}

func (a *api) pauseExport(c *call) (Export, error) { return a.setPaused(c, true, c.who.name()) }

func (a *api) resumeExport(c *call) (Export, error) { return a.setPaused(c, false, "") }

func (a *api) setPaused(c *call, paused bool, by string) (Export, error) {
	name := c.path["name"]
	if err := a.Store.PauseExport(c.ctx(), name, paused, by); err != nil {
		return Export{}, named(err, "export", name)
	}
	if a.Exports != nil {
		a.Exports.Wake(name)
	}
	st, err := a.Store.Export(c.ctx(), name)
	return a.shownExport(&st), err
}
