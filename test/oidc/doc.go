// Package oidc holds tests of sign-on and of callers' tokens against an OpenID provider
// that is somebody else's code, and a strict one.
package oidc
