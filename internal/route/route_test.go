package route_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sluice-gateway/sluice/internal/catalog"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/route"
)

type lists map[string][]string

func (l lists) Lists(p *provider.Provider, model string) bool {
	return slices.Contains(l[p.Name], model)
}
func (l lists) Models(p *provider.Provider) []string { return slices.Clone(l[p.Name]) }

var snapshot = catalog.New(catalog.Snapshot{
	Lister: lists{"alpha": {"solo", "shared", "org/deep"}, "beta": {"shared"}, "gamma": {"shared", "shared-mini"}},
	Providers: map[string]*provider.Provider{
		"alpha": {Name: "alpha"}, "beta": {Name: "beta"}, "gamma": {Name: "gamma", Models: map[string]provider.Model{"own": {}}},
	},
})

func gate(def, only map[string]string) *catalog.Gateway {
	return &catalog.Gateway{Name: "team", Default: def, Only: only}
}

func TestAPlanIsWhatTheNamesMean(t *testing.T) {
	beta := map[string]string{"chatty": "beta"}
	for name, c := range map[string]struct {
		ask       route.Ask
		def, only map[string]string
		want      string
	}{
		"provider/model":                   {route.Ask{Model: "alpha/solo"}, nil, nil, "alpha solo"},
		"provider/model, unlisted":         {route.Ask{Model: "beta/brand-new"}, nil, nil, "beta brand-new"},
		"slashes behind the provider":      {route.Ask{Model: "alpha/org/deep/er"}, nil, nil, "alpha org/deep/er"},
		"the provider's name twice":        {route.Ask{Model: "alpha/alpha/x"}, nil, nil, "alpha alpha/x"},
		"a bare id of one provider":        {route.Ask{Model: "solo"}, nil, nil, "alpha solo"},
		"a bare id with slashes":           {route.Ask{Model: "org/deep"}, nil, nil, "alpha org/deep"},
		"a bare id of the configuration":   {route.Ask{Model: "own"}, nil, nil, "gamma own"},
		"an ambiguous id with a default":   {route.Ask{Model: "shared", Family: "chatty"}, beta, nil, "beta shared"},
		"an exact name ignores default":    {route.Ask{Model: "alpha/shared", Family: "chatty"}, beta, nil, "alpha shared"},
		"a unique id ignores the default":  {route.Ask{Model: "solo", Family: "chatty"}, beta, nil, "alpha solo"},
		"pinned":                           {route.Ask{Model: "shared", Provider: "gamma", Family: "chatty"}, beta, nil, "gamma shared"},
		"pinned, unlisted":                 {route.Ask{Model: "brand-new", Provider: "beta"}, nil, nil, "beta brand-new"},
		"pinned, its own prefix goes":      {route.Ask{Model: "beta/shared", Provider: "beta"}, nil, nil, "beta shared"},
		"pinned, another's prefix is kept": {route.Ask{Model: "alpha/solo", Provider: "beta"}, nil, nil, "beta alpha/solo"},
		"no model, default":                {route.Ask{Family: "chatty"}, beta, map[string]string{"chatty": "gamma"}, "beta "},
		"no model, only":                   {route.Ask{Family: "chatty"}, nil, map[string]string{"chatty": "gamma"}, "gamma "},
		"no model, pinned":                 {route.Ask{Provider: "alpha", Family: "chatty"}, beta, nil, "alpha "},
	} {
		plan, err := route.Direct(snapshot, gate(c.def, c.only), c.ask)
		if err != nil || len(plan) != 1 || plan[0].Provider.Name+" "+plan[0].Model != c.want {
			t.Errorf("%s: %+v, %v", name, plan, err)
		}
	}
}

func TestWhatCannotBePlannedSaysWhyAndWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		ask  route.Ask
		def  map[string]string
		code fault.Code
		says []string
		not  string
	}{
		"ambiguous":                    {route.Ask{Model: "shared", Family: "chatty"}, nil, fault.InvalidRequest, []string{"alpha/shared", "beta/shared", "gamma/shared", "default_provider.chatty"}, ""},
		"ambiguous, default elsewhere": {route.Ask{Model: "shared", Family: "chatty"}, map[string]string{"other": "beta"}, fault.InvalidRequest, []string{"alpha/shared"}, ""},
		"ambiguous, default not in it": {route.Ask{Model: "shared", Family: "chatty"}, map[string]string{"chatty": "delta"}, fault.InvalidRequest, []string{"alpha/shared"}, ""},
		"unknown, near":                {route.Ask{Model: "shared-mni"}, nil, fault.ModelNotFound, []string{"'shared-mni'", "gamma/shared-mini"}, ""},
		"unknown, far":                 {route.Ask{Model: "nothing-of-the-kind"}, nil, fault.ModelNotFound, []string{"provider/model"}, "Did you mean"},
		"unknown provider's model":     {route.Ask{Model: "alfa/solo"}, nil, fault.ModelNotFound, []string{"alpha/solo"}, ""},
		"provider without a model":     {route.Ask{Model: "alpha/"}, nil, fault.ModelNotFound, []string{"'alpha/'"}, ""},
		"pinned to nobody":             {route.Ask{Model: "solo", Provider: "delta"}, nil, fault.InvalidRequest, []string{"'delta'", "alpha, beta, gamma"}, ""},
		"no model, none":               {route.Ask{Family: "chatty"}, nil, fault.InvalidRequest, []string{"sluice-provider", "default_provider.chatty", "'team'"}, ""},
		"no model, default of nobody":  {route.Ask{Family: "chatty"}, map[string]string{"chatty": "delta"}, fault.InvalidRequest, []string{"'delta'"}, ""},
	} {
		plan, err := route.Direct(snapshot, gate(c.def, nil), c.ask)
		var f *fault.Fault
		if plan != nil || !errors.As(err, &f) || f.Code != c.code {
			t.Errorf("%s: %+v, %v", name, plan, err)
			continue
		}
		for _, want := range c.says {
			if !strings.Contains(f.Message, want) {
				t.Errorf("%s: %q does not say %q", name, f.Message, want)
			}
		}
		if c.not != "" && strings.Contains(f.Message, c.not) {
			t.Errorf("%s: %q says %q", name, f.Message, c.not)
		}
		if wantParam := map[bool]string{true: "sluice-provider", false: "model"}[strings.Contains(f.Message, "no provider")]; c.ask.Model != "" && f.Param != wantParam {
			t.Errorf("%s: the field at fault is %q", name, f.Param)
		}
	}
}

func TestAHostileNameIsClippedAndValidInTheError(t *testing.T) {
	for _, name := range []string{strings.Repeat("x", 1<<20), strings.Repeat("é", 70), strings.Repeat("\xff", 300), "bad\xfe\xffname", "a" + strings.Repeat("😀", 40)} {
		for _, ask := range []route.Ask{{Model: name}, {Model: "solo", Provider: name}} {
			_, err := route.Direct(snapshot, gate(nil, nil), ask)
			var f *fault.Fault
			if !errors.As(err, &f) || !utf8.ValidString(f.Message) || len(f.Message) > 500 {
				t.Errorf("%.20q: %.200q", name, err)
			}
		}
	}
}
