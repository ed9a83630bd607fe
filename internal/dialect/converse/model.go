package converse

import (
	"strconv"
	"strings"
)

// model is what an id tells of the model behind it. What the operations take differs by
// family
// (https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html).
type model struct {
	family  family
	version int // Claude: 10 times the major number and the minor one (45), Nova: the major number
}

type family uint8

const (
	other family = iota
	claude
	nova
	gptOSS
	qwen
	deepseek // those that can be told to reason
	llama
	mistral
)

// modelOf reads a model id, an inference profile's id, or an ARN of either. The ARN of
// an application's profile tells nothing.
func modelOf(id string) model {
	id = strings.ToLower(id[strings.LastIndexByte(id, '/')+1:])
	switch {
	case strings.Contains(id, "anthropic.") || strings.HasPrefix(id, "claude"):
		return model{claude, claudeVersion(id)}
	case strings.Contains(id, "amazon.nova-2"):
		return model{nova, 2}
	case strings.Contains(id, "amazon.nova"):
		return model{nova, 1}
	case strings.Contains(id, "openai.gpt-oss"):
		return model{family: gptOSS}
	case strings.Contains(id, "qwen."):
		return model{family: qwen}
	case strings.Contains(id, "deepseek.v"):
		return model{family: deepseek}
	case strings.Contains(id, "meta."):
		return model{family: llama}
	case strings.Contains(id, "mistral."):
		return model{family: mistral}
	}
	return model{}
}

// claudeVersion finds the numbers in claude-3-7-sonnet-…, claude-opus-4-20250514,
// claude-haiku-4-5-…, claude-opus-5. A newer form is taken for the newest model.
func claudeVersion(id string) int {
	_, rest, _ := strings.Cut(id, "claude-")
	version, found := 0, 0
	for word := range strings.SplitSeq(rest, "-") {
		n, err := strconv.Atoi(word)
		if err != nil || n > 99 {
			if found > 0 {
				break
			}
			continue
		}
		version, found = version*10+n, found+1
	}
	switch found {
	case 0:
		if strings.HasPrefix(rest, "v2") || strings.HasPrefix(rest, "instant") {
			return 20
		}
		return 99
	case 1:
		return version * 10
	}
	return version
}

// reasons: Claude by a budget (3.7 and later), Nova 2 by effort, others by a word.
func (m model) reasons() bool {
	switch m.family {
	case claude:
		return m.version >= 37
	case nova:
		return m.version >= 2
	}
	return m.family == gptOSS || m.family == qwen || m.family == deepseek
}

// adaptive: the model decides itself how much to think
// (https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking).
func (m model) adaptive() bool { return m.family == claude && m.version >= 46 }

// noBudget: it takes no budget of thinking any more, nor a temperature.
func (m model) noBudget() bool { return m.family == claude && m.version >= 47 }

// oneSampling: temperature and topP may not both be given.
func (m model) oneSampling() bool { return m.family == claude && m.version >= 41 }

// caches: cache points are taken
// (https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html).
func (m model) caches() bool { return m.family == nova || m.family == claude && m.version >= 35 }

// cachesTools: Nova takes cache points in system and messages only.
func (m model) cachesTools() bool { return m.family == claude && m.version >= 35 }

func (m model) cachesHours() bool { return m.family == claude && m.version >= 45 }

// schemas: outputConfig and strict tools are taken
// (https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html).
func (m model) schemas() bool {
	switch m.family {
	case claude:
		return m.version >= 45
	case nova, llama:
		return false
	}
	return true
}

// forces: toolChoice may be any, or one tool
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html).
func (m model) forces() bool { return m.family != llama }

// choosesOne: toolChoice may name a tool.
func (m model) choosesOne() bool { return m.family != llama && m.family != mistral }

// marksErrors: toolResult.status is taken
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html).
func (m model) marksErrors() bool { return m.family == claude || m.family == nova }

// continues: the last turn may be the assistant's.
func (m model) continues() bool { return !m.adaptive() }
