package proxy

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/policy"
)

// answerModels lists what this caller may use, in the dialect of its headers. The
// names are the ones to be used here: routes, then provider/model.
func (x *exchange) answerModels() error {
	if x.pathModel != "" || x.pathID != "" {
		return x.answerModel(bareModel(x.pathModel + x.pathID))
	}
	if p := x.ctl.provider; p != "" && x.view.Providers[p] == nil {
		return fault.Newf(fault.InvalidRequest, "There is no provider '%s'.", clip(p)).Field("sluice-provider")
	}
	var names []string
	if x.ctl.provider == "" {
		names = slices.DeleteFunc(x.view.RouteNames(), func(r string) bool { return !policy.Route(x.gw, x.who, r) })
	}
	for _, pn := range x.view.ProviderNames() {
		if x.ctl.provider != "" && x.ctl.provider != pn {
			continue
		}
		p := x.view.Providers[pn]
		for _, id := range x.view.Models(p) {
			if policy.Allowed(x.gw, x.who, "", pn, id) {
				names = append(names, pn+"/"+id)
			}
		}
	}
	if x.dialect.FormatModels == nil {
		return x.notSpokenHere()
	}
	return x.answerBytes(x.dialect.FormatModels(names))
}

func (x *exchange) answerModel(name string) error {
	if x.view.Routes[name] != nil && policy.Route(x.gw, x.who, name) {
		return x.formatModel(name)
	}
	found := x.view.Resolve(name)
	if len(found) == 0 || !policy.Allowed(x.gw, x.who, "", found[0].Provider.Name, found[0].Model) {
		return fault.Newf(fault.ModelNotFound, "There is no model '%s' here for this key.", clip(name)).Field("model")
	}
	return x.formatModel(found[0].Provider.Name + "/" + found[0].Model)
}

func (x *exchange) formatModel(name string) error {
	if x.dialect.FormatModel == nil {
		return x.notSpokenHere()
	}
	return x.answerBytes(x.dialect.FormatModel(name))
}

func (x *exchange) notSpokenHere() error {
	return fault.Newf(fault.UnsupportedOperation, "The dialect '%s' has no list of models.", x.dialect.Name)
}

// answerJSON sends an answer of the gateway's own.
func (x *exchange) answerJSON(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return x.answerBytes(body)
}

func (x *exchange) answerBytes(body []byte) error {
	w := x.headWriter(2)
	x.ownHead(&w)
	w.set("Content-Type", "application/json")
	w.set("Content-Length", itoa(int64(len(body))))
	x.writeHead(http.StatusOK)
	return x.write(body)
}

func orAll(patterns []string) []string {
	if len(patterns) == 0 {
		return []string{"*"}
	}
	return patterns
}
