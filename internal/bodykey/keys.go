package bodykey

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Store keeps keys, sealed as they are.
type Store interface {
	// BodyKeys gives every key, the destroyed ones too.
	BodyKeys(ctx context.Context) ([]gateway.BodyKey, error)
	// AddBodyKey stores a key as the newest of its workspace; one that is there stays.
	AddBodyKey(ctx context.Context, k gateway.BodyKey) error
}

// Vault seals the keys themselves.
type Vault interface {
	SealKey(ctx context.Context, id string, key []byte) ([]byte, error)
	OpenKey(ctx context.Context, id string, sealed []byte) ([]byte, error)
}

// Config is what Keys work with.
type Config struct {
	Store Store
	Vault Vault
	File  string           // where keys wait for a store that is away; "" = nowhere
	Clock func() time.Time // nil = time.Now
	Log   *slog.Logger     // nil = slog.Default
}

// A key seals no more than this, and for no longer; then the workspace gets a new one. One
// key with random nonces is good for 2^32 sealings of all nodes together
// (https://nvlpubs.nist.gov/nistpubs/Legacy/SP/nistspecialpublication800-38d.pdf, 8.3).
const (
	maxCalls = 1 << 26 // each of which seals a few times
	maxAge   = 90 * 24 * time.Hour
)

// Keys are the keys of a store as one process knows them. Any number of goroutines may use
// them. Seal and Key wait for neither store nor vault.
type Keys struct {
	c    Config
	wake chan struct{}

	current sync.Map // workspace → *key that seals
	known   sync.Map // gateway.BodyKeyID → *key

	mu      sync.Mutex // changes of these, and what follows
	waiting []*key     // for the store
	storing sync.Mutex // one goroutine stores
	left    []gateway.BodyKey
	told    bool // that keys cannot be opened
}

// key is one key. Only what stands under Keys.mu changes.
type key struct {
	id        gateway.BodyKeyID
	workspace string
	created   time.Time
	aead      cipher.AEAD // nil = it cannot be used
	why       error       // then: destroyed, or not at hand
	raw       []byte      // until the store has it
	calls     int64       // under Keys.mu
}

// New makes Keys. Nothing is read, and no key made, until one is needed.
func New(c Config) *Keys {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	k := &Keys{c: c, wake: make(chan struct{}, 1)}
	k.left = k.readFile()
	return k
}

// Format prints nothing of the keys, whatever the verb.
func (k *Keys) Format(f fmt.State, _ rune) {
	io.WriteString(f, "keys of bodies") //nolint:errcheck // fmt reports it
}

// Key gives the key that seals the bodies of a workspace's calls, and makes one where there
// is none.
func (k *Keys) Key(workspace string) gateway.BodyKeyID {
	if v, ok := k.current.Load(workspace); ok {
		return v.(*key).id
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if v, ok := k.current.Load(workspace); ok {
		return v.(*key).id
	}
	return k.add(workspace).id
}

// add makes a workspace's next key. Under mu.
func (k *Keys) add(workspace string) *key {
	fresh := &key{workspace: workspace, created: k.c.Clock(), raw: make([]byte, 32)}
	rand.Read(fresh.id[:]) //nolint:errcheck // never fails
	rand.Read(fresh.raw)   //nolint:errcheck // never fails
	fresh.aead = newAEAD(fresh.raw)
	k.known.Store(fresh.id, fresh)
	k.current.Store(workspace, fresh)
	k.waiting = append(k.waiting, fresh)
	select {
	case k.wake <- struct{}{}:
	default:
	}
	return fresh
}

// newAEAD makes AES-GCM that draws a nonce of 96 random bits for each sealing and puts it
// in front. A key has 32 bytes.
func newAEAD(raw []byte) cipher.AEAD {
	block, err := aes.NewCipher(raw)
	if err != nil {
		panic("BUG: a key of bodies has a wrong size")
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("BUG: AES has another block size")
	}
	return aead
}

// What is sealed begins with its format and its key.
const (
	sealedVersion = 1
	sealedHead    = 1 + len(gateway.BodyKeyID{})
)

// Seal appends a text, sealed under a key and bound to where it belongs; false = the key is
// not there any more.
func (k *Keys) Seal(dst []byte, id gateway.BodyKeyID, bound string, text []byte) ([]byte, bool) {
	under := k.find(id)
	if under == nil || under.aead == nil {
		return dst, false
	}
	from := len(dst)
	dst = append(append(dst, sealedVersion), id[:]...)
	return under.aead.Seal(dst, nil, text, bind(dst[from:], bound)), true
}

// bind is what a text is bound to: how it was sealed, and where it belongs.
func bind(head []byte, bound string) []byte {
	return append(append(make([]byte, 0, len(head)+len(bound)), head...), bound...)
}

// OpenKnown gives what was sealed and its key. The error is gateway.ErrBodyErased,
// ErrBodyDamaged, or ErrBodyLocked where the key is not known here.
func (k *Keys) OpenKnown(bound string, sealed []byte) ([]byte, gateway.BodyKeyID, error) {
	var id gateway.BodyKeyID
	if len(sealed) < sealedHead || sealed[0] != sealedVersion {
		return nil, id, gateway.ErrBodyDamaged
	}
	copy(id[:], sealed[1:])
	under := k.find(id)
	if under == nil {
		return nil, id, gateway.ErrBodyLocked
	}
	if under.aead == nil {
		return nil, id, under.why
	}
	text, err := under.aead.Open(nil, nil, sealed[sealedHead:], bind(sealed[:sealedHead], bound))
	if err != nil {
		return nil, id, gateway.ErrBodyDamaged
	}
	return text, id, nil
}

// Open is OpenKnown that looks for a key in the store that is not known here, or did not open.
func (k *Keys) Open(ctx context.Context, bound string, sealed []byte) ([]byte, gateway.BodyKeyID, error) {
	text, id, err := k.OpenKnown(bound, sealed)
	if !errors.Is(err, gateway.ErrBodyLocked) {
		return text, id, err
	}
	if failed := k.learn(ctx, id); failed != nil {
		return nil, id, err
	}
	return k.OpenKnown(bound, sealed)
}
