// Package tokens estimates how many tokens a text or a request body is, without the
// vendor's tokenizer: for calls that were cut before the vendor counted, and for bounds
// on money that must be known before a call is sent.
//
// # How
//
// Text is read once, byte by byte, and cut as byte-pair tokenizers cut it before they
// merge: words (and humps within them), digits in threes, punctuation, white space.
// Each piece costs what such pieces cost on average, in hundredths of a token. Letters
// outside ASCII cost by their script.
//
// A request body may be of any dialect. What counts is found by member names: the texts
// of messages and instructions, arguments and results of tools with their member names,
// tool and answer schemas, and a fixed amount for each message and tool, since vendors
// wrap them. Ids, roles, model names and settings cost nothing. Media count flat by
// kind (see media.go), whatever their pixels or seconds are.
//
// # What it cannot see
//
// What a vendor adds on its side: results of its own searches, a conversation or file
// that the body names by id, a house prompt. A body that names such things costs more
// than is said here.
//
// # Cost
//
// Time is linear in the bytes, some hundred megabytes a second, and nothing is
// allocated. All functions are pure, take any bytes and never fail.
package tokens
