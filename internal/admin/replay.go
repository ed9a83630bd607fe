package admin

import (
	"cmp"
	"encoding/json"

	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Replay is a recorded call that is to be made once more.
type Replay struct {
	Entry  *gateway.Entry     // with its bodies
	Body   *gateway.Body      // what is sent; whole
	Who    *gateway.Principal // who makes it
	From   string             // the address of who asks
	Model  string             // asked for
	Direct bool               // the body goes to the entry's provider as it is
}

// NewReplay says how a call is made once more.
type NewReplay struct {
	Target string `json:"target" doc:"The model or route that is asked for instead; that of the call unless given."`
	Direct bool   `json:"direct" doc:"true: the bytes that the provider got are sent to it again, without choosing a target."`
	KeyID  string `json:"key_id" doc:"The key it is made with, whose rights and limits hold; without one, the workspace pays."`
}

// Replayed is a call that was made once more.
type Replayed struct {
	ID     string `json:"id" doc:"Of the new entry."`
	Of     string `json:"of"`
	Status int    `json:"status" doc:"What the caller would have seen."`
}

// replayEntry makes a recorded call once more.
func (a *api) replayEntry(c *call, body *NewReplay) (Replayed, error) {
	e, _, err := a.entry(c)
	if err != nil {
		return Replayed{}, err
	}
	if a.Replay == nil {
		return Replayed{}, notServing()
	}
	r := &Replay{Entry: e, Model: cmp.Or(body.Target, e.ModelRequested), Direct: body.Direct, From: c.r.RemoteAddr}
	if r.Direct {
		r.Model = e.Model
	}
	if err := replayable(e, body); err != nil {
		return Replayed{}, err
	}
	if r.Body, err = bodyAgain(e, r.Direct); err != nil {
		return Replayed{}, err
	}
	if r.Who, err = a.replayer(c, e, body.KeyID); err != nil {
		return Replayed{}, err
	}
	id, status, err := a.Replay(c.ctx(), r)
	return Replayed{ID: id, Of: e.ID, Status: status}, err
}

// replayable says why a call cannot be made again, whatever its body.
func replayable(e *gateway.Entry, body *NewReplay) error {
	switch {
	case body.Direct && body.Target != "":
		return invalid("target", "target and direct exclude each other: direct sends what the provider got")
	case body.Direct && e.Provider == "":
		return conflict("direct", "this call reached no provider, so there is nothing to be sent straight to one")
	case e.Count > 1:
		return conflict("id", "this entry stands for many refused calls, of which no body is kept")
	}
	return nil
}

// bodyAgain gives what is sent, if it was kept as a whole.
func bodyAgain(e *gateway.Entry, direct bool) (*gateway.Body, error) {
	if e.Bodies == nil {
		return nil, conflict("id", "what was said in this call was not kept, so it cannot be made again; log: { bodies: full } of its gateway keeps the bodies of later ones")
	}
	if why := e.Bodies.Lost; why != "" {
		return nil, conflict("id", "what was said in this call cannot be read ("+why+"), so it cannot be made again")
	}
	b := &e.Bodies.Request
	if direct {
		for i := range e.Bodies.Attempts {
			if s := &e.Bodies.Attempts[i]; s.Attempt == len(e.Attempts)-1 && s.Request != nil {
				b = s.Request
			}
		}
	}
	switch {
	case b.Truncated:
		return nil, conflict("id", "only the beginning of this call's body was kept, so it cannot be made again; max_body of its gateway's log says how much is")
	case len(b.Bytes) == 0:
		return nil, conflict("id", "this call had no body, or none that is kept, so it cannot be made again")
	}
	return b, nil
}

// replayer gives who makes a call again: a key of the caller's choice, else the workspace
// of the call. The metadata of the call goes with it, and says of which call it is a copy.
func (a *api) replayer(c *call, e *gateway.Entry, key string) (*gateway.Principal, error) {
	who := &gateway.Principal{Workspace: cmp.Or(e.Workspace, gateway.DefaultWorkspace)}
	if key != "" {
		k, err := a.Store.Key(c.ctx(), key)
		if err == nil {
			err = c.in(k.Workspace)
		}
		if err != nil {
			return nil, named(err, "key", key)
		}
		if k.Workspace != who.Workspace {
			return nil, invalid("key_id", "the key is of another workspace than the call")
		}
		if !k.Usable(a.Clock()) {
			return nil, conflict("key_id", "the key is revoked, disabled or expired")
		}
		who.Key = &k
	}
	metadata := map[string]json.RawMessage{}
	if len(e.Metadata) > 0 && json.Unmarshal(e.Metadata, &metadata) != nil {
		metadata = map[string]json.RawMessage{}
	}
	metadata["replay_of"], _ = json.Marshal(e.ID) // a text can always be written
	var err error
	who.Metadata, err = json.Marshal(metadata)
	return who, err
}
