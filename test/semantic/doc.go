// Package semantic proves the semantic cache on prompts: pairs that mean the same, and
// pairs that look alike and want different answers. The guard was made better by what it
// got wrong on the even lines of testdata only; figures are given for both halves.
package semantic
