package pairs_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func words(s string) llm.Raw { return llm.Raw(`"` + s + `"`) }

// sourced is an answer whose second text has sources: a page of the web without a place, a
// page with one, and a document without a URL.
func sourced() *llm.Answer {
	return &llm.Answer{ID: "a", Choices: []llm.Choice{{Finish: llm.FinishStop, Parts: []llm.Part{
		{Kind: llm.Text, Text: words("Né: ")},
		{Kind: llm.Text, Text: words("it rains."), Cites: []llm.Citation{
			{URL: words("https://e.com"), Title: words("T")},
			{URL: words("https://f.com"), Title: words("U"), Start: llm.Known(3), End: llm.Known(8)},
			{Title: words("doc-1"), Text: words("rains")},
		}},
	}}}}
}

// TestSourcesHaveTheirPlace: a source is told with where the cited words stand, in
// characters, and no source without a URL has an empty one.
func TestSourcesHaveTheirPlace(t *testing.T) {
	want := map[dialect.Name][]string{
		"chat":      {`"start_index":4,"end_index":13,"url":"https://e.com"`, `"start_index":7,"end_index":12,"url":"https://f.com"`},
		"responses": {`"start_index":0,"end_index":9,"url":"https://e.com"`, `"start_index":3,"end_index":8,"url":"https://f.com"`},
		"messages":  {`"type":"web_search_result_location","url":"https://e.com"`, `"type":"search_result_location","source":"doc-1"`},
	}
	for _, d := range conversing(t) {
		c := callOf(d)
		whole := string(d.Codec.FormatAnswer(nil, sourced(), c))
		var stream []byte
		f := d.Codec.NewStreamFormatter(c)
		llm.Replay(sourced(), func(e *llm.Event) { stream = f.Format(stream, e) })
		for form, text := range map[string]string{"whole": whole, "stream": string(stream)} {
			for _, w := range want[d.Name] {
				if !strings.Contains(text, w) {
					t.Errorf("%s, %s: %s is missing: %s", d.Name, form, w, text)
				}
			}
			if strings.Contains(text, `"url":""`) {
				t.Errorf("%s, %s: an empty URL: %s", d.Name, form, text)
			}
		}
	}
}

// TestSourcesOfGeminiOutliveACall: what grounds a text comes at the end of a stream, where
// a call may have followed the text.
func TestSourcesOfGeminiOutliveACall(t *testing.T) {
	chunks := []string{
		`{"candidates":[{"content":{"role":"model","parts":[{"text":"It rains."}]},"index":0}]}`,
		`{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},"index":0}]}`,
		`{"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP","index":0,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://e.com","title":"T"}}],"groundingSupports":[{"segment":{"endIndex":9},"groundingChunkIndices":[0]}]}}]}`,
	}
	all := conversing(t)
	for _, from := range all {
		if from.Name != "gemini" {
			continue
		}
		for _, to := range all {
			if to == from || to.Name == "converse" { // whose frames are no text
				continue
			}
			p, f := from.Codec.NewStreamParser(callOf(to)), to.Codec.NewStreamFormatter(callOf(to))
			var out []byte
			write := func(events []llm.Event) {
				for i := range events {
					out = f.Format(out, &events[i])
				}
			}
			for _, chunk := range chunks {
				write(p.Parse(nil, nil, []byte(chunk)))
			}
			write(p.End(nil))
			if !strings.Contains(string(out), "https://e.com") {
				t.Errorf("%s: the source is gone: %s", to.Name, out)
			}
		}
	}
}
