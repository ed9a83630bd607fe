package config

import (
	"reflect"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// DefaultGateway is the gateway that always exists.
const DefaultGateway = "default"

// Default gives the configuration of an empty document: no providers, one gateway.
// Each call makes a new one.
func Default() *Config { return newDecoder(resolver{}).defaultConfig() }

func (d *decoder) defaultConfig() *Config {
	cfg := d.defaults(reflect.TypeFor[Config]()).Interface().(Config)
	cfg.Gateways = map[string]Gateway{DefaultGateway: d.defaultGateway()}
	return &cfg
}

func (d *decoder) defaultGateway() Gateway {
	return d.defaults(reflect.TypeFor[Gateway]()).Interface().(Gateway)
}

func (d *decoder) defaultProvider() Provider {
	return d.defaults(reflect.TypeFor[Provider]()).Interface().(Provider)
}

// defaults gives a struct with the defaults of its tags. Lists in it are shared by all
// structs of that type and never changed: decoding replaces them.
func (d *decoder) defaults(t reflect.Type) reflect.Value {
	if v, ok := d.blank[t]; ok {
		return v
	}
	v := reflect.New(t).Elem()
	scratch := newDecoder(resolver{})
	for _, s := range d.specsOf(t) {
		field := v.FieldByIndex(s.index)
		switch {
		case s.def != "":
			scratch.value(defaultNode(&s), field, &s, place{path: s.name})
		case field.Kind() == reflect.Struct && !isScalar(s.typ):
			field.Set(d.defaults(s.typ))
		}
	}
	if err := scratch.problems.Err(); err != nil {
		panic("BUG: default of " + t.Name() + ": " + err.Error())
	}
	d.blank[t] = v
	return v
}

func defaultNode(s *spec) *doctree.Node {
	n, problems := doctree.Parse([]byte(s.def))
	if len(problems) > 0 {
		panic("BUG: default of " + s.name + ": " + problems[0].Error())
	}
	return n
}
