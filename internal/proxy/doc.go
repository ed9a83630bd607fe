// Package proxy is the path of a request: it runs the stages in order and owns what
// they have in common. It renders no dialect, knows no vendor and stores nothing.
//
// serve.go reads from top to bottom as the request goes. What is known about one
// request stands in exchange; who writes which field:
//
//	step          file         writes
//	accept        accept.go    gw, ep, dialect, path, model and id of the path
//	authenticate  serve.go     who
//	controls      controls.go  ctl
//	read + scan   body.go      body, ask
//	recollect     recollect.go said
//	authorise     serve.go     –
//	route         plan.go      way, plan, told
//	attempts      rounds.go, attempt.go  holds, target, lane, cred, attempts, waited
//	answer        answer.go, stream.go, commit.go  status, report, sent
//	– as a tape   resume.go    taped: what its caller may have again
//	– as a story  continue.go  story: what another target may go on with
//	finish        finish.go    cost, the entry
//
// Errors are returned up to serve, rendered once in fail.go in the caller's dialect,
// and recorded once in finish.go.
package proxy
