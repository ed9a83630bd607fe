package proxy

import (
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// stepConfig gives the header that says the same as a member of a step's config.
var stepConfig = map[string]string{
	"requestTimeout": "Cf-Aig-Request-Timeout", "maxAttempts": "Cf-Aig-Max-Attempts", "retryDelay": "Cf-Aig-Retry-Delay", "backoff": "Cf-Aig-Backoff",
}

// ownOfStep are headers that a step cannot have: they belong to the call, or to the
// connection.
var ownOfStep = map[string]string{
	"Sluice-Key":           "the key stands in the header of the call itself",
	"Cf-Aig-Authorization": "the key stands in the header of the call itself",
	"Host":                 "the host is the provider's",
	"Connection":           "it is of a connection", "Transfer-Encoding": "it is of a connection", "Upgrade": "it is of a connection", "Te": "it is of a connection", "Trailer": "it is of a connection",
}

// readStepHeader gives the header of a step: what its headers say goes over what its
// authorization and config say.
func readStepHeader(headers, authorization, config []byte) (http.Header, error) {
	h := http.Header{}
	if len(authorization) > 0 {
		v, err := stepText("authorization", authorization)
		if err != nil {
			return nil, err
		}
		h["Authorization"] = []string{v}
	}
	err := eachMember("config", config, func(name, v string) error {
		header := stepConfig[name]
		if header == "" {
			return stepFault("config."+clip(name), "there is no such setting of a step")
		}
		h[header] = []string{v}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = eachMember("headers", headers, func(name, v string) error {
		canonical := http.CanonicalHeaderKey(name)
		switch why := ownOfStep[canonical]; {
		case why != "":
			return stepFault("headers."+canonical, why)
		case !isToken(name):
			return stepFault("headers."+clip(name), "it is no header's name")
		case canonical != "Content-Length":
			h[canonical] = []string{v}
		}
		return nil
	})
	return h, err
}

// eachMember calls fn for each member of an object of plain values.
func eachMember(what string, raw []byte, fn func(name, value string) error) (err error) {
	if len(raw) == 0 || jsonscan.IsNull(raw) {
		return nil
	}
	if raw[0] != '{' {
		return stepFault(what, "it must be an object")
	}
	scan := jsonscan.Members(raw, func(key, value []byte) bool {
		name, ok := jsonscan.String(append(append([]byte{'"'}, key...), '"'))
		v, plain := plainValue(value)
		if !ok || !plain {
			err = stepFault(what+"."+clip(name), "its value must be a text, a number, true or false, without control characters")
			return false
		}
		err = fn(name, v)
		return err == nil
	})
	if err == nil && scan != nil {
		err = badJSON(scan)
	}
	return err
}

// plainValue gives the text of a JSON text, number or truth value.
func plainValue(raw []byte) (string, bool) {
	if s, ok := jsonscan.String(raw); ok {
		return s, s == "" || headerSafe(s) != ""
	}
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || jsonscan.IsNull(raw) {
		return "", false
	}
	return string(raw), true
}

// isToken reports whether a text can be a header's name.
// https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
