package app

import (
	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/provider/all"
)

// kinds tells the admin API which vendors are known.
func kinds() []admin.Kind {
	var out []admin.Kind
	for _, s := range all.Specs() {
		k := kindOf(s)
		kind := admin.Kind{
			Name: s.Name, Title: s.Title, Page: s.Page, BaseURL: s.BaseURL, NeedsBaseURL: k.NeedsBaseURL, KeyFree: s.KeyFree, Ambient: s.Ambient,
			Env: list(s.Env), Fields: []string{}, Speaks: list(s.Speaks), Operations: list(s.Operations),
			Region: s.Region != nil, NeedsRegion: needed(s.Region), Project: s.Project != nil, NeedsProject: needed(s.Project),
		}
		for _, f := range s.Fields {
			kind.Fields = append(kind.Fields, f.Name)
		}
		out = append(out, kind)
	}
	return out
}

// list gives texts, an empty list for none.
func list[T ~string](of []T) []string {
	out := make([]string, len(of))
	for i, v := range of {
		out[i] = string(v)
	}
	return out
}

func needed(s *provider.Setting) bool { return s != nil && s.Needed && s.Default == "" }
