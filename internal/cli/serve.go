package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/config"
)

func newServe(env *Env) *cobra.Command {
	var at place
	var over config.Overrides
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the gateway", Args: cobra.NoArgs,
		Long: `Run the gateway until it is told to end (SIGINT or SIGTERM): then it takes no new calls, lets
running ones end and keeps every record. A second signal ends it at once. SIGHUP, or a
change of the file, reloads the configuration; a bad one changes nothing.

It needs no configuration: providers whose usual environment variable is set are there,
and so is the sandbox. On a fresh store the first gateway key and the admin token are
printed once. Go's own variables work as always, GOMEMLIMIT and GOMAXPROCS among them.`,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			o := at.options(env)
			o.Overrides, o.Stdout, o.Stderr = over, env.Stdout, env.Stderr
			return badDocument(app.Serve(cmd.Context(), o))
		}),
	}
	at.flags(cmd, env)
	cmd.Flags().StringVar(&over.Listen, "listen", "", "`ADDR`ess of the data plane (env SLUICE_LISTEN; default :8080)")
	cmd.Flags().StringVar(&over.AdminListen, "admin-listen", "", "`ADDR`ess of the admin API (env SLUICE_ADMIN_LISTEN; default 127.0.0.1:8081)")
	return cmd
}

func (p *place) options(env *Env) app.Options {
	return app.Options{ConfigPath: p.config, DataDir: p.data, Env: env.Lookup, Environ: env.Environ, Version: env.Version}
}

// badDocument says that several lines of problems are about the configuration.
func badDocument(err error) error {
	var problems config.Problems
	if errors.As(err, &problems) {
		return fmt.Errorf("the configuration cannot be used:\n%w", err)
	}
	return err
}
