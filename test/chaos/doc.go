// Package chaos proves that callers hardly notice what goes wrong behind the gateway:
// whole gateways in the test process, against vendors that fail in every way there is.
package chaos
