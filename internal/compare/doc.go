// Package compare says how two targets did, and whether they differ, from the calls that
// they got. It is pure.
package compare
