package dialect

import (
	"strconv"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// TaskReader reads the JSON body of a task member by member, and keeps the first thing
// that is wrong. Members that are null count as absent. It is for one body.
type TaskReader struct {
	Task llm.Task
	err  error
}

// Done gives the task, or what is wrong with it.
func (r *TaskReader) Done() (*llm.Task, error) {
	if r.err != nil {
		return nil, r.err
	}
	return &r.Task, nil
}

// Wrong notes that a member is not what was expected.
func (r *TaskReader) Wrong(path, want string) {
	if r.err == nil {
		r.err = fault.Newf(fault.InvalidRequest, "'%s' must be %s.", path, want).Field(path)
	}
}

// Missing notes that a member that must be there is not.
func (r *TaskReader) Missing(path string) {
	if r.err == nil {
		r.err = fault.Newf(fault.InvalidRequest, "The member '%s' is missing.", path).Field(path)
	}
}

// Refuse notes any other fault.
func (r *TaskReader) Refuse(err error) {
	if r.err == nil {
		r.err = err
	}
}

// Failed reports whether something is wrong.
func (r *TaskReader) Failed() bool { return r.err != nil }

// Members calls fn with each member of the object at path, until something is wrong. A
// path of "" is the body.
func (r *TaskReader) Members(path string, obj []byte, fn func(key string, v llm.Raw)) {
	err := jsonscan.Members(obj, func(key, v []byte) bool {
		if !jsonscan.IsNull(v) {
			fn(string(key), v)
		}
		return r.err == nil
	})
	if err != nil {
		r.Wrong(orBody(path), "an object")
	}
}

// Elements calls fn with each element of the array at path and its own path.
func (r *TaskReader) Elements(path string, list []byte, fn func(path string, v llm.Raw)) {
	n := 0
	err := jsonscan.Elements(list, func(v []byte) bool {
		fn(path+"["+strconv.Itoa(n)+"]", v)
		n++
		return r.err == nil
	})
	if err != nil {
		r.Wrong(path, "an array")
	}
}

func orBody(path string) string {
	if path == "" {
		return "body"
	}
	return path
}

// Text takes a string as it is written.
func (r *TaskReader) Text(path string, v llm.Raw) llm.Raw {
	if len(v) < 2 || v[0] != '"' {
		r.Wrong(path, "a string")
		return nil
	}
	return v
}

// Word takes a string decoded.
func (r *TaskReader) Word(path string, v llm.Raw) string {
	s, ok := jsonscan.String(v)
	if !ok {
		r.Wrong(path, "a string")
	}
	return s
}

// Words takes a string or an array of strings, decoded.
func (r *TaskReader) Words(path string, v llm.Raw) (words []string) {
	if len(v) > 0 && v[0] == '"' {
		return []string{r.Word(path, v)}
	}
	r.Elements(path, v, func(path string, v llm.Raw) { words = append(words, r.Word(path, v)) })
	return words
}

// Int takes a whole number that is not negative, as it is written.
func (r *TaskReader) Int(path string, v llm.Raw) llm.Raw {
	if n, ok := jsonscan.Int(v); !ok || n < 0 {
		r.Wrong(path, "a whole number")
	}
	return v
}

// Number takes a number as it is written.
func (r *TaskReader) Number(path string, v llm.Raw) llm.Raw {
	if _, ok := jsonscan.Float(v); !ok {
		r.Wrong(path, "a number")
	}
	return v
}

// Flag takes true or false.
func (r *TaskReader) Flag(path string, v llm.Raw) bool {
	on, ok := jsonscan.Bool(v)
	if !ok {
		r.Wrong(path, "true or false")
	}
	return on
}

// Texts takes a string or an array of strings as inputs.
func (r *TaskReader) Texts(path string, v llm.Raw) {
	if len(v) > 0 && v[0] == '"' {
		r.Task.Inputs = append(r.Task.Inputs, llm.TextInput(v))
		return
	}
	r.Elements(path, v, func(path string, v llm.Raw) {
		r.Task.Inputs = append(r.Task.Inputs, llm.TextInput(r.Text(path, v)))
	})
}

// Image takes the URL of an image, a data: URI among them, as a part.
func (r *TaskReader) Image(path string, url llm.Raw) llm.Part {
	m := &llm.Media{}
	if url = r.Text(path, url); url != nil {
		ReadURL(m, url)
	}
	return llm.Part{Kind: llm.Image, Media: m}
}

// Uses notes once that the task makes use of something.
func (r *TaskReader) Uses(p llm.Param, path string) {
	for i := range r.Task.Options {
		if r.Task.Options[i].Param == p {
			return
		}
	}
	r.Task.Options = append(r.Task.Options, llm.Option{Param: p, Path: path})
}
