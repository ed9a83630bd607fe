package recall

import (
	"slices"

	"github.com/sluice-gateway/sluice/internal/llm"
)

// maxTalk bounds a conversation that can be gone on from, and what one answer may be of
// which pieces can be named, in bytes.
const maxTalk = 4 << 20

// said is one step of a conversation.
type said struct {
	llm.Said
	talk int // bytes of the conversation so far
}

func (s *said) weight() int { return len(s.Asked) + len(s.Answered) + len(s.Previous) }

// Remember keeps what was asked and answered, copied. What it went on from must be kept
// already. A conversation that has become too long is kept no further; the pieces of its
// latest answer are.
func (m *Memory) Remember(workspace string, s *llm.Said) {
	if len(s.Answered) > maxTalk {
		return
	}
	kept := &said{Said: llm.Said{ID: s.ID, Previous: s.Previous, Answered: slices.Clone(s.Answered), Cut: s.Cut}}
	kept.talk = len(s.Asked) + len(s.Answered)
	if s.Previous != "" {
		before := m.said(workspace, s.Previous)
		if kept.Cut = before == nil || before.Cut; !kept.Cut {
			kept.talk += before.talk
		}
	}
	if kept.Cut = kept.Cut || kept.talk > maxTalk; !kept.Cut {
		kept.Asked = slices.Clone(s.Asked)
	}
	m.set(key(workspace, s.ID), kept)
}

// Said gives what was said in a call by the id of its answer, nil when that is not
// known. It must not be changed.
func (m *Memory) Said(workspace, id string) *llm.Said {
	if s := m.said(workspace, id); s != nil {
		return &s.Said
	}
	return nil
}

func (m *Memory) said(workspace, id string) *said {
	s, _ := m.get(key(workspace, id)).(*said)
	return s
}
