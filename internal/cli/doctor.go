package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/doctor"
)

func newDoctor(env *Env) *cobra.Command {
	var at place
	var asJSON, all bool
	var from remote
	cmd := &cobra.Command{
		Use: "doctor", Short: "Find what is commonly wrong, and say how to mend it", Args: cobra.NoArgs,
		Long: `Look at what serve would use: the configuration, the disk, the store, Redis, ports, limits of
the system, and every provider, to which one small call is made. Nothing is started or
changed. With --url a running gateway looks at itself and its machine instead.

The exit code is 0 when all is well, 1 when something does not work, 2 when there are
warnings alone.`,
		Example: `  sluice doctor --data /var/lib/sluice
  sluice doctor --url http://127.0.0.1:8081 --json`,
		Annotations: map[string]string{usageFails: "1"},
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			d := admin.Diagnosis{Version: env.Version}
			if from.url != "" {
				c, err := from.client(env)
				if err != nil {
					return err
				}
				if err := c.into(cmd.Context(), "GET", "/doctor", nil, nil, &d); err != nil {
					return err
				}
			} else {
				d.Time, d.Findings = time.Now().UTC(), diagnose(cmd.Context(), env, &at)
				d.Level = doctor.Worst(d.Findings)
			}
			return diagnosed(env, &d, asJSON, all)
		}),
	}
	at.flags(cmd, env)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&from.url, "url", "", "ask the running gateway whose admin API is at this `URL`; it also knows its spool and what it refused")
	cmd.Flags().StringVar(&from.token, "token", "", "with --url: admin `TOKEN` (better in env "+EnvAdminToken+")")
	cmd.Flags().BoolVar(&all, "all", false, "also show what is well")
	return cmd
}

func diagnose(ctx context.Context, env *Env, at *place) []doctor.Finding {
	return app.Diagnose(ctx, at.options(env))
}

// diagnosed prints what was found, and gives the error that the exit code is made from.
func diagnosed(env *Env, d *admin.Diagnosis, asJSON, all bool) error {
	if asJSON {
		if err := printJSON(env.Stdout, d); err != nil {
			return err
		}
	} else {
		printFindings(env, d, all)
	}
	switch d.Level {
	case doctor.Problem:
		return errors.New("something does not work")
	case doctor.Warning:
		return &warned{errors.New("there are warnings")}
	}
	return nil
}

func printFindings(env *Env, d *admin.Diagnosis, all bool) {
	fine := 0
	for i := range d.Findings {
		f := &d.Findings[i]
		if !all && (f.Level == doctor.OK || f.Level == doctor.Skipped) {
			fine++
			continue
		}
		of := f.Check
		if f.Object != "" {
			of += " (" + f.Object + ")"
		}
		fmt.Fprintf(env.Stdout, "%-8s %s: %s\n", f.Level, plain(of), plain(f.Message))
		if f.Mend != "" {
			fmt.Fprintf(env.Stdout, "         %s\n         docs/doctor.md#%s\n", plain(f.Mend), f.Check)
		}
	}
	if fine > 0 {
		fmt.Fprintf(env.Stdout, "%s found nothing wrong (--all shows them)\n", number(fine, "check"))
	}
}
