package dialecttest

import "regexp"

// geminiRequestShapes: https://ai.google.dev/api/generate-content#request-body
var geminiRequestShapes = shapes{
	"request": `contents:[]#content systemInstruction?:#instruction tools?:[]#tool toolConfig?:#toolconfig generationConfig?:#config safetySettings?:[]object
		serviceTier?:text store?:boolean`,
	"content":     `role:"user"|"model" parts:[]#part`,
	"instruction": `role?:text parts:[]#textpart`,
	"textpart":    `text:text`,
	"part":        `text?:string thought?:boolean thoughtSignature?:text inlineData?:#blob fileData?:#file functionCall?:#call functionResponse?:#result mediaResolution?:object`,
	"blob":        `mimeType:text data:text`,
	"file":        `mimeType?:text fileUri:text`,
	"call":        `id?:text name:text args:object`,
	"result":      `id?:text name:text response:object parts?:[]#mediapart`,
	"mediapart":   `inlineData:#blob`,
	"tool":        `functionDeclarations?:[]#function googleSearch?:object codeExecution?:object`,
	"function":    `name:text description?:string parametersJsonSchema?:object parameters?:object`,
	"toolconfig":  `functionCallingConfig:#calling`,
	"calling":     `mode:"AUTO"|"ANY"|"NONE"|"VALIDATED" allowedFunctionNames?:[]text`,
	"config": `maxOutputTokens?:integer temperature?:number topP?:number topK?:integer candidateCount?:integer stopSequences?:[]text seed?:integer presencePenalty?:number
		frequencyPenalty?:number responseLogprobs?:boolean logprobs?:integer responseMimeType?:"application/json" responseJsonSchema?:object thinkingConfig?:#thinking
		responseModalities?:[]text`,
	"thinking": `includeThoughts?:boolean thinkingBudget?:integer thinkingLevel?:"minimal"|"low"|"medium"|"high"|"MINIMAL"|"LOW"|"MEDIUM"|"HIGH"`,
}

// geminiName: https://ai.google.dev/api/caching#FunctionDeclaration
var geminiName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$`)

func geminiRequest(o Object) string {
	names := map[string]bool{}
	calling := o.At("toolConfig", "functionCallingConfig")
	allowed := list(calling["allowedFunctionNames"])
	declared := members(o.List("tools"), func(_ int, tool Object) string {
		return members(tool.List("functionDeclarations"), func(_ int, f Object) string {
			name := f.Text("name")
			twice := names[name]
			names[name] = true
			return first(unless(geminiName.MatchString(name) && !twice, "a function cannot have the name %q", name),
				unless(f["parametersJsonSchema"] == nil || f["parameters"] == nil, "%s has two schemas", name))
		})
	})
	config := o.At("generationConfig")
	why := first(
		geminiRequestShapes.misshapen("request", map[string]any(o), "#request"),
		unless(len(o.List("contents")) > 0, "there are no contents"),
		declared,
		geminiTurns(o),
		unless(len(allowed) == 0 || calling["mode"] == "ANY" || calling["mode"] == "VALIDATED", "allowedFunctionNames with the mode %v", calling["mode"]),
		unless(calling == nil || len(names) > 0, "functionCallingConfig without functions"),
		unless(len(list(o.At("generationConfig")["stopSequences"])) <= 5, "more than five stop sequences"),
		unless(o.At("generationConfig")["responseJsonSchema"] == nil || o.At("generationConfig")["responseMimeType"] != nil, "a schema without responseMimeType"),
		unless(config["logprobs"] == nil || config["responseLogprobs"] == true, "logprobs without responseLogprobs"),
		unless(len(o.At("generationConfig", "thinkingConfig")) < 3, "a thinkingBudget beside a thinkingLevel"),
	)
	for _, name := range allowed {
		s, _ := name.(string)
		why = first(why, unless(names[s], "a function that is allowed is not there: %s", s))
	}
	return why
}

// geminiTurns: turns alternate; the results of a turn's calls stand in the next one, one
// for each.
func geminiTurns(o Object) string {
	role := ""
	var calls []string
	return first(members(o.List("contents"), func(i int, m Object) string {
		why := unless(m.Text("role") != role && (i > 0 || m.Text("role") == "user"), "a turn of the %s where there is one, or at the beginning", m.Text("role"))
		role = m.Text("role")
		why = first(why, unless(len(m.List("parts")) > 0, "a turn without parts"))
		var made, given []string
		why = first(why, members(m.List("parts"), func(_ int, part Object) string {
			if f := part.At("functionCall"); f != nil {
				made = append(made, f.Text("id")+" "+f.Text("name"))
			}
			if f := part.At("functionResponse"); f != nil {
				given = append(given, f.Text("id")+" "+f.Text("name"))
			}
			return geminiPart(role, part)
		}))
		if len(given) > 0 || len(calls) > 0 {
			why = first(why, unless(sameNames(calls, given), "the calls %q have the results %q", calls, given))
		}
		calls = made
		return unless(why == "", "contents[%d]: %s", i, why)
	}), unless(len(calls) == 0, "the calls %q have no results", calls))
}

func geminiPart(role string, part Object) string {
	kinds := 0
	for _, m := range []string{"text", "inlineData", "fileData", "functionCall", "functionResponse"} {
		if part[m] != nil {
			kinds++
		}
	}
	return first(
		unless(kinds == 1, "a part is one thing: %s", compactJSON(part)),
		unless(part["text"] != "" || part["thoughtSignature"] != nil, "an empty text"),
		unless(part["functionCall"] == nil || role == "model", "a call of the user's"),
		unless(part["functionResponse"] == nil || role == "user", "a result of the model's"),
		unless(part["functionCall"] == nil || geminiName.MatchString(part.At("functionCall").Text("name")), "a function cannot have the name %q", part.At("functionCall").Text("name")),
	)
}

// sameNames compares without regard to order.
func sameNames(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	counts := map[string]int{}
	for i := range a {
		counts[a[i]]++
		counts[b[i]]--
	}
	for _, n := range counts {
		if n != 0 {
			return false
		}
	}
	return true
}
