package bedrock

import (
	"strings"

	"github.com/aws/smithy-go/encoding/httpbinding"

	"github.com/sluice-gateway/sluice/internal/provider"
)

// path escapes a model's id as the vendor's own SDKs do, colons and slashes too, since
// an ARN is one segment and a signature is made over what is sent.
// https://smithy.io/2.0/spec/http-bindings.html#httplabel-serialization-rules
func path(_ *provider.Provider, r provider.PathRequest) string {
	verb := r.Path[strings.LastIndexByte(r.Path, '/')+1:]
	if r.Model == "" || !strings.HasPrefix(r.Path, "/model/") {
		return r.Path
	}
	return "/model/" + httpbinding.EscapePath(r.Model, true) + "/" + verb
}
