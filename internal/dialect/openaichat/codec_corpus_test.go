package openaichat_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openaichat"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var codec = openaichat.Dialect.Codec

// aCall is the call that answers are read and written for.
func aCall(r *llm.Request) *dialect.Call {
	return &dialect.Call{ID: "01HTEST", Provider: "p", Model: "m", Asked: "a", Time: time.Unix(1700000000, 0), Request: r}
}

func TestRecordedRequestsComeBackWithTheirMeaning(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "chat") {
		if body := requestOf(t, c); body != nil {
			table.Add(c, checkRequest(body))
		}
	}
	table.Report(t)
}

// requestOf reads the body of a recorded request, nil where none was recorded.
func requestOf(t *testing.T, c *dialecttest.Case) []byte {
	t.Helper()
	root := os.Getenv("SLUICE_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	text, err := os.ReadFile(filepath.Join(root, c.Name, "request.json"))
	if err != nil {
		t.Fatal(err)
	}
	var request struct{ Body json.RawMessage }
	if err := json.Unmarshal(text, &request); err != nil {
		t.Fatal(err)
	}
	if len(request.Body) == 0 || request.Body[0] != '{' {
		return nil
	}
	return request.Body
}

func checkRequest(body []byte) string {
	var sent map[string]any
	if err := json.Unmarshal(body, &sent); err != nil {
		return err.Error()
	}
	r, err := codec.ParseRequest(body)
	if err != nil {
		return err.Error()
	}
	model, _ := sent["model"].(string)
	w, err := codec.FormatRequest(nil, r, &dialect.Target{Model: model, Stream: r.Stream, Traits: traitsOf(sent, body)})
	if err != nil {
		return err.Error()
	}
	var back map[string]any
	if err := json.Unmarshal(w.Body, &back); err != nil {
		return fmt.Sprintf("%v in %.300s", err, w.Body)
	}
	normalise(sent)
	normalise(back)
	if !reflect.DeepEqual(sent, back) {
		return difference("", sent, back)
	}
	return ""
}

// traitsOf guesses what the server that a recorded request was sent to understands.
func traitsOf(body map[string]any, text []byte) (t dialect.Traits) {
	_, t.MaxTokens = body["max_tokens"]
	if _, ok := body["random_seed"]; ok {
		t.Seed = "random_seed"
	}
	_, asked := body["stream_options"]
	t.NoUsageOption = !asked
	t.CacheMarks = bytes.Contains(text, []byte(`"cache_control"`)) && !bytes.Contains(text, []byte(`"prompt_cache_breakpoint"`))
	for _, form := range []string{"document_url", "file_url"} {
		if bytes.Contains(text, []byte(`"type":"`+form)) || bytes.Contains(text, []byte(`"type": "`+form)) {
			t.Files = form
		}
	}
	if bytes.Contains(text, []byte(`"input_audio": "`)) || bytes.Contains(text, []byte(`"input_audio":"`)) {
		t.Files = "document_url"
	}
	for member, how := range map[string]string{"reasoning": "object", "thinking": "thinking", "enable_thinking": "enable_thinking"} {
		if _, ok := body[member]; ok {
			t.Reasoning = how
		}
	}
	messages, _ := body["messages"].([]any)
	for _, m := range messages {
		for _, member := range []string{"reasoning_details", "reasoning_content", "reasoning"} {
			if v := m.(map[string]any)[member]; v != nil && v != "" && t.EchoReasoning == "" {
				t.EchoReasoning = member
			}
		}
		if list, ok := m.(map[string]any)["content"].([]any); ok && strings.Contains(fmt.Sprint(list), "thinking:[") {
			t.EchoReasoning = "content"
		}
	}
	return t
}

// normalise takes away what says the same in two ways.
func normalise(body map[string]any) {
	dropNulls(body)
	if body["stream"] == false {
		delete(body, "stream")
	}
	if options, ok := body["stream_options"].(map[string]any); ok {
		options["include_usage"] = true
	}
	if how, ok := body["reasoning"].(map[string]any); ok && how["effort"] != nil {
		delete(how, "enabled")
	}
	normaliseTools(body)
	messages, _ := body["messages"].([]any)
	for _, one := range messages {
		m := one.(map[string]any)
		if text, ok := m["content"].(string); ok && m["cache_control"] != nil {
			m["content"] = []any{map[string]any{"type": "text", "text": text}}
		}
		if list, ok := m["content"].([]any); ok {
			m["content"] = oneText(m, list)
		}
		if m["content"] == nil && m["role"] != "assistant" {
			m["content"] = ""
		}
		if m["content"] == "" && m["role"] == "assistant" {
			delete(m, "content")
		}
		if m["role"] == "tool" {
			delete(m, "name") // the call's own
		}
		if list, ok := m["annotations"].([]any); ok && len(list) == 0 {
			delete(m, "annotations")
		}
		if m["reasoning_details"] != nil || m["reasoning_content"] != nil {
			delete(m, "reasoning")
		}
		if m["reasoning_details"] != nil || m["reasoning_content"] == "" {
			delete(m, "reasoning_content")
		}
		calls, _ := m["tool_calls"].([]any)
		for _, call := range calls {
			delete(call.(map[string]any), "index")
		}
		if len(calls) == 0 {
			delete(m, "tool_calls")
		}
	}
}

func normaliseTools(body map[string]any) {
	tools, _ := body["tools"].([]any)
	if tools != nil && len(tools) == 0 {
		delete(body, "tools")
	}
	for _, one := range tools {
		tool := one.(map[string]any)
		if tool["type"] == nil {
			tool["type"] = "function"
		}
		if mark, ok := tool["cache_control"].(map[string]any); ok && mark["ttl"] == "5m" {
			delete(mark, "ttl")
		}
	}
	switch choice := body["tool_choice"].(type) {
	case string:
		if choice == "any" {
			body["tool_choice"] = "required"
		}
	case map[string]any:
		if choice["type"] == nil {
			choice["type"] = "function"
		}
	}
}

// oneText gives a content of one plain text as that text, and moves a mark on the
// message to its last part.
func oneText(m map[string]any, list []any) any {
	if mark := m["cache_control"]; mark != nil && len(list) > 0 {
		list[len(list)-1].(map[string]any)["cache_control"] = mark
		delete(m, "cache_control")
	}
	if len(list) == 0 {
		return ""
	}
	for _, one := range list {
		part := one.(map[string]any)
		if url, ok := part["image_url"].(string); ok {
			part["image_url"] = map[string]any{"url": url}
		}
		if mark, ok := part["cache_control"].(map[string]any); ok && mark["ttl"] == "5m" {
			delete(mark, "ttl")
		}
		if part["prompt_cache_breakpoint"] != nil { // says the same
			delete(part, "cache_control")
		}
		if thoughts, ok := part["thinking"].([]any); ok {
			text := ""
			for _, t := range thoughts {
				text += t.(map[string]any)["text"].(string)
			}
			part["thinking"] = text
		}
	}
	if part, ok := list[0].(map[string]any); ok && len(list) == 1 && len(part) == 2 && part["type"] == "text" {
		return part["text"]
	}
	return list
}

func dropNulls(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil || k == "prefix" && e == false { // the same as none
				delete(v, k)
				continue
			}
			dropNulls(e)
		}
	case []any:
		for _, e := range v {
			dropNulls(e)
		}
	}
}

// difference names the first place where two values differ.
func difference(at string, a, b any) string {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			break
		}
		for k := range y {
			if _, ok := x[k]; !ok {
				return fmt.Sprintf("%s.%s is new: %.200v", at, k, y[k])
			}
		}
		for k, v := range x {
			if w, ok := y[k]; !ok {
				return fmt.Sprintf("%s.%s is gone: %.200v", at, k, v)
			} else if !reflect.DeepEqual(v, w) {
				return difference(at+"."+k, v, w)
			}
		}
	case []any:
		y, ok := b.([]any)
		if !ok || len(y) != len(x) {
			break
		}
		for i := range x {
			if !reflect.DeepEqual(x[i], y[i]) {
				return difference(fmt.Sprintf("%s[%d]", at, i), x[i], y[i])
			}
		}
	}
	return fmt.Sprintf("%s: %.200v, want %.200v", at, b, a)
}

func TestRecordedAnswersComeBackWithTheirMeaning(t *testing.T) {
	var table dialecttest.Table
	for _, c := range dialecttest.Corpus(t, "chat") {
		if c.Status >= 400 {
			continue
		}
		if c.Framing == "sse" {
			table.Add(c, checkStreamCodec(c))
		} else {
			table.Add(c, checkAnswerCodec(c))
		}
	}
	table.Report(t)
}

// meaning is what an answer says, in words that can be compared.
type meaning struct {
	Text, Reasoning, Refusal, Finish string
	Calls                            []string
	State                            []string
	Usage                            string
}

func meaningOf(a *llm.Answer) (all []meaning) {
	for i := range a.Choices {
		c := &a.Choices[i]
		m := meaning{Finish: string(c.Finish), Usage: fmt.Sprintf("%+v", usageShown(a.Usage))}
		for n := range c.Parts {
			m.add(&c.Parts[n])
		}
		all = append(all, m)
	}
	return all
}

func usageShown(u llm.Usage) string {
	return fmt.Sprint(u.InputTokens.Or(0), u.OutputTokens.Or(0), u.CacheReadTokens.Or(0), u.ReasoningTokens.Or(0))
}

func (m *meaning) add(p *llm.Part) {
	switch p.Kind {
	case llm.Text:
		m.Text += plainText(p.Text)
	case llm.Thinking:
		m.Reasoning += plainText(p.Text)
	case llm.Refusal:
		m.Refusal += plainText(p.Text)
	case llm.ToolCall:
		m.Calls = append(m.Calls, p.Call.ID+" "+p.Call.Name+" "+plainText(dialect.ArgumentsText(p.Call)))
	}
	for _, o := range p.State {
		if p.Kind != llm.Text {
			m.State = append(m.State, o.Kind+" "+o.Value)
		}
	}
}

func plainText(raw llm.Raw) string {
	var s string
	if len(raw) > 0 && json.Unmarshal(raw, &s) != nil {
		return "no string: " + string(raw)
	}
	return s
}

func checkAnswerCodec(c *dialecttest.Case) string {
	if !bytes.Contains(c.Body, []byte(`"chat.completion"`)) && !bytes.Contains(c.Body, []byte(`"choices"`)) {
		return "" // another operation's answer in a session of chats
	}
	a, err := codec.ParseAnswer(c.Body, aCall(nil))
	if bytes.Contains(c.Body, []byte(`"object":"list"`)) || dialecttest.Decode(string(c.Body)).At("error") != nil || dialecttest.Decode(string(c.Body)).Text("object") == "list" {
		if err == nil {
			return "an error or a list was taken for an answer"
		}
		return ""
	}
	if err != nil {
		return err.Error()
	}
	b, err := codec.ParseAnswer(codec.FormatAnswer(nil, a, aCall(nil)), aCall(nil))
	if err != nil {
		return err.Error()
	}
	return compareMeanings(opened(meaningOf(a)), opened(meaningOf(b)))
}

// opened takes the state out of its envelopes, as it comes back from a caller.
func opened(all []meaning) []meaning {
	for i := range all {
		for n, s := range all[i].State {
			kind, value, _ := strings.Cut(s, " ")
			var e struct{ Signature, Data string }
			if kind == "details" {
				_ = json.Unmarshal([]byte(value), &e)
			}
			for _, v := range []string{e.Signature, e.Data, value} {
				if o := dialect.Unwrap(v, dialect.Chat, ""); o.Value != v {
					all[i].State[n] = o.Kind + " " + o.Value
				}
			}
		}
	}
	return all
}

func compareMeanings(want, got []meaning) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	if len(want) != len(got) {
		return fmt.Sprintf("%d choices, want %d", len(got), len(want))
	}
	for i := range want {
		a, b := reflect.ValueOf(want[i]), reflect.ValueOf(got[i])
		for f := range a.NumField() {
			if !reflect.DeepEqual(a.Field(f).Interface(), b.Field(f).Interface()) {
				return fmt.Sprintf("%s: got %.300q, want %.300q", a.Type().Field(f).Name, fmt.Sprint(b.Field(f)), fmt.Sprint(a.Field(f)))
			}
		}
	}
	return "?"
}

func checkStreamCodec(c *dialecttest.Case) string {
	events, why := readStreamCodec(c.Body, len(c.Body)+1)
	if strings.Contains(string(c.Body), `"error":{`) || strings.Contains(c.Kind, "error") {
		return failed(events)
	}
	if why != "" {
		return why
	}
	if last := events[len(events)-1]; last.Kind == llm.Fail {
		return last.Err.Error()
	}
	for _, size := range []int{1 + len(c.Body)>>13, 333} {
		again, _ := readStreamCodec(c.Body, size)
		if !reflect.DeepEqual(events, again) {
			return fmt.Sprintf("in pieces of %d it reads differently", size)
		}
	}
	if why := plainStream(c, gather(events)); why != "" {
		return why
	}
	r := &llm.Request{Has: llm.Of(llm.FStreamUsage)}
	f := codec.NewStreamFormatter(aCall(r))
	var out []byte
	for i := range events {
		out = f.Format(out, &events[i])
	}
	if why := checkChunks(out, true); why != "" {
		return why
	}
	back, why := readStreamCodec(out, len(out)+1)
	if why != "" {
		return "of what was written: " + why
	}
	return compareMeanings(opened(meaningOf(gather(events))), opened(meaningOf(gather(back))))
}

func failed(events []llm.Event) string {
	if len(events) > 0 && events[len(events)-1].Kind == llm.Fail {
		return ""
	}
	return "no failure was told"
}

// plainStream compares what was read with a plain reading of the chunks.
func plainStream(c *dialecttest.Case, a *llm.Answer) string {
	texts, args := map[int]string{}, ""
	for _, data := range c.Events() {
		for _, choice := range dialecttest.Decode(data).List("choices") {
			i, _ := choice["index"].(float64)
			delta := choice.At("delta")
			texts[int(i)] += delta.Text("content")
			chunks, _ := delta["content"].([]any)
			for _, chunk := range chunks {
				if m, ok := chunk.(map[string]any); ok && m["type"] == "text" {
					texts[int(i)] += m["text"].(string)
				}
			}
			for _, call := range delta.List("tool_calls") {
				args += call.At("function").Text("arguments")
			}
		}
	}
	got := ""
	for i := range a.Choices {
		text := ""
		for n := range a.Choices[i].Parts {
			p := &a.Choices[i].Parts[n]
			if p.Kind == llm.Text {
				text += plainText(p.Text)
			}
			if p.Kind == llm.ToolCall {
				got += plainText(p.Call.Arguments)
			}
		}
		if text != texts[i] {
			return fmt.Sprintf("text %.200q, want %.200q", text, texts[i])
		}
	}
	if len(got) != len(args) {
		return fmt.Sprintf("arguments %.200q, want %.200q", got, args)
	}
	return ""
}

// readStreamCodec frames and reads a stream; why names what broke the grammar of events.
func readStreamCodec(body []byte, size int) (events []llm.Event, why string) {
	p := codec.NewStreamParser(aCall(nil))
	f := dialect.NewSSE(openaichat.Dialect.Digest)
	f.HoldUpTo(64 << 20)
	var scratch []llm.Event
	take := func(e *dialect.Event) {
		if e.Comment {
			return
		}
		scratch = p.Parse(scratch[:0], e.Name, e.Data)
		events = append(events, kept(scratch)...)
	}
	for piece := range slices.Chunk(body, size) {
		f.Feed(slices.Clone(piece), take)
	}
	f.Close(take)
	events = append(events, kept(p.End(nil))...)
	return events, grammar(events)
}

// kept copies what events point to.
func kept(events []llm.Event) []llm.Event {
	out := slices.Clone(events)
	for i := range out {
		e := &out[i]
		e.Text, e.Raw, e.StopText = slices.Clone(e.Text), slices.Clone(e.Raw), slices.Clone(e.StopText)
		e.State = slices.Clone(e.State)
		e.Cites = keptCites(e.Cites)
		if e.Media != nil {
			m := *e.Media
			m.Data, m.URL, m.FileID = slices.Clone(m.Data), slices.Clone(m.URL), slices.Clone(m.FileID)
			e.Media = &m
		}
		if e.Usage != nil {
			u := *e.Usage
			e.Usage = &u
		}
	}
	return out
}

func keptCites(cites []llm.Citation) []llm.Citation {
	out := slices.Clone(cites)
	for i := range out {
		c := &out[i]
		c.URL, c.Title, c.Text, c.Raw = slices.Clone(c.URL), slices.Clone(c.Title), slices.Clone(c.Text), slices.Clone(c.Raw)
	}
	return out
}

// grammar checks the order of events (see llm.EventKind).
func grammar(events []llm.Event) string {
	open, next, done := map[[2]int]llm.PartKind{}, map[int]int{}, map[int]bool{}
	for i, e := range events {
		at := [2]int{e.Choice, e.Part}
		switch e.Kind {
		case llm.Start:
			if i != 0 {
				return "the start is not the first event"
			}
		case llm.PartStart:
			if e.Part != next[e.Choice] {
				return fmt.Sprintf("part %d begins, want %d", e.Part, next[e.Choice])
			}
			next[e.Choice]++
			open[at] = e.What
		case llm.Delta:
			if open[at] != e.What {
				return fmt.Sprintf("a delta of %v, which is not open", at)
			}
		case llm.PartEnd:
			if open[at] != e.What {
				return fmt.Sprintf("the end of %v, which is not open", at)
			}
			delete(open, at)
		case llm.Finished:
			if done[e.Choice] {
				return "a choice finishes twice"
			}
			done[e.Choice] = true
			if len(open) > 0 && len(next) == 1 {
				return "finished with open parts"
			}
		case llm.Fail, llm.End:
			if i != len(events)-1 {
				return "something follows the end"
			}
		}
	}
	if len(events) == 0 {
		return "no events"
	}
	if last := events[len(events)-1].Kind; last != llm.End && last != llm.Fail {
		return "no end"
	}
	return ""
}

// gather makes a whole answer of events.
func gather(events []llm.Event) *llm.Answer {
	a := &llm.Answer{}
	for i := range events {
		e := &events[i]
		for e.Kind != llm.Start && len(a.Choices) <= e.Choice {
			a.Choices = append(a.Choices, llm.Choice{})
		}
		switch e.Kind {
		case llm.Start:
			a.ID, a.Model = e.ID, e.Model
		case llm.PartStart:
			p := llm.Part{Kind: e.What, State: e.State, Media: e.Media}
			if e.What == llm.ToolCall {
				p.Call = &llm.Call{ID: e.CallID, Name: e.CallName, Quoted: true, Custom: e.Custom}
			}
			a.Choices[e.Choice].Parts = append(a.Choices[e.Choice].Parts, p)
		case llm.Delta, llm.PartEnd:
			p := &a.Choices[e.Choice].Parts[e.Part]
			p.State = append(p.State, e.State...)
			if e.Text != nil && p.Call != nil {
				p.Call.Arguments = joinRaw(p.Call.Arguments, e.Text)
			} else if e.Text != nil {
				p.Text = joinRaw(p.Text, e.Text)
			}
		case llm.Finished:
			a.Choices[e.Choice].Finish, a.Choices[e.Choice].Vendor = e.Finish, e.Vendor
		case llm.UsageEvent:
			a.Usage = *e.Usage
		}
	}
	return a
}

func joinRaw(a, b llm.Raw) llm.Raw {
	if len(a) == 0 {
		return slices.Clone(b)
	}
	return slices.Concat(a[:len(a)-1], b[1:])
}
