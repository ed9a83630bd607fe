//go:build !linux

package doctor

import "errors"

func spaceOf(string) (space, error) { return space{}, errors.New("not on this system") }
