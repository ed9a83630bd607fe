package sdk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"google.golang.org/genai"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/test/sdk/go/scripted"
)

// replay asks for recorded exchanges twice, straight and through the gateway, and
// compares all that the SDK makes of them.
func replay(t *testing.T, vendor, api string, ask func(t *testing.T, url, key string, r *scripted.Recorded) string) {
	s := start(t, noRetries)
	all := s.up.Corpus(t, vendor, 3, readsTheSame, api)
	failed := 0
	for _, r := range all {
		straight, through := ask(t, s.up.URL, vendorKey, r), ask(t, s.URL, testgw.Key, r)
		if straight != through {
			failed++
			t.Errorf("%s:\nstraight %s\nthrough  %s", r.Name, clip(straight, through), clip(through, straight))
		}
	}
	t.Logf("%s: %d recorded exchanges, %d read the same", vendor, len(all), len(all)-failed)
}

// vendorAPIs are the recorded APIs whose requests are made here.
var vendorAPIs = map[string][]string{"openai": {"chat", "responses"}, "anthropic": {"messages"}, "gemini": {"generate"}}

// readsTheSame leaves out what is meant to be read otherwise through the gateway: errors
// that it renders in its own words, streams in another framing than the SDKs ask for,
// and requests that are not made here.
func readsTheSame(r *scripted.Recorded) bool {
	switch {
	case strings.Contains(r.Kind, "manage"), strings.Contains(r.Kind, "compact"):
		return false
	case bytes.Contains(r.Body, []byte("API_KEY_INVALID")), bytes.Contains(r.Body, []byte("insufficient_quota")):
		return false // about the gateway's own credential and purse
	case r.Status >= 400:
		return slices.Contains([]int{400, 404, 413, 422}, r.Status)
	case r.Name == "openai/responses-vision-stream/lingua__multimodalRequest-responses-followup-stream":
		return false // a stream with no end, which the gateway calls cut
	}
	return r.Stream == strings.HasSuffix(r.Kind, "-stream")
}

// clip shows a text from where it begins to differ.
func clip(text, other string) string {
	i := 0
	for i < len(text) && i < len(other) && text[i] == other[i] {
		i++
	}
	return fmt.Sprintf("at %d: %.300q", i, text[max(0, i-60):])
}

func ticket(r *scripted.Recorded) string { return "corpus:" + r.Name + ";" }

func TestOpenAIReadsRecordedChatsThroughTheGatewayAsStraight(t *testing.T) {
	replay(t, "openai", "chat", func(t *testing.T, url, key string, r *scripted.Recorded) string {
		c := openaiAt(t, url, key, option.WithMaxRetries(0))
		p := openaiChat(ticket(r))
		if !r.Stream {
			got, err := c.Chat.Completions.New(deadline(t), p)
			if err != nil {
				return openaiSaid(err)
			}
			return got.RawJSON()
		}
		p.StreamOptions.IncludeUsage = openai.Bool(true)
		stream := c.Chat.Completions.NewStreaming(deadline(t), p)
		defer stream.Close()
		var all strings.Builder
		for stream.Next() {
			all.WriteString(stream.Current().RawJSON())
		}
		return all.String() + openaiSaid(stream.Err())
	})
}

func TestOpenAIReadsRecordedResponsesThroughTheGatewayAsStraight(t *testing.T) {
	replay(t, "openai", "responses", func(t *testing.T, url, key string, r *scripted.Recorded) string {
		c := openaiAt(t, url, key, option.WithMaxRetries(0))
		p := responses.ResponseNewParams{Model: "gpt-4o-mini", Input: responses.ResponseNewParamsInputUnion{OfString: openai.String(ticket(r))}}
		if !r.Stream {
			got, err := c.Responses.New(deadline(t), p)
			if err != nil {
				return openaiSaid(err)
			}
			return got.RawJSON()
		}
		stream := c.Responses.NewStreaming(deadline(t), p)
		defer stream.Close()
		var all strings.Builder
		for stream.Next() {
			all.WriteString(stream.Current().RawJSON())
		}
		return all.String() + openaiSaid(stream.Err())
	})
}

func openaiSaid(err error) string {
	var e *openai.Error
	if errors.As(err, &e) {
		return fmt.Sprint(e.StatusCode, e.RawJSON())
	}
	return fmt.Sprint(err)
}

func TestAnthropicReadsRecordedMessagesThroughTheGatewayAsStraight(t *testing.T) {
	replay(t, "anthropic", "messages", func(t *testing.T, url, key string, r *scripted.Recorded) string {
		c := anthropicAt(t, url, key, anthropicoption.WithMaxRetries(0))
		p := anthropicMessage(ticket(r))
		if !r.Stream {
			got, err := c.Messages.New(deadline(t), p)
			if err != nil {
				return anthropicSaid(err)
			}
			return got.RawJSON()
		}
		stream := c.Messages.NewStreaming(deadline(t), p)
		defer stream.Close()
		var all strings.Builder
		for stream.Next() {
			all.WriteString(stream.Current().RawJSON())
		}
		return all.String() + anthropicSaid(stream.Err())
	})
}

func anthropicSaid(err error) string {
	var e *anthropic.Error
	if errors.As(err, &e) {
		return fmt.Sprint(e.StatusCode, e.RawJSON())
	}
	return fmt.Sprint(err)
}

func TestGeminiReadsRecordedContentThroughTheGatewayAsStraight(t *testing.T) {
	replay(t, "gemini", "generate", func(t *testing.T, url, key string, r *scripted.Recorded) string {
		c := geminiAt(t, url, key)
		ctx, cancel := context.WithCancel(deadline(t))
		defer cancel()
		if !r.Stream {
			got, err := c.Models.GenerateContent(ctx, flash, genai.Text(ticket(r)), nil)
			return geminiSaid(got, err)
		}
		var all strings.Builder
		for chunk, err := range c.Models.GenerateContentStream(ctx, flash, genai.Text(ticket(r)), nil) {
			all.WriteString(geminiSaid(chunk, err))
		}
		return all.String()
	})
}

func geminiSaid(got *genai.GenerateContentResponse, err error) string {
	var e genai.APIError
	switch {
	case errors.As(err, &e):
		return jsonOf(e)
	case err != nil: // the SDK cannot decode it, and prints it with the header
		said, _, _ := strings.Cut(err.Error(), "map[")
		return said
	}
	return jsonOf(got.Candidates) + jsonOf(got.UsageMetadata)
}
