package gateway

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// BodyKeyID names a key that bodies are kept under; zero = none.
type BodyKeyID [16]byte

const bodyKeyPrefix = "bky_"

// String gives the id as the store spells it.
func (id BodyKeyID) String() string { return bodyKeyPrefix + hex.EncodeToString(id[:]) }

// ParseBodyKeyID reads what String gave.
func ParseBodyKeyID(text string) (id BodyKeyID, err error) {
	digits, ok := strings.CutPrefix(text, bodyKeyPrefix)
	if n, err := hex.DecodeString(digits); ok && err == nil && len(n) == len(id) {
		return BodyKeyID(n), nil
	}
	return id, fmt.Errorf("%q is no id of a key of bodies", text)
}

// BodyKey is a key of a workspace, under which bodies of its calls are kept.
type BodyKey struct {
	ID        BodyKeyID  `json:"id"`
	Workspace string     `json:"workspace"`
	Version   int64      `json:"version"` // within the workspace: the newest that is not destroyed seals
	Created   time.Time  `json:"created"`
	Destroyed *time.Time `json:"destroyed"` // nil = what it has sealed can be opened
	Sealed    []byte     `json:"sealed"`    // the key itself, which the vault opens; empty once it is destroyed
}

// Why nothing is left of bodies, or nothing can be read of them.
const (
	BodiesErased  = "erased"  // their key was destroyed
	BodiesDamaged = "damaged" // they were changed, or are another entry's
	BodiesLocked  = "locked"  // their key is not at hand: the master key is another, or the store is away
)

// What opening a sealed body may end with; test with errors.Is.
var (
	ErrBodyErased  = errors.New("the key of this body was destroyed")
	ErrBodyDamaged = errors.New("a sealed body does not open: it was changed, or moved from another entry")
	ErrBodyLocked  = errors.New("the key of this body is not at hand")
)

// LostFor gives the reason that stands in Bodies.Lost for an error of opening.
func LostFor(err error) string {
	switch {
	case errors.Is(err, ErrBodyErased):
		return BodiesErased
	case errors.Is(err, ErrBodyDamaged):
		return BodiesDamaged
	}
	return BodiesLocked
}
