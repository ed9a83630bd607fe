// Package front is the door for callers: it serves HTTP/1.0 and 1.1 connections and
// hands every request to one http.Handler. It does not route, proxy or log requests,
// it does not speak HTTP/2 itself (such connections go to an embedded net/http
// server with the same handler), and a handler cannot hijack a connection.
//
// What differs from net/http's server, for speed:
//
//   - A request's header map and its value slices, the ResponseWriter and its header
//     map are used again for the next request: a handler must not touch them after it
//     has returned. The strings in them stay valid; those of one request share one
//     piece of memory, so clone what is kept for long.
//   - The request's context is not backed by a goroutine. It ends when the handler
//     returns, and within about 40 ms when the caller leaves: a sweep starts a read in
//     the background only for handlers that have run for 20 ms with nothing left to read.
//   - Deadlines are lazy: the armed one may be earlier than the present limit, never
//     later; waking early costs one look at the clock.
//   - Memory for reading and writing is held only while there is something in it. An
//     idle connection, and a stream between two events, hold none.
//
// What differs for safety (RFC 9112): a request with both Content-Length and
// Transfer-Encoding, HTTP/1.0 with Transfer-Encoding, folded header lines, white space
// before a colon and a missing Host are refused, as is any version of HTTP but 1.0 and
// 1.1. Trailers of requests are checked and dropped.
package front
