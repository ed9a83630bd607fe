package all_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/sluice-gateway/sluice/internal/provider/all"
)

func TestEveryKindIsFoundByItsNameAndItsAliasesAndNoNameMeansTwo(t *testing.T) {
	owner := map[string]string{}
	for _, s := range all.Specs() {
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			if other, taken := owner[name]; taken {
				t.Errorf("%q means both %s and %s", name, other, s.Name)
			}
			owner[name] = s.Name
			if got, ok := all.Lookup(name); !ok || got != s {
				t.Errorf("%q was not found", name)
			}
		}
	}
	if _, ok := all.Lookup("acme"); ok {
		t.Error("an unknown kind was found")
	}
}

func TestAnEnvironmentVariableDiscoversOneKindOnly(t *testing.T) {
	owner := map[string]string{}
	for _, s := range all.Specs() {
		if s.BaseURL == "" && s.BaseEnv == "" && s.Base == nil {
			continue // its variables serve a configured provider, but make none appear
		}
		for _, v := range append(slices.Clone(s.Env), s.BaseEnv) {
			if other := owner[v]; v != "" && other != "" {
				t.Errorf("%s discovers both %s and %s", v, other, s.Name)
			}
			owner[v] = s.Name
		}
	}
}

func TestTheListIsLongAndSortedForPeople(t *testing.T) {
	known := all.Known()
	if !slices.IsSorted(known) || len(known) < 49 {
		t.Errorf("%d kinds: %v", len(known), known)
	}
}

func TestThePageNamesEveryKindWithItsPageAndQuirks(t *testing.T) {
	page := all.Table()
	for _, s := range all.Specs() {
		for _, want := range append([]string{"| [`" + s.Name + "`]", "\n## " + s.Name + "\n", s.Page}, s.Quirks...) {
			if !bytes.Contains(page, []byte(want)) {
				t.Errorf("%s: the page lacks %q", s.Name, want)
			}
		}
	}
}
