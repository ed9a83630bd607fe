package backup_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/backup"
)

func TestABrokenBackupIsRefusedBeforeAnythingIsChanged(t *testing.T) {
	whole := archive(t, filled(t, freshSQLite(t), 2), backup.Options{Calls: everything})
	refused := func(what string, file []byte) {
		t.Helper()
		if _, _, err := backup.Verify(bytes.NewReader(file), nil, quiet); !errors.Is(err, backup.ErrBroken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for end := 0; end < len(whole); end += 97 {
		refused(fmt.Sprint("cut to ", end), whole[:end])
	}
	refused("cut by a byte", whole[:len(whole)-1])
	for i := 0; i < len(whole); i += 53 {
		changed := bytes.Clone(whole)
		changed[i] ^= 0x10
		refused(fmt.Sprint("byte ", i), changed)
	}
	refused("longer", append(bytes.Clone(whole), 'x'))
	refused("twice", append(bytes.Clone(whole), whole...))
	refused("something else", []byte("SQLite format 3\x00"))
	refused("nothing", nil)

	path := filepath.Join(t.TempDir(), "new.db")
	if err := restore(t.Context(), open(t, "sqlite:"+path), whole[:len(whole)/2]); !errors.Is(err, backup.ErrBroken) {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a broken backup made a store: %v", err)
	}
}

func TestWhatTheManifestDoesNotNameIsRefused(t *testing.T) {
	s := filled(t, freshSQLite(t), 2)
	r, err := backup.NewReader(bytes.NewReader(archive(t, s, backup.Options{})), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Header.Tables[0].Rows++ // says more than it has
	var copied bytes.Buffer
	if err := backup.Copy(r, &copied, backup.Lock{}, nil, quiet); !errors.Is(err, backup.ErrBroken) || !strings.Contains(err.Error(), "rows of") {
		t.Error(err)
	}
}

func TestAnEncryptedBackupOpensWithItsPassphraseAlone(t *testing.T) {
	s := filled(t, freshSQLite(t), 1)
	file := archive(t, s, backup.Options{Lock: backup.Lock{Passphrase: "correct horse", Cost: 10}, Master: []byte("the key")})
	for _, word := range []string{"keys hash", "sluice-backup", "the key"} {
		if bytes.Contains(file, []byte(word)) {
			t.Errorf("%q can be read", word)
		}
	}
	verify := func(file []byte, passphrase func() (string, error)) error {
		_, _, err := backup.Verify(bytes.NewReader(file), passphrase, quiet)
		return err
	}
	if err := verify(file, nil); !errors.Is(err, backup.ErrPassphraseNeeded) {
		t.Error(err)
	}
	if err := verify(file, said("wrong")); !errors.Is(err, backup.ErrPassphrase) {
		t.Error(err)
	}
	if err := verify(file, said("")); !errors.Is(err, backup.ErrPassphraseNeeded) {
		t.Error(err)
	}
	if err := verify(file[:len(file)-1], said("correct horse")); !errors.Is(err, backup.ErrBroken) {
		t.Error(err)
	}
	into := open(t, freshSQLite(t))
	_, master, err := backup.Restore(t.Context(), into, bytes.NewReader(file), said("correct horse"), quiet, quiet)
	if err != nil || string(master) != "the key" {
		t.Errorf("%q, %v", master, err)
	}
	if len(contents(t, into)["keys"]) != 1 {
		t.Error("the keys are not there")
	}
}

func TestACopyIsTheSame(t *testing.T) {
	s := filled(t, freshSQLite(t), 3)
	r, err := backup.NewReader(bytes.NewReader(archive(t, s, backup.Options{Calls: everything})), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var copied bytes.Buffer
	if err := backup.Copy(r, &copied, backup.Lock{}, []byte("master"), quiet); err != nil {
		t.Fatal(err)
	}
	h, master, err := backup.Verify(&copied, nil, quiet)
	if err != nil || string(master) != "master" || h.Rows() != r.Header.Rows() {
		t.Errorf("%q, %d rows, %v", master, h.Rows(), err)
	}
}
