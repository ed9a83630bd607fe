package dialecttest

// geminiShapes: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse
var geminiShapes = shapes{
	"chunk":       `candidates?:[]#candidate promptFeedback?:#feedback usageMetadata?:#usage modelVersion?:text responseId?:text createTime?:text`,
	"candidate":   `content?:#content finishReason?:text finishMessage?:string index?:integer safetyRatings?:[]object citationMetadata?:object groundingMetadata?:#grounding avgLogprobs?:number logprobsResult?:#logprobs tokenCount?:integer`,
	"content":     `role:"model" parts:[]#part`,
	"part":        `text?:string thought?:boolean thoughtSignature?:text inlineData?:#blob fileData?:#file functionCall?:#call executableCode?:object codeExecutionResult?:object`,
	"blob":        `mimeType:text data:text displayName?:string`,
	"file":        `mimeType?:text fileUri:text displayName?:string`,
	"call":        `id?:text name:text args:object`,
	"feedback":    `blockReason:text blockReasonMessage?:string safetyRatings?:[]object`,
	"grounding":   `groundingChunks?:[]#source groundingSupports?:[]#support webSearchQueries?:[]string searchEntryPoint?:object retrievalMetadata?:object`,
	"source":      `web?:#web retrievedContext?:#retrieved`,
	"web":         `uri?:string title?:string domain?:string`,
	"retrieved":   `uri?:string title?:string text?:string`,
	"support":     `segment?:#segment groundingChunkIndices?:[]integer confidenceScores?:[]number`,
	"segment":     `partIndex?:integer startIndex?:integer endIndex?:integer text?:string`,
	"logprobs":    `chosenCandidates:[]#logprob topCandidates:[]#toplogprobs`,
	"toplogprobs": `candidates:[]#logprob`,
	"logprob":     `token:string logProbability:number tokenId?:integer`,
	"usage": `promptTokenCount?:integer candidatesTokenCount?:integer totalTokenCount?:integer cachedContentTokenCount?:integer thoughtsTokenCount?:integer
		toolUsePromptTokenCount?:integer promptTokensDetails?:[]#modality candidatesTokensDetails?:[]#modality cacheTokensDetails?:[]#modality serviceTier?:text trafficType?:text`,
	"modality": `modality:text tokenCount:integer`,
}

// geminiFinishes are the words of https://ai.google.dev/api/generate-content#FinishReason.
var geminiFinishes = map[string]bool{
	"STOP": true, "MAX_TOKENS": true, "SAFETY": true, "RECITATION": true, "LANGUAGE": true, "OTHER": true, "BLOCKLIST": true, "PROHIBITED_CONTENT": true,
	"SPII": true, "MALFORMED_FUNCTION_CALL": true, "IMAGE_SAFETY": true, "IMAGE_PROHIBITED_CONTENT": true, "IMAGE_OTHER": true, "NO_IMAGE": true,
	"IMAGE_RECITATION": true, "UNEXPECTED_TOOL_CALL": true, "TOO_MANY_TOOL_CALLS": true, "MISSING_THOUGHT_SIGNATURE": true, "MALFORMED_RESPONSE": true,
	"FINISH_REASON_UNSPECIFIED": true, "MODEL_ARMOR": true,
}

// geminiKinds are the members of which a part has exactly one.
var geminiKinds = [...]string{"text", "inlineData", "fileData", "functionCall", "executableCode", "codeExecutionResult"}

// geminiCheck follows a stream of generateContent.
type geminiCheck struct {
	head     [2]any
	chunks   int
	finished map[any]bool
	blocked  bool
}

func newGeminiCheck() checker { return &geminiCheck{finished: map[any]bool{}} }

func (c *geminiCheck) event(name string, o Object) string {
	if o == nil || name != "" {
		return "chunks are JSON objects without names, and nothing ends them"
	}
	if why := geminiShapes.misshapen("chunk", map[string]any(o), "#chunk"); why != "" {
		return why
	}
	head := [2]any{o["modelVersion"], o["responseId"]}
	if c.chunks++; c.chunks > 1 && head != c.head {
		return "modelVersion and responseId are not those of the first chunk"
	}
	c.head = head
	c.blocked = c.blocked || o.At("promptFeedback") != nil
	if why := c.usage(o); why != "" {
		return why
	}
	for _, candidate := range o.List("candidates") {
		if why := c.candidate(candidate); why != "" {
			return why
		}
	}
	return ""
}

func (c *geminiCheck) usage(o Object) string {
	u := o.At("usageMetadata")
	if u == nil {
		return ""
	}
	sum := 0.0
	for _, m := range []string{"promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount"} {
		n, _ := u.Number(m)
		sum += n
	}
	if total, ok := u.Number("totalTokenCount"); total != sum || !ok && len(u) > 1 {
		return "totalTokenCount is not the sum"
	}
	return ""
}

func (c *geminiCheck) candidate(o Object) string {
	index := o["index"]
	if index == nil {
		index = 0.0
	}
	if c.finished[index] {
		return "a candidate goes on after its finishReason"
	}
	c.finished[index] = false
	for _, part := range o.At("content").List("parts") {
		kinds := 0
		for _, kind := range geminiKinds {
			if part[kind] != nil {
				kinds++
			}
		}
		if kinds != 1 {
			return "a part is one thing"
		}
	}
	if reason := o.Text("finishReason"); reason != "" {
		if !geminiFinishes[reason] {
			return "there is no finishReason " + reason
		}
		c.finished[index] = true
	}
	return ""
}

func (c *geminiCheck) end() string {
	if c.chunks == 0 || len(c.finished) == 0 && !c.blocked {
		return "the stream says nothing"
	}
	for _, finished := range c.finished {
		if !finished {
			return "a candidate has no finishReason"
		}
	}
	return ""
}
