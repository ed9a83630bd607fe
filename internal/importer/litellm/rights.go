package litellm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// models carries which models a key may use, as patterns of provider/model. A name that
// means nothing here allows nothing.
func (m *keyMaker) models(k *gateway.Key, r *row) {
	team := r.within("team")
	wanted, known := r.texts("models"), len(team.values) > 0
	if len(wanted) == 0 || slices.Contains(wanted, "all-team-models") {
		own := team.texts("models")
		switch {
		case r.text("team_id") == "" && len(wanted) == 0, known && len(own) == 0:
			return
		case known:
			wanted = own
		case len(wanted) == 0:
			m.note(Changed, r, "models", "is bound to its team's models, which are not in this export; it may use every model. Import from the database to keep the bound")
			return
		}
	}
	if slices.Contains(wanted, "all-proxy-models") || slices.Contains(wanted, "*") {
		return
	}
	for _, name := range wanted {
		for _, p := range m.patterns(r, name) {
			if !slices.Contains(k.Models, p) {
				k.Models = append(k.Models, p)
			}
		}
	}
}

// patterns gives what a name of LiteLLM's has become.
func (m *keyMaker) patterns(r *row, name string) []string {
	if to := m.names[name]; len(to) > 0 {
		return to
	}
	if name == "all-team-models" || name == "no-default-models" {
		m.note(Changed, r, "models", fmt.Sprintf("%q allows nothing here", name))
		return []string{name}
	}
	pattern := name
	if !strings.Contains(name, "/") {
		pattern = "*/" + name
	}
	if prefix, rest, ok := strings.Cut(name, "/"); ok {
		if spec, known := kindOf(prefix); known {
			pattern = spec.Name + "/" + rest
		}
	}
	m.note(Changed, r, "models", fmt.Sprintf("%q is no model_name of the configuration that was read; it became the pattern %q", name, pattern))
	return []string{pattern}
}

// routes are LiteLLM's paths and the operations that they are.
func routes() map[string][]string {
	return map[string][]string{
		"/chat/completions": {"chat"}, "/v1/chat/completions": {"chat"}, "/v1/messages": {"chat", "count_tokens"}, "/anthropic/v1/messages": {"chat", "count_tokens"}, "/responses": {"chat", "responses"}, "/v1/responses": {"chat", "responses"},
		"/completions": {"completions"}, "/v1/completions": {"completions"}, "/embeddings": {"embeddings"}, "/v1/embeddings": {"embeddings"},
		"/moderations": {"moderations"}, "/v1/moderations": {"moderations"}, "/images/generations": {"images"}, "/v1/images/generations": {"images"},
		"/audio/speech": {"speech"}, "/v1/audio/speech": {"speech"}, "/audio/transcriptions": {"transcription"}, "/v1/audio/transcriptions": {"transcription"},
		"/rerank": {"rerank"}, "/v1/rerank": {"rerank"}, "/v2/rerank": {"rerank"}, "/models": {"models"}, "/v1/models": {"models"},
		"/files": {"files"}, "/v1/files": {"files"}, "/batches": {"batches"}, "/v1/batches": {"batches"},
	}
}

// operations carries which paths a key may use.
func (m *keyMaker) operations(k *gateway.Key, r *row) {
	paths := r.texts("allowed_routes")
	if len(paths) == 0 || slices.Contains(paths, "llm_api_routes") {
		return
	}
	for _, p := range paths {
		ops, known := routes()[p]
		if !known {
			m.note(Lost, r, "allowed_routes", fmt.Sprintf("%q is no operation of models; the key may not use it", p))
		}
		for _, op := range ops {
			if !slices.Contains(k.Operations, op) {
				k.Operations = append(k.Operations, op)
			}
		}
	}
	if len(k.Operations) == 0 {
		m.disable(k, r, "allowed_routes", "allows nothing that calls models; the key is disabled, since an empty list would allow everything")
	}
}

// perKey says how a key is routed on its own.
const perKey = "write a step of the route with when: key.name == …"

// told are columns that have no counterpart.
func (m *keyMaker) told(r *row) {
	for _, c := range []struct{ column, why string }{
		{"aliases", "names of models are the same for all keys; write a route"}, {"router_settings", perKey}, {"config", perKey},
		{"permissions", "has no counterpart"},
	} {
		if len(r.object(c.column)) > 0 {
			m.note(Lost, r, c.column, c.why)
		}
	}
	for _, column := range []string{"allowed_cache_controls", "policies", "access_group_ids"} {
		if len(r.texts(column)) > 0 {
			m.note(Lost, r, column, "has no counterpart")
		}
	}
	if r.yes("auto_rotate") {
		m.note(Lost, r, "auto_rotate", "keys are rotated by people here")
	}
	m.team(r)
}

// team tells limits that a whole team shares.
func (m *keyMaker) team(r *row) {
	team := r.within("team")
	for _, column := range []string{"max_budget", "tpm_limit", "rpm_limit", "max_parallel_requests"} {
		if n, ok := team.number(column); ok {
			name := cmp.Or(team.text("team_alias"), r.text("team_id"))
			text := fmt.Sprintf("the team %q has %s %s together; write a limit or budget of the gateway with when: '\"team:%s\" in key.tags'", name, column, decimal(n), name)
			if !slices.ContainsFunc(m.out.Notes, func(n Note) bool { return n.Text == text }) {
				m.note(Lost, r, "team", text)
			}
		}
	}
}
