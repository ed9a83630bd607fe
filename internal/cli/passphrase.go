package cli

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"
)

// EnvPassphrase holds the passphrase of backups.
const EnvPassphrase = "SLUICE_BACKUP_PASSPHRASE"

// minPassphrase is the fewest characters of a new one.
const minPassphrase = 12

// newPassphrase gives the passphrase for a new backup.
func newPassphrase(env *Env) (string, error) {
	text, typed, err := readPassphrase(env, "Passphrase (it is not shown): ")
	if err != nil {
		return "", err
	}
	if len(text) < minPassphrase {
		return "", fmt.Errorf("a passphrase has %d characters or more", minPassphrase)
	}
	if typed {
		again, _, err := readPassphrase(env, "Again: ")
		if err != nil {
			return "", err
		}
		if again != text {
			return "", errors.New("the two passphrases differ; nothing was written")
		}
	}
	return text, nil
}

// knownPassphrase gives a function that asks for the passphrase of a backup once.
func knownPassphrase(env *Env) func() (string, error) {
	var known string
	return func() (text string, err error) {
		if known == "" {
			known, _, err = readPassphrase(env, "Passphrase of the backup (it is not shown): ")
		}
		return known, err
	}
}

// readPassphrase reads the passphrase from the environment, or asks for it at a terminal.
func readPassphrase(env *Env, prompt string) (text string, typed bool, err error) {
	if text := env.get(EnvPassphrase); text != "" {
		return text, false, nil
	}
	f, ok := env.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return "", false, errors.New("the passphrase is needed: set " + EnvPassphrase)
	}
	fmt.Fprint(env.Stderr, prompt)
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(env.Stderr)
	return string(b), true, err
}
