package pains_test

import (
	"encoding/json"
	"testing"
)

var geminiCaller = &caller{
	name: "gemini", path: withModel("/v1beta/models/", ":generateContent", ":streamGenerateContent?alt=sse"), body: geminiBody, whole: geminiWhole, stream: geminiStream, message: errorMessage,
	forget: func(raw any) any {
		var out []any
		for _, v := range list(raw) {
			p := v.(object)
			if p["thought"] == true || p["functionCall"] == nil && str(p["text"]) == "" {
				continue
			}
			out = append(out, only(p, "text", "functionCall"))
		}
		return out
	},
}

func geminiBody(q *question, _ bool) object {
	var contents []any
	add := func(role string, parts any) { contents = append(contents, object{"role": role, "parts": parts}) }
	for _, t := range q.turns {
		switch {
		case t.raw != nil:
			add("model", t.raw)
		case t.said != nil:
			add("model", []any{object{"text": t.said.text()}})
		case t.user != "":
			add("user", []any{object{"text": t.user}})
		}
		var results []any
		for _, r := range t.results {
			f := object{"name": r.name, "response": object{"result": r.text}}
			if r.id != "" {
				f["id"] = r.id
			}
			results = append(results, object{"functionResponse": f})
		}
		if results != nil {
			add("user", results)
		}
	}
	o := object{"contents": contents}
	if q.system != "" {
		o["systemInstruction"] = object{"parts": []any{object{"text": q.system}}}
	}
	var tools []any
	for _, t := range q.tools {
		tools = append(tools, object{"name": t.name, "description": "about " + t.name, "parametersJsonSchema": t.schema})
	}
	if tools != nil {
		o["tools"] = []any{object{"functionDeclarations": tools}}
	}
	g := object{}
	if q.think {
		g["thinkingConfig"] = object{"includeThoughts": true, "thinkingBudget": 2048}
	}
	if q.max > 0 {
		g["maxOutputTokens"] = q.max
	}
	if len(g) > 0 {
		o["generationConfig"] = g
	}
	return merge(o, q.more)
}

var geminiFinish = map[string]string{"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "filter", "PROHIBITED_CONTENT": "filter"}

func geminiUsage(u any) counts {
	return counts{int(number(at(u, "promptTokenCount")) + max(0, number(at(u, "toolUsePromptTokenCount")))), int(max(0, number(at(u, "candidatesTokenCount"))) + max(0, number(at(u, "thoughtsTokenCount")))),
		int(max(0, number(at(u, "cachedContentTokenCount")))), int(max(0, number(at(u, "thoughtsTokenCount"))))}
}

func geminiParts(parts []any) *said {
	s := &said{raw: parts}
	for _, v := range parts {
		p := v.(object)
		state := str(p["thoughtSignature"])
		switch {
		case p["functionCall"] != nil:
			args := at(p, "functionCall", "args")
			if args == nil {
				args = object{}
			}
			if _, ok := args.(object); !ok {
				s.problem("args are no object: %s", text(p))
			}
			s.blocks = append(s.blocks, block{kind: calling, id: str(at(p, "functionCall", "id")), name: str(at(p, "functionCall", "name")), args: text(args), state: state})
		case p["thought"] == true:
			s.blocks = append(s.blocks, block{kind: thinking, text: str(p["text"]), state: state})
		default:
			s.blocks = append(s.blocks, block{kind: words, text: str(p["text"]), state: state})
		}
	}
	return s
}

func geminiWhole(t testing.TB, o object) *said {
	s := geminiParts(list(at(o, "candidates", 0, "content", "parts")))
	s.finish, s.usage, s.ended = geminiFinish[str(at(o, "candidates", 0, "finishReason"))], geminiUsage(o["usageMetadata"]), true
	if s.finish == "stop" && len(s.calls()) > 0 {
		s.finish = "tools"
	}
	if at(o, "candidates", 0, "content", "role") != "model" {
		s.problem("no role: %.300s", text(o))
	}
	return s
}

func geminiStream(raw []byte, _ *question) *said {
	s := &said{}
	var parts []any
	finish := ""
	for _, e := range sse(raw) {
		if e.comment {
			continue
		}
		var o object
		if err := json.Unmarshal([]byte(e.data), &o); err != nil || e.name != "" {
			s.problem("event %q with data %.200s", e.name, e.data)
			continue
		}
		if o["error"] != nil {
			s.failure = text(o["error"])
			continue
		}
		if finish != "" || s.failure != "" {
			s.problem("something follows the finish: %.200s", e.data)
		}
		parts = append(parts, list(at(o, "candidates", 0, "content", "parts"))...)
		finish += str(at(o, "candidates", 0, "finishReason"))
		if u := o["usageMetadata"]; u != nil {
			s.usage = geminiUsage(u)
		}
	}
	out := geminiParts(parts)
	out.problems = append(s.problems, out.problems...)
	out.usage, out.failure, out.finish, out.ended = s.usage, s.failure, geminiFinish[finish], finish != ""
	if out.finish == "stop" && len(out.calls()) > 0 {
		out.finish = "tools"
	}
	if out.failure == "" && finish == "" {
		out.problem("the stream has no finishReason")
	}
	return out
}
