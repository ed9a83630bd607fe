package corpus_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
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
	if id := r.query(uploadID); id != "" {
		all = append(all, stored{"upload", id})
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

// uploadID is the parameter by which a resumable upload goes on.
const uploadID = "upload_id"

// birth is the call that makes an object, and what the vendor answers.
type birth struct {
	path, body string
	answer     string
	link       string // of X-Goog-Upload-Url, below the vendor's origin
}

// birth says how an object comes about at a provider.
func (s stored) birth(h *home) (b birth, ok bool) {
	b = birth{body: "{}", answer: `{"id":"` + s.id + `","status":"completed"}`}
	switch h.family() + " " + s.kind {
	case "openai file", "anthropic file":
		b.path = "/v1/files"
	case "openai batch":
		b.path = "/v1/batches"
	case "anthropic batch":
		b.path, b.body = "/v1/messages/batches", `{"requests":[]}`
	case "openai response":
		b.path, b.body = "/v1/responses", `{"model":"`+h.name+`/any","input":"x"}`
	case "gemini cached_content":
		b.path, b.body, b.answer = "/v1beta/cachedContents", `{"model":"`+h.name+`/models/any"}`, `{"name":"cachedContents/`+s.id+`"}`
	case "gemini file":
		b.path, b.answer = "/upload/v1beta/files", `{"file":{"name":"files/`+s.id+`"}}`
	case "gemini upload":
		b.path, b.answer = "/upload/v1beta/files", ""
		b.link = b.path + "?" + url.Values{uploadID: {s.id}, "upload_protocol": {"resumable"}}.Encode()
	default:
		return b, false
	}
	if h.kind == "xai" && s.kind == "batch" { // https://docs.x.ai/docs/guides/batch-api
		b.answer = `{"batch_id":"` + s.id + `","name":"any"}`
	}
	if e := find(http.MethodPost, b.path, h.rules); e != nil && !h.serves(e) {
		b.path = "/providers/" + h.name + b.path
	}
	return b, true
}

// make makes an object at a provider by the call that makes such ones.
func (s stored) make(st *stage, h *home) error {
	b, ok := s.birth(h)
	if !ok {
		return fmt.Errorf("a %s of the family %s cannot be made", s.kind, h.family())
	}
	mark := "making " + s.kind + " " + s.id
	answer := &reply{status: 200, header: [][2]string{{"Content-Type", "application/json"}}, body: []byte(b.answer)}
	if b.link != "" {
		answer.header = append(answer.header, [2]string{"X-Goog-Upload-Url", st.vendors.url + b.link})
	}
	defer st.vendors.expect(mark, answer)()
	req := st.gateway.Request(http.MethodPost, b.path, []byte(b.body))
	req.Header.Set(marker, mark)
	req.Header.Set("Sluice-Provider", h.name)
	if h.family() == "anthropic" {
		req.Header.Set("Anthropic-Version", "2023-06-01")
	}
	resp, err := st.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		return fmt.Errorf("making the %s %s: status %d, %s", s.kind, s.id, resp.StatusCode, resp.Header.Get("sluice-error"))
	}
	if next := resp.Header.Get("X-Goog-Upload-Url"); b.link != "" && next != st.gateway.URL+b.link {
		return fmt.Errorf("the upload goes on at %q, want %q", next, st.gateway.URL+b.link)
	}
	return nil
}
