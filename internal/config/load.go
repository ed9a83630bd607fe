package config

import (
	"reflect"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// Source is everything that a configuration is made of.
type Source struct {
	Path    string // the document's name in problems
	Data    []byte // the document; nil or empty = none
	DataDir string // where relative paths begin, "" = the working directory

	Env     func(string) (string, bool) // looks up a variable; nil = none is set
	Environ []string                    // NAME=value, to warn about unknown SLUICE_… names
	// KnownEnv are further SLUICE_… names that something else reads.
	KnownEnv  []string
	Files     Files // nil = the operating system's
	Overrides Overrides
	Vendors   Vendors

	// Secrets reads what the store keeps for secret:NAME; nil = the store is not at hand:
	// such references are taken for good, and give "".
	Secrets func(name string) (value string, known bool, err error)
	// Foreign says that the document came from somebody who need not be allowed to read this
	// machine's files and variables: it may refer to what SecretDirs says only, and hold no
	// password in plain.
	Foreign bool
	// Concealed are the secrets that stood in plain where the document, as it was shown, has
	// what Conceal put in their place: see InPlain. nil = such a document is refused.
	Concealed map[string]Secret
	// Credentials are the providers for which the store has credentials that all share.
	Credentials []string
}

// Vendors is what a configuration must know of vendors and dialects; their own tables give it.
type Vendors struct {
	Kinds    []Kind
	Dialects []string // for speaks
	Families []string // of dialects, for default_provider
	Unbuilt  []string // kinds and dialects that have a name but no code yet
	// Operations of routes; empty = they are not checked.
	Operations []string
	// Lists reports whether a kind is known to offer a vendor's id; nil = nothing is known.
	Lists func(kind, id string) bool
	// Embeds reports whether a kind's model gives embeddings, as far as that is known; nil =
	// it never is.
	Embeds func(kind, id string) (embeds, known bool)
}

// Kind is what a configuration must know of one kind of provider.
type Kind struct {
	Name         string
	Aliases      []string
	Env          []string // variables that usually hold the key, the first set one counts
	BaseEnv      string   // variable that usually holds the base URL, read when NeedsBaseURL
	NeedsBaseURL bool
	KeyFree      bool        // works without a credential
	Ambient      bool        // the machine may have a credential of its own
	Fields       []KindField // what may stand for a key
	Region       *Setting    // nil = it has none
	Project      *Setting
	BuiltIn      bool // a provider of this name exists without being configured
	Synthetic    bool // answers by itself: takes latency, chunks, chunk_delay, failure
	Generic      bool // for any server of its shape: suggested when a kind is missing
}

// find gives the kind of that name or alias.
func (v *Vendors) find(name string) (*Kind, bool) {
	for i := range v.Kinds {
		k := &v.Kinds[i]
		if k.Name == name {
			return k, true
		}
		for _, a := range k.Aliases {
			if a == name {
				return k, true
			}
		}
	}
	return nil, false
}

// names lists every kind.
func (v *Vendors) names() []string {
	out := make([]string, 0, len(v.Kinds))
	for _, k := range v.Kinds {
		out = append(append(out, k.Name), k.Aliases...)
	}
	return out
}

// Load makes a configuration: command line over environment over document over
// defaults. It reports every problem it can find, sorted by place; the Config is nil
// when Problems.Err is not. It never panics, whatever the document.
func Load(src Source) (*Config, Problems) {
	src.fill()
	d := newDecoder(resolver{env: src.Env, files: src.Files, dir: src.DataDir, stored: src.Secrets})
	d.foreign, d.concealed = src.Foreign, src.Concealed
	cfg := d.defaultConfig()
	cfg.DataDir = src.DataDir
	readable := d.document(cfg, src)
	d.environ(reflect.ValueOf(cfg).Elem(), "")
	d.flags(cfg, src.Overrides)
	cfg.Bootstrap = d.bootstrap()
	d.unknownVariables(src.Environ, src.KnownEnv)
	if readable {
		l := loader{decoder: d, cfg: cfg, vendors: &src.Vendors, source: src.Path, stored: src.Credentials}
		l.complete()
		l.validate()
		l.resolvePaths()
	}
	d.refuseExposed()
	d.problems.sort()
	cfg.exposed = d.exposed
	cfg.Secrets = sortedKeys(d.secrets.named)
	if d.problems.Err() != nil {
		return nil, d.problems
	}
	return cfg, d.problems
}

func (src *Source) fill() {
	if src.Env == nil {
		src.Env = func(string) (string, bool) { return "", false }
	}
	if src.Files == nil {
		src.Files = osFiles{}
	}
	if src.Path == "" {
		src.Path = "sluice.yaml"
	}
}

// document decodes the file into cfg and reports whether there is anything to check.
func (d *decoder) document(cfg *Config, src Source) bool {
	tree, problems := doctree.Parse(src.Data)
	for _, p := range problems {
		d.problems = append(d.problems, Problem{File: src.Path, Pos: p.Pos, Path: p.Path, Message: p.Message})
	}
	if tree == nil {
		return false
	}
	d.value(tree, reflect.ValueOf(cfg).Elem(), &spec{}, place{from: origin{file: src.Path}})
	if _, ok := cfg.Gateways[DefaultGateway]; !ok {
		if cfg.Gateways == nil {
			cfg.Gateways = map[string]Gateway{}
		}
		cfg.Gateways[DefaultGateway] = d.defaultGateway()
	}
	return true
}

// refersTo reports whether the document names the variable in a reference.
func (d *decoder) refersTo(name string) bool { return d.secrets.asked[name] }

// loader completes and checks a decoded configuration.
type loader struct {
	*decoder
	cfg     *Config
	vendors *Vendors
	source  string
	stored  []string // providers for which the store has credentials
	door    *Gateway // that is being checked; nil = none is
	free    bool     // what is checked stands outside of the document: names in it mean nothing here
}

// at gives the place of a path, or of its nearest parent that the document has.
func (l *loader) at(path string) place {
	for p := path; p != ""; p = parent(p) {
		if from, ok := l.origins[p]; ok {
			if p != path {
				from.name = ""
			}
			return place{path: path, from: from}
		}
	}
	return place{path: path, from: origin{file: l.source}}
}

// parent cuts the last step off a path.
func parent(path string) string {
	inKey := false
	for i := len(path) - 1; i > 0; i-- {
		switch c := path[i]; {
		case c == '"' && path[i-1] != '\\':
			inKey = !inKey
		case !inKey && (c == '.' || c == '['):
			return path[:i]
		}
	}
	return ""
}
