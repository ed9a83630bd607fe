// Package cli is the command line: it reads flags and environment, asks the admin API of
// a running gateway or starts one, and prints for people or, with --json, for machines.
// It holds no rules of its own: those of keys and entries are the API's, also offline.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluice-gateway/sluice/internal/config"
)

// Exit codes.
const (
	ExitOK      = 0
	ExitFailure = 1
	ExitUsage   = 2
	ExitWarned  = 2 // of a command with --strict
)

// usageFails marks a command whose exit code ExitUsage would be taken for another.
const usageFails = "usage fails"

// Env is what a command sees of the world. Stdout carries results alone, Stderr what is
// told beside them.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Lookup         func(name string) (string, bool) // of environment variables
	Environ        []string
	Version        string
	Transport      http.RoundTripper // to the admin API; nil = the network
}

// get gives a variable's value, "" when it is not set.
func (e *Env) get(name string) string {
	v, _ := e.Lookup(name)
	return v
}

// Run runs the command that args (without the program's name) name and gives the exit code.
func Run(ctx context.Context, args []string, env Env) int {
	root := newRoot(&env)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	var failed *failure
	switch {
	case err == nil:
		return ExitOK
	case errors.Is(err, errChanges):
		return ExitChanges
	case errors.As(err, &failed):
		fmt.Fprintf(env.Stderr, "sluice: %s\n", plain(failed.Error()))
		if _, strict := errors.AsType[*warned](err); strict {
			return ExitWarned
		}
		return ExitFailure
	}
	fmt.Fprintf(env.Stderr, "sluice: %s\nRun '%s --help' for usage.\n", plain(err.Error()), cmd.CommandPath())
	if cmd.Annotations[usageFails] != "" {
		return ExitFailure
	}
	return ExitUsage
}

func newRoot(env *Env) *cobra.Command {
	root := group("sluice", "An AI gateway: one binary between applications and every model",
		newServe(env), newCheck(env), newKeys(env), newWorkspaces(env), newUsers(env), newMembers(env), newTokens(env), newCredentials(env), newSecrets(env), newLimits(env), newBudgets(env), newRoutes(env), newRoute(env), newHealth(env), newDrain(env), newUndrain(env), newCompare(env), newCanary(env), newAlerts(env), newCache(env), newLogs(env), newAudit(env), newPrivacy(env), newImport(env), newBackup(env), newRestore(env), newDoctor(env), newDev(env), newCosts(env), newForecast(env), newDocs(env), newVersion(env))
	root.AddCommand(newExports(env))
	root.AddCommand(newConfigCommands(env)...)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SilenceErrors, root.SilenceUsage = true, true
	return root
}

// failure is an error of a command that was called properly; every other error is one of
// usage.
type failure struct{ error }

func (f *failure) Unwrap() error { return f.error }

// usage is an error in how a command was called, found out while it ran.
type usage struct{ error }

// runs turns a function into a command's, and its errors into failures.
func runs(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := f(cmd, args)
		var wrong *usage
		if err == nil || errors.As(err, &wrong) {
			return err
		}
		return &failure{err}
	}
}

// group is a command that only holds others.
func group(name, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: name, Short: short, Args: cobra.ArbitraryArgs, RunE: func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			_ = cmd.Help()
			return errors.New("a command is needed")
		}
		message := fmt.Sprintf("unknown command %q", args[0])
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			message += "; did you mean " + strings.Join(near, " or ") + "?"
		}
		return errors.New(message)
	}}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(commands...)
	return c
}

// place are the flags that say which gateway is meant: its configuration and its data.
type place struct{ config, data string }

func (p *place) flags(cmd *cobra.Command, env *Env) {
	cmd.Flags().StringVar(&p.config, "config", env.get(config.EnvConfig), "configuration `FILE` (env "+config.EnvConfig+"; default: sluice.yaml in the data directory, if there)")
	cmd.Flags().StringVar(&p.data, "data", env.get(config.EnvData), "data `DIR`ectory (env "+config.EnvData+"; default: the working directory)")
}
