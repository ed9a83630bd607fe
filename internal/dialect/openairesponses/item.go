package openairesponses

import (
	"bytes"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// item is one item of an input or output, as spans.
type item struct {
	raw                              []byte
	kind                             []byte // its type without quotes; a message that says none has one
	id, status, phase                []byte
	role, content                    []byte // of a message or a reasoning item
	callID, name, space              []byte // of a call; space is its namespace
	arguments, input, output, result []byte
	summary, encrypted               []byte
	tools                            []byte
	extra                            [][]byte // names of other members that are not null
}

// read reads an item's members into it. What it held before is forgotten.
func (it *item) read(raw []byte) error {
	*it = item{raw: raw, extra: it.extra[:0]}
	err := jsonscan.Members(raw, it.member)
	if it.kind == nil && it.role != nil {
		it.kind = kindMessage
	}
	return err
}

func (it *item) member(key, v []byte) bool {
	if isNull(v) {
		return true
	}
	switch string(key) {
	case "type":
		it.kind = bare(v)
	case "id":
		it.id = v
	case "status":
		it.status = v
	case "role":
		it.role = v
	case "content":
		it.content = v
	case "phase":
		it.phase = v
	case "call_id":
		it.callID = v
	case "name":
		it.name = v
	case "namespace":
		it.space = v
	case "arguments":
		it.arguments = v
	case "input":
		it.input = v
	case "output":
		it.output = v
	case "result":
		it.result = v
	case "summary":
		it.summary = v
	case "encrypted_content":
		it.encrypted = v
	case "tools":
		it.tools = v
	default:
		it.extra = append(it.extra, key)
	}
	return true
}

var kindMessage = []byte("message")

// clientKinds are items that a client makes, beside messages and the outputs of calls.
var clientKinds = [...]string{"mcp_approval_response", "tool_search_output"}

// isOutput reports whether an item of no kind known is what a client's tool gave.
func (it *item) isOutput() bool {
	for _, k := range clientKinds {
		if string(it.kind) == k {
			return true
		}
	}
	return bytes.HasSuffix(it.kind, []byte("_call_output"))
}

// callName gives the name by which a call's tool is known in llm.Tool.Name: that of
// its namespace and its own joined, where the caller has declared it in one. Vendors name
// a namespace with tools of no group, too, once a search has found them.
func (it *item) callName(r *llm.Request) string {
	name := text(it.name)
	if isString(it.space) {
		joined := joinName(text(it.space), name)
		if t := toolOf(r, joined); t != nil && t.Group != nil {
			return joined
		}
	}
	return name
}

// joinName joins the name of a namespace and that of a tool in it.
func joinName(space, name string) string { return spacePrefix(space) + name }

func spacePrefix(space string) string {
	if space == "" || space[len(space)-1] == '_' {
		return space
	}
	return space + "__"
}

// searches reports whether the item is the call of a tool search that the client does
// itself: a tool call like any other, but for its form.
func (it *item) searches() bool {
	return string(it.kind) == "tool_search_call" && string(bare(jsonscan.Get(it.raw, "execution"))) == "client"
}

// isVendorItem reports whether a piece that only one dialect has is an item of this one:
// Messages has blocks of the types compaction and mcp_tool_use, too.
func isVendorItem(raw llm.Raw) bool {
	switch kind := bare(jsonscan.Get(raw, "type")); string(kind) {
	case "mcp_list_tools", "mcp_approval_request":
		return true
	case "compaction":
		return jsonscan.Get(raw, "encrypted_content") != nil
	default:
		return bytes.HasSuffix(kind, []byte("_call")) || bytes.HasSuffix(kind, []byte("_call_output")) || bytes.HasPrefix(kind, []byte("program"))
	}
}
