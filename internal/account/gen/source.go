package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/sluice-gateway/sluice/internal/account"
)

// priceLine is one model in the list of prices.
type priceLine struct {
	Provider   string          `json:"provider"`
	Model      string          `json:"model"`
	Name       string          `json:"name"`
	Context    int             `json:"context"`
	Match      clause          `json:"match"`
	Deprecated bool            `json:"deprecated"`
	Source     string          `json:"source"`
	Prices     []priceWithTime `json:"prices"`
}

// clause is a matching rule; one field is set.
type clause struct {
	Equals     string   `json:"equals"`
	StartsWith string   `json:"starts_with"`
	EndsWith   string   `json:"ends_with"`
	Contains   string   `json:"contains"`
	Regex      string   `json:"regex"`
	Or         []clause `json:"or"`
	And        []clause `json:"and"`
}

type priceWithTime struct {
	When struct {
		Type      string `json:"type"`
		StartDate string `json:"start_date"`
		StartTime string `json:"start_time"`
		EndTime   string `json:"end_time"`
	} `json:"when"`
	USD map[string]amount `json:"usd_per_million"`
}

// amount is a number, or a number with dearer ones above some prompt sizes.
type amount struct {
	Base  account.Nano
	Tiers []step
}

type step struct {
	Start int64   `json:"start"`
	Price float64 `json:"price"`
}

func (a *amount) UnmarshalJSON(b []byte) error {
	tiered := struct {
		Base  float64 `json:"base"`
		Tiers []step  `json:"tiers"`
	}{}
	target := any(&tiered.Base)
	if bytes.HasPrefix(b, []byte("{")) {
		target = &tiered
	}
	if err := json.Unmarshal(b, target); err != nil {
		return err
	}
	var err error
	a.Base, err = account.NanoOf(tiered.Base)
	a.Tiers = tiered.Tiers
	return err
}

// abilityLine is one model in the list of abilities.
type abilityLine struct {
	Provider    string `json:"provider"`
	ID          string `json:"id"`
	Name        string `json:"name"`
	Reasoning   bool   `json:"reasoning"`
	Temperature bool   `json:"temperature"`
	ToolCall    bool   `json:"tool_call"`
	Modalities  struct {
		Input  []string `json:"input"`
		Output []string `json:"output"`
	} `json:"modalities"`
	Cost  map[string]float64 `json:"cost"`
	Limit struct {
		Context int `json:"context"`
		Output  int `json:"output"`
	} `json:"limit"`
}

// extra is extra.json.
type extra struct {
	PricesSource      string              `json:"prices_source"`
	PricesAsOf        string              `json:"prices_as_of"`
	AbilitiesSource   string              `json:"abilities_source"`
	AbilitiesAsOf     string              `json:"abilities_as_of"`
	Aliases           map[string][]string `json:"aliases"`
	AbilitiesProvider map[string]string   `json:"abilities_provider"`
	Skip              []string            `json:"skip"` // resellers of abilities that are left out
	Move              []struct {
		Provider string `json:"provider"`
		Prefix   string `json:"prefix"`
		To       string `json:"to"`
	} `json:"move"`
	FreeSuffix string `json:"free_suffix"`
	Free       []struct {
		Provider string   `json:"provider"`
		IDs      []string `json:"ids"`
		Source   string   `json:"source"`
	} `json:"free"`
	Tiers []struct {
		account.Tier
		Provider string   `json:"provider"`
		Models   []string `json:"models"` // empty = all
	} `json:"tiers"`
	Kinds map[string]string `json:"kinds"`
}

func readExtra(raw []byte) (*extra, error) {
	var x extra
	if err := json.Unmarshal(raw, &x); err != nil {
		return nil, fmt.Errorf("extra.json: %w", err)
	}
	return &x, nil
}

func readLines[T any](file string) ([]T, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		all = append(all, v)
	}
	return all, lines.Err()
}
