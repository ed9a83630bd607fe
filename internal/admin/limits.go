package admin

import (
	"maps"
	"slices"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// LimitQuery asks how counters stand.
type LimitQuery struct {
	Workspace string // whose counters: those of the workspace and of its keys; "" = all that are known
	KeyID     string // those that this key's calls meet; "" = of all
	Idle      bool   // also those of which this node knows no use
	Counter   string // this one alone, used or not; "" = those in use, and those of a name that is asked for
}

// LimitState is how one counter of one window of a rule stands.
type LimitState struct {
	Rule      string      `json:"rule" doc:"Owner and name, as in gateway/default/limits[0].requests."`
	Window    int         `json:"window" doc:"Place in the rule's windows."`
	Counter   string      `json:"counter" doc:"32 hexadecimal digits."`
	Values    string      `json:"values" doc:"What is counted here, for people: workspace=default."`
	Workspace string      `json:"workspace" doc:"Whose members may see it; empty = admins alone."`
	Max       int64       `json:"max" doc:"In the rule's unit; of cost billionths of a dollar."`
	Used      int64       `json:"used" doc:"Settled and held."`
	Left      int64       `json:"left"`
	ResetS    float64     `json:"reset_s" doc:"Seconds until room comes back; 0 = all of it is there."`
	Raised    gateway.USD `json:"raised_usd" doc:"What raises add to max just now; contained in it."`

	Forecast *BudgetForecast `json:"forecast" doc:"Of the 200 fullest counters of budgets; null = of the others, and of limits."`
}

// LimitRule is a rule as it is in force, with how its counters stand.
type LimitRule struct {
	ID    string       `json:"id" doc:"Owner and name, as in gateway/default/limits[0].requests."`
	Owner string       `json:"owner" doc:"gateway/<name>, provider/<name> or key/<id>."`
	Rule  gateway.Rule `json:"rule"`
	State []LimitState `json:"state" doc:"Counters in use that the caller may see."`
}

// LimitList are the rules in force.
type LimitList struct {
	Data []LimitRule `json:"data"`
	Next string      `json:"next"`
}

var limitFilters = []Param{
	{"workspace", "Counters of this workspace only."},
	{"key_id", "Counters that this key's calls meet, and the rules of its own."},
	{"gateway", "Rules of this gateway only."},
}

func (a *api) listLimits(c *call) (LimitList, error) { return a.listRules(c, false) }

func (a *api) listBudgets(c *call) (LimitList, error) { return a.listRules(c, true) }

// listRules lists the limits, or the budgets, of gateways and, where a key is named, of
// that key; admins see those of providers too.
func (a *api) listRules(c *call, budgets bool) (LimitList, error) {
	list := LimitList{Data: []LimitRule{}}
	q, key, err := a.limitQuery(c)
	if err != nil {
		return list, err
	}
	s, err := a.snapshot()
	if err != nil {
		return list, err
	}
	only := c.query.Get("gateway")
	for _, name := range slices.Sorted(maps.Keys(s.Gateways)) {
		if only == "" || only == name {
			list.add("gateway/"+name, s.Gateways[name].Rules, budgets)
		}
	}
	if c.who.admin && only == "" {
		for _, name := range slices.Sorted(maps.Keys(s.Held)) {
			list.add("provider/"+name, s.Held[name], budgets)
		}
	}
	if key != nil {
		for i := range key.Limits {
			list.add("key/"+key.ID, []*gateway.Rule{&key.Limits[i]}, budgets)
		}
	}
	if err := a.addStates(c, &list, q); err != nil || !budgets {
		return list, err
	}
	return list, a.forecasts(c, &list)
}

// limitQuery reads the filters; what the caller may not see is not found.
func (a *api) limitQuery(c *call) (q LimitQuery, key *gateway.Key, err error) {
	q = LimitQuery{Workspace: c.query.Get("workspace"), KeyID: c.query.Get("key_id")}
	c.scoped = true
	if q.Workspace != "" {
		if err := c.in(q.Workspace); err != nil {
			return q, nil, named(err, "workspace", q.Workspace)
		}
	}
	if q.KeyID == "" {
		return q, nil, nil
	}
	k, err := a.Store.Key(c.ctx(), q.KeyID)
	if err == nil {
		err = c.in(k.Workspace)
	}
	if err != nil {
		return q, nil, named(err, "key", q.KeyID)
	}
	q.Workspace = k.Workspace
	return q, &k, nil
}

func (l *LimitList) add(owner string, rules []*gateway.Rule, budgets bool) {
	for _, r := range rules {
		if r.Budget() == budgets {
			l.Data = append(l.Data, LimitRule{ID: owner + "/" + r.Name, Owner: owner, Rule: *r, State: []LimitState{}})
		}
	}
}

// addStates adds the counters of the workspaces that the caller may see.
func (a *api) addStates(c *call, l *LimitList, q LimitQuery) error {
	states, err := a.states(c, q)
	for _, s := range states {
		if i := slices.IndexFunc(l.Data, func(r LimitRule) bool { return r.ID == s.Rule }); i >= 0 {
			l.Data[i].State = append(l.Data[i].State, s)
		}
	}
	return err
}

func (a *api) states(c *call, q LimitQuery) ([]LimitState, error) {
	if a.Limits == nil {
		return nil, nil
	}
	asked := []string{q.Workspace}
	if ids := c.within(); q.Workspace == "" && ids != nil {
		asked = ids
	}
	var all []LimitState
	for _, id := range asked {
		q.Workspace = id
		states, err := a.Limits(c.ctx(), q)
		if err != nil {
			return nil, err
		}
		for _, s := range states {
			if c.who.may(s.Workspace, c.needs) { // whatever it was asked
				all = append(all, s)
			}
		}
	}
	return all, nil
}
