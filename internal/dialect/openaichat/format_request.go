package openaichat

import (
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/jsonout"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// writer writes one request for one target.
type writer struct {
	jsonout.Writer
	r      *llm.Request
	to     *dialect.Target
	own    bool // the caller speaks this dialect: what it said is written as it said it
	vendor bool // the target is the dialect's own vendor
	model  model
	lost   llm.Features
	names  map[string]string
	open   []openCall // calls without an id that wait for their results
	made   int        // how many ids were made
	moved  []llm.Part // media of tools' results, for the user's turn after them
	last   llm.Role   // of the message that was written last
	err    error
}

type openCall struct{ name, id string }

// FormatRequest implements dialect.Codec.
func (codec) FormatRequest(dst []byte, r *llm.Request, to *dialect.Target) (dialect.Written, error) {
	w := writer{Writer: jsonout.Writer{B: append(dst, '{')}, r: r, to: to, own: r.Dialect == string(name), vendor: !to.Traits.NoDeveloper}
	if w.vendor && !w.own {
		w.model = modelOf(to.Model)
	}
	if !w.own {
		var err error
		if w.r, err = dialect.Arranged(r, dialect.Wants{}); err != nil {
			return dialect.Written{}, err
		}
	}
	if to.Forgets(r, name) {
		w.lose(llm.FThinkingState)
	}
	w.Text("model", to.Model)
	w.messages()
	w.tools()
	w.output()
	w.limits()
	for i := range r.Settings {
		w.setting(&r.Settings[i])
	}
	if !w.own && r.Has.Has(llm.FTopLogprobs) && !r.Has.Has(llm.FLogprobs) && w.samples() && !w.to.Traits.Lacks.Has(llm.FLogprobs) {
		w.Flag("logprobs", true) // without it the number is refused
	}
	w.reasoning()
	w.stream()
	w.ownMembers(r.Own)
	w.End('}')
	if w.err != nil {
		return dialect.Written{}, w.err
	}
	return dialect.Written{Body: w.B, Lost: w.lost, Names: w.names}, nil
}

// lose notes that the target does not get a feature.
func (w *writer) lose(f llm.Feature) { w.lost.Add(f) }

// lacks reports whether the target does not take a feature, and notes the loss.
func (w *writer) lacks(f llm.Feature) bool {
	if w.own || !w.to.Traits.Lacks.Has(f) {
		return false
	}
	w.lose(f)
	return true
}

// containers are the members whose unknown members are written with them.
var containers = [...]string{"stream_options.", "response_format.", "reasoning.", "thinking."}

// ownMembers writes the members of the body that only this dialect has.
func (w *writer) ownMembers(own []llm.Member) {
	if !w.own {
		return
	}
next:
	for _, m := range own {
		for _, c := range containers {
			if strings.HasPrefix(m.Name, c) {
				continue next
			}
		}
		w.AnyKey(m.Name)
		w.Raw(m.Value)
	}
}

// ownIn writes the members that stood in an object, whose dotted names begin with prefix.
func (w *writer) ownIn(own []llm.Member, prefix string) {
	if !w.own {
		return
	}
	for _, m := range own {
		if rest, ok := strings.CutPrefix(m.Name, prefix); ok && !strings.Contains(rest, ".") {
			w.AnyKey(rest)
			w.Raw(m.Value)
		}
	}
}

// ownFlat writes the members that stood beside the ones that are understood.
func (w *writer) ownFlat(own []llm.Member, nested ...string) {
	if !w.own {
		return
	}
next:
	for _, m := range own {
		for _, n := range nested {
			if strings.HasPrefix(m.Name, n) {
				continue next
			}
		}
		w.AnyKey(m.Name)
		w.Raw(m.Value)
	}
}

// has reports whether something of an object is to be written beside what is understood.
func (w *writer) has(own []llm.Member, prefix string) bool {
	if !w.own {
		return false
	}
	for _, m := range own {
		if strings.HasPrefix(m.Name, prefix) {
			return true
		}
	}
	return false
}

// limits writes the ceiling of the output and the stop sequences.
func (w *writer) limits() {
	r := w.r
	if r.MaxOutput.Known {
		// OpenAI's newer models refuse max_tokens; most other servers know nothing else.
		member := "max_completion_tokens"
		if w.to.Traits.MaxTokens {
			member = "max_tokens"
		}
		most := r.MaxOutput.N
		if limit := int64(w.to.Facts.MaxOutput); !w.own && limit > 0 && most > limit { // more is refused
			most = limit
			w.lose(llm.FMaxOutput)
		}
		w.Number(member, most)
	}
	if len(r.Stop) == 0 || w.lacks(llm.FStop) {
		return
	}
	if w.model.reasons {
		w.lose(llm.FStop)
		return
	}
	stops := w.stops()
	if len(stops) == 0 {
		return
	}
	w.Array("stop")
	for _, s := range stops {
		w.Raw(s)
	}
	w.End(']')
}

// stops gives the stop sequences that may be asked for: the first ones that are not empty.
func (w *writer) stops() []llm.Raw {
	stops := w.r.Stop
	if w.own {
		return stops
	}
	empty := func(s llm.Raw) bool { return len(s) <= len(`""`) }
	if slices.ContainsFunc(stops, empty) {
		stops = slices.DeleteFunc(slices.Clone(stops), empty)
		w.lose(llm.FStop)
	}
	if len(stops) > maxStops {
		stops = stops[:maxStops]
		w.lose(llm.FStop)
	}
	return stops
}

// maxStops is how many stop sequences may be asked for
// (https://platform.openai.com/docs/api-reference/chat/create#chat-create-stop).
const maxStops = 4

// stream asks for a stream, and for usage in it.
func (w *writer) stream() {
	if !w.to.Stream {
		return
	}
	w.Flag("stream", true)
	if w.to.Traits.NoUsageOption {
		return
	}
	w.Object("stream_options")
	w.Flag("include_usage", true)
	w.ownIn(w.r.Own, "stream_options.")
	w.End('}')
}

// output writes response_format.
func (w *writer) output() {
	out := &w.r.Output
	kind := out.Kind
	if kind == "schema" && w.to.Traits.NoSchema && !w.own {
		kind = "json" // the schema stands in the instructions
		if out.Strict != nil {
			w.lose(llm.FStrict)
		}
	}
	switch kind {
	case "json":
		if w.lacks(llm.FJSON) {
			return
		}
		w.Object("response_format")
		w.Text("type", "json_object")
	case "schema":
		if w.lacks(llm.FSchema) {
			return
		}
		w.Object("response_format")
		w.Text("type", "json_schema")
		w.schema()
	default:
		if !w.has(w.r.Own, "response_format.") {
			return
		}
		w.Object("response_format")
		w.Text("type", "text")
	}
	w.ownIn(w.r.Own, "response_format.")
	w.End('}')
}

func (w *writer) schema() {
	out := &w.r.Output
	w.Object("json_schema")
	switch {
	case out.Name != "":
		w.Text("name", schemaNames.Name(out.Name, new(map[string]string)))
	case !w.own:
		w.Text("name", "answer") // required
	}
	w.MemberIf("description", out.Description)
	w.Member("schema", out.Schema)
	if out.Strict != nil {
		switch {
		case w.own || !*out.Strict || dialect.Strictable(out.Schema):
			w.Flag("strict", *out.Strict)
		default: // a schema that strict mode would refuse
			w.lose(llm.FStrict)
		}
	}
	w.ownIn(w.r.Own, "response_format.json_schema.")
	w.End('}')
}

// schemaNames is what the name of a schema may be.
var schemaNames = dialect.Rule{Extra: "_-", Max: 64}
