package converse

import (
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// maxDocumentName is the vendor's limit.
const maxDocumentName = 200

// documentName gives a document's name as the vendor allows it: letters, digits, single
// white space, hyphens, parentheses and brackets
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html).
// The ending is left out, as the format says it. The name of the nth document of a
// conversation that has none says nothing.
func documentName(name llm.Raw, n int) string {
	text, _ := jsonscan.String(name)
	if dot := strings.LastIndexByte(text, '.'); dot > 0 && named(documentTypes, text[dot+1:]) != "" {
		text = text[:dot]
	}
	if clean := cleanName(text); clean != "" {
		return clean
	}
	return "document-" + strconv.Itoa(n)
}

func cleanName(text string) string {
	out := make([]byte, 0, len(text))
	for _, c := range text {
		switch {
		case c < 0x80 && nameLetter(byte(c)):
			out = append(out, byte(c))
		case c == ' ' || c == '\t' || c == '\n':
			if len(out) > 0 && out[len(out)-1] != ' ' {
				out = append(out, ' ')
			}
		case len(out) > 0 && out[len(out)-1] != '-':
			out = append(out, '-')
		}
	}
	out = out[:min(len(out), maxDocumentName-5)]
	return strings.Trim(string(out), " -")
}

func nameLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-()[]", c) >= 0
}

// uniqueName makes a name differ from those that were used; names must be unique within
// a request.
func uniqueName(name string, used map[string]bool) string {
	unique := name
	for n := 2; used[unique]; n++ {
		unique = name + "-" + strconv.Itoa(n)
	}
	used[unique] = true
	return unique
}
