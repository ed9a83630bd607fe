package proxy

import (
	"cmp"
	"encoding/json"
	"strconv"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/provider/slug"
)

// tellScheme calls set with what an answer says about itself in the scheme's own headers.
// Nothing is kept between calls, so that every answer is a miss.
func (x *exchange) tellScheme(set func(name, value string)) {
	if x.cf == nil {
		return
	}
	set("Cf-Aig-Log-Id", x.id)
	set("Cf-Aig-Request-Id", x.id)
	set("Cf-Aig-Event-Id", cmp.Or(x.ctl.event, x.id))
	if x.cf.known {
		set("Cf-Aig-Step", strconv.Itoa(x.cf.step))
	}
	if x.lane == nil {
		return
	}
	if x.isKept() {
		set("Cf-Aig-Cache-Status", "HIT")
	} else {
		set("Cf-Aig-Cache-Status", "MISS")
	}
	set("Cf-Aig-Provider", slug.Of(x.lane.provider.Spec.Name))
	set("Cf-Aig-Model", headerSafe(x.target.Model))
}

// The codes of Cloudflare's that its clients tell errors by; others have their status.
const (
	codeNoGateway       = 2001
	codeNoProvider      = 2005
	codeUnauthenticated = 2009
)

// formatError renders an error in the caller's dialect; in Cloudflare's own shape where
// its clients look for that, or where no dialect is known yet.
func (x *exchange) formatError(f *fault.Fault) (status int, body []byte) {
	if x.cf == nil || x.cf.known && f.Code != fault.Unauthenticated {
		return x.dialect.FormatError(f, x.id)
	}
	code := f.Status
	switch f.Code {
	case fault.Unauthenticated:
		code = codeUnauthenticated
	case fault.NotFound:
		if x.cf.lost {
			code = codeNoGateway
		}
	case fault.UpstreamError, fault.UpstreamUnreachable, fault.UpstreamTimeout, fault.UpstreamAuth, fault.NoHealthyTarget:
		code = codeNoProvider
	}
	body, err := json.Marshal(map[string]any{
		"success": false, "result": []any{}, "messages": []any{}, "error": []any{map[string]any{"code": code, "message": f.Message}},
		"name": "AiGatewayError", "httpCode": f.Status, "internalCode": code,
	})
	if err != nil {
		return x.dialect.FormatError(f, x.id)
	}
	return f.Status, body
}
