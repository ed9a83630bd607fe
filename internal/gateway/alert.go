package gateway

import (
	"encoding/json"
	"time"
)

// Alert says that a counter of a budget has reached a threshold in a period, or that an
// alert rule fires or has resolved. Then Counter is the episode, Threshold the number of
// the alert in it and Values what fires. It is raised once and delivered at least once.
type Alert struct {
	ID        string          `json:"id"` // alt_…
	Rule      string          `json:"rule"`
	Counter   string          `json:"counter"` // as in Settlement
	Values    string          `json:"values"`
	Workspace string          `json:"workspace"` // whose members may see it; "" = admins alone
	Period    string          `json:"period"`    // tells this period of the rule from others: 2026-03
	Threshold int             `json:"threshold"` // per cent
	Payload   json.RawMessage `json:"payload"`   // what is sent
	Created   time.Time       `json:"created"`
	NextTry   time.Time       `json:"next_try"` // not before
	Tries     int             `json:"tries"`    // that failed
	Delivered *time.Time      `json:"delivered"`
	Reached   []string        `json:"reached"` // channels that have it, by name
	LastError string          `json:"last_error"`

	State     string `json:"state"`     // firing, resolved; "" = of a budget
	Severity  string `json:"severity"`  // info, warning, critical; "" = of a budget
	Preceding string `json:"preceding"` // the alert that a channel must have before this one, "" = none
	Muted     bool   `json:"muted"`     // nobody was told

	Channels []string `json:"channels,omitempty"` // that get it; empty = all
}

// Standing is how one counter of a budget stands after a call was counted, or refused.
type Standing struct {
	Rule      *Rule
	ID        string   // the rule's, as in Settlement
	Counter   [16]byte // as in Settlement, before it is written in hexadecimal
	Window    *Window  // one of the rule's
	Values    string   // as in Settlement
	Gateway   string   // of the call
	Workspace string   // of the call
	Used      USD      // what others still hold may be in it
	Max       USD      // as it counts now: a raise is in it
	Refused   bool     // the call was, for what is left is too little
	Time      time.Time
}

// Raise makes a budget larger until a time.
type Raise struct {
	ID        string    `json:"id"` // rse_…
	Rule      string    `json:"rule"`
	Counter   string    `json:"counter"` // "" = each of the rule's
	Values    string    `json:"values"`
	Workspace string    `json:"workspace"` // whose owners gave it; "" = an admin
	Amount    USD       `json:"amount_usd"`
	By        string    `json:"by"` // who gave it
	Reason    string    `json:"reason"`
	Created   time.Time `json:"created"`
	Until     time.Time `json:"until"`
}
