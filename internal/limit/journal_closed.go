package limit

// closed are holds that were settled and that the journal does not call so yet, the
// oldest first. Its memory is used again.
type closed struct {
	list []closedHold
	head int
}

type closedHold struct {
	id [16]byte
	at int64 // Unix nanoseconds
}

func (c *closed) add(id [16]byte, at int64) {
	if c.head > 0 && len(c.list) == cap(c.list) {
		c.list = c.list[:copy(c.list, c.list[c.head:])]
		c.head = 0
	}
	c.list = append(c.list, closedHold{id, at})
}

// settledBy takes out the holds that were settled by then and appends their IDs.
func (c *closed) settledBy(then int64, ids []byte) []byte {
	for c.head < len(c.list) && c.list[c.head].at <= then {
		ids = append(ids, c.list[c.head].id[:]...)
		c.head++
	}
	return ids
}
