package config

import (
	"bytes"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// concealed is the scheme of what stands where a secret in plain was taken out.
const concealed = "hidden"

const concealedText = concealed + ":plain"

// defaultSecretDirs are where container platforms put secrets.
const defaultSecretDirs = "/run/secrets,/var/run/secrets"

// exposed is a secret that the document holds in plain.
type exposed struct {
	at   place
	text Secret
}

// exposes reports whether text in plain holds a password, or is one as addresses of
// webhooks are. Headers are not looked at: what is written there in plain is meant to be
// seen.
func exposes(text, check string) bool {
	if !slices.Contains([]string{"storage", "proxy", "shared", "smtp", "webhook"}, check) || text == "" || text == "none" || strings.HasPrefix(text, "sqlite:") {
		return false
	}
	u, err := url.Parse(text)
	if err != nil {
		return true
	}
	_, password := u.User.Password()
	query := strings.ToLower(u.RawQuery)
	return password || strings.Contains(query, "password") || check == "webhook" && (strings.Trim(u.Path, "/") != "" || query != "")
}

// refuseExposed tells of secrets in plain in a document that is foreign: those are kept
// with their history, and shown.
func (d *decoder) refuseExposed() {
	if !d.foreign {
		return
	}
	for _, e := range d.exposed {
		d.add(e.at, "holds a password or what serves as one; documents in the store are shown to admins, so write a reference: %s", references)
	}
}

// barred says why a foreign document may not refer to something, "" = it may. Whoever
// sends one could have the value sent to an address of his own.
func (d *decoder) barred(text string) string {
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme {
	case "env":
		if slices.Contains(EnvNames(), rest) {
			return "a document in the store may not refer to Sluice's own variables"
		}
	case "file":
		return d.barredFile(rest)
	}
	return ""
}

func (d *decoder) barredFile(name string) string {
	path := realPath(d.secrets.path(name))
	base := filepath.Base(path)
	if base == "master.key" || strings.HasPrefix(base, ".sluice-") {
		return "a document in the store may not refer to Sluice's own files"
	}
	for _, dir := range d.secretDirs() {
		if rel, err := filepath.Rel(realPath(dir), path); err == nil && filepath.IsLocal(rel) {
			return ""
		}
	}
	return "a document in the store may refer to files in the data directory and in those that " + EnvSecretDirs + " names only (" + strings.Join(d.secretDirs()[1:], ", ") + "); put the secret there or into the store (sluice secrets set NAME)"
}

// secretDirs are the directories whose files a foreign document may refer to, the data
// directory first.
func (d *decoder) secretDirs() []string {
	dirs := []string{d.secrets.path(".")}
	text, ok := d.secrets.env(EnvSecretDirs)
	if !ok || text == "" {
		text = defaultSecretDirs
	}
	for dir := range strings.SplitSeq(text, ",") {
		if dir = strings.TrimSpace(dir); filepath.IsAbs(dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// realPath follows links as far as they lead.
func realPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return filepath.Clean(path)
}

// Conceal gives the document that the configuration was loaded from, as it may be shown
// and kept: secrets that it holds in plain are replaced by what no document may hold.
func (c *Config) Conceal(document []byte) []byte {
	for _, e := range c.exposed {
		document = bytes.ReplaceAll(document, []byte(e.text.Reveal()), []byte(concealedText))
	}
	if tree, _ := doctree.Parse(document); len(c.exposed) > 0 && (tree == nil || c.shows(tree)) {
		return append([]byte("# Shown with its defaults, because the document holds secrets in plain.\n"), c.Redacted().YAML()...)
	}
	return document
}

// InPlain gives the secrets that Conceal takes out, by the paths at which they stand.
func (c *Config) InPlain() map[string]Secret {
	all := make(map[string]Secret, len(c.exposed))
	for _, e := range c.exposed {
		all[e.at.path] = e.text
	}
	return all
}

// shows reports whether a secret stands anywhere in a tree, however it is written.
func (c *Config) shows(n *doctree.Node) bool {
	return slices.ContainsFunc(c.exposed, func(e exposed) bool { return e.text.Reveal() == n.Text }) ||
		slices.ContainsFunc(n.Items, c.shows) ||
		slices.ContainsFunc(n.Members, func(m doctree.Member) bool { return c.shows(m.Value) })
}
