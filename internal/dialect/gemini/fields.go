package gemini

import (
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// asks is a whole request with further members.
func asks(members string) string {
	return `{"contents":[{"role":"user","parts":[{"text":"hi"}]}],` + members + `}`
}

// sets is a whole request with members of generationConfig.
func sets(members string) string { return asks(`"generationConfig":{` + members + `}`) }

// has is a whole request with members of a tool.
func has(members string) string { return asks(`"tools":[{` + members + `}]`) }

// declares is a whole request with members of a function's declaration.
func declares(members string) string {
	return has(`"functionDeclarations":[{"name":"f",` + members + `}]`)
}

// forces is a whole request with members of functionCallingConfig.
func forces(members string) string {
	return asks(`"toolConfig":{"functionCallingConfig":{` + members + `}}`)
}

// holds is a whole request with a part of the user's.
func holds(part string) string {
	return `{"contents":[{"role":"user","parts":[{"text":"hi"},` + part + `]}]}`
}

// said is a whole request with a part of the model's before the last turn.
func said(part string) string {
	return `{"contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[` + part + `]},{"role":"user","parts":[{"text":"go on"}]}]}`
}

// returns is a whole request with members of a tool's answer.
func returns(members string) string {
	return `{"contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f",` + members + `}}]}]}`
}

// Parts of paths, of examples and of notes.
const (
	partPath   = "contents[].parts[]"
	resultPath = "contents[].parts[].functionResponse"
	toolPath   = "tools[].functionDeclarations[]"
	configPath = "generationConfig"
	onePixel   = `{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}`
	keptWhole  = "with all that stands inside"
	atTheCloud = "known to Vertex only"
)

// fields are the members of a request, of https://ai.google.dev/api/generate-content and
// https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest, as the vendor's
// own SDK has them (google.golang.org/genai 1.77.0). What stands inside a member that is
// kept whole is not listed again. All are read in snake_case too.
var fields = []dialect.Field{
	{Path: "model", Frame: true},
	{Path: "contents", Frame: true},
	{Path: "contents", Feature: llm.FAssistantPrefill, Example: `{"contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"text":"Well"}]}]}`, Note: "a last turn of the model's is continued"},
	{Path: "contents[].role", Frame: true},
	{Path: "contents[].parts", Frame: true},
	{Path: partPath, Frame: true},
	{Path: partPath + ".text", Frame: true},
	{Path: partPath + ".thought", Feature: llm.FThinking, Example: said(`{"text":"hm","thought":true}`)},
	{Path: partPath + ".thoughtSignature", Feature: llm.FThinkingState, Example: said(`{"functionCall":{"name":"f","args":{}},"thoughtSignature":"c2ln"}`)},
	{Path: partPath + ".inlineData", Feature: llm.FImageData, Example: holds(onePixel), Note: "of an image"},
	{Path: partPath + ".inlineData", Feature: llm.FAudioData, Example: holds(`{"inlineData":{"mimeType":"audio/wav","data":"UklGRg=="}}`), Note: "of audio"},
	{Path: partPath + ".inlineData", Feature: llm.FVideo, Example: holds(`{"inlineData":{"mimeType":"video/mp4","data":"AAAA"}}`), Note: "of a video"},
	{Path: partPath + ".inlineData", Feature: llm.FFileData, Example: holds(`{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0="}}`), Note: "of a document"},
	{Path: partPath + ".inlineData.mimeType", Frame: true},
	{Path: partPath + ".inlineData.data", Frame: true},
	{Path: partPath + ".inlineData.displayName", Feature: llm.FFileName, Example: holds(`{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0=","displayName":"a.pdf"}}`)},
	{Path: partPath + ".fileData.fileUri", Feature: llm.FImageURL, Example: holds(`{"fileData":{"mimeType":"image/png","fileUri":"https://example.com/a.png"}}`), Note: "the URL of an image"},
	{Path: partPath + ".fileData.fileUri", Feature: llm.FImageFile, Example: holds(`{"fileData":{"mimeType":"image/png","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/a"}}`), Note: "the URI of an uploaded image"},
	{Path: partPath + ".fileData.fileUri", Feature: llm.FFileURL, Example: holds(`{"fileData":{"mimeType":"application/pdf","fileUri":"https://example.com/a.pdf"}}`), Note: "the URL of a document"},
	{Path: partPath + ".fileData.fileUri", Feature: llm.FFileID, Example: holds(`{"fileData":{"mimeType":"application/pdf","fileUri":"files/a"}}`), Note: "the URI of an uploaded document"},
	{Path: partPath + ".fileData", Frame: true},
	{Path: partPath + ".fileData.mimeType", Frame: true},
	{Path: partPath + ".fileData.displayName", Feature: llm.FFileName, Example: holds(`{"fileData":{"mimeType":"application/pdf","fileUri":"files/a","displayName":"a.pdf"}}`)},
	{Path: partPath + ".mediaResolution", Feature: llm.FImageDetail, Example: holds(`{"fileData":{"mimeType":"image/png","fileUri":"files/a"},"mediaResolution":{"level":"MEDIA_RESOLUTION_LOW"}}`)},
	{Path: partPath + ".mediaResolution.level", Frame: true},
	{Path: partPath + ".mediaResolution.numTokens", Frame: true},
	{Path: partPath + ".videoMetadata", Example: holds(`{"fileData":{"mimeType":"video/mp4","fileUri":"https://youtu.be/a"},"videoMetadata":{"fps":1}}`), Note: keptWhole},
	{Path: partPath + ".partMetadata", Example: holds(`{"text":"a","partMetadata":{"a":1}}`), Note: keptWhole},
	{Path: partPath + ".mediaProcessing", Example: holds(`{"text":"a","mediaProcessing":"A"}`)},
	{Path: partPath + ".audioTranscription", Example: holds(`{"text":"a","audioTranscription":{}}`), Note: keptWhole},
	{Path: partPath + ".speechMetadata", Example: holds(`{"text":"a","speechMetadata":{}}`), Note: keptWhole},
	{Path: partPath + ".functionCall", Feature: llm.FToolCall, Example: said(`{"functionCall":{"id":"c1","name":"f","args":{}}}`)},
	{Path: partPath + ".functionCall.id", Frame: true},
	{Path: partPath + ".functionCall.name", Frame: true},
	{Path: partPath + ".functionCall.args", Frame: true},
	{Path: partPath + ".functionCall.partialArgs", Frame: true, Note: "of answers only"},
	{Path: partPath + ".functionCall.partialArgs[]", Frame: true},
	{Path: partPath + ".functionCall.willContinue", Frame: true, Note: "of answers only"},
	{Path: resultPath, Feature: llm.FToolResult, Example: returns(`"response":{"output":"x"}`)},
	{Path: resultPath + ".id", Frame: true},
	{Path: resultPath + ".name", Frame: true},
	{Path: resultPath + ".response", Frame: true},
	{Path: resultPath + ".response.error", Feature: llm.FResultError, Example: returns(`"response":{"error":"x"}`)},
	{Path: resultPath + ".parts", Feature: llm.FResultMedia, Example: returns(`"response":{},"parts":[` + onePixel + `]`)},
	{Path: resultPath + ".parts[].inlineData", Frame: true},
	{Path: resultPath + ".parts[].inlineData.mimeType", Frame: true},
	{Path: resultPath + ".parts[].inlineData.data", Frame: true},
	{Path: resultPath + ".parts[].inlineData.displayName", Frame: true},
	{Path: resultPath + ".parts[].fileData", Frame: true},
	{Path: resultPath + ".parts[].fileData.fileUri", Frame: true},
	{Path: resultPath + ".parts[].fileData.mimeType", Frame: true},
	{Path: resultPath + ".parts[].fileData.displayName", Frame: true},
	{Path: resultPath + ".parts[].mediaProcessing", Example: returns(`"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="},"mediaProcessing":"A"}]`)},
	{Path: resultPath + ".willContinue", Example: returns(`"response":{},"willContinue":true`)},
	{Path: resultPath + ".scheduling", Example: returns(`"response":{},"scheduling":"SILENT"`)},
	{Path: partPath + ".executableCode", Feature: llm.FVendorPart, Example: said(`{"executableCode":{"language":"PYTHON","code":"1"}}`), Note: keptWhole},
	{Path: partPath + ".codeExecutionResult", Feature: llm.FVendorPart, Example: said(`{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1"}}`), Note: keptWhole},
	{Path: partPath + ".toolCall", Feature: llm.FVendorPart, Example: said(`{"toolCall":{"toolType":"URL_CONTEXT","id":"a"}}`), Note: keptWhole},
	{Path: partPath + ".toolResponse", Feature: llm.FVendorPart, Example: said(`{"toolResponse":{"toolType":"URL_CONTEXT","id":"a"}}`), Note: keptWhole},

	{Path: "systemInstruction", Feature: llm.FSystem, Example: asks(`"systemInstruction":{"parts":[{"text":"Be brief."}]}`)},
	{Path: "systemInstruction.role", Frame: true},
	{Path: "systemInstruction.parts", Frame: true},
	{Path: "systemInstruction.parts[].text", Frame: true},
	{Path: "systemInstruction.parts[]", Example: asks(`"systemInstruction":{"parts":[{"text":"Be brief."},{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]}`), Note: "all but text"},

	{Path: "tools", Frame: true},
	{Path: "tools[].functionDeclarations", Feature: llm.FTools, Example: declares(`"description":"d"`)},
	{Path: toolPath + ".name", Frame: true},
	{Path: toolPath + ".description", Frame: true},
	{Path: toolPath + ".parameters", Frame: true, Note: "the vendor's form of a schema is read as JSON Schema"},
	{Path: toolPath + ".parametersJsonSchema", Frame: true},
	{Path: toolPath + ".response", Example: declares(`"response":{"type":"STRING"}`), Note: keptWhole},
	{Path: toolPath + ".responseJsonSchema", Example: declares(`"responseJsonSchema":{"type":"string"}`), Note: keptWhole},
	{Path: toolPath + ".behavior", Example: declares(`"behavior":"BLOCKING"`)},
	{Path: "tools[].googleSearch", Feature: llm.FWebSearch, Example: has(`"googleSearch":{}`)},
	{Path: "tools[].googleSearch.timeRangeFilter", Example: has(`"googleSearch":{"timeRangeFilter":{}}`)},
	{Path: "tools[].googleSearch.excludeDomains", Example: has(`"googleSearch":{"excludeDomains":["example.com"]}`)},
	{Path: "tools[].googleSearch.blockingConfidence", Example: has(`"googleSearch":{"blockingConfidence":"BLOCK_NONE"}`)},
	{Path: "tools[].googleSearch.searchTypes", Example: has(`"googleSearch":{"searchTypes":{}}`)},
	{Path: "tools[].codeExecution", Feature: llm.FCode, Example: has(`"codeExecution":{}`)},
	{Path: "tools[].googleSearchRetrieval", Feature: llm.FBuiltin, Example: has(`"googleSearchRetrieval":{}`), Note: keptWhole},
	{Path: "tools[].enterpriseWebSearch", Feature: llm.FBuiltin, Example: has(`"enterpriseWebSearch":{}`), Note: keptWhole},
	{Path: "tools[].parallelAiSearch", Feature: llm.FBuiltin, Example: has(`"parallelAiSearch":{}`), Note: keptWhole},
	{Path: "tools[].exaAiSearch", Feature: llm.FBuiltin, Example: has(`"exaAiSearch":{}`), Note: keptWhole},
	{Path: "tools[].googleMaps", Feature: llm.FBuiltin, Example: has(`"googleMaps":{}`), Note: keptWhole},
	{Path: "tools[].urlContext", Feature: llm.FBuiltin, Example: has(`"urlContext":{}`), Note: keptWhole},
	{Path: "tools[].fileSearch", Feature: llm.FBuiltin, Example: has(`"fileSearch":{"fileSearchStoreNames":["a"]}`), Note: keptWhole},
	{Path: "tools[].computerUse", Feature: llm.FBuiltin, Example: has(`"computerUse":{"environment":"ENVIRONMENT_BROWSER"}`), Note: keptWhole},
	{Path: "tools[].retrieval", Feature: llm.FBuiltin, Example: has(`"retrieval":{}`), Note: keptWhole},
	{Path: "tools[].mcpServers", Feature: llm.FBuiltin, Example: has(`"mcpServers":[]`), Note: keptWhole},

	{Path: "toolConfig", Frame: true},
	{Path: "toolConfig.functionCallingConfig", Frame: true},
	{Path: "toolConfig.functionCallingConfig.mode", Feature: llm.FChoiceNone, Example: forces(`"mode":"NONE"`), Note: "NONE. AUTO is what every dialect does unasked; VALIDATED is AUTO elsewhere."},
	{Path: "toolConfig.functionCallingConfig.mode", Feature: llm.FChoiceRequired, Example: forces(`"mode":"ANY"`), Note: "ANY"},
	{Path: "toolConfig.functionCallingConfig.allowedFunctionNames", Feature: llm.FChoiceTool, Example: forces(`"mode":"ANY","allowedFunctionNames":["f"]`), Note: "one name"},
	{Path: "toolConfig.functionCallingConfig.allowedFunctionNames", Feature: llm.FChoiceAllowed, Example: forces(`"mode":"ANY","allowedFunctionNames":["f","g"]`), Note: "several, or one with VALIDATED"},
	{Path: "toolConfig.functionCallingConfig.streamFunctionCallArguments", Example: forces(`"streamFunctionCallArguments":true`), Note: atTheCloud},
	{Path: "toolConfig.retrievalConfig", Example: asks(`"toolConfig":{"retrievalConfig":{"languageCode":"nl"}}`), Note: keptWhole},
	{Path: "toolConfig.includeServerSideToolInvocations", Example: asks(`"toolConfig":{"includeServerSideToolInvocations":true}`)},

	{Path: configPath, Frame: true},
	{Path: configPath + ".maxOutputTokens", Feature: llm.FMaxOutput, Example: sets(`"maxOutputTokens":64`)},
	{Path: configPath + ".temperature", Feature: llm.FTemperature, Example: sets(`"temperature":0.5`)},
	{Path: configPath + ".topP", Feature: llm.FTopP, Example: sets(`"topP":0.5`)},
	{Path: configPath + ".topK", Feature: llm.FTopK, Example: sets(`"topK":5`)},
	{Path: configPath + ".candidateCount", Feature: llm.FN, Example: sets(`"candidateCount":2`)},
	{Path: configPath + ".stopSequences", Feature: llm.FStop, Example: sets(`"stopSequences":["END"]`)},
	{Path: configPath + ".seed", Feature: llm.FSeed, Example: sets(`"seed":7`)},
	{Path: configPath + ".presencePenalty", Feature: llm.FPresencePenalty, Example: sets(`"presencePenalty":0.5`)},
	{Path: configPath + ".frequencyPenalty", Feature: llm.FFrequencyPenalty, Example: sets(`"frequencyPenalty":0.5`)},
	{Path: configPath + ".responseLogprobs", Feature: llm.FLogprobs, Example: sets(`"responseLogprobs":true`)},
	{Path: configPath + ".logprobs", Feature: llm.FTopLogprobs, Example: sets(`"responseLogprobs":true,"logprobs":3`)},
	{Path: configPath + ".responseMimeType", Feature: llm.FJSON, Example: sets(`"responseMimeType":"application/json"`), Note: "types beside JSON and plain text are for this dialect alone"},
	{Path: configPath + ".responseSchema", Feature: llm.FSchema, Example: sets(`"responseMimeType":"application/json","responseSchema":{"type":"OBJECT"}`), Note: "the vendor's form of a schema is read as JSON Schema"},
	{Path: configPath + ".responseJsonSchema", Feature: llm.FSchema, Example: sets(`"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}`)},
	{Path: configPath + "._responseJsonSchema", Feature: llm.FSchema, Example: sets(`"responseMimeType":"application/json","_responseJsonSchema":{"type":"object"}`)},
	{Path: configPath + ".thinkingConfig", Frame: true},
	{Path: configPath + ".thinkingConfig.thinkingBudget", Feature: llm.FThinkingBudget, Example: sets(`"thinkingConfig":{"thinkingBudget":1024}`), Note: "tokens; -1 leaves it to the model"},
	{Path: configPath + ".thinkingConfig.thinkingBudget", Feature: llm.FThinkingOff, Example: sets(`"thinkingConfig":{"thinkingBudget":0}`), Note: "0"},
	{Path: configPath + ".thinkingConfig.thinkingLevel", Feature: llm.FThinkingEffort, Example: sets(`"thinkingConfig":{"thinkingLevel":"LOW"}`)},
	{Path: configPath + ".thinkingConfig.includeThoughts", Feature: llm.FThinkingSummary, Example: sets(`"thinkingConfig":{"includeThoughts":true}`)},
	{Path: configPath + ".responseModalities", Feature: llm.FModalities, Example: sets(`"responseModalities":["TEXT","IMAGE"]`)},
	{Path: configPath + ".speechConfig", Example: sets(`"speechConfig":{"languageCode":"nl-BE"}`), Note: keptWhole},
	{Path: configPath + ".imageConfig", Example: sets(`"imageConfig":{"aspectRatio":"1:1"}`), Note: keptWhole},
	{Path: configPath + ".mediaResolution", Example: sets(`"mediaResolution":"MEDIA_RESOLUTION_LOW"`)},
	{Path: configPath + ".audioTimestamp", Example: sets(`"audioTimestamp":true`), Note: atTheCloud},
	{Path: configPath + ".routingConfig", Example: sets(`"routingConfig":{}`), Note: atTheCloud},
	{Path: configPath + ".modelConfig", Example: sets(`"modelConfig":{}`), Note: atTheCloud},
	{Path: configPath + ".modelSelectionConfig", Example: sets(`"modelSelectionConfig":{}`), Note: atTheCloud},
	{Path: configPath + ".enableAffectiveDialog", Example: sets(`"enableAffectiveDialog":true`)},
	{Path: configPath + ".enableEnhancedCivicAnswers", Example: sets(`"enableEnhancedCivicAnswers":true`)},
	{Path: configPath + ".responseFormat", Example: sets(`"responseFormat":[]`), Note: keptWhole},
	{Path: configPath + ".translationConfig", Example: sets(`"translationConfig":{}`), Note: keptWhole},
	{Path: configPath + ".audioTranscriptionConfig", Example: sets(`"audioTranscriptionConfig":{}`), Note: keptWhole},
	{Path: configPath + ".generationOutputConfig", Example: sets(`"generationOutputConfig":{}`), Note: keptWhole},

	{Path: "safetySettings", Example: asks(`"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}]`), Note: keptWhole},
	{Path: "cachedContent", Refuse: true, Example: asks(`"cachedContent":"cachedContents/a"`), Note: "what it holds is part of the prompt"},
	{Path: "labels", Feature: llm.FMetadata, Example: asks(`"labels":{"team":"a"}`)},
	{Path: "serviceTier", Feature: llm.FTier, Example: asks(`"serviceTier":"flex"`)},
	{Path: "store", Feature: llm.FStore, Example: asks(`"store":false`)},
	{Path: "modelArmorConfig", Example: asks(`"modelArmorConfig":{"promptTemplateName":"a"}`), Note: atTheCloud},
	{Path: "continuationToken", Example: asks(`"continuationToken":"YQ=="`)},
}

// carries is what a target of this dialect can be told.
var carries = map[llm.Feature]dialect.Carry{
	llm.FSystem:           {Fate: dialect.Kept, How: "systemInstruction; for Gemma, which has none, words of the first user's turn"},
	llm.FSystemLater:      {Fate: dialect.Mapped, How: "<system>…</system> in the user's turn where it stood"},
	llm.FDeveloper:        {Fate: dialect.Mapped, How: "systemInstruction"},
	llm.FAssistantPrefill: {Fate: dialect.Kept, How: "a last turn of the model's"},
	llm.FImageURL:         {Fate: dialect.Mapped, How: "inlineData: the gateway fetches the bytes; fileData for Google's own files, YouTube and Cloud Storage"},
	llm.FImageData:        {Fate: dialect.Kept, How: "inlineData"},
	llm.FImageFile:        {Fate: dialect.Mapped, How: "fileData.fileUri, for files of the vendor's; another vendor's id is refused"},
	llm.FAudioData:        {Fate: dialect.Kept, How: "inlineData"},
	llm.FFileURL:          {Fate: dialect.Mapped, How: "inlineData: the gateway fetches the bytes; fileData for Google's own files and Cloud Storage"},
	llm.FFileData:         {Fate: dialect.Kept, How: "inlineData"},
	llm.FFileID:           {Fate: dialect.Mapped, How: "fileData.fileUri, for files of the vendor's; another vendor's id is refused"},
	llm.FFileText:         {Fate: dialect.Mapped, How: "inlineData of text/plain"},
	llm.FFileContext:      {Fate: dialect.Mapped, How: "a text before the document"},
	llm.FFound:            {Fate: dialect.Mapped, How: "text: title, source, and what it says"},
	llm.FVideo:            {Fate: dialect.Kept, How: "inlineData or fileData"},
	llm.FToolCall:         {Fate: dialect.Kept, How: "functionCall"},
	llm.FToolResult:       {Fate: dialect.Kept, How: `functionResponse; a text is {"output": text}`},
	llm.FResultMedia:      {Fate: dialect.Mapped, How: "functionResponse.parts for Gemini 3 and the types it takes there, else parts after the results"},
	llm.FResultError:      {Fate: dialect.Mapped, How: `{"error": text}`},
	llm.FThinking:         {Fate: dialect.Kept, How: "text with thought: true"},
	llm.FThinkingState:    {Fate: dialect.Mapped, How: "thoughtSignature, where it came from this provider and model; other state is dropped, and Gemini 3 is told skip_thought_signature_validator in its place"},
	llm.FRefusal:          {Fate: dialect.Mapped, How: "text"},
	llm.FTools:            {Fate: dialect.Kept, How: "functionDeclarations with parametersJsonSchema; const becomes enum; names that the vendor refuses are rewritten and given back"},
	llm.FToolStrict:       {Fate: dialect.Mapped, How: "functionCallingConfig.mode VALIDATED, or ANY where a call is required: for all tools, since Gemini 2.5"},
	llm.FCustomTool:       {Fate: dialect.Mapped, How: "a function with one string, input"},
	llm.FWebSearch:        {Fate: dialect.Mapped, How: "googleSearch, without the caller's settings; beside functions since Gemini 3"},
	llm.FCode:             {Fate: dialect.Mapped, How: "codeExecution; beside functions since Gemini 3"},
	llm.FChoiceNone:       {Fate: dialect.Kept, How: "mode NONE"},
	llm.FChoiceRequired:   {Fate: dialect.Kept, How: "mode ANY"},
	llm.FChoiceTool:       {Fate: dialect.Kept, How: "mode ANY with allowedFunctionNames"},
	llm.FChoiceAllowed:    {Fate: dialect.Mapped, How: "allowedFunctionNames with mode ANY, or VALIDATED where text stays allowed"},
	llm.FJSON:             {Fate: dialect.Kept, How: "responseMimeType; beside forced calls, and beside functions before Gemini 3, asked for in words"},
	llm.FSchema:           {Fate: dialect.Kept, How: "responseJsonSchema; const becomes enum; beside forced calls, and beside functions before Gemini 3, asked for in words"},
	llm.FSchemaName:       {Fate: dialect.Mapped, How: "the description of the schema, where it has none"},
	llm.FStrict:           {Fate: dialect.Mapped, How: "every schema is enforced; dropped where it is asked for in words"},
	llm.FMaxOutput:        {Fate: dialect.Kept, How: "maxOutputTokens, at most what the model can give"},
	llm.FTemperature:      {Fate: dialect.Kept, How: "temperature"},
	llm.FTopP:             {Fate: dialect.Kept, How: "topP"},
	llm.FTopK:             {Fate: dialect.Kept, How: "topK"},
	llm.FFrequencyPenalty: {Fate: dialect.Kept, How: "frequencyPenalty; Gemini 2.5 refuses it at the vendor's own API"},
	llm.FPresencePenalty:  {Fate: dialect.Kept, How: "presencePenalty; Gemini 2.5 refuses it at the vendor's own API"},
	llm.FSeed:             {Fate: dialect.Kept, How: "seed, if it fits 32 bits"},
	llm.FStop:             {Fate: dialect.Kept, How: "stopSequences, the first five; those of nothing but spaces are dropped"},
	llm.FN:                {Fate: dialect.Kept, How: "candidateCount"},
	llm.FLogprobs:         {Fate: dialect.Kept, How: "responseLogprobs"},
	llm.FTopLogprobs:      {Fate: dialect.Kept, How: "logprobs"},
	llm.FMetadata:         {Fate: dialect.Mapped, How: "labels at the vendor's cloud, if all keys and values are small letters, digits, underscores and dashes"},
	llm.FTier:             {Fate: dialect.Mapped, How: "serviceTier: default is standard"},
	llm.FStore:            {Fate: dialect.Kept, How: "store; not at the vendor's cloud"},
	llm.FModalities:       {Fate: dialect.Kept, How: "responseModalities"},
	llm.FSearchOptions:    {Fate: dialect.Mapped, How: "googleSearch, without its settings"},
	llm.FStreamUsage:      {Fate: dialect.Mapped, How: "every stream has it"},
	llm.FThinkingEffort:   {Fate: dialect.Mapped, How: "thinkingLevel for Gemini 3, a thinkingBudget of 1024, 8192 or 24576 for 2.5"},
	llm.FThinkingBudget:   {Fate: dialect.Mapped, How: "thinkingBudget for Gemini 2.5, the nearest thinkingLevel for 3"},
	llm.FThinkingSummary:  {Fate: dialect.Mapped, How: "includeThoughts"},
	llm.FThinkingOff:      {Fate: dialect.Mapped, How: "thinkingBudget 0 for Gemini 2.5 Flash; others think as little as they can"},
}

// answered is a whole answer with members of its candidate.
func answered(members string) string { return `{"candidates":[{` + members + `}]}` }

// parted is a whole answer with a part.
func parted(part string) string { return answered(`"content":{"parts":[` + part + `]}`) }

// used is a whole answer with members of its usage.
func used(members string) string {
	return `{"candidates":[{"content":{"parts":[{"text":"hi"}]}}],"usageMetadata":{` + members + `}}`
}

const answerPart = "candidates[].content.parts[]"

// answerFields are what a vendor of this dialect may answer.
var answerFields = []dialect.Field{
	{Path: "candidates", Frame: true},
	{Path: "candidates", Feature: llm.AChoices, Example: `{"candidates":[{"index":0},{"index":1}]}`, Note: "several of them"},
	{Path: "candidates[].content", Frame: true},
	{Path: "candidates[].content.role", Frame: true},
	{Path: "candidates[].content.parts", Frame: true},
	{Path: answerPart + ".text", Feature: llm.AText, Example: parted(`{"text":"hi"}`)},
	{Path: answerPart + ".thought", Feature: llm.AThinking, Example: parted(`{"text":"hm","thought":true}`)},
	{Path: answerPart + ".thoughtSignature", Feature: llm.AThinkingState, Example: parted(`{"text":"hi","thoughtSignature":"c2ln"}`)},
	{Path: answerPart + ".functionCall", Feature: llm.AToolCall, Example: parted(`{"functionCall":{"name":"f","args":{}}}`), Note: "with partialArgs and willContinue, in streams of Vertex"},
	{Path: answerPart + ".functionCall.id", Frame: true},
	{Path: answerPart + ".functionCall.name", Frame: true},
	{Path: answerPart + ".functionCall.args", Frame: true},
	{Path: answerPart + ".functionCall.partialArgs", Frame: true},
	{Path: answerPart + ".functionCall.willContinue", Frame: true},
	{Path: answerPart + ".inlineData", Feature: llm.AMedia, Example: parted(onePixel)},
	{Path: answerPart + ".fileData", Feature: llm.AMedia, Example: parted(`{"fileData":{"mimeType":"image/png","fileUri":"files/a"}}`)},
	{Path: answerPart + ".executableCode", Feature: llm.AVendorPart, Example: parted(`{"executableCode":{"language":"PYTHON","code":"1"}}`)},
	{Path: answerPart + ".codeExecutionResult", Feature: llm.AVendorPart, Example: parted(`{"codeExecutionResult":{"outcome":"OUTCOME_OK"}}`)},
	{Path: answerPart + ".toolCall", Feature: llm.AVendorPart, Example: parted(`{"toolCall":{"toolType":"URL_CONTEXT"}}`)},
	{Path: answerPart + ".toolResponse", Feature: llm.AVendorPart, Example: parted(`{"toolResponse":{"toolType":"URL_CONTEXT"}}`)},
	{Path: "candidates[].finishReason", Feature: llm.AFinish, Example: answered(`"finishReason":"STOP"`)},
	{Path: "candidates[].finishMessage"},
	{Path: "candidates[].index", Frame: true},
	{Path: "candidates[].tokenCount"},
	{Path: "candidates[].avgLogprobs"},
	{Path: "candidates[].logprobsResult", Feature: llm.ALogprobs, Example: answered(`"content":{"parts":[{"text":"a"}]},"logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-1}]}`)},
	{Path: "candidates[].safetyRatings"},
	{Path: "candidates[].citationMetadata", Feature: llm.ACitations, Example: answered(`"content":{"parts":[{"text":"hi"}]},"citationMetadata":{"citations":[{"uri":"https://example.com"}]}`)},
	{Path: "candidates[].groundingMetadata", Feature: llm.ACitations, Example: answered(`"content":{"parts":[{"text":"hi"}]},"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://example.com"}}]}`), Note: "its chunks and supports; searchEntryPoint is for this dialect alone"},
	{Path: "candidates[].urlContextMetadata"},
	{Path: "candidates[].continuationToken"},
	{Path: "promptFeedback", Frame: true},
	{Path: "promptFeedback.blockReason", Feature: llm.ABlocked, Example: `{"promptFeedback":{"blockReason":"SAFETY"}}`},
	{Path: "promptFeedback.blockReasonMessage"},
	{Path: "promptFeedback.safetyRatings"},
	{Path: "usageMetadata", Feature: llm.AUsage, Example: used(`"promptTokenCount":1,"candidatesTokenCount":1`)},
	{Path: "usageMetadata.promptTokenCount", Frame: true},
	{Path: "usageMetadata.candidatesTokenCount", Frame: true},
	{Path: "usageMetadata.totalTokenCount", Frame: true},
	{Path: "usageMetadata.toolUsePromptTokenCount", Frame: true},
	{Path: "usageMetadata.promptTokensDetails", Frame: true},
	{Path: "usageMetadata.toolUsePromptTokensDetails", Frame: true},
	{Path: "usageMetadata.candidatesTokensDetails", Frame: true},
	{Path: "usageMetadata.cacheTokensDetails", Frame: true},
	{Path: "usageMetadata.cachedContentTokenCount", Feature: llm.AUsageCache, Example: used(`"promptTokenCount":2,"cachedContentTokenCount":1`)},
	{Path: "usageMetadata.thoughtsTokenCount", Feature: llm.AUsageReasoning, Example: used(`"thoughtsTokenCount":1`)},
	{Path: "usageMetadata.serviceTier", Feature: llm.ATier, Example: used(`"serviceTier":"flex"`)},
	{Path: "usageMetadata.trafficType", Feature: llm.ATier, Example: used(`"trafficType":"ON_DEMAND_FLEX"`)},
	{Path: "modelVersion", Feature: llm.AModel, Example: `{"candidates":[{}],"modelVersion":"m"}`},
	{Path: "responseId", Feature: llm.AID, Example: `{"candidates":[{}],"responseId":"r"}`},
	{Path: "createTime", Feature: llm.ACreated, Example: `{"candidates":[{}],"createTime":"2026-08-19T00:00:00Z"}`},
	{Path: "modelStatus"},
}

// answerCarries is what a caller of this dialect can be told.
var answerCarries = map[llm.Feature]dialect.Carry{
	llm.AText:           {Fate: dialect.Kept, How: "text"},
	llm.AThinking:       {Fate: dialect.Kept, How: "text with thought: true"},
	llm.AThinkingState:  {Fate: dialect.Mapped, How: "thoughtSignature, in an envelope; what shows no text signs the call that follows"},
	llm.AToolCall:       {Fate: dialect.Kept, How: "functionCall; in streams when it is whole"},
	llm.ARefusal:        {Fate: dialect.Mapped, How: "text, with finishReason SAFETY"},
	llm.ACitations:      {Fate: dialect.Mapped, How: "groundingMetadata; in streams in the last chunk"},
	llm.AMedia:          {Fate: dialect.Kept, How: "inlineData or fileData"},
	llm.ALogprobs:       {Fate: dialect.Mapped, How: "logprobsResult"},
	llm.AFinish:         {Fate: dialect.Mapped, How: "finishReason; a word that this dialect lacks is OTHER, with the word in finishMessage"},
	llm.AUsage:          {Fate: dialect.Kept, How: "usageMetadata, in the last chunk of a stream"},
	llm.AUsageCache:     {Fate: dialect.Mapped, How: "cachedContentTokenCount; what was written to a cache is not told"},
	llm.AUsageReasoning: {Fate: dialect.Kept, How: "thoughtsTokenCount"},
	llm.ATier:           {Fate: dialect.Mapped, How: "usageMetadata.serviceTier: default is standard"},
	llm.AModel:          {Fate: dialect.Kept, How: "modelVersion"},
	llm.AID:             {Fate: dialect.Kept, How: "responseId"},
	llm.AChoices:        {Fate: dialect.Kept, How: "candidates"},
	llm.ABlocked:        {Fate: dialect.Mapped, How: "promptFeedback.blockReason; in streams a candidate with a finishReason"},
}
