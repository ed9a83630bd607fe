//go:build !linux

package jsonl

import "os"

func release(*os.File, int64, int64) {}

func openDirect(*os.File) *os.File { return nil }

func notDirect(error) bool { return false }
