package proxy

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/limit"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// ticket is what is remembered with a batch from its submission until it is settled, or,
// with a file, of which batch it holds the results. It is kept as JSON.
type ticket struct {
	Of       string          `json:"of,omitempty"` // the batch whose results a file holds
	Entry    string          `json:"entry,omitempty"`
	Time     time.Time       `json:"time,omitzero"`
	Dialects [2]string       `json:"dialects,omitzero"` // the caller's and the provider's
	User     string          `json:"user,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Models   []string        `json:"models,omitempty"` // of its lines; none: not looked at

	Hold    string        `json:"hold,omitempty"` // hexadecimal
	Taken   time.Time     `json:"taken,omitzero"`
	Expires time.Time     `json:"expires,omitzero"`
	Local   bool          `json:"local,omitempty"`
	Claims  []ticketClaim `json:"claims,omitempty"`
}

// ticketClaim is one claim of the hold.
type ticketClaim struct {
	Counter string          `json:"counter"`
	Window  *gateway.Window `json:"window"`
	Outage  gateway.Outage  `json:"outage,omitempty"`
	Rule    string          `json:"rule"`
	Values  string          `json:"values"`
	Unit    gateway.Unit    `json:"unit"`
	Models  []string        `json:"models"`
	Granted int64           `json:"granted"`
}

// text is the ticket as it is kept; "" when it cannot be.
func (t *ticket) text() string {
	b, err := json.Marshal(t)
	if err != nil {
		return ""
	}
	return string(b)
}

// readTicket gives nil for a text that is none.
func readTicket(text string) *ticket {
	t := &ticket{}
	if text == "" || json.Unmarshal([]byte(text), t) != nil {
		return nil
	}
	return t
}

// ticketFor writes down whose a new batch is and what is held for it.
func (x *exchange) ticketFor() string {
	e := gateway.Entry{Metadata: x.keptMetadata(), User: x.ask.user}
	if u := x.tokenUser(); u != "" {
		e.User = u
	}
	e.User = x.ruleset().Text(e.User, &x.redacted)
	x.entryCaller(&e)
	t := ticket{Entry: x.id, Time: x.began, Dialects: [2]string{string(x.dialect.Name), string(x.spoken.Name)}, User: e.User, Metadata: e.Metadata}
	if x.target.Model != "" {
		t.Models = []string{bareModel(x.target.Model)}
	}
	if x.batch == nil {
		return t.text()
	}
	b := x.batch
	b.kept = true
	if !b.unknown && t.Models == nil {
		for model := range b.models {
			t.Models = append(t.Models, model)
		}
		slices.Sort(t.Models)
	}
	if h := b.held.hold; h != nil {
		t.Hold, t.Taken, t.Expires, t.Local = hex.EncodeToString(h.ID[:]), h.Taken, h.Expires, h.Local
		for i, c := range b.held.claims {
			r := b.held.of[i]
			t.Claims = append(t.Claims, ticketClaim{c.Counter.String(), c.Window, c.Outage, r.ID, b.held.values[i], r.Unit, b.held.models[i], h.Granted[i]})
		}
		if b.unknown { // whatever ran counts
			for i := range t.Claims {
				t.Claims[i].Models = nil
			}
		}
	}
	return t.text()
}

// openHold makes the hold anew, as far as an engine needs it to settle; nil when nothing
// is held.
func (t *ticket) openHold() *limit.Hold {
	id, err := hex.DecodeString(t.Hold)
	if err != nil || len(id) != len(limit.Hold{}.ID) {
		return nil
	}
	h := &limit.Hold{ID: [16]byte(id), Taken: t.Taken, Expires: t.Expires, Local: t.Local}
	for _, c := range t.Claims {
		counter, err := hex.DecodeString(c.Counter)
		if err != nil || len(counter) != len(limit.ID{}) || c.Window == nil {
			return nil
		}
		h.Claims = append(h.Claims, limit.Claim{Counter: limit.ID(counter), Window: c.Window, Outage: c.Outage, Want: c.Granted})
		h.Granted = append(h.Granted, c.Granted)
	}
	return h
}

// yieldHold says of a file that an answer names of which batch it holds the results.
func (x *exchange) yieldHold(path string, answer []byte) string {
	if x.ep.Op != llm.OpBatches || strings.Contains(path, "error") {
		return ""
	}
	id := ""
	if x.ep.Object.Creates {
		id = createdID(x.ep.Object.IDAt, answer)
	} else if x.home != nil {
		id = x.home.ID
	}
	if id == "" {
		return ""
	}
	return (&ticket{Of: objectID(id)}).text()
}

// createdID gives the id that an answer gives to a new object, "" when there is none.
func createdID(paths string, answer []byte) string {
	for at := range strings.SplitSeq(paths, "|") {
		if id, ok := jsonscan.String(jsonscan.Get(answer, strings.Split(at, ".")...)); ok && id != "" {
			return id
		}
	}
	return ""
}
