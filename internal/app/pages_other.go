//go:build !linux

package app

// leavePages does nothing here.
func leavePages() {}
