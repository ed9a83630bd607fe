package password

// Hold takes a slot until release is called.
func (h *Hasher) Hold() (release func()) {
	h.slots <- struct{}{}
	return func() { <-h.slots }
}
