package gemini

// wireModel is https://ai.google.dev/api/models#Model.
type wireModel struct {
	Name        string   `json:"name"`
	DisplayName string   `json:"displayName"`
	Methods     []string `json:"supportedGenerationMethods"`
}

type wireModels struct {
	Models []wireModel `json:"models"`
}

// model claims conversation for every model: clients that show a choice leave out
// those that do not.
func model(name string) wireModel {
	return wireModel{Name: "models/" + name, DisplayName: name, Methods: []string{"generateContent", "countTokens"}}
}

// formatModels renders names as one whole page: without a nextPageToken it is the last.
func formatModels(names []string) []byte {
	list := wireModels{Models: make([]wireModel, len(names))}
	for i, name := range names {
		list.Models[i] = model(name)
	}
	return marshal(list)
}

func formatModel(name string) []byte { return marshal(model(name)) }
