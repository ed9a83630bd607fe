package converse

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// needsBytes: no block takes a URL but those that name an object in S3.
func needsBytes(m *llm.Media) bool { return len(m.URL) > 0 && !isS3(m.URL) }

func isS3(raw llm.Raw) bool { return len(raw) > 6 && string(raw[:6]) == `"s3://` }

// The formats of https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
// with their media types; the first type of a format is the one that is told.
var (
	imageTypes = []formatType{
		{"png", "image/png"}, {"jpeg", "image/jpeg"}, {"jpeg", "image/jpg"}, {"gif", "image/gif"}, {"webp", "image/webp"},
	}
	documentTypes = []formatType{
		{"pdf", "application/pdf"}, {"csv", "text/csv"}, {"doc", "application/msword"},
		{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"xls", "application/vnd.ms-excel"},
		{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{"html", "text/html"}, {"txt", "text/plain"}, {"md", "text/markdown"}, {"md", "text/x-markdown"}, {"csv", "application/csv"},
	}
	videoTypes = []formatType{
		{"mp4", "video/mp4"}, {"mkv", "video/x-matroska"}, {"mov", "video/quicktime"}, {"webm", "video/webm"}, {"flv", "video/x-flv"},
		{"mpeg", "video/mpeg"}, {"mpg", "video/mpg"}, {"wmv", "video/x-ms-wmv"}, {"three_gp", "video/3gpp"}, {"mov", "video/mov"}, {"flv", "video/flv"}, {"wmv", "video/wmv"},
	}
	audioTypes = []formatType{
		{"mp3", "audio/mpeg"}, {"wav", "audio/wav"}, {"opus", "audio/opus"}, {"aac", "audio/aac"}, {"flac", "audio/flac"}, {"mp4", "audio/mp4"},
		{"ogg", "audio/ogg"}, {"mkv", "audio/x-matroska"}, {"mka", "audio/mka"}, {"x-aac", "audio/x-aac"}, {"m4a", "audio/m4a"}, {"mpeg", "audio/mpg"}, {"mpga", "audio/mpga"},
		{"pcm", "audio/pcm"}, {"webm", "audio/webm"}, {"mp3", "audio/mp3"}, {"wav", "audio/x-wav"}, {"wav", "audio/wave"}, {"pcm", "audio/l16"}, {"m4a", "audio/x-m4a"},
	}
)

type formatType struct{ format, mime string }

// typeOf gives a format's media type; the format itself when it is not known.
func typeOf(table []formatType, format string) string {
	for _, f := range table {
		if f.format == format {
			return f.mime
		}
	}
	return format
}

// formatOf gives the format of a media type, "" when there is none.
func formatOf(table []formatType, mime string) string {
	mime, _, _ = strings.Cut(strings.ToLower(mime), ";")
	for _, f := range table {
		if f.mime == strings.TrimSpace(mime) {
			return f.format
		}
	}
	return ""
}

// named gives a word of the vendor's if it is a format: what a file's name ends in, or a
// type that was relayed as it came.
func named(table []formatType, word string) string {
	word = strings.ToLower(word)
	if word == "jpg" {
		word = "jpeg"
	}
	for _, f := range table {
		if f.format == word {
			return word
		}
	}
	return ""
}

func imageFormat(m *llm.Media) string {
	if f := formatOf(imageTypes, m.Type); f != "" {
		return f
	}
	if f := named(imageTypes, m.Type); f != "" {
		return f
	}
	bare := *m
	bare.Type = ""
	return formatOf(imageTypes, dialect.MediaType(&bare))
}

// documentFormat: a text of an unknown kind is told as txt.
func documentFormat(m *llm.Media) string {
	if f := formatOf(documentTypes, m.Type); f != "" && f != "txt" {
		return f
	}
	name, _ := jsonscan.String(m.Name)
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		if f := named(documentTypes, name[dot+1:]); f != "" {
			return f
		}
	}
	if f := named(documentTypes, m.Type); f != "" {
		return f
	}
	mime := dialect.MediaType(m)
	if f := formatOf(documentTypes, mime); f != "" {
		return f
	}
	if len(m.Text) > 0 || len(m.Parts) > 0 || strings.HasPrefix(mime, "text/") || mime == "application/json" {
		return "txt"
	}
	return ""
}

func videoFormat(m *llm.Media) string {
	if f := formatOf(videoTypes, m.Type); f != "" {
		return f
	}
	if f := named(videoTypes, m.Type); f != "" {
		return f
	}
	return formatOf(videoTypes, dialect.MediaType(m))
}

func audioFormat(m *llm.Media) string {
	if f := named(audioTypes, m.Format); f != "" {
		return f
	}
	return formatOf(audioTypes, m.Type)
}
