package config_test

import (
	"io/fs"
	"time"
)

func (m memFiles) Stat(path string) (fs.FileInfo, error) {
	f, ok := m[path]
	if !ok {
		return nil, &fs.PathError{Op: "stat", Path: path, Err: fs.ErrNotExist}
	}
	return memInfo{name: path, f: f}, nil
}

func (m memFiles) ReadFile(path string) ([]byte, error) {
	f, ok := m[path]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return []byte(f.data), nil
}

type memInfo struct {
	name string
	f    memFile
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return max(i.f.size, int64(len(i.f.data))) }
func (i memInfo) Mode() fs.FileMode  { return i.f.mode }
func (i memInfo) ModTime() time.Time { return time.Time{} }
func (i memInfo) IsDir() bool        { return i.f.mode.IsDir() }
func (i memInfo) Sys() any           { return nil }
