package sandbox

// responsesStream writes the events of one response, numbered from 0.
type responsesStream struct {
	*stream
	next int
	from int // the number of the first event to send
}

// streamResponse sends a response whose end is known as a stream that leads there,
// from one of its events on.
func (x *exchange) streamResponse(done *response, from int) {
	s := &responsesStream{stream: x.stream(eventStream), from: from}
	begun := *done
	begun.Status, begun.Output, begun.Usage, begun.Incomplete = "in_progress", []any{}, nil, nil
	s.put(responsesEvent{Type: "response.created", Response: &begun})
	s.put(responsesEvent{Type: "response.in_progress", Response: &begun})
	for i, item := range done.Output {
		switch item := item.(type) {
		case *reasoningItem:
			s.reasoning(i, item)
		case *callItem:
			s.call(i, item)
		case *messageItem:
			s.message(i, item)
		}
	}
	s.put(responsesEvent{Type: "response." + done.Status, Response: done})
}

// put sends an event under its number, unless it is one of those to leave out.
func (s *responsesStream) put(e responsesEvent) {
	e.Sequence = s.next
	s.next++
	if e.Sequence >= s.from {
		s.event(e.Type, e)
	}
}

func (s *responsesStream) message(i int, item *messageItem) {
	begun := *item
	begun.Status, begun.Content = "in_progress", []outputText{}
	s.put(responsesEvent{Type: "response.output_item.added", Output: &i, Item: begun})
	zero, none, text := 0, []struct{}{}, item.Content[0].Text
	at := responsesEvent{ItemID: item.ID, Output: &i, Content: &zero}

	e := at
	e.Type, e.Part = "response.content_part.added", newOutputText("")
	s.put(e)
	for p := range s.x.pieces(text) {
		e = at
		e.Type, e.Delta, e.Logprobs = "response.output_text.delta", p, &none
		s.put(e)
	}
	e = at
	e.Type, e.Text, e.Logprobs = "response.output_text.done", &text, &none
	s.put(e)
	e = at
	e.Type, e.Part = "response.content_part.done", item.Content[0]
	s.put(e)
	s.put(responsesEvent{Type: "response.output_item.done", Output: &i, Item: item})
}

func (s *responsesStream) reasoning(i int, item *reasoningItem) {
	begun := *item
	begun.Summary = []summaryText{}
	s.put(responsesEvent{Type: "response.output_item.added", Output: &i, Item: begun})
	zero, text := 0, item.Summary[0].Text
	at := responsesEvent{ItemID: item.ID, Output: &i, Summary: &zero}

	e := at
	e.Type, e.Part = "response.reasoning_summary_part.added", summaryText{"summary_text", ""}
	s.put(e)
	for p := range s.x.pieces(text) {
		e = at
		e.Type, e.Delta = "response.reasoning_summary_text.delta", p
		s.put(e)
	}
	e = at
	e.Type, e.Text = "response.reasoning_summary_text.done", &text
	s.put(e)
	e = at
	e.Type, e.Part = "response.reasoning_summary_part.done", item.Summary[0]
	s.put(e)
	s.put(responsesEvent{Type: "response.output_item.done", Output: &i, Item: item})
}

func (s *responsesStream) call(i int, item *callItem) {
	begun := *item
	begun.Status, begun.Arguments = "in_progress", ""
	s.put(responsesEvent{Type: "response.output_item.added", Output: &i, Item: begun})
	for p := range s.x.pieces(item.Arguments) {
		s.put(responsesEvent{Type: "response.function_call_arguments.delta", ItemID: item.ID, Output: &i, Delta: p})
	}
	s.put(responsesEvent{Type: "response.function_call_arguments.done", ItemID: item.ID, Output: &i, Arguments: &item.Arguments, Name: item.Name})
	s.put(responsesEvent{Type: "response.output_item.done", Output: &i, Item: item})
}
