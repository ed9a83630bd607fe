package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/app"
	"github.com/sluice-gateway/sluice/internal/importer/cloudflare"
)

// dynamicRoutes are the flags of one import.
type dynamicRoutes struct {
	env           *Env
	out           string
	strict, force bool
}

func newImportCloudflare(env *Env) *cobra.Command {
	x := &dynamicRoutes{env: env}
	cmd := &cobra.Command{
		Use: "cloudflare FILE", Short: "Import dynamic routes of Cloudflare's AI Gateway", Args: cobra.ExactArgs(1),
		Long: `Make a sluice.yaml of dynamic routes of Cloudflare's AI Gateway. FILE holds their JSON: one
route, a list of them, or what the API answered. What could not be carried over is told on
the standard error.

The document goes to --out, or to the standard output.`,
		Example: `  sluice import cloudflare route.json --out sluice.yaml`,
		RunE:    runs(func(_ *cobra.Command, args []string) error { return x.run(args[0]) }),
	}
	f := cmd.Flags()
	f.StringVar(&x.out, "out", "", "where the document is written, a `FILE` (default: the standard output)")
	f.BoolVar(&x.strict, "strict", false, "exit with 2 and write nothing when anything is lost or changed")
	f.BoolVar(&x.force, "force", false, "replace the file at --out")
	return cmd
}

func (x *dynamicRoutes) run(file string) error {
	data, err := readImport(file)
	if err != nil {
		return err
	}
	routes, err := cloudflare.Read(data)
	if err == nil {
		err = routes.Check(app.Vendors())
	}
	if err != nil {
		return fmt.Errorf("%s cannot be imported:\n%w", file, err)
	}
	if n := x.tell(routes.Notes); x.strict && n > 0 {
		return &warned{fmt.Errorf("%s; nothing was written (--strict)", number(n, "warning"))}
	}
	return x.write(routes.Document)
}

// tell prints what is to be known and gives how much of it is lost or changed.
func (x *dynamicRoutes) tell(notes cloudflare.Notes) (n int) {
	for _, g := range []cloudflare.Group{cloudflare.Lost, cloudflare.Changed, cloudflare.Todo} {
		in := notes.In(g)
		if len(in) == 0 {
			continue
		}
		fmt.Fprintf(x.env.Stderr, "%s:\n", g)
		for _, note := range in {
			fmt.Fprintf(x.env.Stderr, "  %s\n", plain(note.String()))
		}
		if g != cloudflare.Todo {
			n += len(in)
		}
	}
	return n
}

func (x *dynamicRoutes) write(document []byte) error {
	if x.out == "" {
		_, err := x.env.Stdout.Write(document)
		return err
	}
	if err := replaceFile(x.out, document, x.force); err != nil {
		return err
	}
	fmt.Fprintf(x.env.Stderr, "Wrote %s; check it with: sluice check --config %s\n", plain(x.out), plain(x.out))
	return nil
}
