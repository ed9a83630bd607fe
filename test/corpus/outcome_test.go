package corpus_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
)

// outcome is what the caller must get.
type outcome struct {
	how     how
	status  int
	code    string // of sluice-error, "" = none
	body    []byte // of same, begun and list
	message string // of rendered: what the vendor said
}

type how int

const (
	same     how = iota // the vendor's bytes
	begun               // the vendor's bytes, then an error event: the stream was cut
	list                // the vendor's JSON, less what is not the workspace's
	rendered            // an error in the caller's dialect
)

// inStream stands for the code of an error that a stream carries: no header tells it.
const inStream = "in-stream"

// wanted says what must come of a recorded answer.
func (a *ask) wanted(r *recording, h *home, want *reading) outcome {
	o := outcome{status: r.Status, body: a.visible(r)}
	stream := r.Framing != "json" || strings.HasPrefix(strings.TrimSpace(string(r.body)), "[")
	switch {
	case r.Status >= 400:
		return judge(r, a)
	case a.op == passthrough:
	case a.endpoint.op == "batches" && strings.HasSuffix(strings.SplitN(r.request.Path, "?", 2)[0], "/batches") && r.request.Method == "GET":
		o.how = list
	case want.failed && !stream:
		o = outcome{how: rendered, message: message(r.body)}
	case want.failed:
		o.code = inStream
	case r.streams() && !want.ended && (a.op == "chat" || a.op == "completions"):
		o.how, o.code = begun, "upstream_error"
	}
	return o
}

// visible is the answer less the events that exist only because Sluice asked for usage.
func (a *ask) visible(r *recording) []byte {
	if !a.adds || r.Framing != "sse" {
		return r.body
	}
	var b strings.Builder
	for _, e := range events(string(r.body)) {
		o := decode(e.data)
		choices, has := o["choices"].([]any)
		if has && len(choices) == 0 && o.at("usage") != nil {
			continue
		}
		b.WriteString(e.raw)
	}
	return []byte(b.String())
}

// message is what a vendor's error says, in the shapes that occur.
func message(body []byte) string {
	o := decode(string(body))
	var in []object
	if o == nil && json.Unmarshal(body, &in) == nil && len(in) > 0 {
		o = in[0]
	}
	for _, s := range []string{o.at("error").text("message"), o.text("message"), o.text("error"), o.text("detail"), o.at("response").at("error").text("message")} {
		if s != "" {
			return s
		}
	}
	if o == nil {
		return strings.TrimSpace(string(body))
	}
	return ""
}

// judge says whose fault a recorded error is, by what a person reads in it.
func judge(r *recording, a *ask) outcome {
	said := message(r.body)
	text := strings.ToLower(string(r.body))
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case r.Status == http.StatusForbidden && has("not found (or permission denied)"):
	case has("incorrect api key", "api key not valid", "invalid api key", "invalid x-api-key", "api_key_invalid"),
		r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden:
		return outcome{how: rendered, status: http.StatusBadGateway, code: "upstream_auth"}
	case has("insufficient_quota", "credit balance is too low"), r.Status == http.StatusPaymentRequired, r.Status == http.StatusTooManyRequests:
		return outcome{how: rendered, status: http.StatusTooManyRequests, code: "upstream_rate_limited", message: said}
	case r.Status >= 500 && has("exceed_context_size", "context size", "too large to process"):
		return outcome{how: rendered, status: http.StatusBadRequest, code: "upstream_error", message: said}
	case r.Status >= 500:
		return outcome{how: rendered, status: http.StatusBadGateway, code: "upstream_error", message: said}
	}
	return outcome{how: same, status: r.Status, code: "upstream_error", body: r.body}
}

// answered says what is wrong with what the caller got.
func (o *outcome) answered(r *recording, h *home, a *ask, resp *http.Response, body []byte) string {
	if resp.StatusCode != o.status && o.status != 0 {
		return fmt.Sprintf("status %d (%s), want %d: %.300s", resp.StatusCode, resp.Header.Get("sluice-error"), o.status, body)
	}
	if code := resp.Header.Get("sluice-error"); code != o.code && o.how != begun && o.code != inStream && o.status != 0 {
		return fmt.Sprintf("sluice-error %q, want %q", code, o.code)
	}
	if why := o.head(r, resp); why != "" {
		return why
	}
	switch o.how {
	case rendered:
		return o.isRendered(h, a, resp, body)
	case begun:
		if rest, ok := bytes.CutPrefix(body, o.body); !ok || !strings.Contains(string(rest), "ended before it was complete") {
			return "the cut stream came as " + differ(body, o.body)
		}
	case list:
		var got, want any
		if json.Unmarshal(body, &got) != nil || json.Unmarshal(o.body, &want) != nil || !reflect.DeepEqual(got, want) {
			return "the list differs: " + differ(body, o.body)
		}
	default:
		if !bytes.Equal(body, o.body) {
			return "the answer's bytes differ: " + differ(body, o.body)
		}
	}
	return ""
}

// head checks the answer's header.
func (o *outcome) head(r *recording, resp *http.Response) string {
	for name, values := range resp.Header {
		if strings.Contains(strings.Join(values, " "), vendorKey) {
			return "the caller saw the vendor's key in " + name
		}
	}
	for _, name := range []string{"Set-Cookie", "Openai-Organization", "Anthropic-Organization-Id"} {
		if v := resp.Header.Get(name); v != "" {
			return fmt.Sprintf("the caller saw %s: %s", name, v)
		}
	}
	for _, h := range r.header {
		name := strings.ToLower(h[0])
		if (strings.Contains(name, "ratelimit") || strings.HasSuffix(name, "request-id") || name == "x-amzn-requestid" && o.how != rendered) && resp.Header.Get(name) != h[1] {
			return fmt.Sprintf("%s: %q, want %q", name, resp.Header.Get(name), h[1])
		}
	}
	if ct := resp.Header.Get("Content-Type"); o.how != rendered && ct != r.contentType() {
		return fmt.Sprintf("content-type %q, want %q", ct, r.contentType())
	}
	return ""
}

// isRendered checks an error in the caller's dialect. What a vendor says about the
// gateway's own credential need not be repeated.
func (o *outcome) isRendered(h *home, a *ask, resp *http.Response, body []byte) string {
	if resp.StatusCode < 400 || resp.Header.Get("sluice-error") == "" || resp.Header.Get("sluice-request-id") == "" {
		return fmt.Sprintf("status %d, header %v: an error was to be rendered", resp.StatusCode, resp.Header)
	}
	family := a.family(h)
	said, shaped := saidIn(family, decode(string(body)))
	if !shaped || said == "" {
		return fmt.Sprintf("not an error of the family %s: %.300s", family, body)
	}
	if !strings.Contains(said, strings.TrimSpace(o.message)) {
		return fmt.Sprintf("the message became %q, want %q", said, o.message)
	}
	return ""
}

// saidIn reads an error in a family's own shape.
func saidIn(family string, e object) (said string, shaped bool) {
	said = e.at("error").text("message")
	switch family {
	case "anthropic":
		return said, e.at("error")["type"] != nil && e.text("type") == "error"
	case "gemini":
		return said, e.at("error").text("status") != "" && e.at("error")["code"] != nil
	case "bedrock":
		return e.text("message"), e.text("__type") != ""
	case "cohere":
		return e.text("message"), true
	case "ollama":
		return e.text("error"), true
	}
	return said, e.at("error")["type"] != nil
}
