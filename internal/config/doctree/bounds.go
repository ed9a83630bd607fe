package doctree

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// What a document may hold. The parser's work grows with the square of nesting and of
// the keys of one block, so both are bounded before it starts.
const (
	MaxBytes = 4 << 20
	MaxDepth = 64
	MaxNodes = 100_000 // after aliases are counted as if copied

	maxTokens = 200_000
	maxKeys   = 5_000 // in one block mapping or sequence
	maxRun    = 3     // anchors and tags before one value
)

// checkBytes refuses what no YAML reader should be given.
func checkBytes(data []byte) *Problem {
	if len(data) > MaxBytes {
		return &Problem{Message: fmt.Sprintf("the document has %d bytes, more than the %d allowed", len(data), MaxBytes)}
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size <= 1:
			return &Problem{Pos: posOf(data, i), Message: "the document is not UTF-8 text here"}
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			return &Problem{Pos: posOf(data, i), Message: fmt.Sprintf("control character %U is not allowed", r)}
		}
		i += size
	}
	return nil
}

func posOf(data []byte, offset int) Pos {
	before := data[:offset]
	line := bytes.LastIndexByte(before, '\n') + 1
	return Pos{Line: 1 + bytes.Count(before, []byte("\n")), Col: 1 + utf8.RuneCount(before[line:])}
}

// nesting follows the columns of open blocks and the open brackets through the tokens.
type nesting struct {
	blocks []block
	flow   int
	run    int
}

type block struct{ col, entries int }

// checkTokens refuses documents nested too deeply, or too wide, to be parsed in bounded time.
func checkTokens(tokens token.Tokens) *Problem {
	if len(tokens) > maxTokens {
		return &Problem{Message: fmt.Sprintf("the document has more than %d words and signs", maxTokens)}
	}
	var n nesting
	for _, tk := range tokens {
		if text := n.step(tk); text != "" {
			return &Problem{Pos: tokenPos(tk), Message: text}
		}
	}
	return nil
}

// step takes one token and says what bound it breaks, or "".
func (n *nesting) step(tk *token.Token) string {
	switch tk.Type {
	case token.MappingStartType, token.SequenceStartType:
		n.flow++
	case token.MappingEndType, token.SequenceEndType:
		n.flow = max(0, n.flow-1)
	case token.SequenceEntryType, token.MappingKeyType:
		n.enter(tk)
	case token.MappingValueType:
		if n.flow > 0 && splitsKey(tk) {
			return "in braces, quote keys and list items that hold a colon, and put a space after the colon that ends a key"
		}
		if tk.Prev != nil {
			n.enter(tk.Prev)
		}
	}
	n.count(tk)
	switch {
	case len(n.blocks)+n.flow > MaxDepth:
		return fmt.Sprintf("nested more than %d levels deep", MaxDepth)
	case len(n.blocks) > 0 && n.blocks[len(n.blocks)-1].entries > maxKeys:
		return fmt.Sprintf("more than %d entries in one block", maxKeys)
	case n.run > maxRun:
		return "too many anchors, aliases and tags in a row"
	}
	return ""
}

// splitsKey reports a colon between plain text on both sides without a space. In YAML
// 1.2 it is part of the text ({a:b: c} has the key a:b), which the parser gets wrong
// for keys and for items of lists.
func splitsKey(colon *token.Token) bool {
	before, after := colon.Prev, colon.Next
	if before == nil || after == nil || before.Type == token.DoubleQuoteType || before.Type == token.SingleQuoteType {
		return false
	}
	switch after.Type {
	case token.MappingStartType, token.MappingEndType, token.SequenceStartType, token.SequenceEndType, token.CollectEntryType:
		return false
	}
	colonAt, next := tokenPos(colon), tokenPos(after)
	return next.Line == colonAt.Line && next.Col == colonAt.Col+1
}

// enter notes an entry of the block whose column is the token's.
func (n *nesting) enter(tk *token.Token) {
	if n.flow > 0 || tk.Position == nil {
		return
	}
	col := tk.Position.Column
	for len(n.blocks) > 0 && n.blocks[len(n.blocks)-1].col > col {
		n.blocks = n.blocks[:len(n.blocks)-1]
	}
	if len(n.blocks) == 0 || n.blocks[len(n.blocks)-1].col < col {
		n.blocks = append(n.blocks, block{col: col})
	}
	n.blocks[len(n.blocks)-1].entries++
}

func (n *nesting) count(tk *token.Token) {
	switch tk.Type {
	case token.TagType, token.AnchorType, token.AliasType, token.DirectiveType, token.DocumentHeaderType, token.DocumentEndType:
		n.run++
	case token.StringType: // an anchor's name stands between
		if tk.Prev == nil || tk.Prev.Type != token.AnchorType {
			n.run = 0
		}
	default:
		n.run = 0
	}
}

func tokenPos(tk *token.Token) Pos {
	if tk == nil || tk.Position == nil {
		return Pos{}
	}
	return Pos{Line: tk.Position.Line, Col: tk.Position.Column}
}
