package pairs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"google.golang.org/genai"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func geminiError(err error) (int, string) {
	var e genai.APIError
	if errors.As(err, &e) {
		return e.Code, e.Message
	}
	return 0, ""
}

func askGemini(ctx context.Context, s *stand, q question) (*answer, error) {
	c, err := genai.NewClient(ctx, &genai.ClientConfig{APIKey: testgw.Key, Backend: genai.BackendGeminiAPI, HTTPClient: s.http, HTTPOptions: genai.HTTPOptions{BaseURL: s.url}})
	if err != nil {
		return nil, err
	}
	config := &genai.GenerateContentConfig{SystemInstruction: genai.NewContentFromText("You are brief.", genai.RoleUser)}
	if q.tools {
		own := &genai.Tool{}
		for _, t := range tools {
			own.FunctionDeclarations = append(own.FunctionDeclarations, &genai.FunctionDeclaration{Name: t.name, Description: t.description, ParametersJsonSchema: t.schema})
		}
		config.Tools = []*genai.Tool{own}
	}
	if q.schema {
		config.ResponseMIMEType, config.ResponseJsonSchema = "application/json", degrees
	}
	if q.think {
		config.ThinkingConfig = &genai.ThinkingConfig{IncludeThoughts: true, ThinkingBudget: genai.Ptr(int32(2048))}
	}
	return goGemini(ctx, c, q, genai.Text(q.text), config)
}

func goGemini(ctx context.Context, c *genai.Client, q question, contents []*genai.Content, config *genai.GenerateContentConfig) (*answer, error) {
	var chunks []*genai.GenerateContentResponse
	if q.stream {
		for chunk, err := range c.Models.GenerateContentStream(ctx, q.model, contents, config) {
			if err != nil {
				return nil, err
			}
			chunks = append(chunks, chunk)
		}
	} else {
		got, err := c.Models.GenerateContent(ctx, q.model, contents, config)
		if err != nil {
			return nil, err
		}
		chunks = append(chunks, got)
	}
	a, said, calls := &answer{}, &genai.Content{Role: genai.RoleModel}, []*genai.FunctionCall(nil)
	var finish genai.FinishReason
	for _, chunk := range chunks {
		if u := chunk.UsageMetadata; u != nil {
			a.input, a.output = int64(u.PromptTokenCount), int64(u.CandidatesTokenCount+u.ThoughtsTokenCount)
		}
		for _, candidate := range chunk.Candidates {
			finish = candidate.FinishReason
			if candidate.Content == nil {
				continue
			}
			for _, p := range candidate.Content.Parts {
				switch {
				case p.FunctionCall != nil:
					calls = append(calls, p.FunctionCall)
					a.calls = append(a.calls, call{p.FunctionCall.ID, p.FunctionCall.Name, jsonText(p.FunctionCall.Args)})
				case p.Thought:
					a.thinking += p.Text
				default:
					a.text += p.Text
				}
				said.Parts = append(said.Parts, p)
			}
		}
	}
	if finish != genai.FinishReasonStop {
		return nil, fmt.Errorf("it ended with %q", finish)
	}
	if q.forget {
		said = forgetful(said)
	}
	a.again = func(results []string) (*answer, error) {
		var parts []*genai.Part
		for i, r := range results {
			parts = append(parts, &genai.Part{FunctionResponse: &genai.FunctionResponse{ID: calls[i].ID, Name: calls[i].Name, Response: map[string]any{"output": r}}})
		}
		return goGemini(ctx, c, q, append(contents, said, genai.NewContentFromParts(parts, genai.RoleUser)), config)
	}
	return a, nil
}

// forgetful is a turn as Gemini CLI sends it back: without thoughts, and with what
// stands for a lost signature (https://ai.google.dev/gemini-api/docs/thought-signatures#faqs).
func forgetful(said *genai.Content) *genai.Content {
	out := &genai.Content{Role: said.Role}
	for _, p := range said.Parts {
		if p.FunctionCall != nil {
			out.Parts = append(out.Parts, &genai.Part{FunctionCall: p.FunctionCall, ThoughtSignature: []byte("skip_thought_signature_validator")})
		}
	}
	return out
}

func TestReasoningSurvivesGeminiCallersWhoDropThoughts(t *testing.T) {
	s := start(t)
	for _, vendor := range []string{"chat", "responses", "messages", "converse"} {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprint(vendor, " streams ", stream), func(t *testing.T) {
				p := &pair{s, callers["gemini"], "gemini", vendor, fmt.Sprintf("forgetful/%s/%v", vendor, stream)}
				q := p.say(`think, call get_weather with {"city":"Lisbon"}, then call get_time with {"zone":"UTC"}`)
				q.model, q.stream, q.tools, q.think, q.forget = models[vendor].thinking, stream, true, true, true
				a := p.must(t, q)
				b := p.goOn(t, a, "sunny over there")
				c := p.goOn(t, b, "noon")
				same(t, "text", c.text != "", true)
				p.check(t)
			})
		}
	}
}
