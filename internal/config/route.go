package config

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// Route is a name that callers give as the model, and what it leads to.
type Route struct {
	Steps      []Step        `yaml:"steps" required:"true" one:"true" example:"[{when: 'metadata.plan == \"free\"', use: sandbox/echo}, {split: {sandbox/chat: 90, sandbox/echo: 10}}]" help:"What is looked at, in order. A step whose condition does not hold is passed over; the first one that has targets says which. One without targets hands the rest of what it says on to those below."`
	Operations []string      `yaml:"operations" example:"[chat, embeddings]" single:"true" check:"operation" help:"Operations that may use it. Default: all."`
	Timeout    time.Duration `yaml:"timeout" example:"2m" min:"1ms" max:"24h" help:"Of the whole call, over all that is tried. Default: none beside those of the providers."`
	MaxOutput  int           `yaml:"max_output" example:"4096" min:"1" help:"Ceiling of output tokens of a call that names none itself."`
	Cache      CacheTime     `yaml:"cache" single:"ttl" help:"What becomes of its answers in a gateway's cache, where no rule says. A time alone stands for ttl."`
	Intent     Intent        `yaml:"intent" help:"Gives conditions the variable intent, by comparing the last message of the user with examples. Off without an embedder."`
	Handling   `yaml:",inline"`
}

// Step is one rule of a route.
type Step struct {
	Name     string `yaml:"name" example:"free" check:"name" help:"What it is called in explanations. Default: its place, as steps[0]."`
	When     string `yaml:"when" example:"metadata.plan == \"free\"" check:"condition" help:"The step counts only where this holds (CEL). Default: always."`
	Use      string `yaml:"use" example:"sandbox/echo" check:"target" help:"One target: provider/model, the name of another route, or a vendor's id that just one provider lists."`
	Split    Shares `yaml:"split" example:"{sandbox/chat: 90, sandbox/echo: 10}" help:"Targets and their shares of the calls. The one that is chosen counts alone: the others are no fallbacks."`
	Balance  string `yaml:"balance" example:"lowest_latency" enum:"weighted|round_robin|least_busy|lowest_latency|cheapest|value" help:"Chooses among targets by how they stand; the others follow as fallbacks, the best first. lowest_latency looks at the time to the first content, value at price against speed and success."`
	Targets  Shares `yaml:"targets" example:"[sandbox/chat, sandbox/echo]" help:"Those of balance: a list, or a mapping to weights."`
	Canary   Canary `yaml:"canary" help:"Moves calls from one target to another, stage by stage."`
	Handling `yaml:",inline"`
}

// Handling is what a step or a route says beside which targets there are. What a step
// leaves unsaid, the route says.
type Handling struct {
	Fallback      []string `yaml:"fallback" example:"[sandbox/echo]" single:"true" check:"target" help:"Targets that are tried next, in order, when the chosen ones fail."`
	ContextWindow []string `yaml:"on_context_window" example:"[sandbox/chat]" single:"true" check:"target" help:"Targets that are tried instead of the rest where the input is too long for one."`
	ContentPolicy []string `yaml:"on_content_policy" example:"[sandbox/chat]" single:"true" check:"target" help:"Targets that are tried instead of the rest where a vendor's filter refuses."`
	ContinueOn    string   `yaml:"continue_on" example:"sandbox/chat" check:"target" help:"Goes on with a stream that broke after its first content, from the text so far. Default: the stream ends with an error."`
	Sticky        string   `yaml:"sticky" example:"session" check:"sticky" help:"What stays at one choice, target and credential: key, user, session, header.<name> or metadata.<name>. Default: each call chooses anew."`
	Hedge         Hedge    `yaml:"hedge" single:"after" help:"Asks a second target when the first says nothing for long; the first to give content wins, and both cost. A time alone stands for after."`
	Shadow        []Shadow `yaml:"shadow" example:"[{to: sandbox/chat, share: 5}]" single:"to" help:"Targets that get a copy of calls; their answers are recorded and thrown away. A target alone stands for to."`
	Override      Override `yaml:"override" help:"Changes what the caller asked for, whatever the dialect."`
	Limits        []Limit  `yaml:"limits" alias:"limit" one:"true" as:"gateways.<name>.limits" example:"[{per: user, requests: 100/1h}]" help:"What may be taken by calls that come this way, beside the limits of gateway and key. The items are those of a gateway's limits; limit is the same key."`
}

// Canary moves calls to a new target.
type Canary struct {
	From     string   `yaml:"from" example:"sandbox/chat" check:"target" help:"The target of now."`
	To       string   `yaml:"to" example:"sandbox/echo" check:"target" help:"The new one. Behind the last stage all calls go there."`
	Stages   []Stage  `yaml:"stages" one:"true" example:"[{share: 5, for: 1h}, {share: 50, for: 1d}]" help:"In order, from the first call on."`
	Rollback Rollback `yaml:"rollback" help:"When the new target is given up by itself: it is compared with the old one over the present stage."`
}

// Stage is a share of the calls and how long it lasts.
type Stage struct {
	Share float64       `yaml:"share" required:"true" example:"5" min:"0" max:"100" help:"Per cent of the calls that go to the new target."`
	For   time.Duration `yaml:"for" required:"true" example:"1h" min:"1s" max:"365d" help:"How long."`
}

// Rollback says when a canary is given up; what is zero says nothing.
type Rollback struct {
	ErrorRate   float64 `yaml:"error_rate" example:"0.05" min:"0" max:"1" help:"It fails in more than this share of its calls."`
	ErrorMargin float64 `yaml:"error_margin" example:"0.02" min:"0" max:"1" help:"It fails in this much more of its calls than the old one."`
	Latency     float64 `yaml:"latency" example:"1.5" min:"0" max:"1000" help:"Its 95th percentile of latency is more than this many times the old one's."`
	Cost        float64 `yaml:"cost" example:"2" min:"0" max:"1000" help:"Its mean cost of a call is more than this many times the old one's."`
	MinCalls    int     `yaml:"min_calls" example:"50" min:"1" max:"1000000" help:"Nothing is judged before it had so many in the stage. 20 unless given."`
}

// Hedge asks a second target.
type Hedge struct {
	After string `yaml:"after" example:"p95" check:"hedge" help:"p95, the target's own 95th percentile of the time to first content, or a duration. p95 unless given."`
	To    string `yaml:"to" example:"sandbox/echo" check:"target" help:"Whom. Default: the next target in order."`
}

// Shadow copies calls to a target.
type Shadow struct {
	To    string  `yaml:"to" required:"true" example:"sandbox/chat" check:"target" help:"The target."`
	Share float64 `yaml:"share" default:"100" min:"0.001" max:"100" help:"Per cent of the calls."`
}

// Override changes what the caller asked for. Nil says nothing.
type Override struct {
	System      string          `yaml:"system" example:"'Answer in one sentence.'" help:"Stands before the caller's system prompt."`
	MaxOutput   *int            `yaml:"max_tokens" example:"1024" min:"1" help:"Ceiling of output tokens."`
	Temperature *float64        `yaml:"temperature" example:"0.2" min:"0" max:"2" help:"Temperature."`
	TopP        *float64        `yaml:"top_p" example:"0.9" min:"0" max:"1" help:"Nucleus sampling."`
	Seed        *int            `yaml:"seed" example:"7" help:"Seed."`
	Stop        []string        `yaml:"stop" example:"['###']" single:"true" help:"Stop sequences."`
	Effort      string          `yaml:"reasoning_effort" example:"low" check:"word" help:"How much reasoning, in OpenAI's words: minimal, low, medium, high."`
	Set         map[string]JSON `yaml:"set" example:"{service_tier: flex}" help:"Members of the body as the vendor gets it, whatever they were."`
}

// Intent tells what a call is about.
type Intent struct {
	Embedder  string              `yaml:"embedder" example:"sandbox/embed" check:"target" help:"An embedding model, as provider/model."`
	Examples  map[string][]string `yaml:"examples" example:"{legal: [Is this contract valid?, May I quote this book?], code: [Why does this loop not end?]}" single:"true" help:"By intent, messages that have it."`
	Threshold float64             `yaml:"threshold" example:"0.6" min:"0" max:"1" help:"Least cosine similarity; below it the intent is empty. 0.5 unless given."`
	Wait      time.Duration       `yaml:"wait" example:"200ms" min:"1ms" max:"30s" help:"Longest time that a call waits for it; then the intent is empty. 300ms unless given."`
}

// long makes of one target, or of a list of them, a route with one step.
func (*Route) long(n *doctree.Node) *doctree.Node {
	step := &doctree.Node{Kind: doctree.Map, Pos: n.Pos}
	member := func(key string, value *doctree.Node) {
		step.Members = append(step.Members, doctree.Member{Key: key, Pos: value.Pos, Value: value})
	}
	switch {
	case n.Kind == doctree.Text:
		member("use", n)
	case n.Kind == doctree.List && len(n.Items) > 0:
		member("use", n.Items[0])
		if rest := n.Items[1:]; len(rest) > 0 {
			member("fallback", &doctree.Node{Kind: doctree.List, Pos: rest[0].Pos, Items: rest})
		}
	default:
		return n
	}
	steps := &doctree.Node{Kind: doctree.List, Pos: n.Pos, Items: []*doctree.Node{step}}
	return &doctree.Node{Kind: doctree.Map, Pos: n.Pos, Members: []doctree.Member{{Key: "steps", Pos: n.Pos, Value: steps}}}
}
