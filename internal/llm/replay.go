package llm

// Replay gives a whole answer as the events of a stream that says the same. What the
// events point to is the answer's.
func Replay(a *Answer, emit func(*Event)) {
	emit(&Event{Kind: Start, ID: a.ID, Model: a.Model, Tier: a.Tier, Created: a.Created})
	for i := range a.Choices {
		c := &a.Choices[i]
		for n := range c.Parts {
			replayPart(&c.Parts[n], i, n, c.firstText() == n, c.Logprobs, emit)
		}
		emit(&Event{Kind: Finished, Choice: i, Finish: c.Finish, Vendor: c.Vendor, StopText: c.StopText, Tier: a.Tier})
	}
	if !a.Usage.IsZero() {
		emit(&Event{Kind: UsageEvent, Usage: &a.Usage, Tier: a.Tier})
	}
	emit(&Event{Kind: End})
}

// firstText gives the index of the part that log probabilities belong to.
func (c *Choice) firstText() int {
	for i := range c.Parts {
		if c.Parts[i].Kind == Text {
			return i
		}
	}
	return -1
}

func replayPart(p *Part, choice, n int, probable bool, logprobs Raw, emit func(*Event)) {
	e := Event{Kind: PartStart, Choice: choice, Part: n, What: p.Kind, Media: p.Media, Raw: p.Raw}
	text := p.Text
	if p.Call != nil {
		e.CallID, e.CallName, e.Custom = p.Call.ID, p.Call.Name, p.Call.Custom
		text = p.Call.text()
	}
	last := p.Kind == Thinking && len(text) > 0 // its state signs the text before it
	if !last {
		e.State = p.State
	}
	emit(&e)
	if len(text) > 0 || len(p.Cites) > 0 || probable && logprobs != nil {
		d := Event{Kind: Delta, Choice: choice, Part: n, What: p.Kind, Text: text, Cites: p.Cites}
		if probable {
			d.Raw = logprobs
		}
		emit(&d)
	}
	end := Event{Kind: PartEnd, Choice: choice, Part: n, What: p.Kind}
	if last {
		end.State = p.State
	}
	emit(&end)
}
