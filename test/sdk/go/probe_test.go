package sdk_test

import (
	"testing"

	_ "github.com/anthropics/anthropic-sdk-go"
	_ "github.com/openai/openai-go/v3"
	_ "go.uber.org/goleak"
	_ "google.golang.org/genai"

	_ "github.com/sluice-gateway/sluice/internal/testgw"
	_ "github.com/sluice-gateway/sluice/internal/testup"
)

func TestX(t *testing.T) {}
