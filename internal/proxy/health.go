package proxy

import "net/http"

// answerHealth answers /livez and /readyz, which need no key and leave no entry.
func (p *Proxy) answerHealth(x *exchange) bool {
	path := x.r.URL.Path
	if path != "/livez" && path != "/readyz" {
		return false
	}
	x.quiet = true
	x.leaveBody()
	h := x.w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	if path == "/readyz" {
		if err := p.ready(); err != nil {
			x.w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = x.w.Write([]byte(err.Error() + "\n"))
			return true
		}
	}
	_, _ = x.w.Write([]byte("ok\n"))
	return true
}
