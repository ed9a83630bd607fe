package sdk_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func TestOpenAIEmbedsInFloatsAndInBase64(t *testing.T) {
	s := start(t, noRetries)
	c := openaiAt(t, s.URL, testgw.Key)
	p := openai.EmbeddingNewParams{Model: "text-embedding-3-small", Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"one", "two"}}}
	got := must(c.Embeddings.New(deadline(t), p))(t)
	if len(got.Data) != 2 || !slices.Equal(got.Data[0].Embedding, []float64{0.5, -0.25, 1}) {
		t.Errorf("floats: %+v", got.Data)
	}
	p.EncodingFormat = openai.EmbeddingNewParamsEncodingFormatBase64
	got = must(c.Embeddings.New(deadline(t), p))(t)
	same(t, "base64 calls", len(s.up.Calls("openai/embeddings-base64")), 1)
	holds(t, "base64 as the vendor wrote it", got.RawJSON(), `"embedding":"AAAAPwAAgL4AAIA/"`)
	same(t, "tokens", got.Usage.PromptTokens, 4)
}

func TestOpenAIModerates(t *testing.T) {
	s := start(t, noRetries)
	c := openaiAt(t, s.URL, testgw.Key)
	p := openai.ModerationNewParams{Model: "openai/omni-moderation-latest", Input: openai.ModerationNewParamsInputUnion{OfString: openai.String("you fool")}}
	got := must(c.Moderations.New(deadline(t), p))(t)
	if len(got.Results) != 1 || !got.Results[0].Flagged || got.Results[0].CategoryScores.Harassment != 0.91 {
		t.Errorf("%+v", got)
	}
	p.Model = "" // the vendor has a default
	if _, err := c.Moderations.New(deadline(t), p); err != nil {
		t.Errorf("without a model: %v %s", err, openaiError(t, err).Message)
	}
}

func TestOpenAIMakesAndEditsPictures(t *testing.T) {
	s := start(t, noRetries)
	c := openaiAt(t, s.URL, testgw.Key)
	got := must(c.Images.Generate(deadline(t), openai.ImageGenerateParams{Model: "gpt-image-1", Prompt: "a red pixel"}))(t)
	same(t, "picture", got.Data[0].B64JSON, pixel)
	png := must(base64.StdEncoding.DecodeString(pixel))(t)
	got = must(c.Images.Edit(deadline(t), openai.ImageEditParams{
		Model: "openai/gpt-image-1", Prompt: "paint it red",
		Image: openai.ImageEditParamsImageUnion{OfFile: openai.File(bytes.NewReader(png), "pixel.png", "image/png")},
	}))(t)
	same(t, "edited picture", got.Data[0].B64JSON, pixel)
	sent := string(s.up.Last("openai/images-edit").Body)
	holds(t, "the picture that the vendor got", sent, string(png))
	if strings.Contains(sent, "openai/gpt-image-1") {
		t.Error("the vendor got the gateway's name of the model")
	}
}

func TestOpenAISpeaksAndListens(t *testing.T) {
	s := start(t, noRetries)
	c := openaiAt(t, s.URL, testgw.Key)
	resp := must(c.Audio.Speech.New(deadline(t), openai.AudioSpeechNewParams{Model: "gpt-4o-mini-tts", Input: "Hello", Voice: openai.AudioSpeechNewParamsVoiceUnion{OfString: openai.String("alloy")}}))(t)
	defer resp.Body.Close()
	sound := must(io.ReadAll(resp.Body))(t)
	same(t, "type", resp.Header.Get("Content-Type"), "audio/mpeg")
	if len(sound) != 11+4*256 || !bytes.HasPrefix(sound, []byte("ID3\x00\x00\xff\xfb\x90\r\n\x1a")) {
		t.Errorf("%d bytes of sound: %.20q", len(sound), sound)
	}
	text := must(c.Audio.Transcriptions.New(deadline(t), openai.AudioTranscriptionNewParams{Model: "whisper-1", File: openai.File(bytes.NewReader(sound), "tone.wav", "audio/wav")}))(t)
	same(t, "text", text.Text, "Hello from the harbour.")
	holds(t, "the sound that the vendor got", string(s.up.Last("openai/transcription").Body), string(sound))
}
