package proxy

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// maxFetches bounds how many media of one call are fetched, and how many at once.
const (
	maxFetches = 50
	atOnce     = 6
)

// inlineMedia fetches what the target takes only as bytes and the caller gave by URL.
func (x *exchange) inlineMedia(r *llm.Request) error {
	needs := x.spoken.InlineMedia
	if x.target.Provider.Spec.Traits.BytesIn == x.spoken.Name {
		needs = func(*llm.Media) bool { return true }
	}
	if needs == nil || !x.translated() {
		return nil
	}
	var wanted []*llm.Media
	eachMedia(r, func(m *llm.Media) {
		if len(m.URL) > 0 && m.Data == nil && needs(m) {
			wanted = append(wanted, m)
		}
	})
	return x.fetchAll(wanted)
}

// fetchAll fetches media, several at once.
func (x *exchange) fetchAll(wanted []*llm.Media) error {
	if len(wanted) > maxFetches {
		return fault.Newf(fault.InvalidRequest, "The call names %d media by URL that the provider takes only as bytes; at most %d are fetched for one call.", len(wanted), maxFetches)
	}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, m := range wanted {
		group.Go(func() error { return x.fetchMedia(m) })
	}
	return group.Wait()
}

// eachMedia calls fn with every media of a request, those in tools' results included.
func eachMedia(r *llm.Request, fn func(*llm.Media)) {
	for i := range r.Messages {
		eachMediaOf(r.Messages[i].Parts, fn)
	}
}

func eachMediaOf(parts []llm.Part, fn func(*llm.Media)) {
	for i := range parts {
		p := &parts[i]
		if p.Media != nil {
			fn(p.Media)
			eachMediaOf(p.Media.Parts, fn)
		}
		if p.Result != nil {
			eachMediaOf(p.Result.Parts, fn)
		}
	}
}

func (x *exchange) fetchMedia(m *llm.Media) error {
	url, _ := jsonscan.String(m.URL)
	f := x.view.fetchers[x.gw.Name]
	if f == nil {
		return mediaFault(url, errors.New("this gateway fetches nothing (media.fetch is off)"))
	}
	data, kind, err := f.Get(x.r.Context(), url)
	if err != nil {
		return mediaFault(url, err)
	}
	m.Data = base64.StdEncoding.AppendEncode(nil, data)
	if kind, _, _ = strings.Cut(kind, ";"); m.Type == "" && kind != "" && kind != "binary/octet-stream" && kind != "application/octet-stream" {
		m.Type = kind
	}
	if sniffed, _, _ := strings.Cut(http.DetectContentType(data), ";"); strings.HasPrefix(sniffed, "image/") {
		m.Type = sniffed // bytes tell better than a server's table of endings
	}
	return nil
}

func mediaFault(url string, why error) error {
	return fault.Newf(fault.InvalidRequest, "The provider takes media only as bytes, and %s could not be fetched: %v. Send the bytes (base64) instead.", strconv.Quote(clip(url)), why)
}
