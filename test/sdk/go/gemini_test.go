package sdk_test

import (
	"context"
	"encoding/base64"
	"testing"

	"google.golang.org/genai"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func geminiAt(t *testing.T, url, key string) *genai.Client {
	t.Helper()
	return must(genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey: key, Backend: genai.BackendGeminiAPI, HTTPClient: httpClient(t), HTTPOptions: genai.HTTPOptions{BaseURL: url},
	}))(t)
}

const flash = "gemini-2.5-flash"

var geminiWeather = &genai.GenerateContentConfig{Tools: []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{{
	Name: "get_weather", Parameters: &genai.Schema{Type: genai.TypeObject, Properties: map[string]*genai.Schema{"city": {Type: genai.TypeString}}},
}}}}}

func TestGeminiGeneratesContent(t *testing.T) {
	s := start(t, noRetries)
	c := geminiAt(t, s.URL, testgw.Key)
	for _, model := range []string{flash, "models/" + flash, "gemini/" + flash} {
		got, err := c.Models.GenerateContent(deadline(t), model, genai.Text(question), nil)
		if err != nil {
			t.Errorf("%s: %v", model, err)
			continue
		}
		same(t, "text", got.Text(), calm)
		same(t, "thoughts", got.UsageMetadata.ThoughtsTokenCount, 11)
	}
	sent := s.up.Last("gemini/generate")
	same(t, "the vendor's key", sent.Header.Get("X-Goog-Api-Key"), vendorKey)
}

func TestGeminiTokensArriveOneByOne(t *testing.T) {
	s := start(t, noRetries)
	c := geminiAt(t, s.URL, testgw.Key)
	var text string
	for chunk, err := range c.Models.GenerateContentStream(deadline(t), flash, genai.Text("Please count to three."), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if text == "" {
			s.up.Release("gemini/generate-stream") // only now does the vendor go on
		}
		text += chunk.Text()
	}
	same(t, "text", text, "One, two, three.")
}

func TestGeminiCallsToolsAndTakesTheirResults(t *testing.T) {
	s := start(t, noRetries)
	c := geminiAt(t, s.URL, testgw.Key)
	turns := genai.Text("The weather?")
	got := must(c.Models.GenerateContent(deadline(t), flash, turns, geminiWeather))(t)
	calls := got.FunctionCalls()
	if len(calls) != 2 || calls[0].Args["city"] != "Lisbon" {
		t.Fatalf("%+v", calls)
	}
	turns = append(turns, got.Candidates[0].Content, genai.NewContentFromParts([]*genai.Part{
		genai.NewPartFromFunctionResponse("get_weather", map[string]any{"sky": "sunny"}), genai.NewPartFromFunctionResponse("get_weather", map[string]any{"sky": "snow"}),
	}, genai.RoleUser))
	got = must(c.Models.GenerateContent(deadline(t), flash, turns, geminiWeather))(t)
	same(t, "text", got.Text(), "Lisbon is sunny, Oslo is snowed in.")
}

func TestGeminiCollectsToolCallsFromAStream(t *testing.T) {
	s := start(t, noRetries)
	c := geminiAt(t, s.URL, testgw.Key)
	var calls []*genai.FunctionCall
	for chunk, err := range c.Models.GenerateContentStream(deadline(t), flash, genai.Text("The weather?"), geminiWeather) {
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, chunk.FunctionCalls()...)
	}
	if len(calls) != 1 || calls[0].Name != "get_weather" || calls[0].Args["city"] != "Lisbon" {
		t.Fatalf("%+v", calls)
	}
}

func TestGeminiSendsAPicture(t *testing.T) {
	s := start(t, noRetries)
	c := geminiAt(t, s.URL, testgw.Key)
	png := must(base64.StdEncoding.DecodeString(pixel))(t)
	turns := []*genai.Content{genai.NewContentFromParts([]*genai.Part{genai.NewPartFromText("What is it?"), genai.NewPartFromBytes(png, "image/png")}, genai.RoleUser)}
	same(t, "text", must(c.Models.GenerateContent(deadline(t), flash, turns, nil))(t).Text(), "One red pixel.")
	holds(t, "what the vendor got", string(s.up.Last("gemini/generate-image").Body), pixel)
}

func TestGeminiCallerWhoLeavesEndsTheVendorsWork(t *testing.T) {
	s := start(t, noRetries)
	c := geminiAt(t, s.URL, testgw.Key)
	leave(t, s, "gemini/generate-hang", func(ctx context.Context) string {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		for chunk, err := range c.Models.GenerateContentStream(ctx, flash, genai.Text("Please never end."), nil) {
			if err != nil {
				return err.Error()
			}
			return chunk.Text()
		}
		return ""
	})
}

func TestGeminiEmbedsAndCounts(t *testing.T) {
	s := start(t, noRetries)
	c := geminiAt(t, s.URL, testgw.Key)
	turns := []*genai.Content{genai.NewContentFromText("one", genai.RoleUser), genai.NewContentFromText("two", genai.RoleUser)}
	got := must(c.Models.EmbedContent(deadline(t), "gemini-embedding-001", turns, nil))(t)
	if len(got.Embeddings) != 2 || got.Embeddings[0].Values[1] != -0.25 {
		t.Errorf("%+v", got.Embeddings)
	}
	same(t, "tokens", must(c.Models.CountTokens(deadline(t), flash, genai.Text(question), nil))(t).TotalTokens, 17)
}
