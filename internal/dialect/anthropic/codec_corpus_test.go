package anthropic_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/anthropic"
	"github.com/sluice-gateway/sluice/internal/llm"
)

var codec = anthropic.Dialect.Codec

// eachCase runs check on the cases of the corpus and prints what came of them.
func eachCase(t *testing.T, check func(dir string) (why string, counts bool)) {
	rows, total := map[string]*row{}, 0
	for _, dir := range cases(t) {
		why, counts := check(dir)
		if !counts {
			continue
		}
		total++
		name := filepath.Join(filepath.Base(filepath.Dir(filepath.Dir(dir))), filepath.Base(filepath.Dir(dir)))
		if rows[name] == nil {
			rows[name] = &row{}
		}
		rows[name].cases++
		if why != "" {
			rows[name].why = append(rows[name].why, filepath.Base(dir)+": "+why)
		}
	}
	if total == 0 {
		t.Fatal("the corpus is there but holds no case of this dialect")
	}
	printRows(t, rows)
}

// TestEveryRecordedRequestIsWrittenAsItWasRead reads each recorded request and writes it
// for its own vendor.
func TestEveryRecordedRequestIsWrittenAsItWasRead(t *testing.T) {
	eachCase(t, func(dir string) (string, bool) {
		var r struct{ Body json.RawMessage }
		unmarshal(t, read(t, dir, "request.json"), &r)
		var want map[string]any
		if json.Unmarshal(r.Body, &want) != nil || want["messages"] == nil || want["inferenceConfig"] != nil || want["schemaVersion"] != nil {
			return "", false
		}
		if strings.Contains(dir, "error-") || strings.Contains(dir, "bedrock") && !strings.Contains(string(r.Body), "anthropic_version") {
			return "", false
		}
		return rewritten(r.Body, want), true
	})
}

func rewritten(body []byte, want map[string]any) string {
	q, err := codec.ParseRequest(body)
	if err != nil {
		return err.Error()
	}
	for _, path := range q.Unnamed {
		if !slices.ContainsFunc(anthropic.Dialect.Fields, func(f dialect.Field) bool { return f.Path == path }) {
			return "unknown: " + path
		}
	}
	to := &dialect.Target{Provider: "p", Model: q.Model, Stream: q.Stream}
	if q.Model == "" {
		to.Traits.Version, _ = want["anthropic_version"].(string)
	}
	w, err := codec.FormatRequest(nil, q, to)
	if err != nil {
		return err.Error()
	}
	var got map[string]any
	if err := json.Unmarshal(w.Body, &got); err != nil {
		return err.Error()
	}
	if want["max_tokens"] == nil {
		delete(got, "max_tokens")
	}
	if q.Model == "" {
		delete(want, "stream")
	}
	if len(w.Lost.All()) > 0 {
		return fmt.Sprintf("lost: %v", w.Lost.All())
	}
	plain(got)
	plain(want)
	if !reflect.DeepEqual(got, want) {
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		return fmt.Sprintf("\n got %.1500s\nwant %.1500s", a, b)
	}
	back, err := codec.ParseRequest(w.Body)
	if err != nil {
		return err.Error()
	}
	back.Model, back.Stream, back.MaxOutput, back.Has = q.Model, q.Stream, q.MaxOutput, q.Has
	x, y := render(q), render(back)
	if x != y {
		return fmt.Sprintf("read again:\n got %.1500s\nwant %.1500s", y, x)
	}
	return ""
}

func decode(text string, v any) error { return json.Unmarshal([]byte(text), v) }

func render(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// plain brings a decoded request into the one form of several that mean the same.
func plain(o map[string]any) {
	tidy(o)
	if o["stream"] == false {
		delete(o, "stream")
	}
	if f := o["output_format"]; f != nil {
		delete(o, "output_format")
		o["output_config"] = map[string]any{"format": f}
	}
	o["system"] = blocks(o["system"])
	turns, _ := o["messages"].([]any)
	var last []any
	var merged []any
	for _, v := range turns {
		m, _ := v.(map[string]any)
		content := blocks(m["content"])
		if len(merged) > 0 && m["role"] == "user" && isResult(last) { // results and what follows are one turn
			last = append(last, content...)
			merged[len(merged)-1].(map[string]any)["content"] = last
			continue
		}
		last = content
		m["content"] = last
		merged = append(merged, m)
	}
	o["messages"] = merged
	if mark := o["cache_control"]; mark != nil {
		delete(o, "cache_control")
		if len(last) > 0 {
			last[len(last)-1].(map[string]any)["cache_control"] = mark
		}
	}
	tools, _ := o["tools"].([]any)
	for _, v := range tools {
		if v.(map[string]any)["type"] == "custom" {
			delete(v.(map[string]any), "type")
		}
	}
	if len(tools) == 0 {
		delete(o, "tools")
	}
}

func isResult(content []any) bool {
	if len(content) == 0 {
		return false
	}
	m, _ := content[0].(map[string]any)
	return m["type"] == "tool_result"
}

// blocks gives a content as blocks, results of tools likewise.
func blocks(v any) []any {
	if s, ok := v.(string); ok {
		if s == "" {
			return nil
		}
		return []any{map[string]any{"type": "text", "text": s}}
	}
	list, _ := v.([]any)
	for _, one := range list {
		if m, ok := one.(map[string]any); ok && m["type"] == "tool_result" {
			if m["content"] = blocks(m["content"]); len(m["content"].([]any)) == 0 {
				delete(m, "content")
			}
		}
	}
	return list
}

// tidy takes away what says nothing: null, false flags, empty lists of citations, the
// usual lifetime.
func tidy(v any) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			tidy(one)
		}
	case map[string]any:
		if isWhole(v) {
			return
		}
		for k, one := range v {
			list, isList := one.([]any)
			switch {
			case one == nil, k == "is_error" && one == false, k == "ttl" && one == "5m", k == "citations" && isList && len(list) == 0:
				delete(v, k)
			default:
				tidy(one)
			}
		}
	}
}

// isWhole tells what is kept as it is, null and all.
func isWhole(v map[string]any) bool {
	kind, _ := v["type"].(string)
	return kind == "server_tool_use" || kind != "tool_result" && strings.HasSuffix(kind, "_tool_result") || strings.HasPrefix(kind, "web_") ||
		v["input_schema"] != nil
}

// TestEveryRecordedAnswerSurvives reads each recorded answer or stream, writes it in
// its own dialect, and reads that with the plain reading of its JSON.
func TestEveryRecordedAnswerSurvives(t *testing.T) {
	eachCase(t, func(dir string) (string, bool) {
		c, ok := load(t, dir)
		kind := filepath.Base(filepath.Dir(dir))
		if !ok || c.Status >= 400 || !strings.Contains(kind, "messages") && !strings.HasPrefix(kind, "invoke") {
			return "", false
		}
		if c.Framing == "sse" {
			return c.streamSurvives(), true
		}
		return c.answerSurvives(), true
	})
}

func callOf() *dialect.Call { return &dialect.Call{ID: "req1", Provider: "", Model: "m"} }

func (c *recorded) answerSurvives() string {
	a, err := codec.ParseAnswer(c.body, callOf())
	if err != nil {
		return err.Error()
	}
	out := codec.FormatAnswer(nil, a, callOf())
	var got, want object
	if err := json.Unmarshal(out, &got); err != nil {
		return err.Error() + string(out)
	}
	_ = json.Unmarshal(c.body, &want)
	if why := sameMessage(got, want); why != "" {
		return why
	}
	var events []llm.Event
	llm.Replay(a, func(e *llm.Event) { events = append(events, *e) })
	streamed, err := gathered(formatAll(events))
	if err != nil {
		return err.Error()
	}
	return sameMessage(streamed, want)
}

func (c *recorded) streamSurvives() string {
	want, broken := gathered(c.body)
	whole, err := relay(c.body, len(c.body))
	if broken != nil {
		return ""
	}
	if err != nil {
		return err.Error()
	}
	if len(c.body) < 16<<10 {
		if pieces, _ := relay(c.body, 1); string(pieces) != string(whole) {
			return "byte by byte it reads otherwise"
		}
	}
	got, err := gathered(whole)
	if err != nil {
		return err.Error()
	}
	return sameMessage(got, want)
}

// sameMessage compares what two messages say; "" = the same.
func sameMessage(got, want object) string {
	g, w := meaning(got), meaning(want)
	if !reflect.DeepEqual(g, w) {
		return fmt.Sprintf("\n got %.2500s\nwant %.2500s", render(g), render(w))
	}
	return ""
}

func meaning(o object) map[string]any {
	m := map[string]any{"model": o["model"], "stop": o["stop_reason"], "sequence": o["stop_sequence"]}
	u := usage(o.object("usage"))
	for _, unit := range []string{"advisor_input_tokens", "advisor_output_tokens"} {
		delete(u.Units, unit)
	}
	if len(u.Units) == 0 {
		u.Units = nil
	}
	u.CacheReadTokens, u.CacheWriteTokens = llm.Known(u.CacheReadTokens.N), llm.Known(u.CacheWriteTokens.N) // unknown is written as 0
	m["usage"] = render(u)
	var content []any
	list, _ := o["content"].([]any)
	for _, v := range list {
		b := v.(map[string]any)
		if b["type"] == "text" && (b["text"] == "" || b["text"] == nil) {
			continue
		}
		if list, ok := b["citations"].([]any); b["citations"] == nil || ok && len(list) == 0 {
			delete(b, "citations")
		}
		if b["type"] == "tool_use" {
			delete(b, "caller")
		}
		if b["type"] == "thinking" && b["signature"] == nil {
			b["signature"] = ""
		}
		content = append(content, b)
	}
	m["content"] = content
	return m
}

// relay translates a stream, cut into pieces of some size, into the same dialect.
func relay(stream []byte, size int) ([]byte, error) {
	p := codec.NewStreamParser(callOf())
	f := codec.NewStreamFormatter(callOf())
	var events []llm.Event
	var out []byte
	var failed error
	take := func() {
		for i := range events {
			if events[i].Kind == llm.Fail && failed == nil {
				failed = events[i].Err
			}
			out = f.Format(out, &events[i])
		}
		events = events[:0]
	}
	framer := dialect.NewSSE(nil)
	framer.HoldUpTo(64 << 20)
	see := func(e *dialect.Event) {
		if !e.Comment {
			events = p.Parse(events, e.Name, e.Data)
			take()
		}
	}
	for len(stream) > 0 {
		n := min(size, len(stream))
		framer.Feed(stream[:n], see)
		stream = stream[n:]
	}
	framer.Close(see)
	events = p.End(events)
	take()
	return out, failed
}

func formatAll(events []llm.Event) (out []byte) {
	f := codec.NewStreamFormatter(callOf())
	for i := range events {
		out = f.Format(out, &events[i])
	}
	return out
}

// gathered puts a stream together as the vendor's SDKs do, and checks its grammar.
func gathered(stream []byte) (object, error) {
	g := &gatherer{open: -1}
	for _, e := range split(stream) {
		var o object
		if err := json.Unmarshal([]byte(e.data), &o); err != nil {
			return nil, fmt.Errorf("no JSON: %s", e.data)
		}
		if e.name != o.text("type") && e.name != "" {
			return nil, fmt.Errorf("the event %q holds a %q", e.name, o.text("type"))
		}
		if err := g.take(o); err != nil {
			return nil, fmt.Errorf("%w at %s", err, e.data)
		}
	}
	if !g.stopped {
		return nil, fmt.Errorf("no message_stop")
	}
	return g.message, nil
}

type gatherer struct {
	message object
	blocks  []any
	json    string
	open    int
	stopped bool
	said    bool // message_delta has come
}

func (g *gatherer) take(o object) error {
	kind := o.text("type")
	index := int(o.count("index").N)
	switch {
	case kind == "ping":
		return nil
	case kind == "message":
		g.message, g.stopped = o, true
		return nil
	case g.stopped:
		return fmt.Errorf("an event after the end")
	case (kind == "message_start") != (g.message == nil):
		return fmt.Errorf("message_start is not first, or comes again")
	}
	switch kind {
	case "message_start":
		g.message = o.object("message")
		g.blocks, _ = g.message["content"].([]any)
		return g.checkStart()
	case "content_block_start":
		if g.open >= 0 || index != len(g.blocks) || g.said {
			return fmt.Errorf("block %d begins while %d is open and %d are there", index, g.open, len(g.blocks))
		}
		g.open, g.json = index, ""
		g.blocks = append(g.blocks, map[string]any(o.object("content_block")))
	case "content_block_delta", "content_block_stop":
		if g.open != index {
			return fmt.Errorf("block %d is not open", index)
		}
		return g.block(o)
	case "message_delta":
		if g.open >= 0 || g.said {
			return fmt.Errorf("a block is open, or the delta comes again")
		}
		g.said = true
		return g.delta(o)
	case "message_stop":
		if !g.said {
			return fmt.Errorf("no message_delta before it")
		}
		g.stopped = true
		g.message["content"] = g.blocks
	default:
		return fmt.Errorf("an unknown event")
	}
	return nil
}

func (g *gatherer) checkStart() error {
	u := g.message.object("usage")
	if !u.count("input_tokens").Known || !u.count("output_tokens").Known {
		return fmt.Errorf("no usage")
	}
	for _, name := range []string{"id", "type", "role", "model"} {
		if g.message.text(name) == "" {
			return fmt.Errorf("no %s", name)
		}
	}
	return nil
}

func (g *gatherer) block(o object) error {
	b := g.blocks[g.open].(map[string]any)
	d := o.object("delta")
	add := func(name, more string) { s, _ := b[name].(string); b[name] = s + more }
	switch kind := d.text("type"); kind {
	case "": // stop
		g.open = -1
		if g.json != "" {
			var input any
			if err := json.Unmarshal([]byte(g.json), &input); err != nil {
				return fmt.Errorf("the input is no JSON: %s", g.json)
			}
			b["input"] = input
		}
	case "text_delta":
		add("text", d.text("text"))
	case "thinking_delta":
		add("thinking", d.text("thinking"))
	case "signature_delta":
		b["signature"] = d.text("signature")
	case "compaction_delta":
		add("content", d.text("content"))
	case "input_json_delta":
		g.json += d.text("partial_json")
	case "citations_delta":
		list, _ := b["citations"].([]any)
		b["citations"] = append(list, d["citation"])
	default:
		return fmt.Errorf("an unknown delta")
	}
	return nil
}

func (g *gatherer) delta(o object) error {
	for k, v := range o.object("delta") {
		g.message[k] = v
	}
	u := g.message.object("usage")
	for k, v := range o.object("usage") {
		u[k] = v
	}
	if !o.object("usage").count("output_tokens").Known {
		return fmt.Errorf("no output_tokens")
	}
	return nil
}
