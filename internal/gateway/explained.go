package gateway

// Explained is what would become of a call, without it being made.
type Explained struct {
	Route   string   `json:"route" doc:"Empty = the name is no route's."`
	Step    string   `json:"step" doc:"The step that gives the targets."`
	Arm     string   `json:"arm" doc:"What a split or canary chose."`
	Steps   []Looked `json:"steps" doc:"The steps that were looked at, in order."`
	Targets []Choice `json:"targets" doc:"What would be tried, in order."`

	ContextWindow []string `json:"on_context_window,omitempty"`
	ContentPolicy []string `json:"on_content_policy,omitempty"`
	ContinueOn    []string `json:"continue_on,omitempty"`
	Hedge         []string `json:"hedge,omitempty" doc:"What is asked beside the first target when that says nothing for long."`
	Shadow        []string `json:"shadow,omitempty" doc:"What gets a copy of this call."`
	Sticky        bool     `json:"sticky" doc:"Calls like this one stay at one choice."`
	Override      bool     `json:"override" doc:"The route changes what the caller asked for."`
	TimeoutMS     int64    `json:"timeout_ms" doc:"Of the whole call; 0 = that of each provider."`
	MaxOutput     int64    `json:"max_output" doc:"Ceiling of output tokens of a call that names none; 0 = none."`
	Owners        []string `json:"limits" doc:"Whose limits apply beside those of gateway and key."`

	Refused string `json:"refused" doc:"What the caller would be told instead; empty = nothing."`
	Code    string `json:"error_code" doc:"Of refused."`
}

// Looked is one step of a route that was looked at for a call.
type Looked struct {
	Route   string   `json:"route"`
	Step    string   `json:"step"`
	When    string   `json:"when,omitempty"`
	Matched bool     `json:"matched"`
	Why     string   `json:"why,omitempty" doc:"What made it not match, or how the order came about."`
	Targets []string `json:"targets,omitempty"`
}

// Choice is one target of a plan, and how it stands.
type Choice struct {
	Target string `json:"target"`
	Region string `json:"region" doc:"Empty = unknown."`
	Level  string `json:"level" enum:"healthy,probing,cooling,drained" doc:"Of the best credential that the caller may use."`
	Rests  bool   `json:"rests" doc:"It failed lately, and stands behind those that did not."`
	Not    string `json:"not,omitempty" doc:"Why it is passed over after all."`
}
