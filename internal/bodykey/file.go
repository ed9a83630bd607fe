package bodykey

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/whole"
)

// readFile gives the keys that a process before could not bring to the store.
func (k *Keys) readFile() (rows []gateway.BodyKey) {
	if k.c.File == "" {
		return nil
	}
	text, err := os.ReadFile(k.c.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, &rows)
	}
	if err != nil {
		k.setFileAside(err)
		return nil
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
	return rows
}

// setFileAside keeps a file that cannot be read from being written over. While it is there,
// a key that nobody knows may be in it: what such a key has sealed waits.
func (k *Keys) setFileAside(why error) {
	if err := os.Rename(k.c.File, k.c.File+badFile); err != nil {
		why = errors.Join(why, err)
	}
	k.c.Log.Error("keys of bodies that wait for the store cannot be read; what they have sealed waits until the file is put right under its old name, or removed", "file", k.c.File+badFile, "error", why)
}

// badFile is behind the name of a file that cannot be read.
const badFile = ".bad"

// unread says that there is a file of keys that could not be read.
func (k *Keys) unread() bool {
	if k.c.File == "" {
		return false
	}
	_, err := os.Lstat(k.c.File + badFile)
	return err == nil
}

// writeFile keeps keys that wait for the store, sealed as they are. Under storing.
func (k *Keys) writeFile(rows []gateway.BodyKey) {
	if k.c.File == "" {
		return
	}
	text, err := json.Marshal(rows)
	if err == nil {
		err = whole.Write(k.c.File, whole.Private, whole.Text(text))
	}
	if err != nil {
		k.c.Log.Warn("keys of bodies that wait for the store cannot be written: what they seal does not outlive a crash until the store has them", "file", k.c.File, "error", err)
	}
}

// sweepFile removes what killed writes of the file left: keys that may be destroyed by now.
// Under storing, and by the one process that has the file.
func (k *Keys) sweepFile() {
	if k.c.File == "" {
		return
	}
	if err := whole.Sweep(k.c.File); err != nil {
		k.c.Log.Warn("what is left of an unfinished file of keys of bodies cannot be removed", "file", k.c.File, "error", err)
	}
}

// removeFile forgets the file, which a stored key needs no more.
func (k *Keys) removeFile() {
	if k.c.File == "" {
		return
	}
	k.sweepFile()
	if err := os.Remove(k.c.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		k.c.Log.Warn("the file of keys of bodies cannot be removed", "file", k.c.File, "error", err)
	}
}
