package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/app"
)

func newCheck(env *Env) *cobra.Command {
	var at place
	var asJSON bool
	cmd := &cobra.Command{
		Use: "check", Short: "Check the configuration without starting anything", Args: cobra.NoArgs,
		Long: `Check the configuration as serve would read it, environment included. Every problem is told
at once, each with its place; the exit code is 1 when one of them forbids to run.`,
		RunE: runs(func(*cobra.Command, []string) error { return check(env, &at, asJSON) }),
	}
	at.flags(cmd, env)
	jsonFlag(cmd, &asJSON)
	return cmd
}

func check(env *Env, at *place, asJSON bool) error {
	cfg, problems, err := app.LoadConfig(at.options(env))
	if err != nil {
		return err
	}
	bad := problems.Err()
	if asJSON {
		if err := printJSON(env.Stdout, admin.NewValidation(problems)); err != nil {
			return err
		}
	} else {
		for _, p := range problems {
			fmt.Fprintln(env.Stdout, plain(p.Error()))
		}
	}
	switch {
	case bad != nil:
		return errors.New("the configuration cannot be used")
	case !asJSON:
		fmt.Fprintf(env.Stdout, "ok: %s, %s\n", number(len(cfg.Providers), "provider"), number(len(cfg.Gateways), "gateway"))
	}
	return nil
}

func number(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
