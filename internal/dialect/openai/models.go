package openai

import "strings"

// wireModel is https://platform.openai.com/docs/api-reference/models/object.
type wireModel struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

// model: a date that nobody knows is 0; the owner is what stands before the slash.
func model(name string) wireModel {
	owner, _, _ := strings.Cut(name, "/")
	return wireModel{ID: name, Object: "model", OwnedBy: owner}
}

func formatModels(names []string) []byte {
	list := struct {
		Object string      `json:"object"`
		Data   []wireModel `json:"data"`
	}{"list", make([]wireModel, len(names))}
	for i, name := range names {
		list.Data[i] = model(name)
	}
	return marshal(list)
}

func formatModel(name string) []byte { return marshal(model(name)) }
