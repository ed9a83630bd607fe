package proxy

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Feedback keeps what callers think of answers. Its errors are faults.
type Feedback interface {
	// Rate keeps a rating of a call, if who has made that call.
	Rate(ctx context.Context, who *gateway.Principal, id string, r *gateway.Rating) error
}

// feedbackPath takes what callers think of their answers.
const feedbackPath = "/v1/feedback"

func feedbackEndpoint(d *dialect.Dialect) *endpoint {
	return &endpoint{Endpoint: &dialect.Endpoint{Op: llm.OpFeedback, Body: dialect.JSON}, dialect: d, label: "POST /v1/feedback"}
}

// rated is a rating as a caller sends it.
type rated struct {
	ID string `json:"id"`
	gateway.Rating
}

// takeFeedback keeps what the caller thinks of an answer that it got. Where all is well it
// leaves no entry: it is no call of a model.
func (x *exchange) takeFeedback() error {
	if x.p.feedback == nil {
		return fault.New(fault.UnsupportedOperation, "This gateway keeps no feedback.")
	}
	if err := x.readBody(); err != nil {
		return err
	}
	var in rated
	if err := json.Unmarshal(x.body.bytes(), &in); err != nil {
		return fault.New(fault.InvalidRequest, `The body must be {"id": "<sluice-request-id>", "feedback": "up", "down" or null, "score": a number or null, "comment": text}.`).With(err)
	}
	if in.ID == "" {
		return fault.New(fault.InvalidRequest, "The id is missing: the sluice-request-id of the call.").Field("id")
	}
	if field, why := in.Check(); why != "" {
		return fault.New(fault.InvalidRequest, "The "+why+".").Field(field)
	}
	if err := x.p.feedback.Rate(x.r.Context(), x.who, in.ID, &in.Rating); err != nil {
		return err
	}
	x.quiet = true
	return x.answerJSON(in)
}

func (x *exchange) acceptFeedback() error {
	x.ep = x.p.feedbackEndpoint
	return x.methodOf(http.MethodPost, http.MethodPut)
}
