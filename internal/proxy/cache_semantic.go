package proxy

import "github.com/sluice-gateway/sluice/internal/cache"

// sense finds answers to requests that only mean the same.
type sense struct{}

func (x *exchange) prepareSense(*caching) {}

func (x *exchange) serveAlike() (done bool, err error) { return false, nil }

func (s *sense) keep(*exchange, cache.Key, *cache.Answer) {}
