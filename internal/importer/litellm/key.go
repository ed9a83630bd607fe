package litellm

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Keys are gateway keys made of LiteLLM's, and what is to be known of them.
type Keys struct {
	Keys  []gateway.Key
	Notes Notes
}

// keyMaker turns rows into keys.
type keyMaker struct {
	names  names // nil = no config.yaml was given
	master *gateway.KeyHash
	now    time.Time
	out    Keys
}

// dashboard is the team of LiteLLM's own sessions of people.
const dashboard = "litellm-dashboard"

// Keys makes keys of rows, all in one workspace. conf says what names of models have
// become; nil = it is not known. The error is a Problems.
func (rs *Rows) Keys(conf *Config, workspace string, now time.Time) (*Keys, error) {
	m := &keyMaker{now: now.UTC().Truncate(time.Microsecond)}
	if conf != nil {
		m.names, m.master = conf.names, conf.master
	}
	seen := map[gateway.KeyHash]int{}
	for _, r := range rs.rows {
		k, ok := m.key(r)
		if !ok {
			continue
		}
		if other, twice := seen[k.Hash]; twice {
			r.bad("token", fmt.Sprintf("is that of line %d too", other))
			continue
		}
		seen[k.Hash], k.Workspace = r.line, workspace
		m.out.Keys = append(m.out.Keys, k)
	}
	if err := rs.found.err(); err != nil {
		return nil, err
	}
	return &m.out, nil
}

// key makes one key; ok is false for rows that are none, which is told.
func (m *keyMaker) key(r *row) (k gateway.Key, ok bool) {
	hash, good := verifier(r.text("token"))
	if !good {
		r.bad("token", "is no SHA-256 of a key: expected 64 hexadecimal digits")
		return k, false
	}
	k = gateway.Key{Hash: hash, Hint: hint(r.text("key_name")), Created: m.now, Expires: r.when("expires")}
	switch {
	case r.text("team_id") == dashboard:
		m.skip(r, "is a person's session of the dashboard, not a key")
		return k, false
	case m.master != nil && *m.master == hash:
		m.skip(r, "is the master key, which is never imported")
		return k, false
	case k.Expires != nil && !m.now.Before(*k.Expires):
		m.skip(r, "has expired")
		return k, false
	}
	id, err := uuid.NewV7()
	if err != nil {
		r.bad("token", err.Error())
		return k, false
	}
	k.ID = "key_" + id.String()
	k.Name = name(cmp.Or(r.text("key_alias"), r.text("key_name")), hash)
	m.owner(&k, r)
	m.state(&k, r)
	m.models(&k, r)
	m.operations(&k, r)
	m.limits(&k, r)
	m.told(r)
	return k, true
}

// verifier reads LiteLLM's hash of a key, the SHA-256 in hexadecimal digits.
func verifier(text string) (h gateway.KeyHash, ok bool) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(h) {
		return h, false
	}
	return gateway.KeyHash(b), true
}

// hint gives what LiteLLM shows of a key: sk-...AbCd. Anything longer might be the key.
func hint(text string) string {
	if len(text) > 12 || text == "" {
		return "sk-…"
	}
	return text
}

const maxName = 200

func name(text string, hash gateway.KeyHash) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.TrimSpace(text))
	for len(text) > maxName {
		text = text[:strings.LastIndexFunc(text, func(rune) bool { return true })]
	}
	return cmp.Or(text, "litellm-"+hex.EncodeToString(hash[:4]))
}

func (m *keyMaker) skip(r *row, why string) {
	m.out.Notes = append(m.out.Notes, Note{Lost, r.line, m.who(r), why})
}

func (m *keyMaker) note(g Group, r *row, column, text string) {
	m.out.Notes = append(m.out.Notes, Note{g, r.line, m.who(r) + ": " + column, text})
}

// who names a key for people; never its verifier.
func (m *keyMaker) who(r *row) string {
	return "key " + fmt.Sprintf("%q", cmp.Or(r.text("key_alias"), hint(r.text("key_name"))))
}

// owner carries who a key belongs to: the user, and the team as metadata.team and as a
// tag, which callers cannot change.
func (m *keyMaker) owner(k *gateway.Key, r *row) {
	team := r.within("team")
	meta := map[string]any{}
	if id := r.text("team_id"); id != "" {
		alias := cmp.Or(team.text("team_alias"), r.text("team_alias"), id)
		meta["team"] = alias
		k.Tags = append(k.Tags, "team:"+alias)
	}
	if user := r.text("user_id"); user != "" {
		k.OwnerKind, k.Owner = gateway.OwnedByUser, name(user, k.Hash)
	}
	if org := r.text("organization_id"); org != "" {
		k.Tags = append(k.Tags, "organization:"+org)
	}
	for key, value := range r.object("metadata") {
		m.metadata(k, r, meta, key, value)
	}
	if len(meta) > 0 {
		k.Metadata, _ = json.Marshal(meta) // texts, numbers and truths always encode
	}
	slices.Sort(k.Tags)
	k.Tags = slices.Compact(k.Tags)
}

// metadata carries what is plain; the rest of LiteLLM's own settings there may hold
// secrets and is left out.
func (m *keyMaker) metadata(k *gateway.Key, r *row, meta map[string]any, key string, value any) {
	switch v := value.(type) {
	case nil:
		return
	case []any:
		if key == "tags" {
			for _, tag := range v {
				if s, ok := tag.(string); ok && s != "" {
					k.Tags = append(k.Tags, s)
				}
			}
			return
		}
	case string, json.Number, bool:
		if _, taken := meta[key]; !taken && !secretHeader(strings.ToLower(key)) && fits(v) {
			meta[key] = v
			return
		}
	}
	if key != "model_rpm_limit" && key != "model_tpm_limit" {
		m.note(Lost, r, "metadata."+key, "is no plain value, or may be a secret, and is left out")
	}
}

func fits(v any) bool {
	s, ok := v.(string)
	return !ok || len(s) <= 256
}

// state carries whether a key may be used now.
func (m *keyMaker) state(k *gateway.Key, r *row) {
	switch {
	case r.yes("blocked"):
		m.disable(k, r, "blocked", "is blocked there and disabled here")
	case r.within("team").yes("blocked"):
		m.disable(k, r, "team", "is blocked there; the key is disabled here")
	}
	before := r.within("before")
	if old, ok := verifier(before.text("token")); ok {
		if until := before.when("revoke_at"); until != nil && until.After(m.now) {
			k.OldHash, k.OldUntil = old, until
		}
	}
}

func (m *keyMaker) disable(k *gateway.Key, r *row, column, why string) {
	k.Disabled = &m.now
	m.note(Changed, r, column, why)
}
