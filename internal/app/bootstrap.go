package app

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/sluice-gateway/sluice/internal/auth"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/whole"
)

// adminSetting is where the verifier of the admin token stands in the store.
const adminSetting = "admin_token_sha256"

// firstKeySetting marks that the first key was made, so that it is made once only.
const firstKeySetting = "first_key"

// bootstrap gives a fresh store its first key and admin token, and tells them once. It
// may be called again after an error.
func (p *process) bootstrap(ctx context.Context, cfg *config.Config) error {
	token, err := p.firstAdminToken(ctx, cfg.Bootstrap.AdminToken.Reveal())
	if err != nil {
		return fmt.Errorf("admin token: %w", err)
	}
	key, err := p.firstKey(ctx, cfg.Bootstrap.Key.Reveal())
	p.welcome(cfg, key, token)
	if err != nil {
		return fmt.Errorf("first key: %w", err)
	}
	return nil
}

// firstAdminToken stores the verifier of a fresh store's admin token and gives the
// token if it was made here.
func (p *process) firstAdminToken(ctx context.Context, given string) (made string, err error) {
	token := given
	if token == "" {
		token = auth.NewSecret(auth.AdminPrefix)
	}
	want := auth.NewAdminToken(token)
	stored, err := p.store.PutSettingOnce(ctx, adminSetting, want[:])
	if err != nil {
		return "", err
	}
	if len(stored) != sha256.Size {
		return "", errors.New("the stored verifier is damaged")
	}
	p.admin.set(auth.AdminToken(stored))
	p.saveAdminToken(stored)
	if given == "" && string(stored) == string(want[:]) {
		return token, nil
	}
	return "", nil
}

// firstKey makes a fresh store's first key. The store remembers the key's id before the
// key is there, so that of several processes one makes it, and one that died in between
// is made up for.
func (p *process) firstKey(ctx context.Context, given string) (made string, err error) {
	secret := given
	if secret == "" {
		secret = auth.NewSecret(auth.SecretPrefix)
	}
	fresh, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	id, err := p.store.PutSettingOnce(ctx, firstKeySetting, []byte("key_"+fresh.String()))
	if err != nil {
		return "", err
	}
	if _, err = p.store.Key(ctx, string(id)); !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	err = p.store.CreateKey(ctx, gateway.Key{ID: string(id), Workspace: gateway.DefaultWorkspace, Name: "first", Hint: auth.Hint(secret), Hash: gateway.HashKey(secret), Created: time.Now()})
	if errors.Is(err, store.ErrExists) {
		return "", nil
	}
	if err != nil || given != "" {
		return "", err
	}
	return secret, nil
}

// What a node keeps beside the data, to start with while the store is away.
const (
	keysCopy    = ".sluice-keys.json"
	adminCopy   = ".sluice-admin"
	regionsCopy = ".sluice-regions.json"
)

// sweepHalves removes what killed runs left of files that they were writing: keys and
// settings that are gone by now.
func (p *process) sweepHalves() {
	for _, name := range []string{keysCopy, adminCopy, credentialsCopy, documentCopy, regionsCopy, bodyKeysFile, limitsFile, promptsFile, nodeFile} {
		if err := whole.Sweep(p.knownPath(name)); err != nil {
			p.log.Warn("what is left of an unfinished file cannot be removed", "file", name, "error", err)
		}
	}
}

// knownKeys is the copy of keys with which a node starts while the store is away. It
// holds hashes, never secrets.
type knownKey struct {
	gateway.Key
	Hash []byte `json:"hash"`
}

func (p *process) knownPath(name string) string {
	return filepath.Join(p.opt.DataDir, name)
}

// saveKeys keeps a copy of all keys beside the data.
func (p *process) saveKeys(keys []*gateway.Key) {
	known := make([]knownKey, len(keys))
	for i, k := range keys {
		known[i] = knownKey{*k, k.Hash[:]}
	}
	b, err := json.Marshal(known)
	if err == nil {
		err = whole.Write(p.knownPath(keysCopy), whole.Private, whole.Text(b))
	}
	if err != nil {
		p.log.Warn("the copy of keys for a start without the store cannot be written", "error", err)
	}
}

// loadKeys reads that copy; a missing one means that no keys are known.
func (p *process) loadKeys() error {
	b, err := os.ReadFile(p.knownPath(keysCopy))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("copy of keys: %w", err)
	}
	var known []knownKey
	if err := json.Unmarshal(b, &known); err != nil {
		return fmt.Errorf("copy of keys: %w", err)
	}
	keys := make([]*gateway.Key, 0, len(known))
	for i := range known {
		if len(known[i].Hash) == sha256.Size {
			k := known[i].Key
			k.Hash = gateway.KeyHash(known[i].Hash)
			keys = append(keys, &k)
		}
	}
	p.keys.Swap(keys)
	return nil
}

func (p *process) saveAdminToken(verifier []byte) {
	if err := whole.Write(p.knownPath(adminCopy), whole.Private, whole.Text(verifier)); err != nil {
		p.log.Warn("the copy of the admin token's verifier cannot be written", "error", err)
	}
}

// loadAdminToken reads that copy; without one the admin API waits for the store.
func (p *process) loadAdminToken() error {
	b, err := os.ReadFile(p.knownPath(adminCopy))
	if err == nil && len(b) == sha256.Size {
		p.admin.set(auth.AdminToken(b))
	}
	return nil
}

// welcome tells what is known only once, and a command that works when pasted.
func (p *process) welcome(cfg *config.Config, key, token string) {
	w := p.opt.Stdout
	if key == "" && token == "" {
		return
	}
	base := baseURL(p.ears.data.Addr().String(), cfg.Server.TLS.Enabled())
	fmt.Fprintf(w, "\nSluice %s is ready. This is shown once:\n\n", p.opt.Version)
	if key != "" {
		fmt.Fprintf(w, "  gateway key   %s\n", key)
	}
	if token != "" {
		fmt.Fprintf(w, "  admin token   %s\n", token)
	}
	fmt.Fprintf(w, "\n  OpenAI SDK    base URL %s/v1\n  Anthropic SDK base URL %s\n  Gemini SDK    base URL %s\n  admin API     %s/api/v1/\n", base, base, base, baseURL(p.ears.admin.Addr().String(), cfg.Admin.TLS.Enabled()))
	if key != "" {
		fmt.Fprintf(w, "\nTry it (no account needed):\n\n  curl %s/v1/chat/completions -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{\"model\":\"sandbox/chat\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'\n\n", base, key)
	}
}
