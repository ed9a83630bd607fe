package cachekey

import "strings"

// texts are the places of texts in requests of all dialects: a string there is what
// somebody says. * is every element of an array, never a member: prompt may be an object
// with an id.
var texts = []string{
	"messages.*.content", "messages.*.content.*.text",
	"system", "system.*.text", "instructions",
	"prompt", "prompt.*", "negative_prompt",
	"input", "input.*", "input.*.text", "input.*.content", "input.*.content.*.text",
	"inputs", "inputs.*", "inputs.*.content.*.text", "inputText",
	"contents.*.parts.*.text", "contents.parts.*.text", "content.parts.*.text", "requests.*.content.parts.*.text",
	"systemInstruction.parts.*.text", "system_instruction.parts.*.text",
	"query", "documents.*", "documents.*.text", "texts.*",
	"message", "preamble", "chat_history.*.message",
}

// turns are the places of messages: those of tools hold results, which are no texts.
var turns = []string{"messages.*", "input.*"}

func (n *node) addTexts() {
	for _, path := range texts {
		n.mark(strings.Split(path, "."), false, func(end *node) { end.text = true })
	}
	for _, path := range turns {
		n.mark(strings.Split(path, "."), false, func(end *node) { end.turn = true })
	}
}

// addElementTexts marks the texts of an element of input, inputs or documents.
func (n *node) addElementTexts() {
	n.text = true
	for _, path := range []string{"text", "content.*.text", "content.parts.*.text"} {
		n.mark(strings.Split(path, "."), false, func(end *node) { end.text = true })
	}
}
