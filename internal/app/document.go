package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/config/doctree"
	"github.com/sluice-gateway/sluice/internal/gateway"
)

// document is a configuration document and where it comes from: the file if there is one,
// else the store. Once it is in force only its revision changes.
type document struct {
	text     []byte
	file     string       // that it was read from, "" = the store
	revision atomic.Int64 // 0 = the history does not have it yet
	applied  time.Time
	shown    []byte // text without secrets; made when it comes into force
}

// fromRevision makes a document of what the store keeps.
func fromRevision(r *gateway.Revision) *document {
	d := &document{text: r.Document, applied: time.Now()}
	d.revision.Store(r.Number)
	return d
}

// known is the file's text, nil where there is no file.
func (d *document) known() []byte {
	if d.file == "" {
		return nil
	}
	return d.text
}

// named says of a document from the store which it is, and what to do when the start
// cannot use it.
func (d *document) named(err error) error {
	if d.file != "" || d.revision.Load() == 0 {
		return err
	}
	n := d.revision.Load()
	return fmt.Errorf("revision %d of the configuration, which the store keeps, cannot be used here (to start with another one: sluice export --offline --revision %d > sluice.yaml):\n%w", n, max(1, n-1), err)
}

// author is who is behind a document that was not sent.
func (d *document) author() gateway.Author {
	if d.file != "" {
		return gateway.Author{Kind: "file", Name: d.file}
	}
	return gateway.Author{Kind: "sluice", Name: "Sluice"}
}

// readFile reads the document's file. Without one, and none needed, the document is empty
// and of the store.
func (o *Options) readFile() (*document, error) {
	path, required := o.configPath()
	text, err := readDocument(path)
	switch {
	case err == nil:
		return &document{text: text, file: path, applied: time.Now()}, nil
	case required || !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return &document{applied: time.Now()}, nil
}

// source is all of a configuration but the document itself.
func (o *Options) source() config.Source {
	path, _ := o.configPath()
	return config.Source{
		Path: path, DataDir: o.DataDir, Env: o.Env, Environ: o.Environ, Overrides: o.Overrides, Vendors: Vendors(),
		KnownEnv: []string{"SLUICE_ADMIN_URL", "SLUICE_URL"}, // for clients of this gateway
	}
}

// configPath gives the document's path, and whether it must exist.
func (o *Options) configPath() (path string, required bool) {
	if o.ConfigPath != "" {
		return o.ConfigPath, true
	}
	return filepath.Join(o.DataDir, "sluice.yaml"), false
}

// maxDocument is more than any configuration, and little enough to read without thought.
const maxDocument = doctree.MaxBytes + 1

func readDocument(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxDocument))
}

// source is a document with all that it may refer to.
func (p *process) source(d *document) config.Source {
	src := p.opt.source()
	src.Data = d.text
	if d.file == "" && len(d.text) > 0 {
		src.Path = "document"
	}
	if p.held != nil {
		src.Secrets, src.Credentials = p.held.secret, p.held.contents.Load().Shared()
	}
	return src
}

// load reads a document. One of the store may not say that the store is elsewhere.
func (p *process) load(d *document) (*config.Config, config.Problems) {
	return p.checkStore(d, p.source(d))
}

// draft reads a document that somebody sends, as it would be if it were in force.
func (p *process) draft(text []byte) (*config.Config, config.Problems) {
	d := &document{text: text, file: p.doc.Load().file}
	src := p.source(d)
	if src.Foreign = d.file == ""; !src.Foreign { // it was shown what the file says, but for these
		src.Concealed = p.config.Load().InPlain()
	}
	cfg, problems := p.checkStore(d, src)
	if cfg == nil {
		return nil, problems
	}
	if err := p.proxy.Check(Snapshot(cfg, p.models, &sandboxes{}, nil)); err != nil {
		return nil, append(problems, config.Problem{File: src.Path, Message: err.Error()})
	}
	return cfg, problems
}

func (p *process) checkStore(d *document, src config.Source) (*config.Config, config.Problems) {
	cfg, problems := config.Load(src)
	if cfg == nil || d.file != "" || cfg.Storage.URL.Reveal() == p.storeURL {
		return cfg, problems
	}
	return nil, append(problems, config.Problem{
		File: src.Path, Path: "storage.url", Pos: storagePos(d.text),
		Message: "this document is kept in another store; leave the key out, and say where the store is with SLUICE_STORAGE_URL or in a file",
	})
}

func storagePos(text []byte) doctree.Pos {
	tree, _ := doctree.Parse(text)
	for _, key := range []string{"storage", "url"} {
		if tree != nil {
			tree = tree.Get(key)
		}
	}
	if tree == nil {
		return doctree.Pos{}
	}
	return tree.Pos
}

// restartOnly are the settings, and parents of settings, that are read at the start alone.
var restartOnly = []string{
	"storage.url", "storage.search", "storage.rollup_metadata", "storage.fsync", "storage.spool", "server.listen", "server.tls", "server.max_header", "server.read_header_timeout",
	"server.idle_timeout", "server.handshake_timeout", "server.max_connections", "admin", "shared", "telemetry.log_level", "telemetry.log_format", "telemetry.otlp",
	"telemetry.resource", "telemetry.metrics", "telemetry.logs",
}

// needRestart names settings that differ from those of the start and cannot take effect
// before the next one.
func needRestart(old, now *config.Config) []string {
	return slices.DeleteFunc(config.Differing(old, now), func(path string) bool {
		return !slices.ContainsFunc(restartOnly, func(p string) bool { return path == p || strings.HasPrefix(path, p+".") })
	})
}
