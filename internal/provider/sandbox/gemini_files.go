package sandbox

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
)

// Files of the Gemini family: https://ai.google.dev/api/files.

type geminiFile struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName,omitempty"`
	MimeType    string `json:"mimeType"`
	Size        string `json:"sizeBytes"`
	Created     string `json:"createTime"`
	Updated     string `json:"updateTime"`
	Expires     string `json:"expirationTime"`
	SHA256      []byte `json:"sha256Hash"`
	URI         string `json:"uri"`
	State       string `json:"state"`
	Source      string `json:"source"`
}

func (f *file) geminiWire() any {
	sum := sha256.Sum256(f.data)
	return geminiFile{
		Name: "files/" + f.id, DisplayName: f.name, MimeType: cmp.Or(f.mime, "application/octet-stream"),
		Size: strconv.Itoa(len(f.data)), Created: epochText, Updated: epochText, Expires: laterText, SHA256: sum[:],
		URI: "https://generativelanguage.googleapis.com/v1beta/files/" + f.id, State: "ACTIVE", Source: "UPLOADED",
	}
}

// upload is a file that arrives by the resumable protocol.
type upload struct{ file file }

// fileMeta is the JSON that describes a file before its bytes.
type fileMeta struct {
	File struct {
		DisplayName string `json:"displayName"`
		Snake       string `json:"display_name"`
		MimeType    string `json:"mimeType"`
	} `json:"file"`
}

func (m *fileMeta) describe(f *file, kind string) {
	f.name = cmp.Or(m.File.DisplayName, m.File.Snake)
	f.mime = cmp.Or(m.File.MimeType, kind)
}

// uploadGemini takes a file in any of the protocols: resumable (told by its headers),
// multipart/related, or the bare bytes.
func uploadGemini(x *exchange) *problem {
	h := x.r.Header
	commands := h.Get("X-Goog-Upload-Command")
	if id := x.r.URL.Query().Get("upload_id"); id != "" {
		return x.goOn(id, commands)
	}
	if strings.Contains(commands, "start") {
		return x.startUpload()
	}
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	switch {
	case err == nil && kind == "multipart/related":
		return x.relatedUpload(params["boundary"])
	case len(x.body) == 0:
		return invalid("", "an upload needs the bytes of a file")
	}
	return x.received(file{mime: kind, data: x.body})
}

func (x *exchange) startUpload() *problem {
	var meta fileMeta
	if len(x.body) > 0 {
		if p := x.decode(&meta); p != nil {
			return p
		}
	}
	var u upload
	meta.describe(&u.file, x.r.Header.Get("X-Goog-Upload-Header-Content-Type"))
	id := x.seed.id("", x.server.uploads.next())
	x.server.uploads.put(id, u, 0)
	h := x.w.Header()
	h.Set("X-Goog-Upload-Status", "active")
	h.Set("X-Goog-Upload-Url", "http://"+x.r.Host+x.r.URL.Path+"?upload_id="+id)
	x.write(http.StatusOK, "text/plain; charset=utf-8", nil)
	return nil
}

// goOn takes the next bytes of an upload, which must follow those already there.
func (x *exchange) goOn(id, commands string) *problem {
	u, ok := x.server.uploads.get(id)
	if !ok {
		return notFound("upload", id)
	}
	if offset := x.r.Header.Get("X-Goog-Upload-Offset"); offset != "" && offset != strconv.Itoa(len(u.file.data)) {
		return invalid("", fmt.Sprintf("X-Goog-Upload-Offset must be %d, not %s", len(u.file.data), quote(offset)))
	}
	u.file.data = append(u.file.data[:len(u.file.data):len(u.file.data)], x.body...)
	if len(u.file.data) > maxBody {
		return &problem{status: http.StatusRequestEntityTooLarge, message: "the sandbox takes files up to 64 MiB"}
	}
	if strings.Contains(commands, "finalize") {
		x.server.uploads.remove(id)
		return x.received(u.file)
	}
	x.server.uploads.put(id, u, len(u.file.data))
	x.w.Header().Set("X-Goog-Upload-Status", "active")
	x.write(http.StatusOK, "text/plain; charset=utf-8", nil)
	return nil
}

// relatedUpload reads the description and the bytes as two parts.
func (x *exchange) relatedUpload(boundary string) *problem {
	malformed := invalid("", "the multipart body needs a JSON part and a part with the file")
	parts := multipart.NewReader(bytes.NewReader(x.body), boundary)
	first, err := parts.NextPart()
	if err != nil {
		return malformed
	}
	var meta fileMeta
	if json.NewDecoder(first).Decode(&meta) != nil {
		return malformed
	}
	second, err := parts.NextPart()
	if err != nil {
		return malformed
	}
	var f file
	meta.describe(&f, second.Header.Get("Content-Type"))
	if f.data, err = io.ReadAll(second); err != nil {
		return malformed
	}
	return x.received(f)
}

// received stores a file that is complete.
func (x *exchange) received(f file) *problem {
	f = x.keepFile(f)
	x.w.Header().Set("X-Goog-Upload-Status", "final")
	return x.answer(struct {
		File any `json:"file"`
	}{f.wire()})
}

// getGeminiFile gives a file, or with :download its bytes.
func getGeminiFile(x *exchange, id string) *problem {
	id, download := strings.CutSuffix(id, ":download")
	f, p := x.fileByID(id)
	if p != nil {
		return p
	}
	if download {
		x.write(http.StatusOK, cmp.Or(f.mime, "application/octet-stream"), f.data)
		return nil
	}
	return x.answer(f.wire())
}
