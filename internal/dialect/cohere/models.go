package cohere

import "github.com/sluice-gateway/sluice/internal/jsonout"

// formatModels renders names as one whole page of
// https://docs.cohere.com/reference/list-models.
func formatModels(names []string) []byte {
	var w jsonout.Writer
	w.Begin('{')
	w.Array("models")
	for _, name := range names {
		appendModel(&w, name)
	}
	w.End(']')
	w.End('}')
	return w.B
}

func formatModel(name string) []byte {
	var w jsonout.Writer
	appendModel(&w, name)
	return w.B
}

func appendModel(w *jsonout.Writer, name string) {
	w.Begin('{')
	w.Text("name", name)
	w.End('}')
}
