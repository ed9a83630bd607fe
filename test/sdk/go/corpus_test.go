package sdk_test

import (
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
func replay(t *testing.T, vendor string, apis []string, ask func(t *testing.T, url, key string, r *scripted.Recorded) string) {
	s := start(t, noRetries)
	cases, failed := 0, 0
	for _, r := range s.up.Corpus(t, vendor, 3, asked, apis...) {
		if !passesUnchanged(r) {
			continue
		}
		if why := differs(r.Name); why != "" {
			t.Logf("left out: %s: %s", r.Name, why)
			continue
		}
		cases++
		straight, through := ask(t, s.up.URL, vendorKey, r), ask(t, s.URL, testgw.Key, r)
		if straight != through {
			failed++
			t.Errorf("%s:\nstraight %s\nthrough  %s", r.Name, clip(straight, through), clip(through, straight))
		}
	}
	t.Logf("%s: %d recorded exchanges, %d read the same", vendor, cases, cases-failed)
}

// asked are kinds whose requests the SDKs make here.
func asked(kind string) bool {
	return !strings.Contains(kind, "manage") && !strings.Contains(kind, "compact")
}

// passesUnchanged leaves out errors that the gateway renders in its own words, and
// streams that were recorded in another framing than the SDKs ask for.
func passesUnchanged(r *scripted.Recorded) bool {
	if r.Status >= 400 {
		return slices.Contains([]int{400, 404, 413, 422}, r.Status)
	}
	return r.Stream == strings.HasSuffix(r.Kind, "-stream")
}

// differs says why a recording is meant to be read otherwise through the gateway.
func differs(name string) string {
	switch name {
	case "openai/error-responses/ai__openai-error.1--00":
		return "an empty purse is a 429 here; the recording kept no status"
	case "openai/responses-vision-stream/lingua__multimodalRequest-responses-followup-stream":
		return "a stream with no end, which the gateway calls cut"
	case "gemini/error-generate/mirascope__test_authentication_error-google_gemini_2_5_flash--00":
		return "the vendor refuses the gateway's credential, which is no fault of the caller's"
	}
	return ""
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
	replay(t, "openai", []string{"chat"}, func(t *testing.T, url, key string, r *scripted.Recorded) string {
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
	replay(t, "openai", []string{"responses"}, func(t *testing.T, url, key string, r *scripted.Recorded) string {
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
	replay(t, "anthropic", []string{"messages"}, func(t *testing.T, url, key string, r *scripted.Recorded) string {
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
	replay(t, "gemini", []string{"generate"}, func(t *testing.T, url, key string, r *scripted.Recorded) string {
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
