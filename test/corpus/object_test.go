package corpus_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

// object is a vendor's id that a call names. Sluice lets only those through that were
// made through it, so they are made before the call.
type stored struct{ kind, id string }

var inPaths = regexp.MustCompile(`/(files|batches|responses|cachedContents)/([^/?]+)`)

var kinds = map[string]string{"files": "file", "batches": "batch", "responses": "response", "cachedContents": "cached_content"}

// names lists the objects that a call names in its path and body.
func (a *ask) names(r *recording) (all []stored) {
	if a.endpoint == nil {
		return nil
	}
	if m := inPaths.FindStringSubmatch(r.request.Path); m != nil && r.request.Method == http.MethodGet {
		all = append(all, stored{kinds[m[1]], m[2]})
	}
	if r.request.Method == http.MethodGet && strings.HasSuffix(r.request.Path, "/batches") {
		for _, b := range decode(string(r.body)).list("data") {
			all = append(all, stored{"batch", b.text("id")})
		}
	}
	var body any
	_ = json.Unmarshal(a.plain, &body)
	walk(body, func(name, value string) {
		switch name {
		case "file_id", "input_file_id":
			all = append(all, stored{"file", value})
		case "fileUri", "file_uri":
			if strings.Contains(value, "/files/") {
				all = append(all, stored{"file", path.Base(value)})
			}
		case "previous_response_id":
			all = append(all, stored{"response", value})
		case "cachedContent":
			all = append(all, stored{"cached_content", path.Base(value)})
		}
	})
	slices.SortFunc(all, func(a, b stored) int { return strings.Compare(a.kind+a.id, b.kind+b.id) })
	return slices.Compact(all)
}

func walk(v any, text func(name, value string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, x := range v {
			if s, ok := x.(string); ok && s != "" {
				text(name, s)
			}
			walk(x, text)
		}
	case []any:
		for _, x := range v {
			walk(x, text)
		}
	}
}

// make makes an object at a provider by the call that makes such ones.
func (s stored) make(g *testgw.Gateway, u *upstream, client *http.Client, h *home) error {
	at, body, answer := "", "{}", `{"id":"`+s.id+`","status":"completed"}`
	switch h.family() + " " + s.kind {
	case "openai file", "anthropic file":
		at = "/v1/files"
	case "openai batch":
		at = "/v1/batches"
	case "anthropic batch":
		at, body = "/v1/messages/batches", `{"requests":[]}`
	case "openai response":
		at, body = "/v1/responses", `{"model":"`+h.name+`/any","input":"x"}`
	case "gemini cached_content":
		at, body, answer = "/v1beta/cachedContents", `{"model":"`+h.name+`/models/any"}`, `{"name":"cachedContents/`+s.id+`"}`
	case "gemini file":
		at, answer = "/upload/v1beta/files", `{"file":{"name":"files/`+s.id+`"}}`
	default:
		return fmt.Errorf("a %s of the family %s cannot be made", s.kind, h.family())
	}
	mark := "making " + s.kind + " " + s.id
	defer u.expect(mark, &reply{status: 200, header: [][2]string{{"Content-Type", "application/json"}}, body: []byte(answer)})()
	req := g.Request(http.MethodPost, at, []byte(body))
	req.Header.Set(marker, mark)
	req.Header.Set("Sluice-Provider", h.name)
	if h.family() == "anthropic" {
		req.Header.Set("Anthropic-Version", "2023-06-01")
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		return fmt.Errorf("making the %s %s: status %d, %s", s.kind, s.id, resp.StatusCode, resp.Header.Get("sluice-error"))
	}
	return nil
}
