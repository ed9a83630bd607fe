package gemini_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/gemini"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var theCall = &dialect.Call{ID: "r1", Provider: "p", Model: "m", Names: map[string]string{"short": "the long name"}}

// chunks frames the chunks of a stream.
func chunks(data ...string) []byte {
	var b strings.Builder
	for _, d := range data {
		fmt.Fprintf(&b, "data: %s\r\n\r\n", d)
	}
	return []byte(b.String())
}

// piece is a chunk with parts and what else a candidate holds.
func piece(parts, more string) string {
	return `{"candidates":[{"content":{"parts":[` + parts + `],"role":"model"}` + more + `}],"modelVersion":"v","responseId":"x"}`
}

// told writes events on one line each.
func told(all []llm.Event) string {
	var b strings.Builder
	for _, e := range all {
		fmt.Fprintf(&b, "%s", [...]string{"", "start", "begin", "delta", "end", "finished", "usage", "fail", "END"}[e.Kind])
		if e.What != 0 {
			fmt.Fprintf(&b, " %d/%d %s", e.Choice, e.Part, [...]string{"", "text", "image", "audio", "file", "video", "call", "result", "thinking", "refusal", "vendor"}[e.What])
		}
		for _, s := range []string{e.ID, e.Model, e.CallName, string(e.Text), string(e.Raw), string(e.Finish), e.Vendor} {
			if s != "" {
				b.WriteString(" " + s)
			}
		}
		for _, s := range e.State {
			b.WriteString(" <" + s.Value + ">")
		}
		for _, c := range e.Cites {
			fmt.Fprintf(&b, " [%s %d-%d]", c.URL, c.Start.N, c.End.N)
		}
		if e.Usage != nil {
			fmt.Fprintf(&b, " %d+%d", e.Usage.InputTokens.N, e.Usage.OutputTokens.N)
		}
		if e.Err != nil {
			var f *fault.Fault
			errors.As(e.Err, &f)
			b.WriteString(" " + string(f.Code))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestStreamsAreReadAsEvents(t *testing.T) {
	const done = `{"candidates":[{"content":{"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"thoughtsTokenCount":4,"totalTokenCount":9}}`
	cases := []struct {
		name   string
		chunks []string
		want   string
	}{
		{"thoughts, text and a call; STOP comes later than the call",
			[]string{
				`{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}],"usageMetadata":{"promptTokenCount":3},"modelVersion":"v","responseId":"x"}`,
				piece(`{"text":"mm","thought":true}`, ``), piece(`{"text":"a"}`, ``), piece(`{"text":"b"},{"functionCall":{"name":"short","args":{"a":"\"\n"}},"thoughtSignature":"c2ln"}`, ``), done},
			"start x v\nusage 3+0\nbegin 0/0 thinking\ndelta 0/0 thinking \"hm\"\ndelta 0/0 thinking \"mm\"\nend 0/0 thinking\nbegin 0/1 text\ndelta 0/1 text \"a\"\ndelta 0/1 text \"b\"\nend 0/1 text\n" +
				"begin 0/2 call the long name <c2ln>\ndelta 0/2 call \"{\\\"a\\\":\\\"\\\\\\\"\\\\n\\\"}\"\nend 0/2 call\nfinished tool_calls STOP\nusage 3+6\nEND\n"},
		{"a call without arguments has an empty object",
			[]string{piece(`{"functionCall":{"name":"f"}}`, `,"finishReason":"STOP"`)},
			"start x v\nbegin 0/0 call f\ndelta 0/0 call \"{}\"\nend 0/0 call\nfinished tool_calls STOP\nEND\n"},
		{"a call in pieces",
			[]string{piece(`{"functionCall":{"name":"f","willContinue":true},"thoughtSignature":"c2ln"}`, ``),
				piece(`{"functionCall":{"partialArgs":[{"jsonPath":"$.a.list[0].x","stringValue":"1 ","willContinue":true}],"willContinue":true}}`, ``),
				piece(`{"functionCall":{"partialArgs":[{"jsonPath":"$.a.list[0].x","stringValue":"\"kg\""}],"willContinue":true}}`, ``),
				piece(`{"functionCall":{"willContinue":true}}`, ``),
				piece(`{"functionCall":{"partialArgs":[{"jsonPath":"$.a.list[0].y","numberValue":1.50},{"jsonPath":"$.a.list[1].x","nullValue":"NULL_VALUE"},{"jsonPath":"$['b c']","boolValue":true}],"willContinue":true}}`, ``),
				piece(`{"functionCall":{}}`, ``), piece(`{"functionCall":{"name":"g","partialArgs":[{"jsonPath":"$.n","numberValue":2}]}}`, ``), done},
			"start x v\nbegin 0/0 call f <c2ln>\n" + `delta 0/0 call "{\"a\":{\"list\":[{\"x\":\"1 "` + "\n" + `delta 0/0 call "\\\"kg\\\"\""` + "\n" +
				`delta 0/0 call ",\"y\":1.50},{\"x\":null}]},\"b c\":true"` + "\n" + `delta 0/0 call "}"` + "\nend 0/0 call\n" +
				"begin 0/1 call g\n" + `delta 0/1 call "{\"n\":2}"` + "\nend 0/1 call\nfinished tool_calls STOP\nusage 3+6\nEND\n"},
		{"a signature on an empty text at the end belongs to the text",
			[]string{piece(`{"text":"a"}`, ``), piece(`{"text":"","thoughtSignature":"c2ln"}`, `,"finishReason":"MAX_TOKENS"`)},
			"start x v\nbegin 0/0 text\ndelta 0/0 text \"a\"\ndelta 0/0 text <c2ln>\nend 0/0 text\nfinished length MAX_TOKENS\nEND\n"},
		{"and alone it stands for a thought",
			[]string{piece(`{"text":"","thoughtSignature":"c2ln"}`, ``), piece(`{"functionCall":{"name":"f","args":{}}}`, `,"finishReason":"STOP"`)},
			"start x v\nbegin 0/0 thinking <c2ln>\nend 0/0 thinking\nbegin 0/1 call f\ndelta 0/1 call \"{}\"\nend 0/1 call\nfinished tool_calls STOP\nEND\n"},
		{"code that the vendor runs, and two ends",
			[]string{piece(`{"executableCode":{"code":"1"}}`, `,"finishReason":"STOP"`), piece(`{"text":"a"}`, `,"finishReason":"STOP"`)},
			"start x v\nbegin 0/0 vendor {\"executableCode\":{\"code\":\"1\"}}\nend 0/0 vendor\nbegin 0/1 text\ndelta 0/1 text \"a\"\nend 0/1 text\nfinished stop STOP\nEND\n"},
		{"two candidates",
			[]string{`{"candidates":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]},"index":1}]}`, `{"candidates":[{"finishReason":"SAFETY","index":0},{"finishReason":"STOP","index":1}]}`},
			"start\nbegin 0/0 text\ndelta 0/0 text \"a\"\nbegin 1/0 text\ndelta 1/0 text \"b\"\nend 0/0 text\nfinished content_filter SAFETY\nend 1/0 text\nfinished stop STOP\nEND\n"},
		{"sources come before their text ends",
			[]string{piece(`{"text":"It rains."}`, `,"finishReason":"STOP","groundingMetadata":{"webSearchQueries":["a"],"groundingChunks":[{"web":{"uri":"u"}}],"groundingSupports":[{"segment":{"endIndex":2},"groundingChunkIndices":[0,7]}]}`)},
			"start x v\nbegin 0/0 text\ndelta 0/0 text \"It rains.\"\ndelta 0/0 text [\"u\" 0-2]\nend 0/0 text\nfinished stop STOP\nusage 0+0\nEND\n"},
		{"a prompt that was refused", []string{`{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":3,"totalTokenCount":3}}`},
			"start\nusage 3+0\nfinished content_filter PROHIBITED_CONTENT\nusage 3+0\nEND\n"},
		{"an error in the middle", []string{piece(`{"text":"a"}`, ``), `{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}`, piece(`{"text":"b"}`, `,"finishReason":"STOP"`)},
			"start x v\nbegin 0/0 text\ndelta 0/0 text \"a\"\nfail upstream_error\n"},
		{"a cut", []string{piece(`{"text":"a"}`, ``)}, "start x v\nbegin 0/0 text\ndelta 0/0 text \"a\"\nfail upstream_error\n"},
		{"nothing at all", nil, "fail upstream_error\n"},
		{"no JSON", []string{`<html>`}, "fail upstream_error\n"},
		{"absent and null parts", []string{`{"candidates":null}`, `{"candidates":[{"content":null,"finishReason":null}]}`, `{"candidates":[{"content":{"parts":null}}]}`, `{"candidates":[{"content":{"parts":[{"text":null}]},"finishReason":"STOP"}]}`},
			"start\nfinished stop STOP\nEND\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			stream := chunks(c.chunks...)
			for _, size := range []int{max(1, len(stream)), 1} {
				if got := told(events(stream, false, size, theCall)); !sameEvents(got, c.want) {
					t.Errorf("in pieces of %d\n got %s\nwant %s", size, got, c.want)
				}
			}
		})
	}
}

// sameEvents leaves out the first look at the usage where a case does not ask for it.
func sameEvents(got, want string) bool {
	if strings.Count(got, "usage") > strings.Count(want, "usage") {
		n := strings.Index(got, "usage")
		got = got[:n] + got[n+strings.IndexByte(got[n:], '\n')+1:]
	}
	return got == want
}

func TestWhatIsReadKeepsToTheGrammar(t *testing.T) {
	bodies := [][]byte{stream(t, "stream-tools.txt"), stream(t, "stream-blocked.txt"), stream(t, "stream-error.txt")}
	for _, body := range bodies {
		for n := 0; n <= len(body); n += 1 + len(body)/50 {
			if why := grammar(events(body[:n], false, 7, theCall)); why != "" {
				t.Errorf("the first %d bytes: %s", n, why)
			}
		}
	}
}

// grammar checks what llm.EventKind says of streams.
func grammar(all []llm.Event) string {
	open, parts, finished := map[[2]int]llm.PartKind{}, map[int]int{}, map[int]bool{}
	for i, e := range all {
		at := [2]int{e.Choice, e.Part}
		switch e.Kind {
		case llm.Start:
			if i != 0 {
				return "a second start"
			}
		case llm.PartStart:
			if e.Part != parts[e.Choice] || finished[e.Choice] {
				return fmt.Sprintf("part %v begins out of order", at)
			}
			parts[e.Choice]++
			open[at] = e.What
		case llm.Delta, llm.PartEnd:
			if open[at] != e.What {
				return fmt.Sprintf("part %v goes on but is not open", at)
			}
			if e.Kind == llm.PartEnd {
				delete(open, at)
			}
		case llm.Finished:
			for at := range open {
				if at[0] == e.Choice {
					return "a choice finishes with an open part"
				}
			}
			finished[e.Choice] = true
		case llm.End:
			if len(finished) == 0 || i != len(all)-1 {
				return "an end out of place"
			}
		case llm.Fail:
			if e.Err == nil || i != len(all)-1 {
				return "a failure out of place"
			}
		}
	}
	if last := all[len(all)-1].Kind; last != llm.End && last != llm.Fail {
		return "no last word"
	}
	return ""
}

func TestStreamsAreWrittenInTheVendorsGrammar(t *testing.T) {
	const tail = `,"modelVersion":"v","responseId":"x"}`
	one := func(part string) string {
		return `{"candidates":[{"content":{"parts":[` + part + `],"role":"model"},"index":0}]` + tail
	}
	last := func(more string) string {
		return `{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":` + more + `}]`
	}
	start := llm.Event{Kind: llm.Start, ID: "x", Model: "v"}
	stop := llm.Event{Kind: llm.Finished, Finish: llm.FinishStop, Vendor: "end_turn"}
	tools := llm.Event{Kind: llm.Finished, Finish: llm.FinishTools, Vendor: "tool_calls"}
	end := llm.Event{Kind: llm.End}
	begin := func(n int, what llm.PartKind) llm.Event { return llm.Event{Kind: llm.PartStart, Part: n, What: what} }
	callBegin := func(n int, id string) llm.Event {
		return llm.Event{Kind: llm.PartStart, Part: n, What: llm.ToolCall, CallID: id, CallName: "f"}
	}
	delta := func(n int, what llm.PartKind, s string) llm.Event {
		return llm.Event{Kind: llm.Delta, Part: n, What: what, Text: quoted(s)}
	}
	over := func(n int, what llm.PartKind) llm.Event { return llm.Event{Kind: llm.PartEnd, Part: n, What: what} }
	claude := llm.Opaque{Dialect: "messages", Provider: "a", Model: "c", Kind: "signature", Value: "S"}
	wrapped := dialect.Wrap(&claude, dialect.Gemini)
	signedEnd := over(0, llm.Thinking)
	signedEnd.State = []llm.Opaque{claude}
	silent := begin(0, llm.Thinking)
	silent.State = []llm.Opaque{claude}
	cases := []struct {
		name   string
		events []llm.Event
		want   []string
	}{
		{"text and usage",
			[]llm.Event{start, begin(0, llm.Text), delta(0, llm.Text, "a"), delta(0, llm.Text, "é\n"), over(0, llm.Text), stop,
				{Kind: llm.UsageEvent, Usage: &llm.Usage{InputTokens: llm.Known(5), OutputTokens: llm.Known(7), ReasoningTokens: llm.Known(3), CacheReadTokens: llm.Known(2)}}, end},
			[]string{one(`{"text":"a"}`), one(`{"text":"é\n"}`), last(`"STOP","index":0`) + `,"usageMetadata":{"promptTokenCount":5,"cachedContentTokenCount":2,"candidatesTokenCount":4,"thoughtsTokenCount":3,"totalTokenCount":12}` + tail}},
		{"calls that are open at once come out whole, each when it ends",
			[]llm.Event{start, callBegin(0, "1"), delta(0, llm.ToolCall, `{"a`), callBegin(1, "2"), delta(1, llm.ToolCall, `{}`), over(1, llm.ToolCall), delta(0, llm.ToolCall, "\":\n1}"), over(0, llm.ToolCall), tools, end},
			[]string{one(`{"functionCall":{"id":"2","name":"f","args":{}}}`), one(`{"functionCall":{"id":"1","name":"f","args":{"a": 1}}}`), last(`"STOP","index":0`) + tail}},
		{"a signature after thoughts", []llm.Event{start, begin(0, llm.Thinking), delta(0, llm.Thinking, "hm"), signedEnd, stop, end},
			[]string{one(`{"text":"hm","thought":true}`), one(`{"text":"","thought":true,"thoughtSignature":"` + wrapped + `"}`), last(`"STOP","index":0`) + tail}},
		{"state without text signs the call that follows", []llm.Event{start, silent, over(0, llm.Thinking), callBegin(1, "1"), over(1, llm.ToolCall), tools, end},
			[]string{one(`{"functionCall":{"id":"1","name":"f","args":{}},"thoughtSignature":"` + wrapped + `"}`), last(`"STOP","index":0`) + tail}},
		{"and is a thought where none follows", []llm.Event{start, silent, over(0, llm.Thinking), begin(1, llm.Text), delta(1, llm.Text, "a"), over(1, llm.Text), stop, end},
			[]string{one(`{"text":"","thought":true,"thoughtSignature":"` + wrapped + `"}`), one(`{"text":"a"}`), last(`"STOP","index":0`) + tail}},
		{"a refusal", []llm.Event{start, begin(0, llm.Refusal), delta(0, llm.Refusal, "no"), over(0, llm.Refusal), {Kind: llm.Finished, Finish: llm.FinishRefusal, Vendor: "refusal"}, end},
			[]string{one(`{"text":"no"}`), last(`"SAFETY","finishMessage":"The provider's reason: refusal","index":0`) + tail}},
		{"an unknown finish", []llm.Event{start, {Kind: llm.Finished, Finish: llm.FinishUnknown, Vendor: "eos"}, end},
			[]string{last(`"OTHER","finishMessage":"The provider's reason: eos","index":0`) + tail}},
		{"an image", []llm.Event{start, {Kind: llm.PartStart, What: llm.Image, Media: &llm.Media{Type: "image/png", Data: []byte("AAAA")}}, over(0, llm.Image), stop, end},
			[]string{one(`{"inlineData":{"mimeType":"image/png","data":"AAAA"}}`), last(`"STOP","index":0`) + tail}},
		{"sources", []llm.Event{start, begin(0, llm.Text), delta(0, llm.Text, "a b"), {Kind: llm.Delta, What: llm.Text, Cites: []llm.Citation{{URL: quoted("u"), Title: quoted("t"), Start: llm.Known(0), End: llm.Known(1)}}}, over(0, llm.Text), stop, end},
			[]string{one(`{"text":"a b"}`), last(`"STOP","index":0,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"u","title":"t"}}],"groundingSupports":[{"segment":{"startIndex":0,"endIndex":1},"groundingChunkIndices":[0]}]}`) + tail}},
		{"a failure writes nothing", []llm.Event{start, begin(0, llm.Text), delta(0, llm.Text, "a"), {Kind: llm.Fail, Err: fault.New(fault.UpstreamError, "x")}},
			[]string{one(`{"text":"a"}`)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := gemini.Dialect.Codec.NewStreamFormatter(theCall)
			array := *theCall
			array.Array = true
			g := gemini.Dialect.Codec.NewStreamFormatter(&array)
			var events, asArray []byte
			for i := range c.events {
				events, asArray = f.Format(events, &c.events[i]), g.Format(asArray, &c.events[i])
			}
			if want := string(chunks(c.want...)); string(events) != want {
				t.Errorf("\n got %s\nwant %s", events, want)
			}
			want := "[" + strings.Join(c.want, ",\r\n")
			if c.events[len(c.events)-1].Kind == llm.End {
				want += "]"
			}
			if string(asArray) != want {
				t.Errorf("as an array\n got %s\nwant %s", asArray, want)
			}
		})
	}
}

func TestAnswersAreReadInTheNeutralSense(t *testing.T) {
	a, err := gemini.Dialect.Codec.ParseAnswer([]byte(`{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"Ünd es"},{"text":"","thoughtSignature":"c2ln"},{"functionCall":{"name":"short"}}]},"finishReason":"STOP",
		"groundingMetadata":{"webSearchQueries":["q","r"],"groundingChunks":[{"web":{"uri":"u","title":"t"}},{"maps":{"uri":"m"}}],"groundingSupports":[{"segment":{"partIndex":1,"startIndex":5,"endIndex":7,"text":"es"},"groundingChunkIndices":[1]}]},
		"logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-0.5,"tokenId":7}],"topCandidates":[{"candidates":[{"token":"b","logProbability":-1}]}]}}],
		"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":4,"candidatesTokenCount":5,"thoughtsTokenCount":3,"toolUsePromptTokenCount":2,"totalTokenCount":20,"serviceTier":"standard"},"modelVersion":"v","responseId":"x","createTime":"1970-01-01T00:01:00.5Z"}`), theCall)
	if err != nil {
		t.Fatal(err)
	}
	c := a.Choices[0]
	if a.ID != "x" || a.Model != "v" || a.Created != 60 || a.Tier != "default" || c.Finish != llm.FinishTools || c.Vendor != "STOP" || len(c.Parts) != 3 {
		t.Fatalf("%+v", a)
	}
	if p := c.Parts[1]; p.State[0] != (llm.Opaque{Dialect: "gemini", Provider: "p", Model: "m", Kind: "thought_signature", Value: "c2ln"}) || len(p.Cites) != 1 ||
		string(p.Cites[0].URL) != `"m"` || p.Cites[0].Start.N != 4 || p.Cites[0].End.N != 6 {
		t.Errorf("text %+v", p)
	}
	if p := c.Parts[2]; p.Call.Name != "the long name" || p.Call.ID != theCall.MadeID(0, 0) || p.Call.Arguments != nil {
		t.Errorf("call %+v", p.Call)
	}
	if want := `[{"token":"a","logprob":-0.5,"bytes":null,"top_logprobs":[{"token":"b","logprob":-1,"bytes":null}]}]`; string(c.Logprobs) != want {
		t.Errorf("logprobs %s", c.Logprobs)
	}
	u := a.Usage
	if u.InputTokens.N != 12 || u.OutputTokens.N != 8 || u.ReasoningTokens.N != 3 || u.CacheReadTokens.N != 4 || u.Units[llm.UnitSearches] != 2 {
		t.Errorf("usage %+v", u)
	}
}

func TestARefusedPromptIsAnAnswerAndAnErrorIsAFault(t *testing.T) {
	a, err := gemini.Dialect.Codec.ParseAnswer([]byte(`{"promptFeedback":{"blockReason":"SAFETY"}}`), theCall)
	if err != nil || a.Blocked != "SAFETY" || a.Choices[0].Finish != llm.FinishFilter || a.Choices[0].Vendor != "SAFETY" {
		t.Errorf("%+v %v", a, err)
	}
	if got := string(gemini.Dialect.Codec.FormatAnswer(nil, a, theCall)); got != `{"promptFeedback":{"blockReason":"SAFETY"},"modelVersion":"m","responseId":"r1"}` {
		t.Errorf("%s", got)
	}
	for _, body := range []string{`{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}`, `[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}]`} {
		var f *fault.Fault
		if _, err := gemini.Dialect.Codec.ParseAnswer([]byte(body), theCall); !errors.As(err, &f) || f.Kind != fault.RateLimited {
			t.Errorf("%s: %v", body, err)
		}
	}
	var f *fault.Fault
	if _, err := gemini.Dialect.Codec.ParseAnswer([]byte(`oops`), theCall); !errors.As(err, &f) || f.Code != fault.UpstreamError {
		t.Errorf("%v", err)
	}
}

func TestAnswersOfOtherDialectsAreWritten(t *testing.T) {
	state := llm.Opaque{Dialect: "responses", Provider: "o", Model: "g", Kind: "encrypted", Value: "E"}
	wrapped := dialect.Wrap(&state, dialect.Gemini)
	a := &llm.Answer{ID: "x", Model: "v", Tier: "default", Choices: []llm.Choice{{
		Parts: []llm.Part{
			{Kind: llm.Thinking, State: []llm.Opaque{state, state}},
			called("1", "f", "{\"a\":\n1}"),
			{Kind: llm.Text, Text: quoted("é x"), Cites: []llm.Citation{{URL: quoted("u"), Start: llm.Known(2), End: llm.Known(3)}, {Title: quoted("t"), Text: quoted("q")}}},
		},
		Finish: llm.FinishTools, Vendor: "tool_calls", Logprobs: llm.Raw(`[{"token":"a","logprob":-1,"bytes":[97],"top_logprobs":[]}]`),
	}}, Usage: llm.Usage{InputTokens: llm.Known(5), OutputTokens: llm.Known(2), AudioInputTokens: llm.Known(1)}}
	got := string(gemini.Dialect.Codec.FormatAnswer(nil, a, theCall))
	want := `{"candidates":[{"content":{"parts":[{"text":"","thought":true,"thoughtSignature":"` + wrapped + `"},{"functionCall":{"id":"1","name":"f","args":{"a":` + "\n" + `1}},"thoughtSignature":"` + wrapped + `"},{"text":"é x"}],"role":"model"},` +
		`"finishReason":"STOP","index":0,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"u"}},{"retrievedContext":{"title":"t","text":"q"}}],"groundingSupports":[{"segment":{"partIndex":2,"startIndex":3,"endIndex":4,"text":"x"},"groundingChunkIndices":[0]}]},` +
		`"logprobsResult":{"topCandidates":[{"candidates":[]}],"chosenCandidates":[{"token":"a","logProbability":-1}]}}],` +
		`"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7,"promptTokensDetails":[{"modality":"TEXT","tokenCount":4},{"modality":"AUDIO","tokenCount":1}],"serviceTier":"standard"},"modelVersion":"v","responseId":"x"}`
	if got != want || !json.Valid([]byte(got)) {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}
