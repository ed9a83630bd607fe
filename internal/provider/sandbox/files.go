package sandbox

import (
	"cmp"
	"net/http"
)

// Files of the OpenAI family (https://platform.openai.com/docs/api-reference/files) and
// of Anthropic's (https://platform.claude.com/docs/en/api/files-create). Gemini's are in
// gemini_files.go; all stand on one shelf, and each family sees its own.

type file struct {
	id      string
	family  family
	name    string
	mime    string
	purpose string
	data    []byte
}

type openaiFile struct {
	ID        string `json:"id"`
	Object    string `json:"object"`
	Bytes     int    `json:"bytes"`
	CreatedAt int64  `json:"created_at"`
	Filename  string `json:"filename"`
	Purpose   string `json:"purpose"`
	Status    string `json:"status"`
}

type anthropicFile struct {
	ID           string `json:"id"`
	Type         string `json:"type"`
	Filename     string `json:"filename"`
	MimeType     string `json:"mime_type"`
	Size         int    `json:"size_bytes"`
	CreatedAt    string `json:"created_at"`
	Downloadable bool   `json:"downloadable"`
}

// wire is a file in its family's shape.
func (f *file) wire() any {
	switch f.family {
	case anthropic:
		return anthropicFile{f.id, "file", f.name, cmp.Or(f.mime, "application/octet-stream"), len(f.data), epochText, true}
	case gemini:
		return f.geminiWire()
	}
	return openaiFile{f.id, "file", len(f.data), epoch, f.name, f.purpose, "processed"}
}

// keepFile stores a file under a new id.
func (x *exchange) keepFile(f file) file {
	f.family = x.family
	prefix := map[family]string{openai: "file-", anthropic: "file_"}[x.family]
	f.id = x.seed.id(prefix, x.server.files.next())
	x.server.files.put(f.id, f, len(f.data))
	return f
}

// fileByID gives a file of the caller's family.
func (x *exchange) fileByID(id string) (file, *problem) {
	f, ok := x.server.files.get(id)
	if !ok || f.family != x.family {
		return f, notFound("file", id)
	}
	return f, nil
}

func createFile(x *exchange) *problem {
	if x.family == gemini {
		return uploadGemini(x)
	}
	form, p := x.form()
	if p != nil {
		return p
	}
	sent, p := form.file("file")
	if p != nil {
		return p
	}
	purpose := form.fields.Get("purpose")
	if purpose == "" && x.family == openai {
		return missing("purpose")
	}
	f := x.keepFile(file{name: sent.name, mime: sent.mime, purpose: purpose, data: sent.data})
	return x.answer(f.wire())
}

// listFiles gives the newest first; purpose=… chooses.
func listFiles(x *exchange) *problem {
	purpose := x.r.URL.Query().Get("purpose")
	data := []any{}
	for _, f := range x.server.files.list() {
		if f.family == x.family && (purpose == "" || f.purpose == purpose) {
			data = append(data, f.wire())
		}
	}
	switch x.family {
	case anthropic:
		return x.answer(anthropicPage[any]{Data: data})
	case gemini:
		return x.answer(struct {
			Files []any `json:"files"`
		}{data})
	}
	return x.answer(openaiPage[any]{Object: "list", Data: data})
}

func getFile(x *exchange) *problem {
	id := x.r.PathValue("id")
	if x.family == gemini {
		return getGeminiFile(x, id)
	}
	f, p := x.fileByID(id)
	if p != nil {
		return p
	}
	return x.answer(f.wire())
}

func fileContent(x *exchange) *problem {
	f, p := x.fileByID(x.r.PathValue("id"))
	if p != nil {
		return p
	}
	x.write(http.StatusOK, cmp.Or(f.mime, "application/octet-stream"), f.data)
	return nil
}

func deleteFile(x *exchange) *problem {
	f, p := x.fileByID(x.r.PathValue("id"))
	if p != nil {
		return p
	}
	x.server.files.remove(f.id)
	switch x.family {
	case anthropic:
		return x.answer(struct {
			ID   string `json:"id"`
			Type string `json:"type"`
		}{f.id, "file_deleted"})
	case gemini:
		return x.answer(struct{}{})
	}
	return x.answer(deleted{ID: f.id, Object: "file", Deleted: true})
}
