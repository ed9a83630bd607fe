package sandbox

import (
	"encoding/json"
	"slices"
	"strconv"
)

// storedResponse is a response that may be asked for later. Its id is the hash of its
// request, so that the same request is stored once.
type storedResponse struct {
	object   *response // never changed
	chunks   int       // pieces of its texts, 0 = by their length
	previous string    // id of the response before, "" = none
	input    []json.RawMessage
	output   []json.RawMessage
}

func (x *exchange) keepResponse(o *response, own []json.RawMessage) {
	stored := storedResponse{object: o, chunks: x.chunks, input: own}
	if o.Previous != nil {
		stored.previous = *o.Previous
	}
	for _, item := range o.Output {
		stored.output = append(stored.output, encode(item))
	}
	size := 2 * len(encode(o))
	for _, item := range own {
		size += len(item)
	}
	x.server.responses.put(o.ID, stored, size)
}

// history is everything said before, oldest first. Of a chain whose beginning has been
// forgotten, what is left counts.
func (x *exchange) history(previous *string) ([]json.RawMessage, *problem) {
	if previous == nil || *previous == "" {
		return nil, nil
	}
	at, ok := x.server.responses.get(*previous)
	if !ok {
		p := notFound("response", *previous)
		p.code, p.param = "previous_response_not_found", "previous_response_id"
		return nil, p
	}
	var chain []storedResponse
	for seen := map[string]bool{*previous: true}; ok && len(chain) < shelfCount; {
		chain = append(chain, at)
		if at.previous == "" || seen[at.previous] {
			break
		}
		seen[at.previous] = true
		at, ok = x.server.responses.get(at.previous)
	}
	var items []json.RawMessage
	for _, r := range slices.Backward(chain) {
		items = append(append(items, r.input...), r.output...)
	}
	return items, nil
}

// storedByID gives the response that the path names.
func (x *exchange) storedByID() (storedResponse, *problem) {
	id := x.r.PathValue("id")
	stored, ok := x.server.responses.get(id)
	if !ok {
		return stored, notFound("response", id)
	}
	return stored, nil
}

// getResponse gives a response, with stream=true as the stream that it was or would have
// been, without its delays and whole: of that, the events behind starting_after
// (https://platform.openai.com/docs/guides/background).
func getResponse(x *exchange) *problem {
	stored, p := x.storedByID()
	if p != nil {
		return p
	}
	query := x.r.URL.Query()
	if query.Get("stream") != "true" {
		return x.answer(stored.object)
	}
	from := 0
	if after := query.Get("starting_after"); after != "" {
		n, err := strconv.ParseUint(after, 10, 31)
		if err != nil {
			return invalid("starting_after", "'starting_after' must be the sequence_number of an event")
		}
		from = int(n) + 1
	}
	x.chunks = stored.chunks
	x.streamResponse(stored.object, from)
	return nil
}

// cancelResponse changes nothing: whatever is stored has ended by then.
func cancelResponse(x *exchange) *problem {
	stored, p := x.storedByID()
	if p != nil {
		return p
	}
	return x.answer(stored.object)
}

func deleteResponse(x *exchange) *problem {
	id := x.r.PathValue("id")
	if !x.server.responses.remove(id) {
		return notFound("response", id)
	}
	return x.answer(deleted{ID: id, Object: "response", Deleted: true})
}

// deleted is OpenAI's answer to a deletion.
type deleted struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}

// responseInput lists what a response was asked, newest first unless order=asc.
func responseInput(x *exchange) *problem {
	stored, p := x.storedByID()
	if p != nil {
		return p
	}
	base := newSeed("input", x.r.PathValue("id"), nil)
	list := openaiPage[map[string]json.RawMessage]{Object: "list", Data: []map[string]json.RawMessage{}}
	for i, raw := range stored.input {
		item := map[string]json.RawMessage{}
		if json.Unmarshal(raw, &item) != nil {
			continue
		}
		if item["id"] == nil {
			item["id"] = encode(base.id("item_", i))
		}
		list.Data = append(list.Data, item)
	}
	if x.r.URL.Query().Get("order") != "asc" {
		slices.Reverse(list.Data)
	}
	if n := len(list.Data); n > 0 {
		list.FirstID, list.LastID = list.Data[0]["id"], list.Data[n-1]["id"]
	}
	return x.answer(list)
}

// openaiPage is a list of that family; this sandbox's lists have one page.
type openaiPage[T any] struct {
	Object  string          `json:"object"`
	Data    []T             `json:"data"`
	FirstID json.RawMessage `json:"first_id,omitempty"`
	LastID  json.RawMessage `json:"last_id,omitempty"`
	HasMore bool            `json:"has_more"`
}
