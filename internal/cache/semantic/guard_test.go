package semantic_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache/semantic"
)

func TestTheGuardLetsPassWhatMeansTheSame(t *testing.T) {
	g := semantic.NewGuard()
	for _, p := range [][2]string{
		{"What is the capital of France?", "what's the capital city of france"},
		{"How do I reset my password?", "Can you tell me how to reset the password?"},
		{"How many people live in Japan?", "What is the population of Japan?"},
		{"Who invented the telephone?", "Who was the inventor of the telephone?"},
		{"When did World War II end?", "What year did WW2 end?"},
		{"Convert 5 km to miles", "Please convert 5 kilometers to miles."},
	} {
		if why, differ := g.Differ(p[0], p[1]); differ {
			t.Errorf("%q and %q: %s", p[0], p[1], why)
		}
	}
}
