package openai_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/dialecttest"
	"github.com/sluice-gateway/sluice/internal/dialect/openai"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

func parse(t *testing.T, op llm.Operation, body string) (*llm.Task, error) {
	t.Helper()
	return openai.Dialect.Ops[op].Parse(&dialect.OpRequest{Path: "/v1/x", ContentType: "application/json", Body: []byte(body)})
}

func TestRequestsOfTheWrongFormAreRefusedWithTheirPath(t *testing.T) {
	for _, tt := range []struct {
		op         llm.Operation
		body, want string
	}{
		{llm.OpEmbeddings, `{"input":7}`, "'input'"},
		{llm.OpEmbeddings, `{"input":["a",{"text":7}]}`, "'input[1].text'"},
		{llm.OpEmbeddings, `{"input":[[1,"a"]]}`, "'input[0][1]'"},
		{llm.OpEmbeddings, `{"input":["a",true]}`, "'input[1]'"},
		{llm.OpEmbeddings, `{"input":"a","dimensions":-1}`, "'dimensions'"},
		{llm.OpEmbeddings, `{"input":"a","output_dtype":["int8","float"]}`, "'output_dtype'"},
		{llm.OpEmbeddings, `{"input":null}`, "'input' is missing"},
		{llm.OpEmbeddings, `[]`, "'body'"},
		{llm.OpRerank, `{"query":7,"documents":["a"]}`, "'query'"},
		{llm.OpRerank, `{"query":"q","documents":["a",7]}`, "'documents[1]'"},
		{llm.OpRerank, `{"query":"q","documents":["a"],"top_n":"x"}`, "'top_n'"},
		{llm.OpRerank, `{"query":"q"}`, "'documents' is missing"},
		{llm.OpModerations, `{"input":{}}`, "'input'"},
		{llm.OpImages, `{"prompt":7}`, "'prompt'"},
		{llm.OpImages, `{"prompt":"p","n":1.5}`, "'n'"},
		{llm.OpSpeech, `{"input":"a","speed":"fast"}`, "'speed'"},
		{llm.OpSpeech, `{"voice":"a"}`, "'input' is missing"},
	} {
		if _, err := parse(t, tt.op, tt.body); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %s: %v, want %s", tt.op, tt.body, err, tt.want)
		}
	}
}

func TestWhatIsAskedIsReadWhateverItIsCalled(t *testing.T) {
	for body, want := range map[string]string{
		`{"input":"a"}`: ``,
		`{"input":"a","user":null,"dimensions":null}`:               ``,
		`{"input":"a","dimensions":8,"user":"u"}`:                   `dimensions=8 end user="u"`,
		`{"input":"a","input_type":"passage"}`:                      `purpose="document"`,
		`{"input":"a","task":"retrieval.query"}`:                    `purpose="query"`,
		`{"input":"a","task":"nl2code"}`:                            `="nl2code"`,
		`{"input":"a","truncation":true}`:                           `truncation="end"`,
		`{"input":"a","truncate":"NONE"}`:                           `truncation="none"`,
		`{"input":[1,2]}`:                                           `texts as token ids=`,
		`{"input":[[1],[2]],"encoding_format":"base64"}`:            `texts as token ids= vectors as base64="base64"`,
		`{"input":"a","output_dtype":"int8","x":{"y":1}}`:           `kinds of numbers= ={"y":1}`,
		`{"input":[{"text":"a","image":"data:image/png;base64,"}]}`: `images as input=`,
	} {
		task, err := parse(t, llm.OpEmbeddings, body)
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		var got []string
		for _, o := range task.Options {
			got = append(got, string(o.Param)+"="+string(o.Value))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %q, want %q", body, s, want)
		}
	}
}

// TestARequestIsWrittenAsItWasRead holds for what the dialect itself knows.
func TestARequestIsWrittenAsItWasRead(t *testing.T) {
	for op, bodies := range map[llm.Operation][]string{
		llm.OpEmbeddings: {`{"model":"m","input":["a","b"],"dimensions":8,"encoding_format":"base64","user":"u"}`, `{"model":"m","input":[[1,2],[3]]}`},
		llm.OpRerank:     {`{"model":"m","query":"q","documents":["a",{"text":"b","n":1}],"top_n":1,"max_tokens_per_doc":5}`},
	} {
		for _, body := range bodies {
			task, err := parse(t, op, body)
			if err != nil {
				t.Fatal(err)
			}
			order, err := openai.Dialect.Ops[op].Format(task, &dialect.Target{Model: "m"})
			if err != nil {
				t.Fatal(err)
			}
			dialecttest.SameJSON(t, "written is", string(order.Body), body)
		}
	}
}

func TestAChoiceOfFieldsMakesOneTextOfADocument(t *testing.T) {
	in := &llm.Input{Raw: llm.Raw(`{"title":"t","n":1,"text":"x"}`)}
	for _, tt := range []struct {
		fields []string
		want   string
	}{{nil, `{"title":"t","n":1,"text":"x"}`}, {[]string{"n", "title"}, "n: 1\ntitle: t"}, {[]string{"none"}, ""}} {
		if got, _ := jsonscan.String(openai.DocumentText(in, tt.fields)); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.fields, got, tt.want)
		}
	}
	plain := llm.TextInput(llm.Raw(`"a"`))
	if got := openai.DocumentText(&plain, []string{"title"}); string(got) != `"a"` {
		t.Errorf("a text became %s", got)
	}
}

func FuzzTasks(f *testing.F) {
	for _, seed := range []string{`{"input":["a",[1],{"text":"b","image":"x"}],"task":"x"}`, `{"query":{"text":"q"},"documents":[{"a":1},"b"],"rank_fields":["a"]}`, `{"prompt":"p","images":[{"image_url":{"url":"data:,"}}],"mask":{}}`, `{"input":[{"type":"text","text":"a"}],"voice":{"id":"v"}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for op, o := range openai.Dialect.Ops {
			in := &dialect.OpRequest{Path: "/v1/x", ContentType: "application/json", Body: body}
			if op == llm.OpTranscription {
				in.ContentType = "multipart/form-data; boundary=b"
			}
			task, err := o.Parse(in)
			if err != nil || o.Format == nil {
				continue
			}
			task.Op = op
			if order, err := o.Format(task, &dialect.Target{Model: "m"}); err == nil {
				if _, bad := jsonscan.String(order.Body); bad || len(order.Body) == 0 {
					t.Errorf("%s became %s", body, order.Body)
				}
			}
		}
	})
}

func FuzzReplies(f *testing.F) {
	f.Add([]byte(`{"data":[{"index":0,"embedding":[1]}],"results":[{"index":0,"relevance_score":1}],"usage":{"total_tokens":3}}`))
	f.Add([]byte(`[{"index":0,"score":1}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		call := &dialect.OpCall{Task: &llm.Task{Inputs: []llm.Input{{}}}}
		reply := &dialect.OpReply{Body: body, Header: func(string) string { return "" }}
		for _, o := range openai.Dialect.Ops {
			if o.Read == nil {
				continue
			}
			if a, err := o.Read(reply, call); err == nil {
				_, _ = o.Answer(a, call)
			}
		}
	})
}

func BenchmarkEmbeddings(b *testing.B) {
	body := []byte(fmt.Sprintf(`{"model":"m","input":[%q,%q],"encoding_format":"base64","dimensions":256}`, strings.Repeat("word ", 100), strings.Repeat("word ", 100)))
	op, to := openai.Dialect.Ops[llm.OpEmbeddings], &dialect.Target{Model: "m"}
	b.ReportAllocs()
	for b.Loop() {
		task, err := op.Parse(&dialect.OpRequest{Body: body})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := op.Format(task, to); err != nil {
			b.Fatal(err)
		}
	}
}
