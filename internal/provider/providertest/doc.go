// Package providertest is the suite that every vendor's Spec runs: its facts, its URLs,
// what reaches it and what does not, and its own answers, streams and errors as its
// dialects read them. It sends nothing.
//
// A vendor's cases stand in testdata/KIND.txt, in sections:
//
//	-- urls [base=URL] [version=V] [region=R] [project=P] [model=M] [stream=true] --
//	                                       one "operation path url" a line, each operation of the Spec;
//	                                       the operation native is a path below /providers/{provider}
//	-- auth --                             the header or query that presents the key KEY
//	-- answer [op=…] [dialect=…] [input=N] [output=N] [cached=N] [reasoning=N] [units.NAME=N] --
//	-- stream [the same] [usage=extra|choice|every] --
//	-- failed kind=K --                    a stream that ends in an error
//	                                       (of a binary event stream: lines "event NAME DATA")
//	-- error status=N kind=K [wait=D] [noretry=true] [Header-Name=value] --
//
// A line that begins with # outside a section is a comment.
package providertest
