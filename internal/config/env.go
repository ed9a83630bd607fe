package config

import (
	"encoding/base64"
	"encoding/hex"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// The variables that are no key of the document.
const (
	EnvConfig     = "SLUICE_CONFIG"
	EnvData       = "SLUICE_DATA"
	EnvKey        = "SLUICE_KEY"
	EnvAdminToken = "SLUICE_ADMIN_TOKEN"
	EnvMasterKey  = "SLUICE_MASTER_KEY"
	EnvSecretDirs = "SLUICE_SECRET_DIRS"
)

const (
	environment = "environment"
	commandLine = "command line"
	envPrefix   = "SLUICE_"
	// minBootstrap is the shortest key or token that may be given (contract, section 5).
	minBootstrap = 16
)

// Overrides are the flags of the command line, which win over everything. Empty ones
// were not given.
type Overrides struct {
	Listen      string // --listen
	AdminListen string // --admin-listen
}

// environ overlays what the environment sets. An empty variable counts as unset.
func (d *decoder) environ(v reflect.Value, path string) {
	for _, s := range d.specsOf(v.Type()) {
		at, field := joinSchema(path, s.name), v.FieldByIndex(s.index)
		switch {
		case s.leaf():
			d.fromEnv(field, &s, at)
		case s.typ.Kind() == reflect.Struct:
			d.environ(field, at)
		}
	}
}

func (d *decoder) fromEnv(v reflect.Value, s *spec, path string) {
	setBy, value := "", ""
	for _, name := range s.envNames(path) {
		text, ok := d.secrets.env(name)
		if !ok || text == "" {
			continue
		}
		from := place{path: path, schema: path, from: origin{file: environment, name: name}}
		if setBy != "" && text != value {
			d.add(from, "%s sets the same and has another value; unset one of the two", setBy)
			continue
		}
		setBy, value = name, text
		d.value(textNode(text, s.typ), v, s, from)
	}
}

// textNode makes a node of a variable's or flag's text; lists are separated by commas.
func textNode(text string, t reflect.Type) *doctree.Node {
	if t.Kind() == reflect.Slice {
		n := &doctree.Node{Kind: doctree.List}
		for item := range strings.SplitSeq(text, ",") {
			n.Items = append(n.Items, textNode(strings.TrimSpace(item), t.Elem()))
		}
		return n
	}
	if t.Kind() == reflect.Bool || t.Kind() == reflect.Int || t.Kind() == reflect.Float64 {
		return &doctree.Node{Kind: doctree.PlainKind(text), Text: text}
	}
	return &doctree.Node{Kind: doctree.Text, Text: text}
}

func (d *decoder) flags(cfg *Config, o Overrides) {
	d.flag(&cfg.Server.Listen, "server.listen", "--listen", o.Listen)
	d.flag(&cfg.Admin.Listen, "admin.listen", "--admin-listen", o.AdminListen)
}

func (d *decoder) flag(dst *string, path, name, text string) {
	if text == "" {
		return
	}
	at := place{path: path, schema: path, from: origin{file: commandLine, name: name}}
	d.value(textNode(text, reflect.TypeFor[string]()), reflect.ValueOf(dst).Elem(), &spec{check: "address"}, at)
}

// bootstrap reads what a fresh store begins with.
func (d *decoder) bootstrap() Bootstrap {
	return Bootstrap{Key: d.bootstrapSecret(EnvKey), AdminToken: d.bootstrapSecret(EnvAdminToken), MasterKey: d.masterKey()}
}

// masterKeyBytes is the length of an AES-256 key.
const masterKeyBytes = 32

func (d *decoder) masterKey() Secret {
	text, ok := d.secrets.env(EnvMasterKey)
	if !ok || text == "" {
		return Secret{}
	}
	keys := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
	if len(keys) > 0 && !slices.ContainsFunc(keys, func(key string) bool { return !isMasterKey(key) }) {
		return NewSecret(text, "env:"+EnvMasterKey)
	}
	d.add(variable(EnvMasterKey), "expected %d random bytes in base64 or hexadecimal; make some with: openssl rand -base64 32", masterKeyBytes)
	return Secret{}
}

func isMasterKey(text string) bool {
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString, base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if key, err := decode(text); err == nil && len(key) == masterKeyBytes {
			return true
		}
	}
	return false
}

func (d *decoder) bootstrapSecret(name string) Secret {
	text, ok := d.secrets.env(name)
	switch {
	case !ok || text == "":
		return Secret{}
	case len([]rune(text)) < minBootstrap:
		d.add(variable(name), "must have %d characters or more", minBootstrap)
	case strings.TrimSpace(text) != text || checkHeaderValue(text) != "":
		d.add(variable(name), "must not begin or end with a space, nor hold control characters")
	}
	return NewSecret(text, "env:"+name)
}

func variable(name string) place { return place{from: origin{file: environment, name: name}} }

// serviceVariable matches what Kubernetes sets for a service that is called sluice or sluice-….
// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
var serviceVariable = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT(_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?)?$`)

// unknownVariables warns about variables of ours that nothing reads.
func (d *decoder) unknownVariables(environ, known []string) {
	known = append(EnvNames(), known...)
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) || value == "" || serviceVariable.MatchString(name) ||
			slices.Contains(known, name) || d.refersTo(name) {
			continue
		}
		d.warn(variable(name), "unknown variable%s", hintVariable(name, known))
	}
}

// hintVariable compares what stands behind the prefix that all have.
func hintVariable(name string, known []string) string {
	tails := make([]string, len(known))
	for i, k := range known {
		tails[i] = strings.TrimPrefix(k, envPrefix)
	}
	if near := nearest(strings.TrimPrefix(name, envPrefix), tails); near != "" {
		return "; did you mean " + envPrefix + near + "?"
	}
	return ""
}

// EnvNames lists every variable that configures Sluice.
func EnvNames() []string {
	names := []string{EnvConfig, EnvData, EnvKey, EnvAdminToken, EnvMasterKey, EnvSecretDirs}
	for _, f := range Fields() {
		names = append(names, f.Env...)
	}
	return names
}
