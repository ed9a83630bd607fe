package analytics

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Dimension is what calls are told apart by.
type Dimension string

// The dimensions. MetadataPrefix and a name is one for each chosen key of metadata.
const (
	ByWorkspace Dimension = "workspace"
	ByGateway   Dimension = "gateway"
	ByProvider  Dimension = "provider"
	ByModel     Dimension = "model"
	ByKey       Dimension = "key"
	ByRoute     Dimension = "route"
	ByOperation Dimension = "operation"
	ByStatus    Dimension = "status"
	ByError     Dimension = "error_code"
	ByCache     Dimension = "cache"
	ByLimit     Dimension = "limit" // that refused the call

	// ByTarget is provider and model in one, as PROVIDER/MODEL: the name of a provider has no
	// slash. Rows tell by it what is asked for by either; nobody asks for it by name.
	ByTarget Dimension = "target"

	MetadataPrefix = "metadata."
)

// Kind is what rows are told apart by beside time, workspace and gateway: one dimension
// or two. The zero value has none.
type Kind struct{ First, Second Dimension }

// String names the kind as rows do.
func (k Kind) String() string { return string(k.First) }

// has reports whether rows of the kind tell a dimension.
func (k Kind) has(d Dimension) bool {
	return d == ByWorkspace || d == ByGateway || d != "" && (d == k.First || d == k.Second) || k.Splits(d)
}

// Splits reports whether the kind tells a dimension as a part of ByTarget.
func (k Kind) Splits(d Dimension) bool {
	return k.Second == ByTarget && d != k.First && (d == ByProvider || d == ByModel)
}

// TargetPart gives the provider or the model of a value of ByTarget. "" has neither.
func TargetPart(target string, d Dimension) string {
	provider, model, _ := strings.Cut(target, "/")
	if d == ByProvider {
		return provider
	}
	return model
}

// Place gives which of a row's values is that of a dimension.
func (k Kind) Place(d Dimension) int {
	if d == k.First {
		return 0
	}
	return 1
}

// Kinds are the kinds of rows that are kept, those with the fewest rows first. No two have
// the same first dimension.
type Kinds []Kind

// KindsWith gives the kinds for chosen keys of metadata.
func KindsWith(metadata ...string) Kinds {
	all := Kinds{
		{}, {ByModel, ByProvider}, {ByOperation, ByTarget}, {ByCache, ByTarget}, {ByStatus, ByError}, {ByRoute, ByTarget}, {ByLimit, ByKey}, {ByKey, ByTarget},
	}
	for _, name := range metadata {
		all = append(all, Kind{Dimension(MetadataPrefix + name), ByTarget})
	}
	return all
}

// Dimensions lists what can be asked for.
func (k Kinds) Dimensions() []Dimension {
	all := []Dimension{ByWorkspace, ByGateway, ByProvider}
	for _, kind := range k {
		if kind.First != "" {
			all = append(all, kind.First)
		}
		if kind.First == ByStatus {
			all = append(all, ByError)
		}
	}
	return all
}

// For gives the kind whose rows tell all of these dimensions apart, if one does.
func (k Kinds) For(all ...Dimension) (Kind, bool) {
	i := slices.IndexFunc(k, func(kind Kind) bool {
		return (kind.First != ByLimit || slices.Contains(all, ByLimit)) &&
			!slices.ContainsFunc(all, func(d Dimension) bool { return !kind.has(d) })
	})
	if i < 0 {
		return Kind{}, false
	}
	return k[i], true
}

// ValuesOf gives the values of a dimension that a call has: "" where it has none. Only
// limits may be several, or none at all.
func ValuesOf(e *gateway.Entry, d Dimension) []string {
	if d == ByLimit {
		if outcome(e) != Blocked {
			return nil
		}
		return slices.Compact(slices.Sorted(slices.Values(e.Limits)))
	}
	return []string{valueOfEntry(e, d)}
}

func valueOfEntry(e *gateway.Entry, d Dimension) string {
	switch d {
	case ByWorkspace:
		return e.Workspace
	case ByGateway:
		return e.Gateway
	case ByProvider:
		return e.Provider
	case ByModel:
		return e.Model
	case ByTarget:
		if e.Provider == "" && e.Model == "" {
			return ""
		}
		return e.Provider + "/" + e.Model
	case ByKey:
		return e.KeyID
	case ByRoute:
		return e.Route
	case ByOperation:
		return e.Operation
	case ByStatus:
		return strconv.Itoa(e.Status)
	case ByError:
		return e.ErrorCode
	case ByCache:
		return e.Cache
	}
	if name, ok := strings.CutPrefix(string(d), MetadataPrefix); ok {
		return metadataOf(e.Metadata, name)
	}
	return ""
}

// metadataOf gives one value of metadata: a text as it is, another value as JSON, "" when
// there is none.
func metadataOf(metadata json.RawMessage, name string) string {
	if !bytes.Contains(metadata, []byte(name)) && bytes.IndexByte(metadata, '\\') < 0 { // keys may be written with escapes
		return ""
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(metadata, &m) != nil || m[name] == nil || string(m[name]) == "null" {
		return "" // metadata that is no JSON is kept as text and has no values
	}
	var text string
	if json.Unmarshal(m[name], &text) == nil {
		return text
	}
	return string(m[name])
}
