package doctor

import (
	"context"
	"time"
)

// late is how far an export may be behind, and how long an alert may wait, before that
// counts; the alert rule of Prometheus has the same.
const late = 10 * time.Minute

// Export is how an export stands.
type Export struct {
	Name    string
	Behind  time.Duration // age of the oldest entry that it has not passed
	Entries int64         // that it has not passed
	Paused  bool
	Failing bool   // the last try failed
	Error   string // of that try
}

// Exports looks at what entries are exported to, and gives a finding for each.
func Exports(look func() []Export) Check {
	return Check{Name: "exports", Run: func(context.Context) (found []Finding) {
		for _, x := range look() {
			one := judgeExport(&x)
			one[0].Object = x.Name
			found = append(found, one...)
		}
		if found == nil {
			return skipped("nothing is exported (exports in the configuration)")
		}
		return found
	}}
}

func judgeExport(x *Export) []Finding {
	const mend = "See the message: does the sink answer at its address, does it take the credential, has it room? It is tried again by itself, and nothing is lost as long as entries are kept (log.retain)."
	behind := x.Behind.Round(time.Second)
	switch {
	case x.Paused:
		return warning("Resume it once its sink is ready: sluice exports resume "+x.Name+". What log.retain deletes before that is not sent.", "it is paused; %d entries wait, the oldest for %s", x.Entries, behind)
	case x.Failing && x.Behind > late:
		return problem(mend, "it is %s behind, by %d entries: %s", behind, x.Entries, x.Error)
	case x.Failing:
		return warning(mend, "the last try failed: %s", x.Error)
	case x.Behind > late:
		return warning("The sink is slower than calls come: larger batches (batch.rows) or a filter help. If nothing moves at all, see the log.", "it is %s behind, by %d entries", behind, x.Entries)
	}
	return well("%d entries wait", x.Entries)
}

// Destination is how a destination of OTLP stands for one signal.
type Destination struct {
	Name, Signal string
	Away         bool   // it did not take what it was sent last
	Rejects      bool   // it took some of that for wrong
	Error        string // why
}

// Telemetry looks at destinations of OTLP.
func Telemetry(look func() []Destination) Check {
	return Check{Name: "telemetry", Run: func(context.Context) (found []Finding) {
		all := look()
		if len(all) == 0 {
			return skipped("nothing is sent by OTLP (telemetry.otlp in the configuration)")
		}
		for _, d := range all {
			one := judgeDestination(&d)
			one[0].Object = d.Name + " " + d.Signal
			found = append(found, one...)
		}
		return found
	}}
}

func judgeDestination(d *Destination) []Finding {
	switch {
	case d.Away:
		return problem("See the message: is the endpoint right (4317 is gRPC's port, 4318 HTTP's; protocol says which), does it take the headers, is its certificate trusted?", "what it is sent is lost: %s", d.Error)
	case d.Rejects:
		return warning("See the message; telemetry.traces.max_content makes spans smaller.", "it does not take all that it is sent: %s", d.Error)
	}
	return well("it takes what it is sent")
}

// Undelivered is an alert that has not reached all its channels.
type Undelivered struct {
	Rule  string
	Age   time.Duration
	Tries int
	Error string // of the last try
}

// Alerts looks at alerts that people should have by now.
func Alerts(look func(context.Context) ([]Undelivered, error)) Check {
	return Check{Name: "alerts", Run: func(ctx context.Context) []Finding {
		all, err := look(ctx)
		if err != nil {
			return skipped("alerts cannot be read; see store")
		}
		return judgeAlerts(all)
	}}
}

func judgeAlerts(all []Undelivered) []Finding {
	const mend = "See the message: does the channel answer, does it take the key or password? Mend it and try it: sluice alerts test NAME. Alerts are tried again by themselves for a month."
	oldest, failed := Undelivered{}, 0
	for _, u := range all {
		if u.Tries == 0 {
			continue
		}
		if failed++; u.Age >= oldest.Age {
			oldest = u
		}
	}
	switch {
	case failed == 0:
		return well("none waits for its channels")
	case oldest.Age > late:
		return problem(mend, "%d have not reached all their channels, of %s since %s: %s", failed, oldest.Rule, oldest.Age.Round(time.Second), oldest.Error)
	}
	return warning(mend, "%d have not reached all their channels yet, of %s: %s", failed, oldest.Rule, oldest.Error)
}
