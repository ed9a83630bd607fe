package cloudflare

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// flow is one dynamic route.
type flow struct {
	ID       string
	Name     string
	Elements []element
}

// element is a node of a flow.
type element struct {
	ID         string
	Type       string
	Outputs    outputs
	Properties properties
}

// outputs are the ways out of an element, in the order written.
type outputs []output

type output struct{ name, to string }

// to gives where an output leads, "" when there is none of that name.
func (os outputs) to(name string) string {
	for _, o := range os {
		if o.name == name {
			return o.to
		}
	}
	return ""
}

// properties are those of all elements together.
type properties struct {
	condition json.RawMessage // of the documents; conditions of the API
	limitType string          // count, cost
	key       string
	limit     json.Number
	window    json.Number // seconds; interval of the documents
	technique string
	provider  string
	model     string
	timeout   json.Number // milliseconds
	retries   json.Number
}

// UnmarshalJSON reads the spellings that the API, its documents and the clients in other
// languages have for one property.
func (p *properties) UnmarshalJSON(data []byte) error {
	var all map[string]json.RawMessage
	if err := decode(data, &all); err != nil {
		return err
	}
	for name, value := range all {
		if err := p.set(strings.ReplaceAll(strings.ToLower(name), "_", ""), value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (p *properties) set(name string, value json.RawMessage) error {
	switch name {
	case "condition", "conditions":
		p.condition = value
	case "limittype":
		return decode(value, &p.limitType)
	case "key":
		return decode(value, &p.key)
	case "limit":
		return decode(value, &p.limit)
	case "window", "interval":
		return decode(value, &p.window)
	case "technique":
		return decode(value, &p.technique)
	case "provider", "aigatewaydynamicroutingprovider":
		return decode(value, &p.provider)
	case "model":
		return decode(value, &p.model)
	case "timeout":
		return decode(value, &p.timeout)
	case "retries":
		return decode(value, &p.retries)
	}
	return nil
}

// UnmarshalJSON keeps the order.
func (os *outputs) UnmarshalJSON(data []byte) error {
	return members(data, func(name string, value json.RawMessage) error {
		var to struct {
			ElementID string `json:"elementId"`
			Snake     string `json:"element_id"`
		}
		if bytes.HasPrefix(value, []byte("{")) {
			if err := decode(value, &to); err != nil {
				return err
			}
		}
		if id := to.ElementID + to.Snake; id != "" {
			*os = append(*os, output{name, id})
		}
		return nil
	})
}

// members calls f with each member of an object, in the order written.
func members(data []byte, f func(name string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(data))
	t, err := d.Token()
	if err != nil || t == nil {
		return err
	}
	if t != json.Delim('{') {
		return errors.New("expected an object")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		if err := f(fmt.Sprint(name), value); err != nil {
			return err
		}
	}
	return nil
}

func decode(data []byte, into any) error { return json.Unmarshal(data, into) }

// flows finds the routes in a file: one, a list, or an answer of the API around them.
func flows(data []byte) ([]flow, error) {
	data = bytes.TrimSpace(data)
	if bytes.HasPrefix(data, []byte("[")) {
		return flowsOf(data)
	}
	var x struct {
		flow
		Result, Data, Routes, Route json.RawMessage
		Version                     struct{ Data json.RawMessage }
	}
	if err := decode(data, &x); err != nil {
		return nil, fmt.Errorf("is no JSON of a dynamic route: %w", err)
	}
	for _, inner := range []json.RawMessage{x.Result, x.Routes, x.Route, x.Data} {
		if len(inner) > 0 && (inner[0] == '{' || inner[0] == '[') {
			return flows(inner)
		}
	}
	if x.Elements == nil {
		if err := x.version(x.Version.Data); err != nil {
			return nil, err
		}
	}
	if len(x.Elements) == 0 {
		return nil, errors.New("holds no elements of a dynamic route; it is what GET …/ai-gateway/gateways/{gateway}/routes/{id} answers")
	}
	return []flow{x.flow}, nil
}

func flowsOf(list []byte) (out []flow, err error) {
	var items []json.RawMessage
	if err := decode(list, &items); err != nil {
		return nil, fmt.Errorf("is no JSON of dynamic routes: %w", err)
	}
	if len(items) == 0 {
		return nil, errors.New("holds no dynamic route")
	}
	for i, item := range items {
		found, err := flows(item)
		if err != nil {
			return nil, fmt.Errorf("route %d: %w", i+1, err)
		}
		out = append(out, found...)
	}
	return out, nil
}

// version takes the elements out of a version of the route, which is a text of JSON.
func (f *flow) version(data json.RawMessage) error {
	var text string
	if len(data) == 0 || decode(data, &text) != nil {
		return nil
	}
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		return decode([]byte(text), &f.Elements)
	}
	var inner flow
	if err := decode([]byte(text), &inner); err != nil {
		return fmt.Errorf("version.data: %w", err)
	}
	f.Elements = inner.Elements
	return nil
}
