package admin

import (
	"context"
	"errors"
	"net/http"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Codes of errors.
const (
	codeUnauthenticated = "unauthenticated"
	codeForbidden       = "forbidden"
	codeRateLimited     = "rate_limited"
	codeNotFound        = "not_found"
	codeMethod          = "method_not_allowed"
	codeInvalid         = "invalid_request"
	codeTooLarge        = "body_too_large"
	codeConflict        = "conflict"
	codeFromFile        = "config_from_file"
	codePrecondition    = "precondition_required"
	codeStoreAway       = "store_away"
	codeUnavailable     = "unavailable"
	codeInternal        = "internal"
)

// apiError is an error as a user of the API sees it.
type apiError struct {
	Status  int          `json:"-"`
	Code    string       `json:"code"`
	Message string       `json:"message"`
	Details errorDetails `json:"details"`

	cause error  // for the log
	allow string // the methods there are, of a 405
}

// errorDetails say where an error lies, as far as known.
type errorDetails struct {
	Field      string `json:"field,omitempty"`      // of the body, or query parameter
	Suggestion string `json:"suggestion,omitempty"` // what was probably meant

	Problems []Problem         `json:"problems,omitempty"` // of a configuration document
	Revision *gateway.Revision `json:"revision,omitempty"` // that came in between
}

// ErrorAnswer is the body of every answer that is an error.
type ErrorAnswer struct {
	Error apiError `json:"error"`
}

func (e *apiError) Error() string { return e.Message }

func (e *apiError) Unwrap() error { return e.cause }

func notFound(message string) *apiError {
	return &apiError{Status: http.StatusNotFound, Code: codeNotFound, Message: message}
}

func forbidden(message string) *apiError {
	return &apiError{Status: http.StatusForbidden, Code: codeForbidden, Message: message}
}

func conflict(field, message string) *apiError {
	return &apiError{Status: http.StatusConflict, Code: codeConflict, Message: message, Details: errorDetails{Field: field}}
}

// taken is a conflict where the store says that a value exists; other errors pass.
func taken(err error, field, message string) error {
	if errors.Is(err, store.ErrExists) {
		return conflict(field, message)
	}
	return err
}

// invalid is a 400 that names the field or parameter.
func invalid(field, message string) *apiError {
	return &apiError{Status: http.StatusBadRequest, Code: codeInvalid, Message: message, Details: errorDetails{Field: field}}
}

// explain turns any error into one for users; what was tried is named by the store.
func explain(err error) *apiError {
	var e *apiError
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, store.ErrNotFound):
		return notFound("no such object")
	case errors.Is(err, store.ErrExists):
		return &apiError{Status: http.StatusConflict, Code: codeConflict, Message: "it exists already"}
	case errors.Is(err, store.ErrRevoked):
		return conflict("", "it is revoked, which is for good")
	case errors.Is(err, store.ErrBadCursor):
		return invalid("cursor", "this is no cursor of this list; take it from the answer's next")
	case errors.Is(err, store.ErrBadFilter):
		return invalid("", err.Error())
	case errors.Is(err, context.Canceled):
		return &apiError{Status: 499, Code: codeUnavailable, Message: "the caller left"}
	case store.Away(err):
		return storeAway(err)
	}
	return &apiError{Status: http.StatusInternalServerError, Code: codeInternal, Message: "something went wrong here; the log says what", cause: err}
}

func storeAway(err error) *apiError {
	return &apiError{Status: http.StatusServiceUnavailable, Code: codeStoreAway, Message: "the store cannot be reached just now; try again when it is back", cause: err}
}

// fail answers with an error; only what is not the caller's doing is logged.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := explain(err)
	if e.allow != "" {
		w.Header().Set("Allow", e.allow)
	}
	switch e.Status {
	case http.StatusInternalServerError:
		a.Log.Error("admin API", "method", r.Method, "path", r.URL.Path, "error", e.cause)
	case http.StatusServiceUnavailable:
		a.Log.Debug("admin API", "method", r.Method, "path", r.URL.Path, "error", e.cause)
		w.Header().Set("Retry-After", "5")
	}
	writeJSON(w, e.Status, ErrorAnswer{Error: *e})
}
