package doctor

import "os"

// lock does nothing where locks always work.
func lock(*os.File) error { return nil }

// openFiles is not bounded here.
func openFiles() (uint64, bool) { return 0, false }
