package cachekey_test

import "strings"

// requests are one request of each shape that there is, with most of what it can have.
var requests = map[string]string{
	"chat": `{"model":"m","messages":[{"role":"system","content":"Be brief."},
		{"role":"user","name":"ann","content":[{"type":"text","text":"What is \"this\" /\\ 日本 😀?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]},
		{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"look","arguments":"{\"Key\": 1,\n \"b\":  [2]}"}}]},
		{"role":"tool","tool_call_id":"c1","content":"Row  1\nRow  2"}],
		"temperature":0.7,"top_p":1,"max_tokens":256,"n":1,"seed":12345678901234567890,"stop":["A","B"],"logit_bias":{"50256":-100},
		"tools":[{"type":"function","function":{"name":"look","description":"Looks  it up","strict":true,"parameters":{"type":"object","properties":{"Unit":{"type":"string","enum":["Km","mi "]}},"required":["Unit"],"additionalProperties":false}}}],
		"tool_choice":{"type":"function","function":{"name":"look"}},"response_format":{"type":"json_schema","json_schema":{"name":"A","schema":{"type":"object","const":"X  Y"}}},
		"user":"u","metadata":{"trace":"t1","team":"T"},"stream":true,"stream_options":{"include_usage":true},"parallel_tool_calls":false,"service_tier":null}`,
	"responses": `{"model":"m","instructions":"Be  brief.","input":[{"role":"user","content":[{"type":"input_text","text":"Hello  you"},{"type":"input_image","image_url":"https://example.com/A.png"}]},
		{"type":"function_call","call_id":"c","name":"F","arguments":"{\"A\":  1}"},{"type":"function_call_output","call_id":"c","output":"A  B"},
		{"type":"reasoning","id":"rs","encrypted_content":"AbC=","summary":[]}],
		"previous_response_id":"resp_A","reasoning":{"effort":"low"},"text":{"format":{"type":"text"}},"tools":[{"type":"web_search"}],"store":false,"temperature":1e-1,"stream":false}`,
	"messages": `{"model":"m","max_tokens":1024,"system":[{"type":"text","text":"You are  kind.","cache_control":{"type":"ephemeral"}}],
		"messages":[{"role":"user","content":"Hi There"},{"role":"assistant","content":[{"type":"thinking","thinking":"Hm  Hm","signature":"AbC"},{"type":"text","text":"Yes?"},{"type":"tool_use","id":"t","name":"F","input":{"Q":"A  B","n":1.50}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"X  Y"}],"is_error":false}]}],
		"tools":[{"name":"F","description":"D  d","input_schema":{"type":"object","properties":{"Q":{"type":"string"}}}}],"thinking":{"type":"enabled","budget_tokens":1024},"metadata":{"user_id":"u"},"stop_sequences":["\n\nHuman:"],"stream":true}`,
	"generate": `{"contents":[{"role":"user","parts":[{"text":"Say  Hi"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]},{"role":"model","parts":[{"functionCall":{"name":"F","args":{"A":"B  C"}},"thoughtSignature":"Ab"}]},{"role":"user","parts":[{"functionResponse":{"name":"F","response":{"Out":"P  Q"}}}]}],
		"systemInstruction":{"parts":[{"text":"Be  Brief"}]},"generationConfig":{"temperature":0.0,"topK":40,"stopSequences":["X"],"responseSchema":{"type":"STRING","enum":["A  B"]}},"safetySettings":[{"category":"HARM","threshold":"BLOCK_NONE"}],"tools":[{"functionDeclarations":[{"name":"F","parameters":{"type":"OBJECT"}}]}]}`,
	"converse": `{"messages":[{"role":"user","content":[{"text":"Tell  Me"},{"image":{"format":"png","source":{"bytes":"AAAA"}}}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"F","input":{"A":[1,2,{"b":null}]}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[{"text":"R  S"},{"json":{"k":"V  W"}}],"status":"success"}}]}],
		"system":[{"text":"Be  Brief"},{"cachePoint":{"type":"default"}}],"inferenceConfig":{"maxTokens":100,"temperature":0.5},"toolConfig":{"tools":[{"toolSpec":{"name":"F","inputSchema":{"json":{"type":"object"}}}}]},"additionalModelRequestFields":{"top_k":200}}`,
	"cohere":     `{"model":"m","messages":[{"role":"user","content":"Where  Is it"},{"role":"tool","tool_call_id":"t","content":[{"type":"document","document":{"data":"A  B"}}]}],"documents":[{"id":"1","data":{"text":"T  U"}},"Plain  Doc"],"citation_options":{"mode":"FAST"},"p":0.75,"k":0,"safety_mode":"NONE","stream":true}`,
	"embeddings": `{"model":"m","input":["One  Text","Another"],"dimensions":256,"encoding_format":"base64","user":"u"}`,
	"tokens":     `{"model":"m","input":[[1,2,3],[4,5,100]],"user":"u"}`,
	"rerank":     `{"model":"m","query":"Which  One","documents":["A  b",{"text":"C  d"}],"top_n":2,"return_documents":true}`,
	"images":     `{"model":"m","prompt":"A  Cat","n":2,"size":"1024x1024","output_format":"png"}`,
	"speech":     `{"model":"m","input":"Say  It","voice":"Alloy","speed":1.25,"response_format":"mp3"}`,
	"long":       `{"model":"m","messages":[{"role":"user","content":"` + strings.Repeat("Long ", 400) + `"},{"role":"user","content":"` + strings.Repeat(`a\nb`, 900) + `"}],"z":[` + strings.Repeat("123456,", 12000) + `1],"stream":true}`,
	"many":       `{"model":"m","messages":[],"logit_bias":{"9":1,"8":2,"7":3,"6":4,"5":5,"4":6,"3":7,"2":8,"1":9,"0":10,"11":11,"12":12,"13":13,"14":14},"stream":true}`,
	"empty":      `{"a":{},"b":[],"c":"","d":[[]],"e":{"f":{}},"g":0,"h":false,"i":null}`,
}
