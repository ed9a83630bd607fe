package admin

import (
	"context"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/compare"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Canaries are the canaries of a running gateway. No such place is store.ErrNotFound.
type Canaries interface {
	List() []Canary
	// Restart begins a canary anew.
	Restart(ctx context.Context, place, by string) error
	// Rollback sends all calls to the old target again, until a Restart.
	Rollback(ctx context.Context, place, by, reason string) error
}

// CanaryList are the canaries in force.
type CanaryList struct {
	Data []Canary `json:"data"`
	Next string   `json:"next"`
}

// Canary is how one canary stands.
type Canary struct {
	Place    string           `json:"place" doc:"Route and step, as in support/steps[0]."`
	From     string           `json:"from"`
	To       string           `json:"to"`
	State    string           `json:"state" enum:"waiting,running,held,done,rolled_back" doc:"waiting: the store has not been read yet; held: its stage is over, and it is not sure that the next may come; done: all calls go to the new target; rolled_back: none do."`
	Share    float64          `json:"share" doc:"Of the calls that go to the new target now, in per cent."`
	Stage    int              `json:"stage" doc:"From 1; one more than there are = behind the last."`
	Stages   []CanaryStage    `json:"stages"`
	Rollback gateway.Rollback `json:"rollback" doc:"The rules."`
	Since    *time.Time       `json:"since" doc:"When the stage began."`
	Until    *time.Time       `json:"until" doc:"When it is over; null = it is none."`
	Why      string           `json:"why" doc:"Of the last change, or of being held, for people."`
	By       string           `json:"by" doc:"Who made the last change; empty = the schedule or a rule."`
	Changed  *time.Time       `json:"changed"`

	FromFigures compare.Figures `json:"from_figures" doc:"How the old target did in this stage, when this node looked last."`
	ToFigures   compare.Figures `json:"to_figures"`
}

// CanaryStage is one stage.
type CanaryStage struct {
	Share float64 `json:"share" doc:"Per cent."`
	ForS  float64 `json:"for_s"`
}

func (a *api) listCanaries(*call) (CanaryList, error) {
	list := CanaryList{Data: []Canary{}}
	if a.Canaries == nil {
		return list, notServing()
	}
	list.Data = append(list.Data, a.Canaries.List()...)
	return list, nil
}

func (a *api) restartCanary(c *call) (Canary, error) {
	return a.changeCanary(c, func(place string) error { return a.Canaries.Restart(c.ctx(), place, c.who.name()) })
}

// NewRollback is why a canary is rolled back.
type NewRollback struct {
	Reason string `json:"reason" doc:"For people."`
}

func (a *api) rollbackCanary(c *call, body *NewRollback) (Canary, error) {
	reason := strings.TrimSpace(body.Reason)
	if err := checkText("reason", reason, maxSecret); reason != "" && err != nil {
		return Canary{}, err
	}
	return a.changeCanary(c, func(place string) error { return a.Canaries.Rollback(c.ctx(), place, c.who.name(), reason) })
}

func (a *api) changeCanary(c *call, change func(place string) error) (Canary, error) {
	if a.Canaries == nil {
		return Canary{}, notServing()
	}
	place := c.path["place"]
	if err := change(place); err != nil {
		return Canary{}, named(err, "canary", place)
	}
	for _, one := range a.Canaries.List() {
		if one.Place == place {
			return one, nil
		}
	}
	return Canary{}, notFound("the canary is gone from the configuration")
}
