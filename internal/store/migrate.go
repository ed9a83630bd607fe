package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var embedded embed.FS

// Migrate connects, brings the schema up to what this binary knows and makes the store
// usable. It may be called again after an error, for instance when the database was away.
// Processes that start at once wait for each other. A newer schema is ErrNewerSchema;
// a migration runs wholly or not at all, and after a failed one the store stays unusable.
// A store that a restore left half filled is ErrHalfRestored.
func (s *Store) Migrate(ctx context.Context) error {
	files, err := migrations()
	if err != nil {
		return err
	}
	if err := s.migrate(ctx, files, goose.MaxVersion); err != nil {
		return s.failed("migrate", err)
	}
	s.usable.Store(true)
	return nil
}

func migrations() (fs.FS, error) { return fs.Sub(embedded, "migrations") }

func (s *Store) provider(files fs.FS) (*goose.Provider, error) {
	return goose.NewProvider(s.dialect, s.write, portable{files, s.words},
		goose.WithTableName("sluice_migrations"), goose.WithDisableGlobalRegistry(true))
}

// migrate brings the schema up to a version, or the newest one there is.
func (s *Store) migrate(ctx context.Context, files fs.FS, version int64) (err error) {
	provider, err := s.provider(files)
	if err != nil {
		return err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if current > target {
		return newerSchema(current, target)
	}
	if current > 0 {
		if err := s.unfinished(ctx, s.write); err != nil {
			return err
		}
	}
	_, err = provider.UpTo(ctx, version)
	return err
}

func newerSchema(current, target int64) error {
	return fmt.Errorf("%w: its schema has version %d, this binary knows versions up to %d; run the newer Sluice, or restore the backup made before the upgrade", ErrNewerSchema, current, target)
}

// portable serves the migrations in the engine's own words.
type portable struct {
	fs.FS
	words *strings.Replacer
}

// Open gives the file as the engine is to read it.
func (p portable) Open(name string) (fs.File, error) {
	f, err := p.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return translated{f, strings.NewReader(p.words.Replace(string(text)))}, nil
}

type translated struct {
	fs.File
	text io.Reader
}

func (t translated) Read(b []byte) (int, error) { return t.text.Read(b) }
