package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/config"
)

func BenchmarkLoadNothing(b *testing.B) {
	src := source("", "OPENAI_API_KEY=k")
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := config.Load(src); problems.Err() != nil {
			b.Fatal(problems)
		}
	}
}

func BenchmarkLoadThousandModels(b *testing.B) {
	var doc strings.Builder
	doc.WriteString("providers:\n  ollama:\n    models:\n")
	for i := range 1000 {
		fmt.Fprintf(&doc, "      m%d: { price: { input: 0.1, output: 0.4 }, context: 32768 }\n", i)
	}
	src := source(doc.String())
	b.ReportAllocs()
	for b.Loop() {
		if _, problems := config.Load(src); problems.Err() != nil {
			b.Fatal(problems)
		}
	}
}
