package cli

import (
	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/ledger"
	"github.com/sluice-gateway/sluice/internal/provider/all"
)

func fidelity() []byte { return ledger.Page(app.Dialects(), all.Forms()) }

func newDocs(env *Env) *cobra.Command {
	prints := func(name, short string, text func() []byte) *cobra.Command {
		return &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, RunE: runs(func(*cobra.Command, []string) error {
			_, err := env.Stdout.Write(text())
			return err
		})}
	}
	return group("docs", "Print reference documentation (Markdown)",
		prints("config", "Every key of sluice.yaml, with its help and default", config.Docs),
		prints("providers", "Every kind of provider", all.Table),
		prints("fidelity", "What translation between dialects keeps, field by field", fidelity))
}
