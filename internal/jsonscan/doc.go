// Package jsonscan reads spans of JSON text without decoding it: where a member's
// value begins and ends, what a small value says, and what a message too large to
// hold held at a few places.
//
// It does not build values, does not re-encode, and does not validate more than its
// readers need: brackets must balance and a walked object's own members must be well
// formed, but the text of strings and numbers is left to whoever the JSON is for.
package jsonscan
