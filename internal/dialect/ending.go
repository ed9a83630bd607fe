package dialect

import "github.com/sluice-gateway/sluice/internal/llm"

// MetStop reports whether an answer that came to its end met one of the caller's stop
// sequences: the vendor says which one, or that it was one.
func MetStop(vendor string, text llm.Raw) bool {
	return text != nil || vendor == "stop_sequence" || vendor == "STOP_SEQUENCE"
}
