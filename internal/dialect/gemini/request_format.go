package gemini

import (
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// requestWriter writes one request. The model stands in the path, and so does whether
// it is a stream.
type requestWriter struct {
	w     jsonout.Writer
	r     *llm.Request
	to    *dialect.Target
	m     facts
	own   bool // the caller speaks this dialect too
	lost  llm.Features
	names map[string]string
	err   error

	role   llm.Role // of the open content; "" = none is open
	signed bool     // the first call of the open content has been written
	calls  []openCall
	kept   *llm.Opaque // a signature without text, for the call that follows
}

// FormatRequest implements dialect.Codec.
func (codec) FormatRequest(dst []byte, r *llm.Request, to *dialect.Target) (dialect.Written, error) {
	f := requestWriter{w: jsonout.Writer{B: dst}, r: r, to: to, m: factsOf(to.Model), own: r.Dialect == string(ownName)}
	f.lost = r.Has.Without(r.Has.Without(to.Traits.Lacks))
	if !f.own {
		var err error
		if f.r, err = dialect.Arranged(r, dialect.Wants{UserFirst: true, SystemFirst: true, Words: true, Pieces: true}); err != nil {
			return dialect.Written{}, err
		}
		if f.inWords() {
			f.r = dialect.Instructed(f.r, dialect.InWords(&r.Output))
		}
	}
	f.w.B = append(f.w.B, '{')
	f.system()
	f.contents()
	f.tools()
	f.generation()
	f.plain()
	if f.own {
		f.topMembers()
	}
	f.w.End('}')
	if f.err != nil {
		return dialect.Written{}, f.err
	}
	return dialect.Written{Body: f.w.B, Lost: f.lost, Names: f.names}, nil
}

// lose notes features as lost, as far as the request has them.
func (f *requestWriter) lose(features ...llm.Feature) {
	for _, one := range features {
		if f.r.Has.Has(one) {
			f.lost.Add(one)
		}
	}
}

// gets reports whether the target takes a feature at all.
func (f *requestWriter) gets(one llm.Feature) bool { return !f.to.Traits.Lacks.Has(one) }

func (f *requestWriter) fail(feature, why string) {
	if f.err == nil {
		f.err = fault.New(fault.UnsupportedParameter, why).Field(feature)
	}
}

// instructs reports whether a message stands in systemInstruction: those before the
// first turn, where the model knows instructions.
func (f *requestWriter) instructs(i int) bool {
	if f.m.noSystem() {
		return false
	}
	for ; i >= 0; i-- {
		if m := &f.r.Messages[i]; m.Role != llm.System && m.Role != llm.Developer {
			return false
		}
	}
	return true
}

func (f *requestWriter) system() {
	w, open := &f.w, false
	for i := range f.r.Messages {
		if !f.instructs(i) {
			break
		}
		for _, p := range f.r.Messages[i].Parts {
			if len(p.Text) <= 2 {
				continue
			}
			if !open {
				open = true
				w.Object("systemInstruction")
				w.Array("parts")
			}
			w.Begin('{')
			w.Member("text", p.Text)
			w.End('}')
		}
		for _, m := range f.r.Messages[i].Own {
			if f.own && open && m.Name == systemParts {
				w.Raw(m.Value)
			}
		}
	}
	if open {
		w.End(']')
		w.End('}')
	}
}

// plain writes the settings that stand at the top.
func (f *requestWriter) plain() {
	for _, s := range f.r.Settings {
		switch {
		case !f.gets(s.Feature):
		case s.Feature == llm.FTier:
			f.tier(s.Value)
		case s.Feature == llm.FStore:
			f.either("store", !f.cloud(), s)
		case s.Feature == llm.FMetadata:
			f.either("labels", f.cloud() && areLabels(s.Value), s)
		}
	}
}

// cloud reports whether the target is the vendor's cloud. It alone has labels
// (https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/add-labels-to-api-calls),
// and the vendor's own API alone has store (https://ai.google.dev/api/generate-content);
// each refuses members that it does not know.
func (f *requestWriter) cloud() bool { return f.to.Traits.NoCallIDs }

// either writes a setting where it is known, and else tells that it is lost, unless it
// asks for what is so anyway.
func (f *requestWriter) either(key string, known bool, s llm.Setting) {
	switch {
	case known || f.own:
		f.w.Member(key, s.Value)
	case s.Feature != llm.FStore || string(s.Value) != "false":
		f.lost.Add(s.Feature)
	}
}

// tier writes a tier (https://ai.google.dev/gemini-api/docs/optimization#service-tiers).
func (f *requestWriter) tier(v llm.Raw) {
	switch s, _ := jsonscan.String(v); s {
	case "auto": // the vendor's own choice is asked for by silence
	case "default", "standard", "standard_only":
		f.w.Text("serviceTier", "standard")
	case "flex", "priority":
		f.w.Text("serviceTier", s)
	default:
		if f.own {
			f.w.Member("serviceTier", v)
		} else {
			f.lost.Add(llm.FTier)
		}
	}
}

// areLabels reports whether an object may stand as labels: small letters, digits,
// underscores and dashes, 63 at the most
// (https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/add-labels-to-api-calls).
func areLabels(v llm.Raw) bool {
	ok := true
	err := jsonscan.Members(v, func(key, value []byte) bool {
		text, plain := jsonscan.Plain(value)
		ok = plain && len(key) > 0 && key[0] >= 'a' && key[0] <= 'z' && isLabel(key) && isLabel(text)
		return ok
	})
	return ok && err == nil
}

func isLabel(text []byte) bool {
	for _, c := range text {
		if c != '_' && c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(text) <= 63
}

// hasOwn reports whether there are members of the dialect's own under a path.
func (f *requestWriter) hasOwn(prefix string) bool {
	for _, m := range f.r.Own {
		if strings.HasPrefix(m.Name, prefix) {
			return true
		}
	}
	return false
}

// ownMembers writes the dialect's own members of an object.
func (f *requestWriter) ownMembers(prefix string) {
	if !f.own {
		return
	}
	for _, m := range f.r.Own {
		if rest, ok := strings.CutPrefix(m.Name, prefix); ok && (prefix != "generationConfig." || !strings.HasPrefix(rest, "thinkingConfig.")) {
			f.w.AnyKey(rest)
			f.w.Raw(m.Value)
		}
	}
}

// topMembers writes the dialect's own members that stand at the top.
func (f *requestWriter) topMembers() {
	for _, m := range f.r.Own {
		if !strings.HasPrefix(m.Name, "toolConfig.") && !strings.HasPrefix(m.Name, "generationConfig.") {
			f.w.AnyKey(m.Name)
			f.w.Raw(m.Value)
		}
	}
}
