package sandbox

import (
	"encoding/json"
	"net/http"
)

type messageBatch struct {
	ID         string             `json:"id"`
	Type       string             `json:"type"`
	Status     string             `json:"processing_status"`
	Counts     messageBatchCounts `json:"request_counts"`
	EndedAt    string             `json:"ended_at"`
	CreatedAt  string             `json:"created_at"`
	ExpiresAt  string             `json:"expires_at"`
	ArchivedAt *string            `json:"archived_at"`
	CancelAt   *string            `json:"cancel_initiated_at"`
	// ResultsURL has no host, so that clients ask whoever they asked for the batch.
	ResultsURL string `json:"results_url"`
}

type messageBatchCounts struct {
	Processing int `json:"processing"`
	Succeeded  int `json:"succeeded"`
	Errored    int `json:"errored"`
	Canceled   int `json:"canceled"`
	Expired    int `json:"expired"`
}

type messageResult struct {
	CustomID string        `json:"custom_id"`
	Result   messageOutput `json:"result"`
}

type messageOutput struct {
	Type    string          `json:"type"` // succeeded or errored
	Message json.RawMessage `json:"message,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

func createMessageBatch(x *exchange) *problem {
	var q struct {
		Requests []struct {
			CustomID string          `json:"custom_id"`
			Params   json.RawMessage `json:"params"`
		} `json:"requests"`
	}
	if p := x.decode(&q); p != nil {
		return p
	}
	if n := len(q.Requests); n == 0 || n > maxLines {
		return invalid("requests", "requests: from 1 to 10,000 requests are allowed")
	}
	for _, line := range q.Requests {
		if line.CustomID == "" {
			return invalid("custom_id", "requests: each needs a custom_id")
		}
	}
	pages, p := x.runAll(messages, len(q.Requests), func(i int) json.RawMessage { return q.Requests[i].Params })
	if p != nil {
		return p
	}
	b := messageBatch{
		ID: x.seed.id("msgbatch_", x.server.batches.next()), Type: "message_batch", Status: "ended",
		EndedAt: epochText, CreatedAt: epochText, ExpiresAt: laterText,
	}
	b.ResultsURL = "/v1/messages/batches/" + b.ID + "/results"
	var results []byte
	for i, line := range q.Requests {
		r := messageResult{line.CustomID, x.messageOutput(pages[i])}
		if r.Result.Type == "succeeded" {
			b.Counts.Succeeded++
		} else {
			b.Counts.Errored++
		}
		results = append(append(results, encode(r)...), '\n')
	}
	x.server.batches.put(b.ID, batch{anthropic, encode(b), results}, len(results))
	return x.answer(b)
}

func (x *exchange) messageOutput(p *page) messageOutput {
	body := json.RawMessage(p.Bytes())
	switch {
	case !json.Valid(body):
		wrong := invalid("stream", "stream: a batch cannot stream")
		return messageOutput{Type: "errored", Error: encode(anthropicError(wrong, x.requestID()))}
	case p.status != http.StatusOK:
		return messageOutput{Type: "errored", Error: body}
	}
	return messageOutput{Type: "succeeded", Message: body}
}

func listMessageBatches(x *exchange) *problem {
	return x.answer(anthropicPage[json.RawMessage]{Data: x.ownBatches()})
}

func messageBatchResults(x *exchange) *problem {
	b, p := x.batchByID()
	if p != nil {
		return p
	}
	x.write(http.StatusOK, "application/x-jsonl", b.results)
	return nil
}

func deleteMessageBatch(x *exchange) *problem {
	if _, p := x.batchByID(); p != nil {
		return p
	}
	id := x.r.PathValue("id")
	x.server.batches.remove(id)
	return x.answer(struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}{id, "message_batch_deleted"})
}
