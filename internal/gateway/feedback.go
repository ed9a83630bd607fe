package gateway

import (
	"encoding/json"
	"errors"
	"math"
	"time"
)

// The words of Feedback.
const (
	FeedbackUp   = "up"
	FeedbackDown = "down"
)

// MaxComment bounds what is said with feedback, in bytes.
const MaxComment = 4000

// Feedback is what somebody thinks of one call's answer. It takes the place of what was
// said of the call before.
type Feedback struct {
	EntryID   string
	Workspace string
	Feedback  string   // up, down; "" = none
	Score     *float64 // as whoever gives it counts; nil = none
	Comment   string
	By        string // who said so, for people
	At        time.Time
}

// Rating is Feedback as it is written in JSON.
type Rating struct {
	Feedback Thumb    `json:"feedback" doc:"up, down, or null for none; 1, -1 and 0 mean the same."`
	Score    *float64 `json:"score" doc:"Any number, null for none; the scale is yours."`
	Comment  string   `json:"comment" doc:"4,000 bytes at most."`
}

// Thumb is up, down, or "" for none.
type Thumb string

// UnmarshalJSON reads "up", "down", null, and the numbers that stand for them.
func (t *Thumb) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"up"`, "1":
		*t = FeedbackUp
	case `"down"`, "-1":
		*t = FeedbackDown
	case "null", "0", `""`:
		*t = ""
	default:
		return errors.New(`feedback must be "up", "down" or null`)
	}
	return nil
}

// MarshalJSON writes null for none.
func (t Thumb) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

// Check says what is wrong with a rating, "" = nothing.
func (r *Rating) Check() (field, why string) {
	switch {
	case r.Score != nil && (math.IsNaN(*r.Score) || math.IsInf(*r.Score, 0)):
		return "score", "score must be a number"
	case len(r.Comment) > MaxComment:
		return "comment", "comment is longer than 4,000 bytes"
	}
	return "", ""
}

// Rate puts feedback on an entry.
func (e *Entry) Rate(f *Feedback) { e.Feedback, e.Score, e.Comment = f.Feedback, f.Score, f.Comment }
