// Package semantic proves the semantic cache on prompts: pairs that mean the same, and
// pairs that look alike and want different answers. Nobody looked at the odd lines of
// testdata while the guard was made: the figures of both halves are told apart.
package semantic
