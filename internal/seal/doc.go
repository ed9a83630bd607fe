// Package seal keeps secrets unreadable at rest, by envelope encryption with AES-256-GCM.
//
// Each secret is sealed under a data key with a fresh nonce and bound to the id of its
// row, so that it opens nowhere else. Data keys stand in the keyring, wrapped under a
// master key, which is never stored with them. It knows neither what the secrets are nor
// where they are kept.
//
// # Rotation
//
// Rotate makes a new data key for what is sealed from then on; older ones stay in the
// keyring, so nothing becomes unreadable, and Renew seals anew what they had sealed.
//
// A master key is replaced by putting the new one in front of the old one, at each node
// in its own time: whoever opens the keyring then wraps the data keys under the new one
// too. When all nodes have it, the old one is taken away and Forget drops its wraps.
package seal
