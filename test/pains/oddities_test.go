package pains_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testup"
)

// foreign runs fn for every caller that speaks another dialect than the vendor.
func foreign(t *testing.T, v *vendor, fn func(t *testing.T, c *caller)) {
	for _, c := range callers {
		if c.name != v.dialect {
			t.Run(c.name, func(t *testing.T) { fn(t, c) })
		}
	}
}

// Wire pitfall 26: whatever a vendor calls its reasoning, it reaches its caller as
// reasoning, before the text, and never in it.
func TestReasoningIsReasoningWhateverItsVendorCallsIt(t *testing.T) {
	s := start(t)
	delta := func(d string) string {
		return `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":` + d + `,"finish_reason":null}]}` + "\n\n"
	}
	end := `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}` + "\n\ndata: [DONE]\n\n"
	for title, form := range map[string]struct{ whole, first, second string }{
		"reasoning_content": {`{"role":"assistant","content":"So.","reasoning_content":"I think"}`, `{"role":"assistant","reasoning_content":"I "}`, `{"reasoning_content":"think"}`},
		"reasoning":         {`{"role":"assistant","content":"So.","reasoning":"I think"}`, `{"role":"assistant","content":"","reasoning":"I "}`, `{"content":"","reasoning":"think"}`},
		"both":              {`{"role":"assistant","content":"So.","reasoning":"I think","reasoning_content":"I think"}`, `{"reasoning":"I ","reasoning_content":"I "}`, `{"reasoning":"think","reasoning_content":"think"}`},
		"reasoning_details": {`{"role":"assistant","content":"So.","reasoning":"I think","reasoning_details":[{"type":"reasoning.text","text":"I think","index":0}]}`,
			`{"content":"","reasoning":"I ","reasoning_details":[{"type":"reasoning.text","text":"I ","index":0}]}`, `{"content":"","reasoning":"think","reasoning_details":[{"type":"reasoning.text","text":"think","index":0}]}`},
		"a summary": {`{"role":"assistant","content":"So.","reasoning_details":[{"type":"reasoning.summary","summary":"I think","index":0}]}`,
			`{"content":"","reasoning_details":[{"type":"reasoning.summary","summary":"I ","index":0}]}`, `{"content":"","reasoning_details":[{"type":"reasoning.summary","summary":"think","index":0}]}`},
		"parts of the content": {`{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"I think"}],"closed":true},{"type":"text","text":"So."}]}`,
			`{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"I "}]}]}`, `{"content":[{"type":"thinking","thinking":[{"type":"text","text":"think"}]}]}`},
	} {
		t.Run(title, func(t *testing.T) {
			foreign(t, chatVendor, func(t *testing.T, c *caller) {
				s.up.Script(func(call *testup.Call) {
					if streams(call) {
						call.Stream(nil, delta(form.first), delta(form.second), delta(`{"content":"So."}`), end)
						return
					}
					call.JSON(200, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":`+form.whole+`,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}`)
				})
				ways(t, func(t *testing.T, stream bool) {
					r := s.must(t, c, ask("compatible/m", "go"), stream)
					same(t, "said", r.said.outline(), "thinking I think | text So.")
				})
			})
		})
	}
}

// Wire pitfalls 21, 32: a finish that nobody knows, one that comes twice, and one with
// content beside it are no harm, and the log keeps the vendor's word.
func TestFinishesOfAllKindsEndAnAnswer(t *testing.T) {
	s := start(t)
	chunk := func(d, finish, more string) string {
		return `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":` + d + `,"finish_reason":` + finish + `}]` + more + "}\n\n"
	}
	const usage = `,"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}`
	for title, events := range map[string]struct {
		all    []string
		finish string
	}{
		"an unknown word":          {[]string{chunk(`{"role":"assistant","content":"Hello"}`, "null", ""), chunk(`{"content":""}`, `"eos"`, usage)}, "eos"},
		"twice":                    {[]string{chunk(`{"role":"assistant","content":"Hello"}`, "null", ""), chunk(`{"content":""}`, `"stop"`, ""), chunk(`{"content":""}`, `"stop"`, usage)}, "stop"},
		"content beside it":        {[]string{chunk(`{"role":"assistant","content":"He"}`, "null", ""), chunk(`{"content":"llo"}`, `"stop"`, usage)}, "stop"},
		"no choices at the start":  {[]string{`data: {"id":"","object":"","created":0,"model":"","choices":[],"prompt_filter_results":[{"prompt_index":0}]}` + "\n\n", chunk(`{"role":"assistant","content":"Hello"}`, "null", ""), chunk(`{}`, `"stop"`, usage)}, "stop"},
		"usage in every chunk":     {[]string{chunk(`{"role":"assistant","content":"He"}`, "null", `,"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}`), chunk(`{"content":"llo"}`, `"stop"`, usage)}, "stop"},
		"an end without [DONE]":    {[]string{chunk(`{"role":"assistant","content":"Hello"}`, `"stop"`, usage)}, "stop"},
		"an empty word, as of old": {[]string{chunk(`{"role":"assistant","content":"Hello"}`, `""`, ""), chunk(`{}`, `"stop"`, usage)}, "stop"},
	} {
		t.Run(title, func(t *testing.T) {
			foreign(t, chatVendor, func(t *testing.T, c *caller) {
				all := events.all
				if title != "an end without [DONE]" {
					all = append(all[:len(all):len(all)], "data: [DONE]\n\n")
				}
				s.up.Script(func(call *testup.Call) { call.Stream(nil, all...) })
				r := s.must(t, c, ask("compatible/m", "go"), true)
				same(t, "said", r.said.outline(), "text Hello")
				same(t, "output", r.said.usage.output, 2)
				same(t, "finish", r.said.finish, "stop")
				same(t, "the entry's finish", s.entry(r).FinishReason, events.finish)
			})
		})
	}
}

// Wire pitfalls 22, 23, 25: what Gemini leaves out is empty and no crash, and a prompt
// that it refused is an answer that was filtered.
func TestWhatGeminiLeavesOutIsEmpty(t *testing.T) {
	s := start(t)
	const usage = `"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4}`
	for title, chunks := range map[string]struct {
		all    []string
		finish []string
		text   string
	}{
		"a refused prompt":            {[]string{`{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},` + usage + `}`}, []string{"filter", "refusal", "other", "stop", ""}, ""},
		"no content":                  {[]string{`{"candidates":[{"finishReason":"MAX_TOKENS","index":0}],` + usage + `}`}, []string{"length"}, ""},
		"content without parts":       {[]string{`{"candidates":[{"content":{"role":"model"},"finishReason":"STOP","index":0}],` + usage + `}`}, []string{"stop"}, ""},
		"no index, no usage":          {[]string{`{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"STOP"}]}`}, []string{"stop"}, "Hi"},
		"usage without an output":     {[]string{`{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"STOP"}],` + usage + `}`}, []string{"stop"}, "Hi"},
		"an empty part at the end":    {[]string{`{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"}}]}`, `{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP"}],` + usage + `}`}, []string{"stop"}, "Hi"},
		"a finish with no candidates": {[]string{`{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"STOP"}]}`, `{` + usage + `}`}, []string{"stop"}, "Hi"},
		"safety":                      {[]string{`{"candidates":[{"finishReason":"SAFETY","safetyRatings":[{"category":"X","probability":"HIGH"}]}],` + usage + `}`}, []string{"filter", "refusal", "stop", "other", ""}, ""},
		"a malformed call":            {[]string{`{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"bad"}],` + usage + `}`}, nil, ""},
	} {
		t.Run(title, func(t *testing.T) {
			foreign(t, geminiVendor, func(t *testing.T, c *caller) {
				s.up.Script(func(call *testup.Call) {
					if !streams(call) {
						call.JSON(200, chunks.all[0])
						return
					}
					var all []string
					for _, c := range chunks.all {
						all = append(all, "data: "+c+"\r\n\r\n")
					}
					call.Stream(nil, all...)
				})
				ways(t, func(t *testing.T, stream bool) {
					if !stream && len(chunks.all) > 1 {
						return
					}
					r := s.do(t, c, ask(geminiVendor.asked(), "go"), stream)
					if r.said == nil {
						if len(chunks.finish) > 1 || chunks.finish == nil {
							return // an error with a reason says it as well
						}
						t.Fatalf("status %d: %s", r.StatusCode, r.raw)
					}
					for _, p := range r.said.problems {
						unknown := strings.HasPrefix(p, "usage told: false") && !strings.Contains(strings.Join(chunks.all, ""), "usageMetadata")
						if !unknown && (p != "status failed" || chunks.finish != nil) {
							t.Errorf("%s: %s", p, r.raw)
						}
					}
					same(t, "text", r.said.text(), chunks.text)
					found := chunks.finish == nil
					for _, f := range chunks.finish {
						found = found || f == r.said.finish
					}
					if !found {
						t.Errorf("finish %q: %s", r.said.finish, r.raw)
					}
				})
			})
		})
	}
}

// Wire pitfall 36: Responses without event lines and with [DONE], as OpenRouter sends it.
func TestResponsesWithoutEventLinesAreUnderstood(t *testing.T) {
	s := start(t)
	foreign(t, responsesVendor, func(t *testing.T, c *caller) {
		var all []string
		for _, e := range responsesEvents(responsesVendor, told) {
			_, data, _ := strings.Cut(e, "\n")
			all = append(all, ": OPENROUTER PROCESSING\n\n", data)
		}
		s.up.Script(func(call *testup.Call) { call.Stream(nil, append(all, "data: [DONE]\n\n")...) })
		q := ask(responsesVendor.asked(), "go")
		q.think = true
		same(t, "said", s.must(t, c, q, true).said.outline(), told.outline())
	})
}

// Wire pitfall 40: a Converse stream whose metadata is missing has an end, and unknown usage.
func TestAConverseStreamWithoutMetadataHasAnEnd(t *testing.T) {
	s := start(t)
	foreign(t, converseVendor, func(t *testing.T, c *caller) {
		all := converseEvents(converseVendor, hello)
		s.up.Script(func(call *testup.Call) { converseVendor.send(call, nil, all[:len(all)-1]...) })
		q := ask(converseVendor.asked(), "go")
		q.noUsage = c.name == "chat"
		r := s.must(t, c, q, true)
		same(t, "text", r.said.text(), hello.text())
		if e := s.entry(r); e.Usage.InputTokens.Known && e.Usage.InputTokens.N == 0 {
			t.Errorf("unknown tokens are zero: %+v", e.Usage)
		}
	})
}

// Wire pitfall 48: an answer without usage is an answer, and its tokens are unknown, not 0.
func TestAnAnswerWithoutUsageIsUnknownInTheEntry(t *testing.T) {
	s := start(t)
	for _, v := range vendors {
		foreign(t, v, func(t *testing.T, c *caller) {
			s.up.Script(func(call *testup.Call) {
				call.JSON(200, text(without(v.whole(v, hello), "usage", "usageMetadata")))
			})
			r := s.must(t, c, ask(v.asked(), "go"), false)
			same(t, "text", r.said.text(), hello.text())
			e := s.entry(r)
			if e.Usage.InputTokens.Known || e.Usage.OutputTokens.Known {
				t.Errorf("usage %+v", e.Usage)
			}
		})
	}
}

// Wire pitfall 31: usage is told in a Chat stream only to who asked for it, though the
// vendor is always asked.
func TestUsageIsToldOnlyToWhoAskedAndAlwaysAskedFor(t *testing.T) {
	s := start(t)
	for _, v := range vendors[1:] {
		s.up.Script(v.says(hello))
		q := ask(v.asked(), "go")
		q.noUsage = true
		r := s.must(t, chatCaller, q, true)
		if strings.Contains(string(r.raw), `"usage":{`) {
			t.Errorf("%s: usage is told: %s", v.name, r.raw)
		}
		same(t, v.name, s.entry(r).Usage.OutputTokens.N, int64(9))
	}
	for _, c := range callers[1:] {
		s.up.Script(chatVendor.says(hello))
		s.must(t, c, ask(chatVendor.asked(), "go"), true)
		same(t, c.name, at(s.sent(t), "stream_options", "include_usage"), true)
	}
}

// Wire pitfalls 29, 37: a Gemini caller who did not ask for events gets one JSON array,
// also where it breaks off.
func TestAGeminiStreamWithoutEventsIsOneArray(t *testing.T) {
	s := start(t)
	for _, v := range vendors {
		if v.dialect == "gemini" {
			continue
		}
		for _, broken := range []bool{false, true} {
			all := v.events(v, told)
			if broken {
				all = untilContent(v, hello)
			}
			s.up.Script(func(call *testup.Call) { v.send(call, nil, all...) })
			path := strings.TrimSuffix(geminiCaller.path(v.asked(), true), "?alt=sse")
			resp, raw := s.Post(path, text(geminiCaller.body(ask(v.asked(), "go"), true)))
			var chunks []any
			if err := json.Unmarshal(raw, &chunks); err != nil || resp.Header.Get("Content-Type") != "application/json" {
				t.Fatalf("%s: %v, %s: %s", v.name, err, resp.Header.Get("Content-Type"), raw)
			}
			if got := at(chunks, -1, "error") != nil; got != broken {
				t.Errorf("%s: an error at the end: %v", v.name, got)
			}
		}
	}
}

// Wire pitfall 47, 42; field pain A 4.7.45: headers of one dialect do not reach the other
// side.
func TestHeadersStayInTheirDialect(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		s.up.Script(func(call *testup.Call) {
			for name, value := range map[string]string{"Set-Cookie": "a=b", "Openai-Organization": "org-secret", "Anthropic-Organization-Id": "org-secret", "Strict-Transport-Security": "max-age=1", "Alt-Svc": "h3", "X-Request-Id": "req-of-the-vendor"} {
				call.Set(name, value)
			}
			v.says(hello)(call)
		})
		ways(t, func(t *testing.T, stream bool) {
			r := s.request(c, ask(v.asked(), "go"), stream)
			for name, value := range map[string]string{"Anthropic-Beta": "context-1m-2025-08-07", "Anthropic-Version": "2023-06-01", "Openai-Beta": "x=1", "X-Goog-Api-Client": "genai", "Cookie": "session=1", "X-Stainless-Lang": "js", "X-Client-Name": "sdk"} {
				r.Header.Set(name, value)
			}
			resp, raw := s.Do(r)
			if resp.StatusCode != 200 {
				t.Fatalf("%d %s", resp.StatusCode, raw)
			}
			for _, name := range []string{"Set-Cookie", "Openai-Organization", "Anthropic-Organization-Id", "Strict-Transport-Security", "Alt-Svc", "Content-Encoding"} {
				if got := resp.Header.Get(name); got != "" {
					t.Errorf("the caller gets %s: %s", name, got)
				}
			}
			if stream && resp.Header.Get("X-Accel-Buffering") != "no" {
				t.Error("a proxy may buffer the stream")
			}
			sent := s.up.Last().Header
			for name, only := range map[string]string{"Anthropic-Beta": "messages", "Openai-Beta": "chat responses", "X-Goog-Api-Client": "gemini", "Cookie": "-", "X-Client-Name": "cohere"} {
				if got := sent.Get(name); got != "" && !strings.Contains(only, v.dialect) {
					t.Errorf("the vendor gets %s: %s", name, got)
				}
			}
			if v.dialect == "messages" && sent.Get("Anthropic-Version") == "" {
				t.Error("the vendor gets no anthropic-version")
			}
			if strings.Contains(sent.Get("Authorization")+sent.Get("X-Api-Key")+sent.Get("X-Goog-Api-Key"), "sk-sluice") {
				t.Error("the vendor gets the gateway's key")
			}
			if sent.Get("Content-Type") != "application/json" {
				t.Errorf("the vendor gets Content-Type %q", sent.Get("Content-Type"))
			}
		})
	})
}

// Wire pitfall 47: a compressed answer is read whatever was asked for.
func TestCompressedAnswersAreRead(t *testing.T) {
	s := start(t)
	for _, v := range vendors {
		foreign(t, v, func(t *testing.T, c *caller) {
			s.up.Script(func(call *testup.Call) {
				var b bytes.Buffer
				w := gzip.NewWriter(&b)
				_, _ = w.Write([]byte(text(v.whole(v, hello))))
				_ = w.Close()
				call.Set("Content-Encoding", "gzip").Answer(200, "application/json", b.Bytes())
			})
			same(t, "text", s.must(t, c, ask(v.asked(), "go"), false).said.text(), hello.text())
		})
	}
}

// Wire pitfall 48: refusals are told as the caller's dialect tells them, and never lost.
func TestARefusalReachesItsCaller(t *testing.T) {
	s := start(t)
	for _, c := range callers[1:] {
		s.up.Script(func(call *testup.Call) {
			if streams(call) {
				call.Stream(nil, `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null,"refusal":"I cannot"},"finish_reason":null}]}`+"\n\n",
					`data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"refusal":" do that"},"finish_reason":null}]}`+"\n\n",
					`data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n")
				return
			}
			call.JSON(200, `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":"I cannot do that"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}`)
		})
		ways(t, func(t *testing.T, stream bool) {
			r := s.do(t, c, ask(chatVendor.asked(), "go"), stream)
			if r.StatusCode != 200 || !strings.Contains(strings.ReplaceAll(string(r.raw), "\"}", ""), "do that") {
				t.Errorf("%s: %d %s", c.name, r.StatusCode, r.raw)
			}
		})
	}
}

// Field pain B 35: calls of tools stand in the log of a translated stream.
func TestCallsOfToolsStandInTheLog(t *testing.T) {
	s := start(t)
	pairs(t, func(t *testing.T, c *caller, v *vendor) {
		s.up.Script(v.says(told))
		r := s.must(t, c, ask(v.asked(), "go"), true)
		s.entry(r)
		req, err := http.NewRequest(http.MethodGet, s.Admin+"/api/v1/entries/"+r.id(), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+"sluice-admin-test-0123456789abcdef")
		_, body := s.Do(req)
		if n := strings.Count(string(body), "get_weather"); n < 2 {
			t.Errorf("the calls stand %d times in the entry: %.3000s", n, body)
		}
	})
}
