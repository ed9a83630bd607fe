package proxy

import (
	"bytes"
	"mime"
	"strings"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
)

// field is a text field of a form: its value and where that stands in the body.
type field struct {
	value string
	at    jsonscan.Span
}

const (
	maxFields     = 200
	maxFieldValue = 1 << 20
)

// scanForm finds the wanted text fields of a multipart body (RFC 7578) without copying
// files. A wanted field that stands there twice is an error.
func scanForm(body []byte, contentType string, want ...string) (map[string]field, error) {
	_, params, err := mime.ParseMediaType(contentType)
	boundary := params["boundary"]
	if err != nil || boundary == "" || len(boundary) > 70 {
		return nil, badForm("the content type names no boundary")
	}
	delimiter := []byte("\r\n--" + boundary)
	at := len(delimiter) - 2
	if !bytes.HasPrefix(body, delimiter[2:]) { // a preamble (RFC 2046 section 5.1.1)
		preamble := bytes.Index(body[:min(len(body), 64<<10)], delimiter)
		if preamble < 0 {
			return nil, badForm("its boundary is not found")
		}
		at = preamble + len(delimiter)
	}
	found := map[string]field{}
	for n := 0; ; n++ {
		if bytes.HasPrefix(body[at:], []byte("--")) {
			return found, nil
		}
		if n == maxFields {
			return nil, badForm("it has more than 200 parts")
		}
		head, from, ok := partHead(body, at)
		if !ok {
			return nil, badForm("a part has no proper header")
		}
		length := bytes.Index(body[from:], delimiter)
		if length < 0 {
			return nil, badForm("it ends before its last boundary")
		}
		if err := keep(found, want, head, body, jsonscan.Span{Start: from, End: from + length}); err != nil {
			return nil, err
		}
		at = from + length + len(delimiter)
	}
}

// partHead gives the header block of the part whose boundary ends at at, and where its
// content begins.
func partHead(body []byte, at int) (head []byte, from int, ok bool) {
	rest := bytes.TrimLeft(body[at:], " \t")
	if !bytes.HasPrefix(rest, []byte("\r\n")) {
		return nil, 0, false
	}
	start := len(body) - len(rest) + 2
	window := body[start:min(len(body), start+16<<10)]
	if bytes.HasPrefix(window, []byte("\r\n")) {
		return nil, start + 2, true
	}
	end := bytes.Index(window, []byte("\r\n\r\n"))
	return window[:max(end, 0)], start + end + 4, end >= 0
}

func keep(found map[string]field, want []string, head, body []byte, at jsonscan.Span) error {
	name, isFile, err := disposition(head)
	if err != nil {
		return err
	}
	for _, w := range want {
		if w != name || isFile {
			continue
		}
		if _, twice := found[name]; twice {
			return fault.Newf(fault.InvalidRequest, "The form field '%s' appears twice.", name).Field(name)
		}
		if at.End-at.Start > maxFieldValue {
			return badForm("a text field is larger than 1 MiB")
		}
		found[name] = field{string(body[at.Start:at.End]), at}
	}
	return nil
}

// disposition gives a part's field name and whether it is a file. A part that another
// reader could take for another field is an error: the model is checked by its name.
func disposition(head []byte) (name string, isFile bool, err error) {
	var params map[string]string
	for _, line := range strings.Split(string(head), "\r\n") {
		k, v, _ := strings.Cut(line, ":")
		if !strings.EqualFold(strings.TrimSpace(k), "content-disposition") {
			continue
		}
		if params != nil {
			return "", false, badForm("a part has two content dispositions")
		}
		if _, params, err = mime.ParseMediaType(v); err != nil {
			return "", false, badForm("a part's content disposition cannot be read")
		}
	}
	_, isFile = params["filename"]
	return params["name"], isFile, nil
}

func badForm(why string) error {
	return fault.New(fault.InvalidRequest, "The multipart body is refused: "+why+".")
}

// scanFields reads the model and the stream flag of a form.
func (x *exchange) scanFields() error {
	fields, err := scanForm(x.body.bytes(), x.r.Header.Get("Content-Type"), "model", "stream", "user")
	if err != nil {
		return err
	}
	model, ok := fields["model"]
	switch {
	case x.pathModel != "":
		x.ask.model = x.pathModel
	case ok && model.value != "":
		x.ask.model, x.ask.spans[wantModel] = model.value, model.at
	case x.native == "" && !optionalModel(x.ep.Op):
		return fault.New(fault.InvalidRequest, "The form field 'model' is missing.").Field("model")
	}
	x.stream = x.stream || fields["stream"].value == "true"
	x.ask.user = clip(fields["user"].value)
	return nil
}
