package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/internal/admin"
	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/config"
	"github.com/sluice-gateway/sluice/internal/follow"
	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/store"
	"github.com/sluice-gateway/sluice/internal/telemetry"
	"github.com/sluice-gateway/sluice/internal/whole"
)

// documentCopy is the document of the store that was in force last, for a start while the
// store is away.
const documentCopy = ".sluice-document.json"

type knownDocument struct {
	Number int64  `json:"number"`
	Text   []byte `json:"text"`
}

// readTime bounds one look at the store's document.
const readTime = 5 * time.Second

// refusal is why there is a newer document than the one in force.
type refusal struct {
	revision int64  // 0 = of the file
	message  string // for people
}

// maxPending bounds the documents that wait for the store.
const maxPending = 100

// pending are documents that came into force and are to be put into the history, oldest
// first.
type pending struct {
	mu   sync.Mutex
	docs []*document
}

func (p *pending) add(d *document) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.docs = append(p.docs, d)
	if len(p.docs) > maxPending {
		p.docs = p.docs[1:]
	}
}

func (p *pending) first() *document {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.docs) == 0 {
		return nil
	}
	return p.docs[0]
}

func (p *pending) done(d *document) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.docs) > 0 && p.docs[0] == d {
		p.docs = p.docs[1:]
	}
}

// openDocument opens the store where the document comes from there, and gives the
// configuration that it holds. Where a file is the source it does nothing.
func (p *process) openDocument(ctx context.Context, cfg *config.Config) (*config.Config, error) {
	if p.doc.Load().file != "" {
		return cfg, nil
	}
	if err := p.openStore(ctx, cfg); err != nil {
		return nil, err
	}
	d, err := p.lastDocument(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	durable := cfg.Storage.Fsync > 0
	cfg, problems := p.load(d)
	if err := problems.Err(); err != nil {
		return nil, d.named(err)
	}
	p.doc.Store(d)
	p.log = telemetry.NewLogger(p.opt.Stderr, cfg.Telemetry.LogFormat, cfg.Telemetry.LogLevel)
	if durable != (cfg.Storage.Fsync > 0) { // it is to be opened in another way
		err = p.closeStore()
	}
	return cfg, err
}

// lastDocument gives the newest document of the store, or what is known of it while the
// store is away.
func (p *process) lastDocument(ctx context.Context) (*document, error) {
	if p.migrated.Load() {
		d, err := p.newest(ctx)
		if err == nil || !store.Away(err) {
			return d, err
		}
	}
	var known knownDocument
	b, err := os.ReadFile(p.knownPath(documentCopy))
	if errors.Is(err, os.ErrNotExist) {
		return p.doc.Load(), nil
	}
	if err == nil {
		err = json.Unmarshal(b, &known)
	}
	if err != nil {
		return nil, fmt.Errorf("copy of the document: %w", err)
	}
	return fromRevision(&gateway.Revision{Number: known.Number, Document: known.Text}), nil
}

// newest gives the newest document of the store; an empty one when there is none.
func (p *process) newest(ctx context.Context) (*document, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	r, err := p.store.NewestRevision(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return &document{applied: time.Now()}, nil
	}
	return fromRevision(&r), err
}

// saveDocument keeps a copy of a document of the store beside the data.
func (p *process) saveDocument(d *document) {
	b, err := json.Marshal(knownDocument{d.revision.Load(), d.text})
	if err == nil {
		err = whole.Write(p.knownPath(documentCopy), whole.Private, whole.Text(b))
	}
	if err != nil {
		p.log.Warn("the copy of the configuration for a start without the store cannot be written", "error", err)
	}
}

// begun notes that a document is in force.
func (p *process) begun(d *document, cfg *config.Config) {
	d.shown = cfg.Conceal(d.text)
	switch {
	case d.file != "":
		p.pending.add(d)
	case d.revision.Load() > 0:
		p.saveDocument(d)
	}
}

// reload reads the document again from where it comes from. A bad one changes nothing,
// and says so.
func (p *process) reload() {
	p.reloadMu.Lock()
	defer p.reloadMu.Unlock()
	d, err := p.opt.readFile()
	if err == nil && d.file == "" {
		d, err = p.newest(context.Background())
	}
	if err == nil {
		err = p.take(d)
	}
	if err != nil {
		p.refuse(d, err)
	}
}

// take makes a document effective; on an error nothing changes. reloadMu is held.
func (p *process) take(d *document) error {
	cfg, problems := p.load(d)
	if err := problems.Err(); err != nil {
		return err
	}
	if now := p.config.Load(); encrypts(cfg) && (now == nil || !encrypts(now)) {
		if err := p.unlockBodyKeys(context.Background()); err != nil {
			return err
		}
	}
	if err := p.apply(cfg); err != nil {
		return err
	}
	p.begun(d, cfg)
	p.doc.Store(d)
	p.refused.Store(nil)
	for _, w := range problems.Warnings() {
		p.log.Warn("configuration", "problem", w.Error())
	}
	p.recorder.Pause(cfg.Storage.Drain == "paused")
	if err := errors.Join(p.ears.dataTLS.reload(), p.ears.adminTLS.reload()); err != nil {
		p.log.Error("a certificate cannot be read; the one before stays in force", "error", err)
	}
	p.log.Info("the configuration was reloaded", "from", d.author().Name, "providers", len(cfg.Providers), "gateways", len(cfg.Gateways))
	for _, what := range needRestart(p.initial, cfg) {
		p.log.Warn("a changed setting takes effect at the next start only", "setting", what)
	}
	return nil
}

// refuse notes that a document cannot be used; nil = it could not even be read.
func (p *process) refuse(d *document, err error) {
	r := &refusal{message: "the changed configuration cannot be used on this node; the one before stays in force: " + err.Error()}
	if d != nil && d.file == "" && d.revision.Load() > 0 {
		r.revision = d.revision.Load()
		r.message = fmt.Sprintf("revision %d of the configuration cannot be used on this node; revision %d stays in force: %v", r.revision, p.doc.Load().revision.Load(), err)
	}
	p.refused.Store(r)
	p.log.Error("the new configuration is refused; the one before stays in force", "revision", r.revision, "problems", err.Error())
}

// openHistory makes what keeps the document and its history equal to the store's.
func (p *process) openHistory() {
	p.configs = follow.New(follow.Source{Name: "revisions of the configuration", Version: p.documentVersion, Read: p.pullDocument}, p.log)
}

// followDocument follows the store's document, once the store is there.
func (p *process) followDocument(ctx context.Context) {
	for !p.migrated.Load() {
		if !pause(ctx, 100*time.Millisecond) {
			return
		}
	}
	p.configs.Run(ctx)
}

// documentVersion is the store's, or another one each time while the history lacks
// something or the document is to be looked at again.
func (p *process) documentVersion(ctx context.Context) (int64, error) {
	if p.pending.first() != nil || p.retry.Load() {
		return -1 - p.looks.Add(1), nil
	}
	return p.store.ConfigVersion(ctx)
}

// pullDocument puts into the history what came into force here, and makes effective what
// others put there, unless a file is the source.
func (p *process) pullDocument(ctx context.Context) error {
	if err := p.recordDocuments(ctx); err != nil {
		return err
	}
	p.reloadMu.Lock()
	defer p.reloadMu.Unlock()
	now, again := p.doc.Load(), p.retry.Swap(false)
	if now.file != "" {
		return nil
	}
	r, err := p.store.NewestRevision(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return p.recordFirst(ctx, now)
	case err != nil:
		p.retry.Store(again)
		return err
	case r.Number == now.revision.Load() && bytes.Equal(r.Document, now.text):
		return nil
	}
	if was := p.refused.Load(); was != nil && was.revision == r.Number && !again {
		return nil
	}
	d := fromRevision(&r)
	if err := p.take(d); err != nil {
		p.refuse(d, err)
	}
	return nil
}

// recordFirst makes what is in force the first revision of a store that has none, unless
// another node is first.
func (p *process) recordFirst(ctx context.Context, now *document) error {
	n, err := p.store.AddRevision(ctx, revisionOf(now), 0)
	if errors.Is(err, store.ErrMoved) {
		p.retry.Store(true)
		return nil
	}
	if err == nil {
		now.revision.Store(n)
		p.saveDocument(now)
	}
	return err
}

func revisionOf(d *document) gateway.Revision {
	r := gateway.Revision{Time: d.applied, Author: d.author(), Source: gateway.FromStore, Document: d.shown}
	if d.file != "" {
		r.Source = gateway.FromFile
	}
	return r
}

// recordDocuments puts documents of the file that came into force into the history.
func (p *process) recordDocuments(ctx context.Context) error {
	for d := p.pending.first(); d != nil; d = p.pending.first() {
		before, err := p.store.NewestRevision(ctx)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		var n int64
		err = p.store.Atomically(ctx, func(ctx context.Context) error {
			if n, err = p.store.RecordRevision(ctx, revisionOf(d)); err != nil || n == before.Number {
				return err
			}
			return p.tellReload(ctx, d, n)
		})
		if err != nil {
			return err
		}
		if before.Source == gateway.FromStore && n != before.Number {
			p.log.Warn("the configuration comes from the file; the document of the store stays in its history", "file", d.file, "revision", before.Number)
		}
		d.revision.Store(n)
		p.pending.done(d)
	}
	return nil
}

// tellReload tells the audit log of a document of the file that came into force.
func (p *process) tellReload(ctx context.Context, d *document, revision int64) error {
	by := d.author()
	_, err := p.store.AppendAudit(ctx, audit.Event{
		Time: d.applied, Actor: audit.Actor{Kind: by.Kind, Name: by.Name}, Action: "config.reload", Object: audit.Object{Kind: "config", ID: strconv.FormatInt(revision, 10)}, Outcome: audit.OK,
	})
	return err
}

// standing tells what is in force, and where it comes from.
func (p *process) standing() admin.Document {
	d, cfg := p.doc.Load(), p.config.Load()
	out := admin.Document{Config: cfg.Redacted(), Text: d.shown, Revision: d.revision.Load(), File: d.file, Applied: d.applied, Restart: needRestart(p.initial, cfg)}
	if r := p.refused.Load(); r != nil {
		out.Refused, out.RefusedRevision = r.message, r.revision
	}
	return out
}

// validate checks a document as if it were to come into force, and names what of it would
// wait for a restart.
func (p *process) validate(text []byte) (config.Problems, []string) {
	cfg, problems := p.draft(text)
	if cfg == nil {
		return problems, nil
	}
	return problems, needRestart(p.initial, cfg)
}
