package proxy

import (
	"bytes"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Where one result of a batch has the answer, of which usage and model count.
var resultAnswers = [][]string{{"response", "body"}, {"result", "message"}, {"response"}}

var resultPaths = func() (all []string) {
	for _, at := range resultAnswers {
		for _, member := range []string{"type", "model", "modelVersion", "usage", "usageMetadata", "service_tier"} {
			all = append(all, strings.Join(at, ".")+"."+member)
		}
	}
	return all
}()

// Where a batch that has ended holds its results itself.
var resultArrays = []string{".response.inlinedResponses.inlinedResponses", ".metadata.output.inlinedResponses.inlinedResponses"}

// batchReader reads results while they pass, one at a time: of each it keeps no more
// than usage and model. It does not judge what it reads.
type batchReader struct {
	lines  bool // each line is one result, else the elements of an array are
	take   func(result []byte)
	digest *jsonscan.Digest
	some   bool // the digest has been given something

	elements elementScan
	count    int  // results
	last     byte // the last byte that was no space
}

func newBatchReader(lines bool, take func([]byte)) *batchReader {
	r := &batchReader{lines: lines, take: take, digest: jsonscan.NewDigest(resultPaths)}
	r.elements.piece, r.elements.end = r.piece, r.end
	return r
}

// Write takes what has passed.
func (r *batchReader) Write(p []byte) {
	if !r.lines {
		r.elements.write(p)
		return
	}
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			r.piece(p)
			return
		}
		r.piece(p[:i])
		r.end()
		p = p[i+1:]
	}
}

func (r *batchReader) piece(p []byte) {
	if q := bytes.TrimSpace(p); len(q) > 0 {
		r.last, r.some = q[len(q)-1], true
	}
	r.digest.Write(p)
}

// end ends one result.
func (r *batchReader) end() {
	if r.some {
		r.count++
		r.take(r.digest.JSON())
	}
	r.digest.Reset()
	r.some = false
}

// Close ends the last line, and reports whether the results came whole.
func (r *batchReader) Close() bool {
	if !r.lines {
		return r.elements.depth == 0 && !r.elements.dead
	}
	whole := !r.some || r.last == '}'
	r.end()
	return whole
}

// readResult gives what the answer within one result says of itself; nil when nothing
// was answered.
func readResult(d *dialect.Dialect, result []byte) *dialect.Report {
	for _, at := range resultAnswers {
		answer := jsonscan.Get(result, at...)
		if len(answer) == 0 || answer[0] != '{' {
			continue
		}
		// Which operation the line was is not known; the second tells of all that is no
		// conversation.
		for _, op := range []llm.Operation{llm.OpChat, llm.OpEmbeddings} {
			m := d.NewMeter(op)
			m.Answer("application/json", answer)
			if r := m.Report(); r.Usage.InputTokens.Known || r.Usage.OutputTokens.Known {
				return r
			}
		}
	}
	return nil
}
