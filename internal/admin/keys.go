package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/store"
)

var keyFilters = []Param{
	{"workspace", "Workspace of the key."},
	{"name", "Exact name."},
	{"revoked", "true: revoked ones only; false: valid and expired ones only."},
}

// KeyPage is one page of a list of keys.
type KeyPage struct {
	Data []gateway.Key `json:"data"`
	Next string        `json:"next"`
}

func (a *api) listKeys(c *call) (KeyPage, error) {
	limit, cursor, err := c.page()
	if err != nil {
		return KeyPage{}, err
	}
	q := store.KeyQuery{Workspace: c.query.Get("workspace"), Name: c.query.Get("name"), Limit: limit, Cursor: cursor}
	if text := c.query.Get("revoked"); text != "" {
		revoked, err := strconv.ParseBool(text)
		if err != nil {
			return KeyPage{}, invalid("revoked", "revoked is true or false")
		}
		q.Revoked = &revoked
	}
	page, err := a.Store.Keys(c.ctx(), q)
	for i := range page.Keys {
		page.Keys[i] = shown(page.Keys[i])
	}
	return KeyPage{Data: notNil(page.Keys), Next: page.Next}, err
}

// shown gives a key whose lists are never null.
func shown(k gateway.Key) gateway.Key {
	k.Gateways, k.Models, k.Operations = notNil(k.Gateways), notNil(k.Models), notNil(k.Operations)
	if len(k.Metadata) == 0 {
		k.Metadata = json.RawMessage("{}")
	}
	return k
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// NewKey is what a key is created from.
type NewKey struct {
	Name       string          `json:"name" required:"true" doc:"What people call it."`
	Workspace  string          `json:"workspace" doc:"Its workspace; default unless given."`
	Expires    string          `json:"expires" doc:"When it ends: a time (RFC 3339), or from now on: 30d, 12h. Never unless given."`
	Gateways   []string        `json:"gateways" doc:"Gateways where it is valid, as globs; all unless given."`
	Models     []string        `json:"models" doc:"Models (provider/model) that it may use, as globs; all unless given."`
	Operations []string        `json:"operations" doc:"Operations that it may use; all unless given."`
	Metadata   json.RawMessage `json:"metadata" kind:"object" doc:"Metadata of its calls where these bring none."`
	Secret     string          `json:"secret" doc:"A secret to bring along, of 16 characters or more; made here unless given."`
}

// CreatedKey is a new key with its secret.
type CreatedKey struct {
	gateway.Key
	Secret string `json:"secret" doc:"Shown this once."`
}

func (a *api) createKey(c *call, body *NewKey) (CreatedKey, error) {
	now := a.Clock().UTC().Truncate(time.Microsecond)
	k, err := body.key(now)
	if err != nil {
		return CreatedKey{}, err
	}
	secret := body.Secret
	switch {
	case secret == "":
		secret = auth.NewSecret(auth.SecretPrefix)
	case a.Verify(secret):
		return CreatedKey{}, invalid("secret", "this is the admin token, which cannot be a key too")
	}
	k.Hint, k.Hash = auth.Hint(secret), gateway.HashKey(secret)
	switch err := a.Store.CreateKey(c.ctx(), k); {
	case errors.Is(err, store.ErrNotFound):
		return CreatedKey{}, invalid("workspace", "there is no workspace "+strconv.Quote(k.Workspace)+"; create it first")
	case errors.Is(err, store.ErrExists):
		e := explain(err)
		e.Message, e.Details.Field = "a key with this secret exists already", "secret"
		return CreatedKey{}, e
	case err != nil:
		return CreatedKey{}, err
	}
	a.refreshKeys(c.ctx())
	return CreatedKey{Key: shown(k), Secret: secret}, nil
}

// refreshKeys makes a stored change effective here at once. When that fails, this node
// learns of it as all others do, within a second.
func (a *api) refreshKeys(ctx context.Context) {
	if a.RefreshKeys == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := a.RefreshKeys(ctx); err != nil {
		a.Log.Warn("a change of keys is stored but not effective yet", "error", err)
	}
}

const (
	maxName     = 200
	maxPatterns = 100
	maxPattern  = 256
	maxMetadata = 4 << 10
	maxSecret   = 512
)

// key checks the request and gives the key without its secret.
func (n *NewKey) key(now time.Time) (gateway.Key, error) {
	k := gateway.Key{Name: strings.TrimSpace(n.Name), Workspace: n.Workspace, Created: now, Gateways: n.Gateways, Models: n.Models, Operations: n.Operations}
	if k.Workspace == "" {
		k.Workspace = gateway.DefaultWorkspace
	}
	if err := checkText("name", k.Name, maxName); err != nil {
		return k, err
	}
	if err := errors.Join(checkPatterns("gateways", n.Gateways), checkPatterns("models", n.Models), checkOperations(n.Operations)); err != nil {
		return k, err
	}
	var err error
	if k.Expires, err = n.expires(now); err != nil {
		return k, err
	}
	if k.Metadata, err = n.metadata(); err != nil {
		return k, err
	}
	if err := checkSecret(n.Secret); err != nil {
		return k, err
	}
	id, err := uuid.NewV7()
	k.ID = "key_" + id.String()
	return k, err
}

func checkText(field, s string, most int) error {
	switch {
	case s == "":
		return invalid(field, field+" is needed")
	case len(s) > most:
		return invalid(field, field+" is longer than "+strconv.Itoa(most)+" bytes")
	case !utf8.ValidString(s) || strings.ContainsFunc(s, isControl):
		return invalid(field, field+" holds characters that cannot be shown")
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }

func checkPatterns(field string, patterns []string) error {
	if len(patterns) > maxPatterns {
		return invalid(field, field+" has more than "+strconv.Itoa(maxPatterns)+" patterns")
	}
	for _, p := range patterns {
		if err := checkText(field, p, maxPattern); err != nil {
			return err
		}
	}
	return nil
}

// operations that a key may be limited to.
func operations() []string {
	var names []string
	for _, o := range []llm.Operation{llm.OpChat, llm.OpCompletions, llm.OpEmbeddings, llm.OpModerations, llm.OpImages, llm.OpSpeech, llm.OpTranscription,
		llm.OpVideos, llm.OpRerank, llm.OpFiles, llm.OpBatches, llm.OpCountTokens, llm.OpModels, llm.OpResponses, llm.OpCached, llm.OpRealtime, llm.OpPassthrough} {
		names = append(names, string(o))
	}
	return names
}

func checkOperations(names []string) error {
	known := operations()
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		e := invalid("operations", "there is no operation "+strconv.Quote(name)+"; there are "+strings.Join(known, ", "))
		if near := nearest(name, known); near != "" {
			e.Message, e.Details.Suggestion = "there is no operation "+strconv.Quote(name)+"; did you mean "+strconv.Quote(near)+"?", near
		}
		return e
	}
	if len(names) > len(known) {
		return invalid("operations", "operations names some twice")
	}
	return nil
}

// expires reads a time, or a duration from now on.
func (n *NewKey) expires(now time.Time) (*time.Time, error) {
	if n.Expires == "" {
		return nil, nil
	}
	at, err := time.Parse(time.RFC3339, n.Expires)
	if err != nil {
		d, err := config.ParseDuration(n.Expires)
		if err != nil {
			return nil, invalid("expires", "expires is a time such as 2030-01-31T12:00:00Z or a duration such as 30d")
		}
		at = now.Add(d)
	}
	at = at.UTC().Truncate(time.Microsecond)
	switch {
	case !at.After(now):
		return nil, invalid("expires", "expires lies in the past")
	case at.Year() > 9999:
		return nil, invalid("expires", "expires is too far away; leave it out for a key that never expires")
	}
	return &at, nil
}

func (n *NewKey) metadata() (json.RawMessage, error) {
	raw := bytes.TrimSpace(n.Metadata)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var compact bytes.Buffer
	if raw[0] != '{' || json.Compact(&compact, raw) != nil {
		return nil, invalid("metadata", "metadata must be a JSON object")
	}
	if compact.Len() > maxMetadata {
		return nil, invalid("metadata", "metadata is larger than 4 KiB")
	}
	return compact.Bytes(), nil
}

// checkSecret accepts what can stand in a header as it is.
func checkSecret(s string) error {
	switch {
	case s == "":
		return nil
	case len(s) < auth.MinSecret:
		return invalid("secret", auth.ErrShortSecret.Error())
	case len(s) > maxSecret:
		return invalid("secret", "secret is longer than "+strconv.Itoa(maxSecret)+" characters")
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return invalid("secret", "secret may hold only visible ASCII characters, no spaces")
	}
	return nil
}

func (a *api) getKey(c *call) (gateway.Key, error) {
	k, err := a.Store.Key(c.ctx(), c.path["id"])
	return shown(k), named(err, "key", c.path["id"])
}

func (a *api) revokeKey(c *call) (gateway.Key, error) {
	id := c.path["id"]
	if err := a.Store.RevokeKey(c.ctx(), id, a.Clock().UTC()); err != nil {
		return gateway.Key{}, named(err, "key", id)
	}
	a.refreshKeys(c.ctx())
	return a.getKey(c)
}
