package intent

import "container/list"

// memory remembers the intents of the texts that were asked for last.
type memory struct {
	most  int
	order *list.List // of recollection, the last one asked for first
	at    map[key]*list.Element
}

type recollection struct {
	key    key
	intent string
}

func newMemory(most int) memory {
	return memory{most: most, order: list.New(), at: map[key]*list.Element{}}
}

func (m *memory) get(k key) (intent string, ok bool) {
	e, ok := m.at[k]
	if !ok {
		return "", false
	}
	m.order.MoveToFront(e)
	return e.Value.(recollection).intent, true
}

func (m *memory) put(k key, intent string) {
	if e, ok := m.at[k]; ok {
		m.order.Remove(e)
	}
	m.at[k] = m.order.PushFront(recollection{k, intent})
	if m.order.Len() > m.most {
		last := m.order.Back()
		delete(m.at, last.Value.(recollection).key)
		m.order.Remove(last)
	}
}
