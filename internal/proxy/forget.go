package proxy

// ForgetStream forgets what is kept of a stream for callers who come back, and reports
// whether there was something.
func (p *Proxy) ForgetStream(id string) bool { return p.tapes.Forget(id) }
