// Package ops_test has the official SDKs use models of foreign vendors for what is no
// conversation: embeddings, reranking, moderation, images, speech, transcription and the
// counting of tokens.
package ops_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	cohere "github.com/cohere-ai/cohere-go/v2"
	cohereclient "github.com/cohere-ai/cohere-go/v2/client"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"google.golang.org/genai"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// stand is a gateway between the SDKs and one scripted upstream that is every vendor.
type stand struct {
	gw     *testgw.Gateway
	up     *testup.Upstream
	http   *http.Client
	openai openai.Client
	gemini *genai.Client
	cohere *cohereclient.Client
}

const providers = `discover: false
providers:
  openai: { api_key: env:KEY, base_url: "URL/v1" }
  gemini: { api_key: env:KEY, base_url: "URL" }
  cohere: { api_key: env:KEY, base_url: "URL" }
  voyage: { api_key: env:KEY, base_url: "URL/v1" }
  mistral: { api_key: env:KEY, base_url: "URL/v1" }
  anthropic: { api_key: env:KEY, base_url: "URL" }
`

func start(t *testing.T) *stand {
	t.Helper()
	s := &stand{up: testup.New(t, func(c *testup.Call) { c.JSON(500, "{}") })}
	s.gw = testgw.StartWith(t, testgw.Options{Config: strings.ReplaceAll(providers, "URL", s.up.URL), Env: map[string]string{"KEY": "vendor-key-0123456789"}})
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s.http = &http.Client{Transport: transport}
	s.openai = openai.NewClient(option.WithBaseURL(s.gw.URL+"/v1"), option.WithAPIKey(testgw.Key), option.WithHTTPClient(s.http), option.WithMaxRetries(0))
	s.cohere = cohereclient.NewClient(cohereclient.WithBaseURL(s.gw.URL), cohereclient.WithToken(testgw.Key), cohereclient.WithHTTPClient(s.http), cohereclient.WithMaxAttempts(1))
	var err error
	if s.gemini, err = genai.NewClient(t.Context(), &genai.ClientConfig{APIKey: testgw.Key, Backend: genai.BackendGeminiAPI, HTTPClient: s.http, HTTPOptions: genai.HTTPOptions{BaseURL: s.gw.URL}}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stand) answers(body string) { s.up.Script(func(c *testup.Call) { c.JSON(200, body) }) }

// The vectors [0.5,-2] and [1,0.25], seven tokens, in the words of three vendors.
const (
	ofGemini = `{"embeddings":[{"values":[0.5,-2]},{"values":[1,0.25]}],"usageMetadata":{"promptTokenCount":7}}`
	ofCohere = `{"id":"c","embeddings":{"float":[[0.5,-2],[1,0.25]]},"meta":{"billed_units":{"input_tokens":7}},"response_type":"embeddings_by_type"}`
	ofOpenAI = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-2]},{"object":"embedding","index":1,"embedding":[1,0.25]}],"model":"m","usage":{"prompt_tokens":7,"total_tokens":7}}`
	ofVoyage = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-2]},{"object":"embedding","index":1,"embedding":[1,0.25]}],"model":"m","usage":{"total_tokens":7}}`
)

func TestOpenAIsSDKEmbedsByEveryVendor(t *testing.T) {
	s := start(t)
	for model, answer := range map[string]string{"gemini/gemini-embedding-001": ofGemini, "cohere/embed-v4.0": ofCohere, "voyage/voyage-3.5": ofVoyage} {
		s.answers(answer)
		got, err := s.openai.Embeddings.New(t.Context(), openai.EmbeddingNewParams{Model: model, Dimensions: openai.Int(2),
			Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"a", "b"}}})
		if err != nil {
			t.Errorf("%s: %v", model, err)
			continue
		}
		if len(got.Data) != 2 || got.Data[0].Embedding[1] != -2 || got.Data[1].Index != 1 || got.Data[1].Embedding[1] != 0.25 || got.Usage.PromptTokens != 7 {
			t.Errorf("%s: %s", model, got.RawJSON())
		}
	}
}

func TestOpenAIsSDKForNodeReadsBase64(t *testing.T) {
	s := start(t)
	s.answers(ofGemini)
	var got struct{ Data []struct{ Embedding string } }
	err := s.openai.Post(t.Context(), "embeddings", map[string]any{"model": "gemini/gemini-embedding-001", "input": []string{"a", "b"}, "encoding_format": "base64"}, &got)
	if err != nil || len(got.Data) != 2 {
		t.Fatalf("%v %+v", err, got)
	}
	raw, err := base64.StdEncoding.DecodeString(got.Data[0].Embedding)
	if err != nil || len(raw) != 8 || math.Float32frombits(binary.LittleEndian.Uint32(raw[4:])) != -2 {
		t.Errorf("the vector is % x", raw)
	}
}

func TestGooglesSDKEmbedsByEveryVendor(t *testing.T) {
	s := start(t)
	for model, answer := range map[string]string{"openai/text-embedding-3-small": ofOpenAI, "cohere/embed-v4.0": ofCohere, "voyage/voyage-3.5": ofVoyage} {
		s.answers(answer)
		got, err := s.gemini.Models.EmbedContent(t.Context(), model, []*genai.Content{genai.NewContentFromText("a", "user"), genai.NewContentFromText("b", "user")}, &genai.EmbedContentConfig{TaskType: "RETRIEVAL_QUERY"})
		if err != nil {
			t.Errorf("%s: %v", model, err)
			continue
		}
		if len(got.Embeddings) != 2 || got.Embeddings[0].Values[1] != -2 || got.Embeddings[1].Values[1] != 0.25 {
			t.Errorf("%s: %+v", model, got)
		}
	}
}

func TestCoheresSDKEmbedsAndReranksByEveryVendor(t *testing.T) {
	s := start(t)
	for model, answer := range map[string]string{"openai/text-embedding-3-small": ofOpenAI, "gemini/gemini-embedding-001": ofGemini, "voyage/voyage-3.5": ofVoyage} {
		s.answers(answer)
		got, err := s.cohere.V2.Embed(t.Context(), &cohere.V2EmbedRequest{Model: model, Texts: []string{"a", "b"}, InputType: cohere.EmbedInputTypeSearchDocument, EmbeddingTypes: []cohere.EmbeddingType{cohere.EmbeddingTypeFloat}})
		if err != nil {
			t.Errorf("%s: %v", model, err)
			continue
		}
		if v := got.Embeddings.Float; len(v) != 2 || v[0][1] != -2 || v[1][1] != 0.25 || *got.Meta.BilledUnits.InputTokens != 7 || len(got.Texts) != 2 {
			t.Errorf("%s: %s", model, got)
		}
	}
	s.answers(`{"object":"list","data":[{"relevance_score":0.9,"index":1},{"relevance_score":0.1,"index":0}],"model":"m","usage":{"total_tokens":9}}`)
	ranked, err := s.cohere.V2.Rerank(t.Context(), &cohere.V2RerankRequest{Model: "voyage/rerank-2.5", Query: "q", Documents: []string{"a", "b"}, TopN: cohere.Int(2)})
	if err != nil || len(ranked.Results) != 2 || ranked.Results[0].Index != 1 || ranked.Results[0].RelevanceScore != 0.9 {
		t.Errorf("%v %s", err, ranked)
	}
}

func TestTheSDKsCountTokensByEveryVendor(t *testing.T) {
	s := start(t)
	claude := anthropic.NewClient(anthropicoption.WithBaseURL(s.gw.URL), anthropicoption.WithAPIKey(testgw.Key), anthropicoption.WithHTTPClient(s.http), anthropicoption.WithMaxRetries(0))
	count := func(model string) int64 {
		got, err := claude.Messages.CountTokens(t.Context(), anthropic.MessageCountTokensParams{Model: model, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("hi"))}})
		if err != nil {
			t.Errorf("%s: %v", model, err)
			return 0
		}
		return got.InputTokens
	}
	s.answers(`{"totalTokens":42}`)
	if n := count("gemini/gemini-2.5-pro"); n != 42 {
		t.Errorf("Gemini counted %d", n)
	}
	s.answers(`{"object":"response.input_tokens","input_tokens":43}`)
	if n := count("openai/gpt-4o"); n != 43 {
		t.Errorf("OpenAI counted %d", n)
	}
	if n := count("cohere/command-a-03-2025"); n < 1 || n > 100 {
		t.Errorf("the estimate is %d", n)
	}
	s.answers(`{"input_tokens":44}`)
	got, err := s.gemini.Models.CountTokens(t.Context(), "anthropic/claude-sonnet-4-5", []*genai.Content{genai.NewContentFromText("hi", "user")}, nil)
	if err != nil || got.TotalTokens != 44 {
		t.Errorf("%v %+v", err, got)
	}
}

func TestOpenAIsSDKJudgesDrawsSpeaksAndListens(t *testing.T) {
	s := start(t)
	ctx := t.Context()
	s.answers(`{"id":"m","model":"x","results":[{"categories":{"violence_and_threats":true,"sexual":false},"category_scores":{"violence_and_threats":0.9,"sexual":0.1}}]}`)
	judged, err := s.openai.Moderations.New(ctx, openai.ModerationNewParams{Model: "mistral/mistral-moderation-latest", Input: openai.ModerationNewParamsInputUnion{OfString: openai.String("x")}})
	if err != nil || !judged.Results[0].Flagged || !judged.Results[0].Categories.Violence || judged.Results[0].CategoryScores.Violence != 0.9 {
		t.Errorf("%v %+v", err, judged)
	}
	s.answers(`{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":10}}`)
	drawn, err := s.openai.Images.Generate(ctx, openai.ImageGenerateParams{Model: "gemini/gemini-2.5-flash-image", Prompt: "a cat", Size: "1024x1024"})
	if err != nil || len(drawn.Data) != 1 || drawn.Data[0].B64JSON != "aGk=" || drawn.Usage.TotalTokens != 19 {
		t.Errorf("%v %+v", err, drawn)
	}
	edited, err := s.openai.Images.Edit(ctx, openai.ImageEditParams{Model: "gemini/gemini-2.5-flash-image", Prompt: "blue", Image: openai.ImageEditParamsImageUnion{OfFile: openai.File(strings.NewReader("\x89PNG"), "a.png", "image/png")}})
	if err != nil || len(edited.Data) != 1 || !bytes.Contains(s.up.Last().Body, []byte(`"mimeType":"image/png"`)) {
		t.Errorf("%v %+v", err, edited)
	}
	s.answers(`{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"audio/L16;rate=24000","data":"AQACAA=="}}]}}]}`)
	spoken, err := s.openai.Audio.Speech.New(ctx, openai.AudioSpeechNewParams{Model: "gemini/gemini-2.5-flash-preview-tts", Input: "hi", Voice: openai.AudioSpeechNewParamsVoiceUnion{OfString: openai.String("nova")}, ResponseFormat: "wav"})
	if err != nil {
		t.Fatal(err)
	}
	sound, err := io.ReadAll(spoken.Body)
	spoken.Body.Close()
	if err != nil || len(sound) != 48 || string(sound[:4]) != "RIFF" {
		t.Errorf("%v % x", err, sound)
	}
	s.answers(`{"candidates":[{"content":{"parts":[{"text":"Hello"}]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1}}`)
	heard, err := s.openai.Audio.Transcriptions.New(ctx, openai.AudioTranscriptionNewParams{Model: "gemini/gemini-2.5-flash", File: openai.File(strings.NewReader("ID3"), "a.mp3", "audio/mpeg")})
	if err != nil || heard.Text != "Hello" {
		t.Errorf("%v %+v", err, heard)
	}
}
