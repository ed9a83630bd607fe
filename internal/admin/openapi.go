package admin

import (
	"cmp"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// OpenAPI is the description of the API. https://spec.openapis.org/oas/v3.1.1.html
type OpenAPI struct {
	OpenAPI    string                           `json:"openapi"`
	Info       openInfo                         `json:"info"`
	Paths      map[string]map[string]*operation `json:"paths"`
	Components components                       `json:"components"`
	Security   []map[string][]string            `json:"security"`
}

type openInfo struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Version     string `json:"version"`
}

type components struct {
	Schemas         schemas                   `json:"schemas"`
	SecuritySchemes map[string]securityScheme `json:"securitySchemes"`
}

type securityScheme struct {
	Type        string `json:"type"`
	Scheme      string `json:"scheme,omitempty"`
	In          string `json:"in,omitempty"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description"`
}

type operation struct {
	OperationID string              `json:"operationId"`
	Tags        []string            `json:"tags"`
	Summary     string              `json:"summary"`
	Parameters  []parameter         `json:"parameters,omitempty"`
	RequestBody *content            `json:"requestBody,omitempty"`
	Responses   map[string]*content `json:"responses"`
	// Access says who may call it; Security is empty, not absent, where anybody may.
	Access   string                 `json:"x-access"`
	Security *[]map[string][]string `json:"security,omitempty"`
}

type parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *schema `json:"schema"`
}

type content struct {
	Description string           `json:"description,omitempty"`
	Required    bool             `json:"required,omitempty"`
	Content     map[string]media `json:"content,omitempty"`
}

type media struct {
	Schema *schema `json:"schema"`
}

func (a *api) getOpenAPI(*call) (*OpenAPI, error) { return describe(a.routes, a.Version), nil }

// describe makes the document of a table of routes.
func describe(routes []route, version string) *OpenAPI {
	doc := &OpenAPI{
		OpenAPI: "3.1.0",
		Info: openInfo{
			Title:       "Sluice admin API",
			Description: "What a Sluice gateway has recorded and how it is set up. Lists answer {data, next}; next is the cursor of the next page, empty at the end. Unknown numbers are null. x-access says who may call an operation: anyone, whoever is signed in, whoever has at least that role in the workspace that is touched, or a system admin. What belongs to another workspace is not found.",
			Version:     version,
		},
		Paths:    map[string]map[string]*operation{},
		Security: []map[string][]string{{"token": {}}, {"session": {}}},
		Components: components{Schemas: schemas{}, SecuritySchemes: map[string]securityScheme{
			"token":   {Type: "http", Scheme: "bearer", Description: "An API token, or the admin token, which is printed once at the first start, or was given in SLUICE_ADMIN_TOKEN."},
			"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "The session of a browser; over TLS its cookie has the prefix __Host-. Requests that change something also need the header sluice-csrf, whose value /auth/session tells."},
		}},
	}
	for i := range routes {
		r := &routes[i]
		if doc.Paths[r.Path] == nil {
			doc.Paths[r.Path] = map[string]*operation{}
		}
		doc.Paths[r.Path][strings.ToLower(r.Method)] = doc.operation(r)
	}
	return doc
}

func (d *OpenAPI) operation(r *route) *operation {
	o := &operation{Access: string(r.Access), OperationID: r.Name, Tags: []string{r.Tag}, Summary: r.Summary, Responses: map[string]*content{
		strconv.Itoa(r.Status): d.answer(r),
		"default":              {Description: "An error.", Content: d.json(reflect.TypeFor[ErrorAnswer]())},
	}}
	if r.Access == anyone {
		o.Security = &[]map[string][]string{}
	}
	for _, s := range r.segments {
		if strings.HasPrefix(s, "{") {
			o.Parameters = append(o.Parameters, parameter{Name: strings.Trim(s, "{}"), In: "path", Required: true, Schema: &schema{Type: "string"}})
		}
	}
	for _, p := range r.Query {
		o.Parameters = append(o.Parameters, parameter{Name: p.Name, In: "query", Description: p.Doc, Schema: &schema{Type: "string"}})
	}
	switch {
	case r.Media != "":
		o.RequestBody = &content{Required: true, Content: map[string]media{r.Media: {d.Components.Schemas.of(r.Body)}}}
	case r.Body != nil:
		o.RequestBody = &content{Required: true, Content: d.json(r.Body)}
	}
	return o
}

func (d *OpenAPI) answer(r *route) *content {
	c := &content{Description: http.StatusText(r.Status)}
	switch r.Answer {
	case nil:
		if r.Status/100 == 3 {
			return c
		}
		c.Description = cmp.Or(r.Stream, "Server-sent events; the data of each event named entry is an Entry.")
		c.Content = map[string]media{cmp.Or(r.Kind, "text/event-stream"): {&schema{Type: "string"}}}
	case reflect.TypeFor[*OpenAPI]():
		c.Content = map[string]media{"application/json": {&schema{Type: "object"}}}
	default:
		c.Content = d.json(r.Answer)
	}
	return c
}

func (d *OpenAPI) json(t reflect.Type) map[string]media {
	return map[string]media{"application/json": {d.Components.Schemas.of(t)}}
}
