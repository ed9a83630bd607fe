package analytics

// Figures are what some calls add up to.
type Figures struct {
	Numbers
	Sketches [Sketches]*Sketch // nil = not wanted
}

// NewFigures gives empty figures with the wanted sketches.
func NewFigures(wanted [Sketches]bool) *Figures {
	f := new(Figures)
	for i, yes := range wanted {
		if yes {
			f.Sketches[i] = new(Sketch)
		}
	}
	return f
}

// AddRow adds a row that was not kept.
func (f *Figures) AddRow(r *Row) {
	f.Add(&r.Numbers)
	for i, s := range f.Sketches {
		for _, key := range r.keys[i] {
			if s != nil {
				s.add(key, 1)
			}
		}
	}
}

// AddKept adds a row as it is kept. sketches may be nil where none are wanted.
func (f *Figures) AddKept(numbers, sketches []byte) error {
	if err := f.Decode(numbers); err != nil {
		return err
	}
	return DecodeSketches(sketches, &f.Sketches)
}

// Quantile gives a quantile of a number that has a sketch which was wanted.
func (f *Figures) Quantile(of Number, q float64) (float64, bool) {
	i, ok := SketchOf(of)
	if !ok || f.Sketches[i] == nil {
		return 0, false
	}
	return f.Sketches[i].Quantile(q)
}

// Merge adds other figures.
func (f *Figures) Merge(o *Figures) {
	f.Add(&o.Numbers)
	for i, s := range f.Sketches {
		if s != nil && o.Sketches[i] != nil {
			s.Merge(o.Sketches[i])
		}
	}
}

// AppendSketches appends the sketches as they are kept; none may be nil.
func (f *Figures) AppendSketches(dst []byte) []byte {
	for _, s := range f.Sketches {
		dst = s.append(dst)
	}
	return dst
}

// Reset makes the figures those of no call.
func (f *Figures) Reset() {
	f.Numbers = Numbers{}
	for _, s := range f.Sketches {
		if s != nil {
			s.reset()
		}
	}
}
