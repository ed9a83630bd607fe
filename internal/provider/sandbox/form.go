package sandbox

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"
)

// form is a multipart request: its fields and its files, in order.
type form struct {
	fields url.Values
	files  []formFile
}

type formFile struct {
	field, name, mime string
	data              []byte
}

// form reads a request as multipart/form-data.
func (x *exchange) form() (*form, *problem) {
	kind, params, err := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return nil, invalid("", "this path takes multipart/form-data, with its boundary in the content-type")
	}
	f := &form{fields: url.Values{}}
	for parts := multipart.NewReader(bytes.NewReader(x.body), params["boundary"]); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil || f.add(part) != nil {
			return nil, invalid("", "the multipart body is malformed or ends too early")
		}
	}
}

func (f *form) add(part *multipart.Part) error {
	data, err := io.ReadAll(part)
	if err != nil {
		return err
	}
	name := strings.TrimSuffix(part.FormName(), "[]")
	if part.FileName() == "" {
		f.fields.Add(name, string(data))
		return nil
	}
	f.files = append(f.files, formFile{name, part.FileName(), part.Header.Get("Content-Type"), data})
	return nil
}

// file gives the first file of a field.
func (f *form) file(field string) (formFile, *problem) {
	for _, one := range f.files {
		if one.field == field {
			return one, nil
		}
	}
	return formFile{}, missing(field)
}

// count reads a field as a number, nil when it is not there.
func (f *form) count(field string) (*int, *problem) {
	if !f.fields.Has(field) {
		return nil, nil
	}
	n, err := strconv.Atoi(f.fields.Get(field))
	if err != nil {
		return nil, invalid(field, "'"+field+"' must be a whole number")
	}
	return &n, nil
}
