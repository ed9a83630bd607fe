package gemini

import (
	"bytes"
	"path"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// signatureKind is the Opaque.Kind of a thoughtSignature.
const signatureKind = "thought_signature"

// standardBase64 gives the base64 in a JSON string in its standard alphabet, padded:
// the bytes of the proto3 JSON form may come in either alphabet, with or without
// padding (https://protobuf.dev/programming-guides/json/).
func standardBase64(raw llm.Raw) []byte {
	text, ok := jsonscan.Plain(raw)
	if !ok {
		s, _ := jsonscan.String(raw)
		text = []byte(s)
	}
	if ok && len(text)%4 == 0 && bytes.IndexByte(text, '-') < 0 && bytes.IndexByte(text, '_') < 0 {
		return text
	}
	out := make([]byte, 0, len(text)+3)
	for _, c := range text {
		switch {
		case c == '-':
			c = '+'
		case c == '_':
			c = '/'
		case c <= ' ' || c == '=' || c == '"' || c == '\\':
			continue
		}
		out = append(out, c)
	}
	for len(out)%4 != 0 {
		out = append(out, '=')
	}
	return out
}

// callersState reads a thoughtSignature of a caller's. Some SDKs write bytes anew in the
// other alphabet; an envelope is brought back to its own.
func callersState(raw llm.Raw) llm.Opaque {
	value, _ := jsonscan.String(raw)
	if (len(value)%4 != 0 || strings.ContainsAny(value, "-_")) && dialect.HoldsEnvelope([]byte(value)) {
		value = string(standardBase64(raw))
	}
	return dialect.Unwrap(value, dialect.Gemini, signatureKind)
}

// vendorsState reads a thoughtSignature of a vendor's answer.
func vendorsState(raw llm.Raw, c *dialect.Call) llm.Opaque {
	value, _ := jsonscan.String(raw)
	return llm.Opaque{Dialect: string(dialect.Gemini), Provider: c.Provider, Model: c.Model, Kind: signatureKind, Value: value}
}

// mediaKind says what kind of part a media type is.
func mediaKind(mediaType string) llm.PartKind {
	switch {
	case strings.HasPrefix(mediaType, "image/"):
		return llm.Image
	case strings.HasPrefix(mediaType, "audio/"):
		return llm.Audio
	case strings.HasPrefix(mediaType, "video/"):
		return llm.Video
	}
	return llm.File
}

// readInline reads inlineData; other gets members that it does not know.
func readInline(v llm.Raw, other func(key []byte, value llm.Raw)) llm.Part {
	m := &llm.Media{}
	_ = jsonscan.Members(v, func(key, value []byte) bool {
		switch string(key) {
		case "mimeType", "mime_type":
			m.Type, _ = jsonscan.String(value)
		case "data":
			m.Data = standardBase64(value)
		case "displayName", "display_name":
			m.Name = value
		default:
			other(key, value)
		}
		return true
	})
	kind := mediaKind(m.Type)
	if kind == llm.Audio {
		m.Format = audioFormat(m.Type)
	}
	return llm.Part{Kind: kind, Media: m}
}

// readFile reads fileData: a URL, or the URI of the vendor's own file.
func readFile(v llm.Raw, other func(key []byte, value llm.Raw)) llm.Part {
	m := &llm.Media{}
	var uri llm.Raw
	_ = jsonscan.Members(v, func(key, value []byte) bool {
		switch string(key) {
		case "mimeType", "mime_type":
			m.Type, _ = jsonscan.String(value)
		case "fileUri", "file_uri":
			uri = value
		case "displayName", "display_name":
			m.Name = value
		default:
			other(key, value)
		}
		return true
	})
	text, _ := jsonscan.String(uri)
	if isVendorsFile(text) || strings.HasPrefix(text, "gs://") { // of Cloud Storage, with the vendor's own credentials
		m.FileID = uri
	} else {
		m.URL = uri
	}
	kind := mediaKind(m.Type)
	if m.Type == "" {
		kind = mediaKind(typeOf(text, llm.File))
	}
	if kind == llm.Audio {
		m.Format = audioFormat(m.Type)
	}
	return llm.Part{Kind: kind, Media: m}
}

// isVendorsFile tells a file of https://ai.google.dev/gemini-api/docs/files.
func isVendorsFile(uri string) bool {
	return strings.HasPrefix(uri, "files/") || strings.HasPrefix(uri, "https://generativelanguage.googleapis.com/")
}

// isYouTube: https://ai.google.dev/gemini-api/docs/video-understanding#youtube.
func isYouTube(uri string) bool {
	rest, ok := strings.CutPrefix(uri, "https://")
	if !ok {
		return false
	}
	host, _, _ := strings.Cut(rest, "/")
	return host == "youtu.be" || host == "youtube.com" || strings.HasSuffix(host, ".youtube.com")
}

// needsBytes is Dialect.InlineMedia. The vendor reads its own files, YouTube and Cloud
// Storage. Other URLs it reads for some models and some types only
// (https://ai.google.dev/gemini-api/docs/file-input-methods), and only where their type
// is said, so their bytes are sent.
func needsBytes(m *llm.Media) bool {
	uri, ok := jsonscan.String(m.URL)
	return ok && strings.HasPrefix(uri, "http") && !isVendorsFile(uri) && !isYouTube(uri)
}

// mediaTypes are the types of common endings; a type must be said for every file.
var mediaTypes = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif", ".bmp": "image/bmp", ".heic": "image/heic", ".heif": "image/heif",
	".wav": "audio/wav", ".mp3": "audio/mp3", ".aiff": "audio/aiff", ".aac": "audio/aac", ".ogg": "audio/ogg", ".flac": "audio/flac", ".m4a": "audio/m4a",
	".mp4": "video/mp4", ".mpeg": "video/mpeg", ".mov": "video/mov", ".avi": "video/avi", ".webm": "video/webm", ".wmv": "video/wmv",
	".pdf": "application/pdf", ".txt": "text/plain", ".md": "text/md", ".html": "text/html", ".csv": "text/csv", ".json": "application/json", ".xml": "text/xml",
}

// typeOf guesses the type of what is at a URI.
func typeOf(uri string, kind llm.PartKind) string {
	if isYouTube(uri) {
		return "video/mp4"
	}
	uri, _, _ = strings.Cut(uri, "?")
	uri, _, _ = strings.Cut(uri, "#")
	if t := mediaTypes[strings.ToLower(path.Ext(uri))]; t != "" {
		return t
	}
	switch kind {
	case llm.Image:
		return "image/jpeg"
	case llm.Audio:
		return "audio/wav"
	case llm.Video:
		return "video/mp4"
	}
	return "application/pdf"
}

// audioFormat gives the short name of an audio type.
func audioFormat(mediaType string) string {
	switch sub, _, _ := strings.Cut(strings.TrimPrefix(mediaType, "audio/"), ";"); strings.ToLower(sub) {
	case "mpeg", "mp3":
		return "mp3"
	case "wav", "x-wav", "wave", "vnd.wave":
		return "wav"
	case "l16", "pcm":
		return "pcm16"
	default:
		return sub
	}
}

// audioType gives the type of an audio's short name
// (https://ai.google.dev/gemini-api/docs/audio#supported-formats).
func audioType(format string) string {
	switch format {
	case "":
		return "audio/wav"
	case "pcm16":
		return "audio/L16"
	}
	return "audio/" + format
}

// mediaType gives the type that is written for a media that has bytes.
func mediaType(m *llm.Media, kind llm.PartKind) string {
	if kind == llm.Audio && m.Type == "" {
		return audioType(m.Format)
	}
	if t := dialect.MediaType(m); t != "" {
		return t
	}
	return typeOf("", kind)
}

// appendInline writes inlineData.
func appendInline(w *jsonout.Writer, kind llm.PartKind, m *llm.Media) {
	w.Object("inlineData")
	w.Text("mimeType", mediaType(m, kind))
	w.Key("data")
	w.B = append(w.B, '"')
	if bytes.IndexByte(m.Data, '"') < 0 && bytes.IndexByte(m.Data, '\\') < 0 {
		w.B = append(w.B, m.Data...)
	} else { // no base64, but it must not end the string
		w.B = jsonout.AppendEscaped(w.B, m.Data)
	}
	w.B = append(w.B, '"')
}

// appendFile writes fileData of a URI.
func appendFile(w *jsonout.Writer, kind llm.PartKind, m *llm.Media, uri llm.Raw) {
	w.Object("fileData")
	t := m.Type
	if t == "" {
		text, _ := jsonscan.String(uri)
		t = typeOf(text, kind)
	}
	w.Text("mimeType", t)
	w.Member("fileUri", uri)
}
