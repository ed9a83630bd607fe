package proxy

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/intent"
	"github.com/sluice-gateway/sluice/internal/route/asked"
)

// teller tells the intents of calls of some routes.
type teller struct {
	*intent.Classifier
	embedder string // provider/model
}

// maxIntentText bounds, in bytes, what is looked at of the user's last message: all
// embedding models take so much.
const maxIntentText = 2 << 10

// tellersOf gives what tells the intents of a snapshot's routes, by route, and all of them
// by what they go by. Those that go by the same as before stay, with all they know.
func (p *Proxy) tellersOf(v *view) (byRoute, all map[string]*teller) {
	byRoute, all = map[string]*teller{}, map[string]*teller{}
	for name := range v.Routes {
		in := v.routes.Intent(name)
		if in == nil {
			continue
		}
		id := identityOf(in, v.Snapshot)
		t := all[id]
		if t == nil {
			if t = p.tellers[id]; t == nil {
				t = &teller{intent.New(p.life, intent.Options{Examples: in.Examples, Threshold: in.Threshold, Wait: in.Wait, Counts: &p.intents}), in.Embedder}
			}
			all[id] = t
		}
		byRoute[name] = t
	}
	return byRoute, all
}

// identityOf names all that what is told depends on.
func identityOf(in *gateway.Intent, s *catalog.Snapshot) string {
	name, _, _ := strings.Cut(in.Embedder, "/")
	base := ""
	if pr := s.Providers[name]; pr != nil {
		base = pr.BaseURL
	}
	b, err := json.Marshal(in)
	if err != nil {
		panic("BUG: an intent that is no JSON: " + err.Error())
	}
	return string(b) + " " + base
}

// teller gives what tells the intent of calls of a route, or of the first of some others
// that can; nil = nothing does.
func (v *view) teller(route string, others []string) *teller {
	t := v.tellers[route]
	for i := 0; t == nil && i < len(others); i++ {
		t = v.tellers[others[i]]
	}
	return t
}

// about tells the intent of the call. It may wait for it; what is only explained is not
// sent anywhere, and known if it is remembered.
func (t *told) about(r *asked.Request) string {
	x := t.x
	if t.teller == nil {
		return ""
	}
	text := r.Text(maxIntentText)
	if x.scratch.ask.Explain {
		known, _ := t.teller.Recall(x.who.Workspace, text)
		return known
	}
	began := time.Now()
	defer func() { x.waited += time.Since(began) }()
	return t.teller.Tell(x.r.Context(), x.who.Workspace, text, x.embedder(t.teller.embedder, "intent").embed)
}

// IntentCounts tells how intents were told since the start.
func (p *Proxy) IntentCounts() *intent.Counts { return &p.intents }
