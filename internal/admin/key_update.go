package admin

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// KeyChange is what may change of a key: fields that are absent or null stay as they are.
type KeyChange struct {
	Name       *string            `json:"name,omitempty" doc:"What people call it."`
	Expires    *string            `json:"expires,omitempty" doc:"When it ends, as at its creation; empty = never."`
	OwnerKind  *gateway.OwnerKind `json:"owner_kind,omitempty" doc:"user, application, or empty."`
	Owner      *string            `json:"owner,omitempty" doc:"The name of the user or application it belongs to."`
	Tags       []string           `json:"tags,omitempty" doc:"All of them; an empty list takes them away, here and below."`
	Gateways   []string           `json:"gateways,omitempty" doc:"Gateways where it is valid, as globs."`
	Models     []string           `json:"models,omitempty" doc:"Models (provider/model) that it may use, as globs."`
	Operations []string           `json:"operations,omitempty" doc:"Operations that it may use."`
	Networks   []string           `json:"networks,omitempty" doc:"Networks (CIDR) from which it may be used."`
	Regions    []string           `json:"regions,omitempty" doc:"Regions where its calls may be served."`
	Limits     json.RawMessage    `json:"limits,omitempty" kind:"array" doc:"All limits of its own, written as in sluice.yaml."`
	Budgets    json.RawMessage    `json:"budgets,omitempty" kind:"array" doc:"All budgets of its own, written as in sluice.yaml."`
	MaxOutput  *int64             `json:"max_output,omitempty" doc:"Ceiling of output tokens of calls that name none; 0 = none."`
	Metadata   json.RawMessage    `json:"metadata,omitempty" kind:"object" doc:"Metadata of its calls where these bring none; {} = none."`
	Log        *KeyLogChange      `json:"log,omitempty" doc:"What is kept of its calls at most."`
	Subject    *string            `json:"subject,omitempty" doc:"Subject of its client certificate; empty = none. Only a system admin may change it."`
}

// KeyLogChange is what may change of what a key lets be kept: members that are absent stay.
type KeyLogChange struct {
	Bodies *string  `json:"bodies,omitempty" doc:"none, metadata or full; empty = what the gateway says."`
	Sample *float64 `json:"sample,omitempty" doc:"Share of its calls whose bodies are kept, 0 to 1; 1 = what the gateway says."`
}

func (a *api) updateKey(c *call, body *KeyChange) (gateway.Key, error) {
	return a.changeKey(c, func(k gateway.Key) error {
		if k.Revoked != nil {
			return conflict("", "this key is revoked, which is for good")
		}
		before := k.Subject
		if err := body.apply(&k, a.now()); err != nil {
			return err
		}
		if k.Subject != before && !c.who.admin {
			return foreignSubject()
		}
		return taken(a.Store.UpdateKey(c.ctx(), k), "subject", "another key has this subject")
	})
}

// apply changes a key and checks it.
func (n *KeyChange) apply(k *gateway.Key, now time.Time) (err error) {
	replace(&k.OwnerKind, n.OwnerKind)
	replace(&k.MaxOutput, n.MaxOutput)
	if n.Log != nil {
		replace(&k.Log.Bodies, n.Log.Bodies)
		if n.Log.Sample != nil {
			k.Log.Sample = n.Log.Sample
		}
	}
	n.texts(k)
	n.lists(k)
	if err := checkKey(k); err != nil {
		return err
	}
	if n.Networks != nil {
		if k.Networks, err = networks(n.Networks); err != nil {
			return err
		}
	}
	if n.Expires != nil {
		if k.Expires, err = expiry(*n.Expires, now); err != nil {
			return err
		}
	}
	if given(n.Metadata) {
		if k.Metadata, err = checkMetadata(n.Metadata); err != nil {
			return err
		}
		if string(k.Metadata) == "{}" {
			k.Metadata = nil
		}
	}
	k.Limits, err = keyRules(k.Limits, n.Limits, n.Budgets)
	return err
}

func (n *KeyChange) texts(k *gateway.Key) {
	if n.Name != nil {
		k.Name = strings.TrimSpace(*n.Name)
	}
	if n.Owner != nil {
		k.Owner = strings.TrimSpace(*n.Owner)
	}
	if n.Subject != nil {
		k.Subject = auth.Subject(*n.Subject)
	}
}

func (n *KeyChange) lists(k *gateway.Key) {
	for _, list := range []struct {
		is  *[]string
		new []string
	}{{&k.Tags, n.Tags}, {&k.Gateways, n.Gateways}, {&k.Models, n.Models}, {&k.Operations, n.Operations}, {&k.Regions, n.Regions}} {
		if list.new != nil {
			*list.is = list.new
		}
	}
}

func replace[T any](is, with *T) {
	if with != nil {
		*is = *with
	}
}

// given reports whether a member of a body is there and not null.
func given(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// maxGrace bounds how long the secret before a rotation stays valid.
const maxGrace = 90 * 24 * time.Hour

// Rotation says how a key gets a new secret.
type Rotation struct {
	GraceSeconds int64  `json:"grace_seconds,omitempty" doc:"How long the secret before stays valid too, at most 90 days; 0 = it ends at once."`
	Secret       string `json:"secret,omitempty" doc:"A secret to bring along; made here unless given."`
}

func (a *api) rotateKey(c *call, body *Rotation) (CreatedKey, error) {
	if body.GraceSeconds < 0 || body.GraceSeconds > int64(maxGrace/time.Second) {
		return CreatedKey{}, invalid("grace_seconds", "grace_seconds is a number from 0 to 7776000, which is 90 days")
	}
	var secret string
	k, err := a.changeKey(c, func(k gateway.Key) (err error) {
		if secret, err = a.newSecret(body.Secret); err != nil {
			return err
		}
		var until time.Time
		if body.GraceSeconds > 0 {
			until = a.now().Add(time.Duration(body.GraceSeconds) * time.Second)
		}
		err = a.Store.RotateKey(c.ctx(), k.ID, gateway.HashKey(secret), auth.Hint(secret), until)
		return taken(err, "secret", "a key with this secret exists already")
	})
	return CreatedKey{Key: k, Secret: secret}, err
}
