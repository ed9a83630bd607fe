package cohere

import (
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// tool reads a tool's definition. One that is no function is kept whole.
func (q *request) tool(v []byte) bool {
	t := llm.Tool{Kind: llm.Function}
	kind := jsonscan.Get(v, "type")
	if !absent(kind) && string(kind) != `"function"` {
		t.Kind, t.Vendor = llm.Builtin, v
		q.has(llm.FBuiltin)
		q.r.Tools = append(q.r.Tools, t)
		return true
	}
	if !q.members(v, top("tools[]"), func(key, v []byte) bool {
		switch string(key) {
		case "type":
		case "function":
			return q.function(&t, v)
		default:
			return q.keep(&t.Own, "tools[].", key, v)
		}
		return true
	}) {
		return false
	}
	if t.Name == "" {
		return q.wrong(top("tools[].function.name"), "a string that is not empty")
	}
	q.has(llm.FTools)
	q.r.Tools = append(q.r.Tools, t)
	return true
}

func (q *request) function(t *llm.Tool, v []byte) bool {
	return q.members(v, top("tools[].function"), func(key, v []byte) bool {
		switch string(key) {
		case "name":
			t.Name = q.text(v, top("tools[].function.name"))
		case "description":
			t.Description = q.raw(v, top("tools[].function.description"))
		case "parameters":
			t.Parameters = v
			return isObject(v) || q.wrong(top("tools[].function.parameters"), "an object")
		default:
			q.unname("tools[].function." + keyName(key))
		}
		return true
	})
}

// document reads one of the documents that the model may cite: a text, or an object
// with data of any kind. It becomes a file of text; Raw keeps it as it was.
func (q *request) document(v []byte) bool {
	part := llm.Part{Kind: llm.File, Media: &llm.Media{Type: "text/plain"}, Raw: v}
	if isText(v) {
		part.Media.Text = v
		q.documents = append(q.documents, part)
		return true
	}
	var data []byte
	if !q.members(v, top("documents[]"), func(key, v []byte) bool {
		switch string(key) {
		case "data":
			data = v
		case "id":
			q.unname("documents[].id")
		default:
			q.unname("documents[]." + keyName(key))
		}
		return true
	}) {
		return false
	}
	switch {
	case isText(data):
		part.Media.Text = data
	case isObject(data):
		part.Media.Text, part.Media.Name = documentText(data)
	default:
		return q.wrong(top("documents[].data"), "an object or a string")
	}
	if part.Media.Name != nil {
		q.has(llm.FFileName)
	}
	q.documents = append(q.documents, part)
	return true
}

// documentText gives a document's text and title. Where its data say more than these,
// the text is all of the data.
func documentText(data []byte) (text, title llm.Raw) {
	more := false
	_ = jsonscan.Members(data, func(key, v []byte) bool {
		switch string(key) {
		case "text", "snippet", "content":
			more = more || text != nil || !isText(v)
			text = v
		case "title":
			more = more || !isText(v)
			title = v
		default:
			more = true
		}
		return true
	})
	if !isText(title) {
		title = nil
	}
	if more || text == nil {
		text = jsonout.Quote(string(data))
	}
	return text, title
}
