package store

import (
	"context"
	"database/sql"
	"errors"
)

const selectSetting = "SELECT value FROM settings WHERE name = ?"

// Setting gives a setting's value, or ErrNotFound.
func (s *Store) Setting(ctx context.Context, name string) ([]byte, error) {
	var value []byte
	if err := s.one(ctx, selectSetting, []any{clean(name)}, &value); err != nil {
		return nil, s.failed("setting "+name, err)
	}
	return value, nil
}

// PutSetting sets a value.
func (s *Store) PutSetting(ctx context.Context, name string, value []byte) error {
	return s.failed("put setting "+name, s.tx(ctx, func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
			clean(name), notNil(value))
		return err
	}))
}

// PutSettingOnce sets a value unless there is one, and gives the one that is there
// afterwards: of several who try at once, all learn the first one's.
func (s *Store) PutSettingOnce(ctx context.Context, name string, value []byte) ([]byte, error) {
	var stored []byte
	err := s.tx(ctx, func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", clean(name), notNil(value))
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, s.rebind(selectSetting), clean(name)).Scan(&stored)
	})
	return stored, s.failed("put setting "+name+" once", err)
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// keyring is the setting that holds the wrapped data keys of sealed secrets.
const keyring = "keyring"

// Keyring gives what SwapKeyring last stored, nil when there is nothing yet.
func (s *Store) Keyring(ctx context.Context) ([]byte, error) {
	value, err := s.Setting(ctx, keyring)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return value, err
}

// SwapKeyring stores next in place of old, where nil means that there was nothing, and
// says whether it did: not when somebody else was first.
func (s *Store) SwapKeyring(ctx context.Context, old, next []byte) (swapped bool, err error) {
	query, args := "UPDATE settings SET value = ? WHERE name = ? AND value = ?", []any{notNil(next), keyring, old}
	if old == nil {
		query, args = "INSERT INTO settings (value, name) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", args[:2]
	}
	err = s.tx(ctx, func(tx *sql.Tx) error {
		n, err := s.exec(ctx, tx, query, args...)
		swapped = n > 0
		return err
	})
	return swapped, s.failed("put keyring", err)
}
