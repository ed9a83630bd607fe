package admin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/provider"
)

// Try says what to try at a provider.
type Try struct {
	Provider, Model, Credential, Workspace string // all but the first may be empty
}

// NewTrial says what to try at a provider.
type NewTrial struct {
	Model      string `json:"model" doc:"Asked for one token; unless given, the list of models is read, or the first known model asked where there is no list."`
	Credential string `json:"credential" doc:"Its name; the first one unless given."`
	Workspace  string `json:"workspace" doc:"Whose credential it is; empty = one that all share."`
}

// Trial is what one small call at a provider found.
type Trial struct {
	OK         bool     `json:"ok"`
	Asked      string   `json:"asked" doc:"The model that was asked; empty = the list of models."`
	Credential string   `json:"credential" doc:"Empty = none."`
	Status     *int     `json:"status" doc:"The vendor's answer; null = there was none."`
	LatencyMS  int64    `json:"latency_ms"`
	Models     []string `json:"models" doc:"What its list names."`
	Problem    string   `json:"problem" enum:",credential,base_url,dns,tls,clock,connect,timeout,rate_limited,model,vendor,request" doc:"Where to look; empty = nowhere."`
	Message    string   `json:"message" doc:"What is wrong, for people."`
	Mend       string   `json:"mend" doc:"What to do about it, for people."`
	Said       string   `json:"said" doc:"How the vendor's error answer begins."`
	ClockS     int64    `json:"clock_s" doc:"By how many seconds the vendor's clock is ahead; 0 = a few at most, or unknown."`
}

// trialTime bounds one trial.
const trialTime = 20 * time.Second

// testProvider makes one small call at a provider.
func (a *api) testProvider(c *call, body *NewTrial) (Trial, error) {
	s, err := a.snapshot()
	if err != nil {
		return Trial{}, err
	}
	p := s.Providers[c.path["name"]]
	if p == nil {
		return Trial{}, notFound("there is no provider " + asStored(c.path["name"]))
	}
	if a.Try == nil {
		return Trial{}, notServing()
	}
	ctx, cancel := context.WithTimeout(c.ctx(), trialTime)
	defer cancel()
	t, err := a.Try(ctx, Try{Provider: p.Name, Model: strings.TrimPrefix(body.Model, "models/"), Credential: body.Credential, Workspace: body.Workspace})
	if err != nil {
		return t, err
	}
	t.Models, t.Mend = notNil(t.Models), Mend(&t, p)
	return t, nil
}

// Mend says what to do about what a trial found.
func Mend(t *Trial, p *provider.Provider) string {
	url, key := plainURL(p.BaseURL), "providers."+p.Name
	switch t.Problem {
	case "credential":
		if t.Status == nil {
			return "Add a credential for " + p.Name + "."
		}
		return "Compare the key with the one at the vendor: it may be misspelt, revoked, or of another account, project or region. Then replace it. If the vendor's own tools take it, see whether " + url + " is the vendor's address."
	case "base_url":
		text := "What answers at " + url + " is not the API that " + p.Spec.Title + " has. See " + key + ".base_url"
		if p.Spec.Shape == provider.OpenAIShape {
			return text + ": it is what OpenAI's SDK would be given, which usually ends in /v1."
		}
		return text + ": it is the host alone, without /v1."
	case "dns":
		return "See whether the host in " + key + ".base_url is spelt right (" + url + "), and whether this machine can look names up."
	case "tls":
		return "See whether " + url + " has the right scheme and port. Behind a company's own authority set " + key + ".ca_file; a certificate that is not valid yet points to this machine's clock."
	case "clock":
		return fmt.Sprintf("Set this machine's clock: it is %s the vendor's, and what is signed is refused. Let NTP keep it.", slip(t.ClockS))
	case "connect":
		return "See whether the server runs, whether host and port in " + url + " are right, and whether a firewall or a missing proxy (" + key + ".proxy) is in the way."
	case "timeout":
		return "The vendor may be slow, or something in between swallows what is sent: a firewall, or a proxy that is not configured (" + key + ".proxy)."
	case "rate_limited":
		return "The key is good. The vendor says that there were too many calls, or that the account has no credit left: see its billing page."
	case "model":
		return "See the vendor's list for how the model is spelt, and whether the account may use it."
	case "vendor":
		return "The vendor fails by itself. Try again in a minute, and see its status page."
	case "request":
		return "The vendor answered, and did not take this call: its words say why. Another model may do."
	}
	return ""
}

func slip(s int64) string {
	d := time.Duration(s) * time.Second
	if d < 0 {
		return (-d).String() + " ahead of"
	}
	return d.String() + " behind"
}
