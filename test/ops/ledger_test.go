package ops_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/ledger"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider/all"
)

func TestThePageHasATableOfEveryCallerAndTargetOfEachOperation(t *testing.T) {
	page := string(ledger.Page(app.Dialects(), all.Forms()))
	for _, want := range []string{"### Embeddings", "### Reranking", "### Moderation", "### Images", "### Speech", "### Transcription",
		"| `output_dimension` |", "| `taskType` |", "| `embedding_types` |", "| `bedrock-titan` |", "| `vertex-predict` |", "| `huggingface` |", "sluice-estimated: tokens"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// TestEveryWordOfALedgerIsUsed finds params that a target carries though no caller can
// ask for them, and fates that say nothing of how.
func TestEveryWordOfALedgerIsUsed(t *testing.T) {
	asked := map[llm.Operation]map[llm.Param]bool{}
	for _, d := range app.Dialects() {
		for op, o := range d.Ops {
			for _, f := range o.Fields {
				if asked[op] == nil {
					asked[op] = map[llm.Param]bool{}
				}
				asked[op][f.Param] = true
			}
		}
	}
	for _, d := range append(app.Dialects(), all.Forms()...) {
		for op, o := range d.Ops {
			for p, c := range o.Carries {
				if c.How == "" || c.Fate == dialect.Dropped || o.Format == nil {
					t.Errorf("%s %s: %q has no how", d.Name, op, p)
				}
				if !asked[op][p] && p != llm.ParamMedia { // which only some callers' contents are
					t.Errorf("%s %s: nobody can ask for %q", d.Name, op, p)
				}
			}
		}
	}
}
