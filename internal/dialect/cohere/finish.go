package cohere

import (
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// The finish reasons of https://docs.cohere.com/reference/chat.
const (
	finishComplete  = "COMPLETE"
	finishStop      = "STOP_SEQUENCE"
	finishMaxTokens = "MAX_TOKENS"
	finishToolCall  = "TOOL_CALL"
	finishError     = "ERROR"
	finishTimeout   = "TIMEOUT"
)

// readFinish gives the neutral word of a finish reason.
func readFinish(word string) llm.Finish {
	switch word {
	case finishComplete, finishStop:
		return llm.FinishStop
	case finishMaxTokens:
		return llm.FinishLength
	case finishToolCall:
		return llm.FinishTools
	case finishError, finishTimeout:
		return llm.FinishError
	case "ERROR_TOXIC": // of the vendor's older answers, as the next one
		return llm.FinishFilter
	case "ERROR_LIMIT":
		return llm.FinishContext
	}
	return llm.FinishUnknown
}

// finishWord gives the vendor's word for a finish. The SDKs know no other words, so
// that a foreign one becomes the nearest of them: an answer that was filtered or refused
// is one that failed, a turn that pauses is one that was cut.
func finishWord(f llm.Finish, vendor string, stopped bool) string {
	switch vendor {
	case finishComplete, finishStop, finishMaxTokens, finishToolCall, finishError, finishTimeout:
		return vendor
	}
	switch f {
	case llm.FinishLength, llm.FinishContext, llm.FinishPause:
		return finishMaxTokens
	case llm.FinishTools:
		return finishToolCall
	case llm.FinishError, llm.FinishFilter, llm.FinishRefusal:
		return finishError
	}
	if stopped {
		return finishStop
	}
	return finishComplete
}

// streamFault gives the fault that the delta of a message-end tells of, nil when none.
func streamFault(delta []byte) *fault.Fault {
	if text := jsonscan.Get(delta, "error"); len(plain(text)) > 0 {
		return parseError(200, nil, delta)
	}
	if string(plain(jsonscan.Get(delta, "finish_reason"))) == finishError {
		return fault.New(fault.UpstreamError, "The provider gave up in the middle of its answer.")
	}
	return nil
}
