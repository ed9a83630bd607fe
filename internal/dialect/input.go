package dialect

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// InputText gives the texts of an input as one JSON string; "" where there are none.
func InputText(in *llm.Input) llm.Raw {
	if text := in.Plain(); text != nil {
		return text
	}
	var texts [][]byte
	for i := range in.Parts {
		if in.Parts[i].Kind == llm.Text {
			texts = append(texts, in.Parts[i].Text)
		}
	}
	if text := jsonout.Join("\\n", texts...); text != nil {
		return text
	}
	return llm.Raw(`""`)
}

// MediaURL gives a media as a JSON string that holds its URL, or its bytes as a data: URI.
func MediaURL(m *llm.Media) llm.Raw {
	if len(m.Data) == 0 && len(m.URL) > 0 {
		return m.URL
	}
	return append(AppendDataURI([]byte{'"'}, m), '"')
}

// Prefixed gives a JSON string with words before it.
func Prefixed(prefix string, text llm.Raw) llm.Raw {
	if prefix == "" || len(text) < 2 {
		return text
	}
	out := jsonout.AppendEscaped(append(make([]byte, 0, len(prefix)+len(text)+8), '"'), prefix)
	return append(out, text[1:]...)
}
