// Package tokens estimates how many tokens a text or a request body is, without the
// vendor's tokenizer: for calls that were cut before the vendor counted, and for bounds
// on money that must be known before a call is sent.
//
// # How
//
// Text is read once, byte by byte, and cut as byte-pair tokenizers cut it before they
// merge: words (and humps within them), digits in threes, punctuation, white space.
// Each piece costs what such pieces cost on average, in hundredths of a token. Letters
// outside ASCII cost by their script. A tokenizer itself would be some four percent
// nearer on text, at megabytes of vocabulary for each vendor that publishes one, and at
// a hundredth of the speed; most vendors publish none.
//
// A request body may be of any dialect. What counts is found by member names: the texts
// of messages and instructions, arguments and results of tools with their member names,
// tool and answer schemas. To these comes what each family of models is known to wrap
// around turns and tools (families.json). Ids, roles, names of models and settings cost
// nothing, and neither does the reasoning of earlier turns, which most vendors leave
// out. Media cost flat by kind, whatever their pixels or seconds are: an image 1000, a
// document 1800 for each 50 kB, sound 25 for each 16 kB, what is named by a URL or an
// id 1000.
//
// # How near
//
// Measured against some 1400 recorded calls whose input is text and tools, most of them
// short: the median error is 9 % (chat), 11 % (responses), 10 % (messages), 11 %
// (generateContent), and 3 to 8 % from a thousand tokens; one call in ten is wrong by
// half or more, mostly small ones whose server adds a prompt of its own. The sums are
// within 6 %. Output from the events of streams: 18 %, 17 %, 23 %, 7 %, and rather too
// little than too much: what vendors count for a tool call beside its text is not seen.
//
// # What it cannot see
//
// What a vendor adds on its side: results of its own searches, a conversation or file
// that the body names by id, a house prompt, reasoning that is not shown. A call with
// such things costs more than is said here.
//
// # Cost
//
// Time is linear in the bytes, about 200 MB a second, and nothing is allocated. All
// functions are pure, take any bytes and never fail.
package tokens
