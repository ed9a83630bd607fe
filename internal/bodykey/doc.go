// Package bodykey holds the keys under which bodies are kept, several of a workspace: bodies
// are sealed with AES-256-GCM, each with a nonce of its own, and bound to where they belong.
// Whoever destroys a workspace's keys destroys what they have sealed. It knows neither SQL
// nor how the keys themselves are sealed.
//
// # A key that is not there yet
//
// Calls wait for nothing: the first one of a workspace makes a key at once, which is stored
// behind it. Nothing that a key has sealed goes to the store before the key is there; while
// the store is away, keys that wait for it stand sealed in a file beside the spool, so that
// what is in the spool outlives the process. Two nodes that make one at the same moment
// store both, and seal with the newer one as soon as they have read of it.
package bodykey
