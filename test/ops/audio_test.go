package ops_test

import (
	"encoding/base64"
	"encoding/binary"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"

	"bytes"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// samples are four of them, as the vendor gives them.
var samples = []byte{1, 0, 2, 0, 3, 0, 4, 0}

func spoken() string {
	return `{"candidates":[{"content":{"role":"model","parts":[{"inlineData":{"mimeType":"audio/L16;codec=pcm;rate=16000","data":"` + base64.StdEncoding.EncodeToString(samples) + `"}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":50,"totalTokenCount":55,"candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":50}]}}`
}

func TestSpeechOfGeminiIsAFileThatPlayersKnow(t *testing.T) {
	s := newStage(t, "")
	s.up.Script(func(c *testup.Call) { c.JSON(200, spoken()) })
	resp, body := s.Post("/v1/audio/speech", `{"model":"gemini/gemini-2.5-flash-preview-tts","input":"Hello","voice":"alloy","instructions":"Speak softly.","speed":1.5,"response_format":"mp3"}`)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "audio/wav" || resp.Header.Get("Sluice-Dropped-Params") != "speed, response_format" {
		t.Fatalf("%d %v %.200s", resp.StatusCode, resp.Header, body)
	}
	same(t, "the vendor got", string(s.up.Last().Body), `{"contents":[{"role":"user","parts":[{"text":"Speak softly:\nHello"}]}],"generationConfig":{"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}}}`)
	le := binary.LittleEndian
	if len(body) != 44+len(samples) || string(body[:4]) != "RIFF" || string(body[8:16]) != "WAVEfmt " || le.Uint32(body[24:]) != 16000 || le.Uint16(body[34:]) != 16 || int(le.Uint32(body[40:])) != len(samples) || !bytes.Equal(body[44:], samples) {
		t.Errorf("the file is % x", body)
	}
	if e := s.Entry(resp.Header.Get("Sluice-Request-Id")); e.Usage.OutputTokens.N != 50 || e.ProviderDialect != "gemini" {
		t.Errorf("the entry is %+v", e.Usage)
	}
	resp, body = s.Post("/v1/audio/speech", `{"model":"gemini/tts","input":"Hello","voice":"Puck","response_format":"pcm"}`)
	if resp.Header.Get("Content-Type") != "audio/pcm" || resp.Header.Get("Sluice-Dropped-Params") != "" || !bytes.Equal(body, samples) || !contains(string(s.up.Last().Body), `"voiceName":"Puck"`) {
		t.Errorf("%v % x", resp.Header, body)
	}
	resp, body = s.Post("/v1/audio/speech", `{"model":"gemini/tts","input":"Hello","voice":"Puck","response_format":"pcm","stream_format":"sse"}`)
	if resp.Header.Get("Content-Type") != "text/event-stream" || string(body) != "data: {\"type\":\"speech.audio.delta\",\"audio\":\"AQACAAMABAA=\"}\n\ndata: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":5,\"output_tokens\":50,\"total_tokens\":55}}\n\n" {
		t.Errorf("%v %s", resp.Header, body)
	}
}

func TestSpeechInJSONBecomesSound(t *testing.T) {
	s := newStage(t, "")
	s.up.Script(func(c *testup.Call) { c.JSON(200, `{"audio_data":"SUQz"}`) })
	resp, body := s.Post("/v1/audio/speech", `{"model":"mistral/voxtral-mini-tts-latest","input":"Hi","voice":"en_paul_neutral","response_format":"mp3"}`)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "audio/mpeg" || string(body) != "ID3" {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
	same(t, "the vendor got", string(s.up.Last().Body), `{"model":"voxtral-mini-tts-latest","input":"Hi","voice":"en_paul_neutral","response_format":"mp3"}`)
	if e := s.Entry(resp.Header.Get("Sluice-Request-Id")); e.Usage.Units["characters"] != 2 {
		t.Errorf("the entry counts %+v", e.Usage)
	}
}

const heard = `{"candidates":[{"content":{"role":"model","parts":[{"text":"hmm","thought":true},{"text":"Hello \"you\".\n"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":37,"candidatesTokenCount":4,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":30},{"modality":"TEXT","tokenCount":7}]}}`

func TestTranscriptionByAModelThatHears(t *testing.T) {
	s := newStage(t, "")
	s.up.Script(func(c *testup.Call) { c.JSON(200, heard) })
	ask := func(fields ...string) (int, string, string, string) {
		kind, body := form(t, "file", "a.mp3", []byte("ID3sound"), append(fields, "model", "gemini/gemini-2.5-flash")...)
		resp, answer := postForm(s, "/v1/audio/transcriptions", kind, body)
		return resp.StatusCode, resp.Header.Get("Content-Type"), resp.Header.Get("Sluice-Dropped-Params"), string(answer)
	}
	status, kind, dropped, body := ask("language", "en", "prompt", "Sluice", "temperature", "0.2", "chunking_strategy", "auto")
	if status != 200 || kind != "application/json" || dropped != "chunking_strategy" {
		t.Fatalf("%d %s %s %s", status, kind, dropped, body)
	}
	same(t, "the caller got", body, `{"text":"Hello \"you\".","usage":{"type":"tokens","input_tokens":37,"output_tokens":4,"total_tokens":41,"input_token_details":{"text_tokens":7,"audio_tokens":30}}}`)
	sent := string(s.up.Last().Body)
	if !contains(sent, `"mimeType":"audio/mpeg","data":"SUQzc291bmQ="`, "The language spoken is en", "Context and spelling: Sluice", `"temperature":0.2`) || s.up.Last().URI != "/v1beta/models/gemini-2.5-flash:generateContent" {
		t.Errorf("the vendor got %s", sent)
	}
	if _, kind, _, body = ask("response_format", "text"); kind != "text/plain; charset=utf-8" || body != "Hello \"you\".\n" {
		t.Errorf("as text: %s %q", kind, body)
	}
	if _, kind, _, body = ask("stream", "true"); kind != "text/event-stream" || !contains(body, `data: {"type":"transcript.text.delta","delta":"Hello \"you\"."}`, `"type":"transcript.text.done"`, `data: [DONE]`) {
		t.Errorf("as a stream: %s %q", kind, body)
	}
	for _, fields := range [][]string{{"response_format", "srt"}, {"response_format", "verbose_json"}, {"timestamp_granularities[]", "word"}} {
		if status, _, _, body = ask(fields...); status != 400 || !contains(body, strings.TrimSuffix(fields[0], "[]")) {
			t.Errorf("%v: %d %s", fields, status, body)
		}
	}
	kindOf, form := form(t, "file", "a.wav", []byte("RIFF"), "model", "gemini/gemini-2.5-flash")
	if resp, _ := postForm(s, "/v1/audio/translations", kindOf, form); resp.StatusCode != 200 || !contains(string(s.up.Last().Body), "into English", `"audio/wav"`) {
		t.Errorf("a translation: %d %s", resp.StatusCode, s.up.Last().Body)
	}
}

func TestTranscriptionOfAVendorThatOnlySpeaksJSON(t *testing.T) {
	s := newStage(t, "")
	s.up.Script(func(c *testup.Call) {
		c.JSON(200, `{"model":"voxtral-mini","text":"Hello you","language":"en","segments":[{"start":0.0,"end":1.5,"text":" Hello"},{"start":1.5,"end":3661.25,"text":" you"}],"usage":{"prompt_audio_seconds":3,"prompt_tokens":3,"total_tokens":389,"completion_tokens":11,"prompt_tokens_details":{"audio_tokens":375}}}`)
	})
	kind, body := form(t, "file", "a.mp3", []byte("ID3"), "response_format", "srt", "language", "en", "prompt", "p", "model", "mistral/voxtral-mini")
	resp, answer := postForm(s, "/v1/audio/transcriptions", kind, body)
	if want := "1\n00:00:00,000 --> 00:00:01,500\nHello\n\n2\n00:00:01,500 --> 01:01:01,250\nyou\n\n"; resp.StatusCode != 200 || string(answer) != want || resp.Header.Get("Sluice-Dropped-Params") != "prompt" {
		t.Errorf("%d %v %q", resp.StatusCode, resp.Header, answer)
	}
	fields := received(t, s.up.Last())
	if fields["model"] != "voxtral-mini" || fields["language"] != "en" || fields["timestamp_granularities"] != "segment" || fields["file"] != "ID3" || fields["response_format"] != "" {
		t.Errorf("the vendor got %v", fields)
	}
	kind, body = form(t, "file", "a.mp3", []byte("ID3"), "model", "mistral/voxtral-mini", "diarize", "true")
	if _, answer = postForm(s, "/v1/audio/transcriptions", kind, body); !contains(string(answer), `"prompt_audio_seconds":3`) {
		t.Errorf("its own words are not forwarded: %s", answer)
	}
}

// received reads the form that a vendor got.
func received(t *testing.T, c *testup.Call) map[string]string {
	t.Helper()
	_, params, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for r := multipart.NewReader(bytes.NewReader(c.Body), params["boundary"]); ; {
		p, err := r.NextPart()
		if err != nil {
			return fields
		}
		v, _ := io.ReadAll(p)
		fields[p.FormName()] = string(v)
	}
}
