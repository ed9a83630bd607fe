package anthropic

// wireModel is https://platform.claude.com/docs/en/api/models-list.
type wireModel struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	CreatedAt   string `json:"created_at"`
}

type wireModels struct {
	Data    []wireModel `json:"data"`
	HasMore bool        `json:"has_more"`
	FirstID *string     `json:"first_id"`
	LastID  *string     `json:"last_id"`
}

// model: the vendor's page gives the epoch as the date of a model whose date is unknown.
func model(name string) wireModel {
	return wireModel{Type: "model", ID: name, DisplayName: name, CreatedAt: "1970-01-01T00:00:00Z"}
}

// formatModels renders names as one whole page.
func formatModels(names []string) []byte {
	list := wireModels{Data: make([]wireModel, len(names))}
	for i, name := range names {
		list.Data[i] = model(name)
	}
	if n := len(names); n > 0 {
		list.FirstID, list.LastID = &names[0], &names[n-1]
	}
	return marshal(list)
}

func formatModel(name string) []byte { return marshal(model(name)) }
