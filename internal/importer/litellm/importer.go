package litellm

import (
	"crypto/sha256"
	"errors"
	"maps"
	"slices"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// Config is what a config.yaml has become.
type Config struct {
	Document []byte   // a sluice.yaml
	Notes    Notes    // what is to be known of it
	Env      []string // variables that it refers to, sorted
	names    names
	master   *gateway.KeyHash // of the master key, where it is known
}

// importer holds what is known while one file is read.
type importer struct {
	lookup      func(string) (string, bool)
	notes       Notes
	problems    Problems
	credentials map[string][]doctree.Member // credential_list
	secrets     map[string]string           // variables that plain secrets got; never shown
	named       map[string]bool             // variables that the file names
	env         map[string]bool             // variables that the document refers to
	out         document
	master      *gateway.KeyHash

	balance      string                     // how deployments of one name are chosen from
	hops         map[string]map[string]*hop // what is tried next, by list and name
	aliases      map[string]*further        // model_group_alias
	groups       []*group                   // in the order of the file
	accessGroups map[string][]string        // names of models, by group
}

// Read imports a config.yaml. lookup gives environment variables, for settings that take
// no reference here. The error is a Problems that tells everything wrong at once.
func Read(data []byte, lookup func(name string) (string, bool)) (*Config, error) {
	tree, found := doctree.Parse(data)
	if len(found) > 0 {
		return nil, ofTree(found)
	}
	switch {
	case tree.Kind == doctree.Null:
		return nil, errors.New("the file is empty")
	case tree.Kind != doctree.Map:
		return nil, Problems{{tree.Pos.Line, "document", "expected a mapping with model_list, found " + tree.Kind.String()}}
	}
	i := &importer{lookup: lookup, credentials: map[string][]doctree.Member{}, secrets: map[string]string{}, named: map[string]bool{}, env: map[string]bool{}, hops: map[string]map[string]*hop{}, aliases: map[string]*further{}, accessGroups: map[string][]string{}}
	i.findNames(tree)
	c := i.read(i.section("", tree))
	if err := i.problems.err(); err != nil {
		return nil, err
	}
	return c, nil
}

func (i *importer) read(top *section) *Config {
	i.credentialList(top)
	i.variables(top)
	deployments := i.deployments(top.take("model_list"))
	i.settings(top)
	top.rest(topReasons())
	if len(deployments) == 0 && len(i.problems) == 0 {
		top.bad("model_list", "holds no deployment that can be carried over; is this a config.yaml of a LiteLLM proxy?")
		return nil
	}
	n := i.place(deployments)
	i.speak(n)
	return &Config{Document: i.out.render(), Notes: i.notes, Env: slices.Sorted(maps.Keys(i.env)), names: n, master: i.master}
}

func (i *importer) note(g Group, line int, key, text string) {
	i.notes = append(i.notes, Note{g, line, key, text})
}

func (i *importer) bad(line int, key, text string) {
	i.problems = append(i.problems, Problem{line, key, text})
}

// needs notes a variable that the document refers to.
func (i *importer) needs(name string) { i.env[name] = true }

// findNames notes every variable that the file names, so that no plain secret gets a
// name that means something else.
func (i *importer) findNames(n *doctree.Node) {
	if name, is := environ(n.Text); is {
		i.named[name] = true
	}
	for _, m := range n.Members {
		i.findNames(m.Value)
	}
	for _, item := range n.Items {
		i.findNames(item)
	}
}

// credentialList reads the credentials that deployments refer to.
func (i *importer) credentialList(top *section) {
	n := top.take("credential_list")
	if n == nil {
		return
	}
	for at, item := range n.Items {
		s := i.section(doctree.Index("credential_list", at), item)
		values := i.section(s.key("credential_values"), s.take("credential_values"))
		if name := s.text("credential_name"); name != "" {
			i.credentials[name] = values.node.Members
		}
		s.take("credential_info")
		s.rest(nil)
	}
}

// variables tells what LiteLLM put into its own environment.
func (i *importer) variables(top *section) {
	s := i.section("environment_variables", top.take("environment_variables"))
	for _, m := range s.node.Members {
		i.note(Todo, m.Pos.Line, s.key(m.Key), "is set in Sluice's own environment instead, if anything refers to it; the value is not copied")
	}
}

// masterKey keeps the hash of the master key, so that it never becomes a gateway key.
func (i *importer) masterKey(s *section) {
	text := s.text("master_key")
	if text == "" {
		return
	}
	s.note(Todo, "master_key", "is not imported, since it may do everything; Sluice makes an admin token at its first start, and callers that used it need a key of their own")
	if name, is := environ(text); is {
		text, _ = i.lookup(name)
	}
	if text != "" {
		h := gateway.KeyHash(sha256.Sum256([]byte(text)))
		i.master = &h
	}
}
