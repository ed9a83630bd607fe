package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
)

// Prune is the action of the event that stands for rows which retention removed: its
// object's id is the last of them, its object's name that row's hash, its count how many it
// removed.
const Prune = "audit.prune"

// Sum gives the event's hash: SHA-256 over its form's name, the hash before, and every
// column, texts with their length before them, so that no two events have one encoding.
func (e *Event) Sum() Hash {
	b := append([]byte("sluice audit 1\n"), e.Prev[:]...)
	for _, n := range []int64{e.Seq, e.Time.UnixMicro(), e.Count} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	for _, t := range append(e.texts(), (*string)(nil)) {
		text := string(e.Changes)
		if t != nil {
			text = *t
		}
		b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
		b = append(b, text...)
	}
	return sha256.Sum256(b)
}

// Link puts the event behind another one, given by its number and hash.
func (e *Event) Link(seq int64, hash Hash) {
	e.Seq, e.Prev = seq+1, hash
	e.Hash = e.Sum()
}

// Broken is where a chain does not hold.
type Broken struct {
	Seq int64  `json:"seq"`
	Why string `json:"why"`
}

// Error tells the place and what is wrong there.
func (b *Broken) Error() string { return fmt.Sprintf("event #%d: %s", b.Seq, b.Why) }

// Pruned are the rows before a chain's first one that retention removed.
type Pruned struct {
	Through int64 `json:"through" doc:"The last of them: all from #1 to it."`
	Hash    Hash  `json:"hash"`
}

// PrunedBy reads an event of retention; ok is false when it is none.
func PrunedBy(e *Event) (p Pruned, ok bool) {
	if e.Action != Prune || e.Outcome != OK {
		return p, false
	}
	through, err := strconv.ParseInt(e.Object.ID, 10, 64)
	hash, bad := ParseHash(e.Object.Name)
	return Pruned{through, hash}, err == nil && bad == nil
}

// Verifier walks a chain. It is for one goroutine.
type Verifier struct {
	Rows   int64    // that hold
	First  int64    // 0 = there was none
	Last   int64    // number and hash of the last one that holds
	Head   Hash     //
	Pruned []Pruned // what retention says; needed where the chain does not begin at 1
	Begins *Pruned  // the one behind which the chain begins; nil = it begins at 1
	Anchor *Hash    // a hash that must be there; nil = none
	Seen   int64    // the event that has it; 0 = none yet
}

// From lets the walk begin behind an event that was verified before.
func (v *Verifier) From(seq int64, hash Hash) { v.First, v.Last, v.Head = seq, seq, hash }

// Add takes the next event; an error is a *Broken, after which nothing may follow.
func (v *Verifier) Add(e *Event) error {
	if v.First == 0 {
		if err := v.begin(e); err != nil {
			return err
		}
	}
	switch {
	case e.Seq != v.Last+1:
		return &Broken{v.Last + 1, "it is missing; the next one is #" + strconv.FormatInt(e.Seq, 10)}
	case e.Prev != v.Head:
		return &Broken{e.Seq, "it does not follow the event before: that one, or this one's prev_hash, was changed"}
	case e.Sum() != e.Hash:
		return &Broken{e.Seq, "it was changed: its hash is another one than its columns give"}
	}
	v.Rows++
	v.Last, v.Head = e.Seq, e.Hash
	if v.Anchor != nil && e.Hash == *v.Anchor {
		v.Seen = e.Seq
	}
	return nil
}

// begin takes the chain's first event: #1, or one behind what an event of retention tells.
func (v *Verifier) begin(e *Event) error {
	v.First = e.Seq
	if e.Seq <= 1 {
		v.Last = 0
		return nil
	}
	for i := range v.Pruned {
		if p := &v.Pruned[i]; p.Through == e.Seq-1 && p.Hash == e.Prev {
			v.Begins, v.Last, v.Head = p, p.Through, p.Hash
			if v.Anchor != nil && p.Hash == *v.Anchor {
				v.Seen = p.Through
			}
			return nil
		}
	}
	return &Broken{1, "events before #" + strconv.FormatInt(e.Seq, 10) + " are missing, and no event of retention stands for them"}
}

// End says whether the chain reaches what is said to be its end.
func (v *Verifier) End(seq int64, hash Hash) error {
	switch {
	case v.Last < seq:
		return &Broken{v.Last + 1, "it is missing: the log had events up to #" + strconv.FormatInt(seq, 10)}
	case v.Last > seq:
		return &Broken{v.Last, "it stands behind the log's end, #" + strconv.FormatInt(seq, 10)}
	case v.Head != hash:
		return &Broken{v.Last, "it is not the event with which the log ended"}
	}
	return v.Anchored()
}

// Anchored says whether the anchor was found.
func (v *Verifier) Anchored() error {
	if v.Anchor != nil && v.Seen == 0 {
		return &Broken{v.Last + 1, "no event has the hash " + v.Anchor.String() + ": events behind an earlier end were removed, or the log was written anew"}
	}
	return nil
}
