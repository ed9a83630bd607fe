package intent

import "sync/atomic"

// Counts are how intents were told, for metrics. Several classifiers may share one.
type Counts struct {
	Remembered atomic.Int64 // from memory
	Embedded   atomic.Int64 // by the embedding model, in time
	Late       atomic.Int64 // not in time
	Failed     atomic.Int64 // the embedding model failed in time
	Skipped    atomic.Int64 // nobody asked: it failed or was late too often just now
}

// Of gives a count by its name, as metrics have it: the field's, in lower case.
func (c *Counts) Of(name string) int64 {
	switch name {
	case "remembered":
		return c.Remembered.Load()
	case "embedded":
		return c.Embedded.Load()
	case "late":
		return c.Late.Load()
	case "failed":
		return c.Failed.Load()
	case "skipped":
		return c.Skipped.Load()
	}
	return 0
}
