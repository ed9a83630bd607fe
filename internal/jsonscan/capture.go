package jsonscan

import "encoding/json"

// beginCapture writes what leads to the current value: the containers that are not in
// the digest yet, commas and names.
func (d *Digest) beginCapture() {
	d.capturing, d.tooLong, d.begin = true, false, len(d.out)
	for i := range d.stack {
		f := &d.stack[i]
		if f.opened {
			continue
		}
		if i > 0 {
			d.lead(&d.stack[i-1], f.name)
		}
		d.out = append(d.out, closer(f.array)-2) // '}'-2 = '{', ']'-2 = '['
	}
	d.lead(d.top(), d.node)
	if d.from = len(d.out); d.from+maxCapture > maxDigest {
		d.dropCapture()
	}
}

// lead writes the comma and the name of an item of f.
func (d *Digest) lead(f *digestFrame, item *pathNode) {
	if f.filled {
		d.out = append(d.out, ',')
	}
	if !f.array {
		name, _ := json.Marshal(item.name) // a string always marshals
		d.out = append(append(d.out, name...), ':')
	}
}

func (d *Digest) capture(c byte) {
	if d.capturing && !d.tooLong {
		d.out = append(d.out, c)
		d.bound()
	}
}

func (d *Digest) captureAll(p []byte) {
	if !d.capturing || d.tooLong {
		return
	}
	d.out = append(d.out, p[:min(len(p), maxCapture+1)]...)
	d.bound()
}

// bound puts null in the place of a value that becomes too long.
func (d *Digest) bound() {
	if len(d.out)-d.from > maxCapture {
		d.out, d.tooLong = append(d.out[:d.from], "null"...), true
	}
}

func (d *Digest) dropCapture() {
	if d.capturing {
		d.out, d.capturing = d.out[:d.begin], false
	}
}

// endValue makes a captured value part of the digest.
func (d *Digest) endValue() {
	d.state = afterItem
	if !d.capturing {
		return
	}
	d.capturing = false
	for i := range d.stack {
		d.stack[i].opened, d.stack[i].filled = true, true
	}
}
