package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Version gives the version to show: the one linked in, else what the Go toolchain
// recorded, else dev.
func Version(linked string) string {
	if linked != "" {
		return linked
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	if revision := setting(info, "vcs.revision"); len(revision) >= 12 {
		version := "dev-" + revision[:12]
		if setting(info, "vcs.modified") == "true" {
			version += "-dirty"
		}
		return version
	}
	return "dev"
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

func newVersion(env *Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs, RunE: runs(func(*cobra.Command, []string) error {
		if asJSON {
			return printJSON(env.Stdout, struct {
				Version string `json:"version"`
				Go      string `json:"go"`
				OS      string `json:"os"`
				Arch    string `json:"arch"`
			}{env.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH})
		}
		_, err := fmt.Fprintf(env.Stdout, "sluice %s (%s %s/%s)\n", env.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return err
	})}
	jsonFlag(cmd, &asJSON)
	return cmd
}
