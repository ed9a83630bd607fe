package provider

import "context"

// Signer puts credentials on requests where a key in a header does not do: a signature
// over the request, or a token that has to be fetched and renewed. It is safe for
// concurrent use; tokens are shared by all calls, and fetched by one of them.
type Signer interface {
	// Sign gives the header fields to add to a request that is otherwise complete, in
	// place of what Spec.Auth says. It may wait for a token, as long as ctx lets it. An
	// error is a *fault.Fault about the gateway's credential.
	Sign(ctx context.Context, r *Signing) ([]Header, error)
}

// Signing is the request to be signed. The Signer changes nothing of it and keeps
// nothing of it.
type Signing struct {
	Method     string
	Host       string
	Path       string // escaped, with its query, as in the request line
	Header     []Header
	Body       [][]byte    // nil unless Spec.SignsBody, or where there is none
	Credential *Credential // nil = what the machine has (see Spec.Ambient)
}
