// Package docs holds the tests of the documents and examples; it has no code of its own.
package docs
