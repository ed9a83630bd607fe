// Package password keeps verifiers of passwords of people who log in. It sets no policy
// but a least and a largest length.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The lengths of a password, in bytes.
const (
	MinLength = 10
	MaxLength = 1024
)

// ErrLength says that a password is too short to be safe, or absurdly long.
var ErrLength = fmt.Errorf("a password needs between %d and %d characters", MinLength, MaxLength)

// errVerifier says that a stored verifier cannot be read.
var errVerifier = errors.New("the stored verifier of the password is no argon2id string with sane costs; set the password anew")

// Hasher makes and checks verifiers: argon2id (RFC 9106) as PHC strings. Each costs
// about 20 MB and some 20 ms of one core, so only a few run at a time.
type Hasher struct {
	slots chan struct{}
	dummy string // the verifier of nobody
}

// NewHasher makes one that runs at most so many at a time.
func NewHasher(concurrency int) *Hasher {
	h := &Hasher{slots: make(chan struct{}, max(concurrency, 1))}
	v := usual.verifier()
	rand.Read(v.sum)
	h.dummy = v.String()
	return h
}

// Hash makes the verifier of a password, or gives ErrLength, or the error of ctx when its
// turn did not come.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if len(password) < MinLength || len(password) > MaxLength {
		return "", ErrLength
	}
	v := usual.verifier()
	if err := h.run(ctx, func() { v.sum = v.compute(password, keyLength) }); err != nil {
		return "", err
	}
	return v.String(), nil
}

// Verify reports whether a password is the one of a verifier. Give "" as the verifier of
// users that do not exist or have no password: it takes as long and is never right. The
// error is that of ctx when its turn did not come, or says that the verifier is broken.
func (h *Hasher) Verify(ctx context.Context, verifier, password string) (bool, error) {
	nobody := verifier == ""
	if nobody {
		verifier = h.dummy
	}
	v, err := parse(verifier)
	if err != nil {
		return false, err
	}
	if len(password) > MaxLength {
		return false, nil
	}
	var sum []byte
	if err := h.run(ctx, func() { sum = v.compute(password, uint32(len(v.sum))) }); err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, v.sum) == 1 && !nobody, nil
}

// Outdated reports whether a verifier was made at other costs than today's: after a right
// login, the password is to be hashed anew.
func (h *Hasher) Outdated(verifier string) bool {
	v, err := parse(verifier)
	return err != nil || v.costs != usual
}

// run waits for a slot.
func (h *Hasher) run(ctx context.Context, compute func()) error {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.slots }()
	compute()
	return nil
}

const (
	saltLength = 16
	keyLength  = 32
)

// costs of a verifier; memory is in KiB.
type costs struct {
	memory, time uint32
	threads      uint8
}

// usual are the costs of new verifiers: the least that is advised for argon2id, so that
// logins do not starve the calls.
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
var usual = costs{memory: 19 << 10, time: 2, threads: 1}

// sane bounds what a stored verifier may cost.
func (c costs) sane() bool {
	return c.time >= 1 && c.time <= 16 && c.threads >= 1 && c.threads <= 16 && c.memory >= 8*uint32(c.threads) && c.memory <= 256<<10
}

// verifier gives one with a new salt and an empty sum.
func (c costs) verifier() *verifier {
	v := &verifier{costs: c, salt: make([]byte, saltLength), sum: make([]byte, keyLength)}
	rand.Read(v.salt)
	return v
}

type verifier struct {
	costs
	salt, sum []byte
}

func (v *verifier) compute(password string, length uint32) []byte {
	return argon2.IDKey([]byte(password), v.salt, v.time, v.memory, v.threads, length)
}

var phc = base64.RawStdEncoding.Strict()

// String gives the PHC form: $argon2id$v=19$m=19456,t=2,p=1$salt$sum.
func (v *verifier) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, v.memory, v.time, v.threads, phc.EncodeToString(v.salt), phc.EncodeToString(v.sum))
}

// parse reads the PHC form.
func parse(text string) (*verifier, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return nil, errVerifier
	}
	v := &verifier{}
	var rest string
	if n, _ := fmt.Sscanf(parts[3]+"\n", "m=%d,t=%d,p=%d%s", &v.memory, &v.time, &v.threads, &rest); n != 3 || !v.sane() {
		return nil, errVerifier
	}
	var err1, err2 error
	v.salt, err1 = phc.DecodeString(parts[4])
	v.sum, err2 = phc.DecodeString(parts[5])
	if errors.Join(err1, err2) != nil || len(v.salt) < 8 || len(v.salt) > 64 || len(v.sum) < 16 || len(v.sum) > 64 {
		return nil, errVerifier
	}
	return v, nil
}
