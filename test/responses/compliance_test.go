package responses_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/testgw"
	"github.com/sluice-gateway/sluice/internal/testup"
)

// pixel is a picture of one pixel.
const pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

func message(role string, content any) object {
	return object{"type": "message", "role": role, "content": content}
}

var locationTool = object{
	"type": "function", "name": "get_weather", "description": "Get the current weather for a location",
	"parameters": object{"type": "object", "properties": object{"location": object{"type": "string", "description": "The city"}}, "required": []string{"location"}},
}

// compliance are the calls by which the open specification's own suite judges a server.
var compliance = []struct {
	name   string
	stream bool
	body   object
	want   string // a type of item that the output must hold
}{
	{"a text", false, object{"input": []object{message("user", "Say hello in exactly three words.")}}, "message"},
	{"a streamed text", true, object{"input": []object{message("user", "Count from 1 to 5.")}}, "message"},
	{"a system prompt", false, object{"input": []object{message("system", "You are a pirate."), message("user", "Say hello.")}}, "message"},
	{"a tool call", false, object{"input": []object{message("user", "What is the weather in Rome?")}, "tools": []object{locationTool}}, "function_call"},
	{"a streamed tool call", true, object{"input": []object{message("user", "What is the weather in Rome?")}, "tools": []object{locationTool}}, "function_call"},
	{"an image", false, object{"input": []object{message("user", []object{{"type": "input_text", "text": "What do you see?"}, {"type": "input_image", "image_url": pixel}})}}, "message"},
	{"several turns", false, object{"input": []object{message("user", "My name is Alice."), message("assistant", "Hello Alice!"), message("user", "What is my name?")}}, "message"},
}

// tongues are what the sandbox speaks.
var tongues = []string{"responses", "messages", "chat", "gemini", "cohere"}

// TestTheOpenSpecificationIsObeyed makes the suite's calls to a model that speaks the
// dialect itself and to others that speak another one, thinking and not.
func TestTheOpenSpecificationIsObeyed(t *testing.T) {
	config := "discover: false\nproviders:\n"
	for _, tongue := range tongues {
		config += fmt.Sprintf("  in-%s: { kind: sandbox, speaks: [%s] }\n", tongue, tongue)
	}
	s := &stage{testgw.StartWith(t, testgw.Options{Config: config}), nil, t}
	for _, tongue := range tongues {
		for _, model := range []string{"chat", "reason"} {
			for _, c := range compliance {
				t.Run(tongue+"/"+model+"/"+c.name, func(t *testing.T) {
					c.body["model"] = "in-" + tongue + "/" + model
					status, answer := s.try(testgw.Key, c.stream, c.body)
					if status != http.StatusOK {
						t.Fatalf("%d %s", status, answer)
					}
					response := object{}
					if c.stream {
						response = complies(t, answer, c.want)
					} else if err := json.Unmarshal(answer, &response); err != nil {
						t.Fatal(err)
					}
					judge(t, response, c.want)
				})
			}
		}
	}
}

// judge looks at a whole response.
func judge(t *testing.T, response object, want string) {
	t.Helper()
	if why := misshapen("response", response, "#response"); why != "" {
		t.Error(why)
	}
	if response["status"] != "completed" {
		t.Errorf("the status is %v", response["status"])
	}
	output, _ := response["output"].([]any)
	if !slices.ContainsFunc(output, func(item any) bool { return item.(object)["type"] == want }) {
		t.Errorf("there is no %s in %v", want, output)
	}
}

// callEvents are what the stream of a call must hold.
var callEvents = []string{
	"response.output_item.added function_call", "response.function_call_arguments.delta", "response.function_call_arguments.done", "response.output_item.done function_call",
}

// complies looks at a stream, and gives the response with which it ends.
func complies(t *testing.T, stream []byte, want string) (response object) {
	t.Helper()
	var seen []string
	for n, event := range testup.Events(string(stream)) {
		name, data, _ := strings.Cut(event, "\ndata: ")
		o := object{}
		if err := json.Unmarshal([]byte(data), &o); err != nil {
			if strings.TrimSpace(event) != "data: [DONE]" {
				t.Fatalf("%v: %s", err, event)
			}
			continue
		}
		if why := misshapen("event", o, "#event"); why != "" || name != "event: "+o["type"].(string) || o["sequence_number"] != float64(n) {
			t.Errorf("%s in %s", why, event)
		}
		kind := o["type"].(string)
		if item, ok := o["item"].(object); ok {
			kind += " " + item["type"].(string)
		}
		seen = append(seen, kind)
		response, _ = o["response"].(object)
	}
	if want == "function_call" {
		for _, kind := range callEvents {
			if !slices.Contains(seen, kind) {
				t.Errorf("there is no %s in %v", kind, seen)
			}
		}
	}
	return response
}
