// Package upstream is the sender: it carries one attempt to one vendor's host and
// hands back the answer as it comes. It knows no dialect, no credential and no
// retry policy, it follows no redirect, decodes no content coding and keeps no
// cookie: what the caller gives is what goes out.
//
// Two implementations stand behind Client. The direct one speaks HTTP/1.1 on the
// caller's own goroutine: one system call to send, one to receive, no channel and
// no timer per request. The other wraps net/http.Transport, for HTTP/2 and for
// upstream proxies. Both give the same faults.
//
// How the direct one keeps its promises:
//
//   - Deadlines are lazy. A connection's armed deadline may be earlier than the
//     current limit, never later: waking early costs one look at the clock and a
//     new deadline, so that a busy connection arms its timer about once a minute
//     instead of several times a request. See conn.arm.
//   - A cancelled context moves the deadline into the past. A connection whose
//     callback could not be stopped in time is closed, never pooled, so no late
//     callback can touch another request.
//   - A pooled connection is asked, without waiting, whether anything has arrived
//     on it before it is used again: end of stream or stray bytes both retire it.
//   - A body that fits one write goes out before the answer is awaited; a larger or
//     streaming one is written by a goroutine that belongs to the exchange, so an
//     early answer is seen while the body is still on its way.
package upstream
