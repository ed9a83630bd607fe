package openai

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// formField is one part of a multipart body (RFC 7578): a text, or a file.
type formField struct {
	name string // without the [] that some clients put behind names of lists
	file string // its name; "" = a text
	typ  string
	data []byte
}

// isForm reports whether a request is a form.
func isForm(in *dialect.OpRequest) bool { return strings.HasPrefix(in.ContentType, "multipart/") }

// eachField calls fn with each part of a form.
func eachField(in *dialect.OpRequest, fn func(f *formField)) error {
	_, params, err := mime.ParseMediaType(in.ContentType)
	if err != nil {
		return badForm(err)
	}
	parts := multipart.NewReader(bytes.NewReader(in.Body), params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return badForm(err)
		}
		f := formField{name: strings.TrimSuffix(p.FormName(), "[]"), file: p.FileName(), typ: p.Header.Get("Content-Type")}
		if f.data, err = io.ReadAll(p); err != nil {
			return badForm(err)
		}
		fn(&f)
	}
}

func badForm(err error) error {
	return fault.New(fault.InvalidRequest, "The multipart body cannot be read.").With(err)
}

// quoted gives a text field as a JSON string.
func (f *formField) quoted() llm.Raw { return jsonout.Quote(string(f.data)) }

// media gives a file's bytes with its type, as it is said or as its name or bytes tell.
func (f *formField) media() *llm.Media {
	m := &llm.Media{Data: base64.StdEncoding.AppendEncode(nil, f.data), Name: jsonout.Quote(f.file)}
	if kind, _, err := mime.ParseMediaType(f.typ); err == nil && kind != "application/octet-stream" {
		m.Type = kind
	}
	if m.Type == "" {
		m.Type = endings[strings.ToLower(f.file[strings.LastIndexByte(f.file, '.')+1:])]
	}
	m.Type = dialect.MediaType(m)
	return m
}

// endings are the media types of names of files.
var endings = map[string]string{
	"flac": "audio/flac", "mp3": "audio/mpeg", "mp4": "audio/mp4", "mpeg": "audio/mpeg", "mpga": "audio/mpeg", "m4a": "audio/mp4",
	"ogg": "audio/ogg", "oga": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav", "webm": "audio/webm", "aac": "audio/aac",
	"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif",
}
