package gemini

import (
	"bytes"
	"time"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// frame is a GenerateContentResponse, or a chunk of a stream, as it stands there
// (https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse).
type frame struct {
	candidates, usage, model, id, created, feedback llm.Raw
	failed                                          bool
}

func readFrame(data []byte) (f frame, err error) {
	err = jsonscan.Members(data, func(key, v []byte) bool {
		switch string(key) {
		case "candidates":
			f.candidates = v
		case "usageMetadata":
			f.usage = v
		case "modelVersion":
			f.model = v
		case "responseId":
			f.id = v
		case "createTime":
			f.created = v
		case "promptFeedback":
			f.feedback = v
		case "error":
			f.failed = f.failed || len(v) > 2 && v[0] == '{'
		}
		return true
	})
	return f, err
}

// blocked gives why the prompt was refused, "" when it was not.
func (f *frame) blocked() string {
	if f.feedback == nil {
		return ""
	}
	return word(jsonscan.Get(f.feedback, "blockReason"), blockReasons[:])
}

// unix reads the time of creation, which one of the vendor's clouds tells.
func (f *frame) unix() int64 {
	s, _ := jsonscan.Plain(f.created)
	if t, err := time.Parse(time.RFC3339Nano, string(s)); err == nil {
		return t.Unix()
	}
	return 0
}

// candidate is one alternative as it stands there.
type candidate struct {
	index                                int
	content                              llm.Raw
	finish                               string
	grounding, citations, logprobsResult llm.Raw
}

func readCandidate(data []byte) (c candidate) {
	_ = jsonscan.Members(data, func(key, v []byte) bool {
		if jsonscan.IsNull(v) {
			return true
		}
		switch string(key) {
		case "content":
			c.content = v
		case "finishReason":
			c.finish = word(v, finishReasons[:])
		case "index":
			n, _ := jsonscan.Int(v)
			c.index = int(max(0, min(n, maxCandidates-1)))
		case "groundingMetadata":
			c.grounding = v
		case "citationMetadata":
			c.citations = v
		case "logprobsResult":
			c.logprobsResult = v
		}
		return true
	})
	if c.finish == "FINISH_REASON_UNSPECIFIED" {
		c.finish = ""
	}
	return c
}

// maxCandidates bounds what one answer may hold; the vendor gives eight at the most.
const maxCandidates = 128

// finishOf gives the neutral finish. STOP is also said where functions are called.
func finishOf(word string, calls bool) llm.Finish {
	switch word {
	case "STOP", "":
		if calls {
			return llm.FinishTools
		}
		return llm.FinishStop
	case "MAX_TOKENS":
		return llm.FinishLength
	case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "JAILBREAK",
		"IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION":
		return llm.FinishFilter
	case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE":
		return llm.FinishError
	case "CONTINUATION":
		return llm.FinishPause
	}
	return llm.FinishUnknown
}

// answerParser reads one whole answer.
type answerParser struct {
	c        *dialect.Call
	a        *llm.Answer
	choice   *llm.Choice
	at       []int // for each part of the vendor's, the part of the choice
	calls    int   // of the choice
	images   llm.Count
	searches int
}

// ParseAnswer implements dialect.Codec.
func (codec) ParseAnswer(body []byte, c *dialect.Call) (*llm.Answer, error) {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '[' { // some errors come so
		_ = jsonscan.Elements(trimmed, func(one []byte) bool { body = one; return false })
	}
	f, err := readFrame(body)
	switch {
	case err != nil:
		return nil, fault.New(fault.UpstreamError, "The provider's answer is no JSON object: "+err.Error())
	case f.failed:
		return nil, faultOf(body)
	}
	p := answerParser{c: c, a: &llm.Answer{}}
	p.a.ID, _ = jsonscan.String(f.id)
	p.a.Model, _ = jsonscan.String(f.model)
	p.a.Created = f.unix()
	_ = jsonscan.Elements(f.candidates, func(v []byte) bool { p.candidate(v); return true })
	if p.a.Blocked = f.blocked(); p.a.Blocked != "" && len(p.a.Choices) == 0 {
		p.a.Choices = []llm.Choice{{Finish: llm.FinishFilter, Vendor: p.a.Blocked}}
	} else if len(p.a.Choices) == 0 {
		p.a.Choices = []llm.Choice{{Finish: llm.FinishUnknown}}
	}
	t := readTokens(f.usage)
	p.a.Usage = t.usage(true)
	p.a.Usage.Images = p.images
	unit(&p.a.Usage, llm.UnitSearches, int64(p.searches))
	p.a.Tier = tierOf(t.served())
	return p.a, nil
}

// tierOf gives a tier that was served in the neutral word.
func tierOf(served string) string {
	if served == "standard" {
		return "default"
	}
	return served
}

func (p *answerParser) candidate(v []byte) {
	c := readCandidate(v)
	p.a.Choices = append(p.a.Choices, llm.Choice{})
	p.choice = &p.a.Choices[len(p.a.Choices)-1]
	p.at, p.calls = p.at[:0], 0
	r := jsonscan.NewReader(c.content)
	r.Object(func(key []byte) {
		if string(key) == "parts" && !r.At('n') {
			eachOf(&r, func() { p.part(&r) })
		}
	})
	if c.logprobsResult != nil {
		p.choice.Logprobs = readLogprobs(c.logprobsResult)
	}
	p.choice.Vendor, p.choice.Finish = c.finish, finishOf(c.finish, p.calls > 0)
	if c.grounding != nil || c.citations != nil {
		p.sources(&c)
	}
}

// part reads a part of the vendor's.
func (p *answerParser) part(r *jsonscan.Reader) {
	before := *r
	one, ok := readPart(r, ignore)
	if !ok {
		return
	}
	var state []llm.Opaque
	if len(one.signature) > 2 {
		state = []llm.Opaque{vendorsState(one.signature, p.c)}
	}
	defer func() { p.at = append(p.at, len(p.choice.Parts)-1) }()
	switch {
	case one.special, one.thought && (one.inline != nil || one.file != nil):
		p.add(llm.Part{Kind: llm.Vendor, Raw: before.Raw()})
	case one.call != nil:
		p.call(one.call, state)
	case one.solid() != nil:
		p.media(&one, state)
	case len(one.text) > 2:
		kind := llm.Text
		if one.thought {
			kind = llm.Thinking
		}
		p.add(llm.Part{Kind: kind, Text: one.text, State: state})
	case state != nil:
		p.signature(one.thought, state)
	}
}

func (p *answerParser) add(part llm.Part) { p.choice.Parts = append(p.choice.Parts, part) }

func (p *answerParser) call(v llm.Raw, state []llm.Opaque) {
	c, err := readCall(v, ignore)
	if err != nil || c.name == "" {
		return
	}
	if c.id == "" {
		c.id = p.c.MadeID(len(p.a.Choices)-1, p.calls)
	}
	p.calls++
	p.add(llm.Part{Kind: llm.ToolCall, Call: &llm.Call{ID: c.id, Name: p.c.ToolName(c.name), Arguments: c.args}, State: state})
}

func (p *answerParser) media(one *part, state []llm.Opaque) {
	var part llm.Part
	switch {
	case one.inline != nil:
		part = readInline(one.inline, ignore)
	case one.file != nil:
		part = readFile(one.file, ignore)
	default:
		return
	}
	if part.Kind == llm.Image {
		p.images = p.images.Add(llm.Known(1))
	}
	part.State = state
	p.add(part)
}

// signature takes a signature that came on a part without text: it belongs to the text
// before it, or stands for a thought of which nothing is shown.
func (p *answerParser) signature(thought bool, state []llm.Opaque) {
	if n := len(p.choice.Parts); n > 0 {
		last := &p.choice.Parts[n-1]
		if last.State == nil && (last.Kind == llm.Thinking || last.Kind == llm.Text && !thought) {
			last.State = state
			return
		}
	}
	p.add(llm.Part{Kind: llm.Thinking, State: state})
}
