package seal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/sluice-gateway/sluice/internal/whole"
)

// Source is where master keys come from: Text or File.
type Source interface {
	// masters gives the present key first. With create a source that can make a key, and
	// has none, makes one; without, it then gives none.
	masters(create bool) ([]Master, error)
}

// Text is a source that holds the keys themselves, as SLUICE_MASTER_KEY does: 32 bytes in
// hexadecimal or base64; the keys before it, if any, follow after commas.
func Text(keys string) Source { return text(func() string { return keys }) }

// text is a function, so that nothing prints the keys.
type text func() string

func (t text) masters(bool) ([]Master, error) { return parseMasters(t()) }

// File is a source that reads the keys from a file that nobody but its owner may read,
// and makes that file with a new key where there is none and nothing is sealed yet.
func File(path string) Source { return file(path) }

type file string

func (f file) masters(create bool) ([]Master, error) {
	masters, err := readMasters(string(f))
	if !errors.Is(err, fs.ErrNotExist) {
		return masters, err
	}
	if !create {
		return nil, nil
	}
	err = writeNew(string(f), encodeKey(newKey())+"\n")
	if err != nil && !errors.Is(err, fs.ErrExist) { // else another process was first
		return nil, fmt.Errorf("make a master key: %w", err)
	}
	return readMasters(string(f))
}

func encodeKey(key []byte) string { return base64.StdEncoding.EncodeToString(key) }

// maxFile is more than any file of keys has.
const maxFile = 64 << 10

// ReadFile gives the keys of a file as they stand in it, for a copy of them.
func ReadFile(path string) (string, error) {
	content, err := readPrivate(path)
	if err == nil {
		_, err = parseMasters(content)
	}
	return content, err
}

// PutFile makes the file of a copy of keys, for its owner alone. A file that is there
// already is fs.ErrExist, and stays as it is.
func PutFile(path, content string) error {
	if _, err := parseMasters(content); err != nil {
		return err
	}
	return writeNew(path, content)
}

func readMasters(path string) ([]Master, error) {
	content, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	masters, err := parseMasters(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return masters, nil
}

// readPrivate reads a file and refuses one that others may read or write.
func readPrivate(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the master key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("read the master key: %w", err)
	}
	mode := info.Mode()
	if runtime.GOOS != "windows" && mode.Perm()&0o077 != 0 { // where the bits say nothing
		return "", fmt.Errorf("%s holds the master key and may be read or changed by others (mode %04o): run chmod 600 %s", path, mode.Perm(), path)
	}
	if !mode.IsRegular() || info.Size() > maxFile {
		return "", fmt.Errorf("%s is no file of master keys", path)
	}
	content := make([]byte, info.Size())
	n, err := f.ReadAt(content, 0)
	if n < len(content) {
		return "", fmt.Errorf("read the master key: %w", err)
	}
	return string(content), nil
}

// writeNew makes a file for its owner alone and has it on the disk before it returns: what
// is sealed next must not outlive its key. A file that is there already is fs.ErrExist.
func writeNew(path, content string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return whole.SyncDir(filepath.Dir(path))
}

// RotateFile puts a new key in front of those in the file, at once or not at all. Who
// opens the keyring next wraps the data keys under it.
func RotateFile(path string) error {
	content, err := readPrivate(path)
	if err != nil {
		return err
	}
	if _, err := parseMasters(content); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return replaceFile(path, encodeKey(newKey())+"\n"+content)
}

// TrimFile leaves only the first key in the file. Forget comes before it, so that no
// wrap is left that only the others open.
func TrimFile(path string) error {
	content, err := readPrivate(path)
	if err != nil {
		return err
	}
	if _, err := parseMasters(content); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return replaceFile(path, words(content)[0]+"\n")
}

// replaceFile also takes away what killed changes left, which may hold a key that is to go.
func replaceFile(path, content string) error {
	err := whole.Sweep(path)
	if err == nil {
		err = whole.Write(path, whole.Private, whole.Text([]byte(content)))
	}
	if err != nil {
		return fmt.Errorf("change the master key: %w", err)
	}
	return nil
}
