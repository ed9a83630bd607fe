package seed

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

//go:embed cast.json
var castText []byte

//go:embed words.json
var wordsText []byte

// cast is who calls what.
type cast struct {
	Workspaces []workspace
	Keys       []key
	Models     []model
	Routes     []string
	Errors     []failure
	Faults     []string
	Tools      []string

	byKey, byModel, byError chooser
	chat                    []int // the models that talk
}

type workspace struct {
	ID, Name string
	Weight   float64
	Gateways []string
}

type key struct {
	Workspace, Name string
	Weight          float64
	Tags, Teams     []string
	Agent           string
	Users           int // who name themselves; 0 = nobody does

	id       string
	gateways []string
}

// model has prices in billionths of a dollar a token.
type model struct {
	Provider, Model, Dialect, Operation string
	Weight                              float64
	Input, Cached, Output               int64
	Speed                               float64 // tokens a second
	First                               float64 // milliseconds until the first one
	Think                               float64 // share of answers with reasoning
	Unpriced                            bool
}

type failure struct {
	Code   string
	Status int
	Weight float64
	Limits []string
	Called bool // a vendor was asked
}

// words are what they talk about.
type words struct {
	Topics []struct{ Nouns, Verbs, Adjectives []string }
	Names, Places, Foreign,
	Openings, Answers, Joins []string
}

func readCast() (c cast, w words) {
	for _, one := range []struct {
		text []byte
		into any
	}{{castText, &c}, {wordsText, &w}} {
		if err := json.Unmarshal(one.text, one.into); err != nil {
			panic("BUG: the embedded cast cannot be read: " + err.Error())
		}
	}
	for i := range c.Keys {
		k := &c.Keys[i]
		k.id = fmt.Sprintf("key_seed%02d", i)
		for _, w := range c.Workspaces {
			if w.ID == k.Workspace {
				k.gateways = w.Gateways
			}
		}
	}
	c.byKey = choosing(c.Keys, func(k key) float64 { return k.Weight })
	c.byModel = choosing(c.Models, func(m model) float64 { return m.Weight })
	c.byError = choosing(c.Errors, func(f failure) float64 { return f.Weight })
	for i, m := range c.Models {
		if m.Operation == "chat" {
			c.chat = append(c.chat, i)
		}
	}
	return c, w
}

// chooser picks indexes by their weights.
type chooser []float64

func choosing[T any](all []T, weight func(T) float64) chooser {
	sum, c := 0.0, make(chooser, len(all))
	for i, one := range all {
		sum += weight(one)
		c[i] = sum
	}
	return c
}

func (c chooser) pick(r *rand.Rand) int {
	at := r.Float64() * c[len(c)-1]
	for i, upTo := range c {
		if at < upTo {
			return i
		}
	}
	return len(c) - 1
}

func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }
