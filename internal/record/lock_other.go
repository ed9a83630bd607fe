//go:build !unix

package record

import (
	"fmt"
	"os"
	"path/filepath"
)

// lockDir opens the lock file; these systems have no advisory lock that the standard
// library offers, so a second process is not noticed.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, fileMode)
	if err != nil {
		return nil, fmt.Errorf("open the spool: %w", err)
	}
	return f, nil
}
