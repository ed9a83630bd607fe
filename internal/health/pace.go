package health

import (
	"math"
	"time"
)

const (
	peakFalls = float64(10 * time.Second) // time constant by which a peak falls to the mean
	idleFalls = float64(3 * time.Minute)  // and by which what is not used becomes attractive again
	weight    = 0.1                       // of a new value in a mean
)

// pace is how fast and how reliably a target answers.
type pace struct {
	mean    float64 // of the time to first content, in nanoseconds; 0 = unknown
	peak    float64 // the highest lately, as of seen
	seen    int64   // when the last time to first content came in
	success float64 // EWMA, as of judged
	judged  int64
	speed   float64 // EWMA of tokens a second; 0 = unknown
	firsts  *histogram
	p95     int64 // as of p95At
	p95At   int64
}

func (p *pace) succeeded(now int64, o Outcome) {
	p.success = p.successAt(now)
	p.success += weight * (1 - p.success)
	p.judged = now
	if o.First > 0 {
		p.first(now, o.First)
	}
	if took := o.generating(); o.Output > 0 && took > 0 {
		speed := float64(o.Output) / took.Seconds()
		if p.speed == 0 {
			p.speed = speed
		}
		p.speed += weight * (speed - p.speed)
	}
}

func (p *pace) failed(now int64) {
	p.success = p.successAt(now)
	p.success -= weight * p.success
	p.judged = now
}

// first takes in a time to first content: the peak rises to it at once.
func (p *pace) first(now int64, d time.Duration) {
	x := float64(d)
	peak := p.peakAt(now)
	if p.mean == 0 {
		p.mean = x
	}
	p.mean += weight * (x - p.mean)
	p.peak, p.seen = max(peak, x), now
	if p.firsts == nil {
		p.firsts = new(histogram)
	}
	p.firsts.add(now, d)
}

// generating is how long the output took: from the first content on, or the whole time
// of an answer that came in one piece.
func (o *Outcome) generating() time.Duration {
	if rest := o.Latency - o.First; rest >= o.Latency/10 {
		return rest
	}
	return o.Latency
}

// peakAt is the peak, fallen towards the mean.
func (p *pace) peakAt(now int64) float64 {
	if p.peak <= p.mean {
		return p.mean
	}
	return p.mean + (p.peak-p.mean)*math.Exp(-float64(now-p.seen)/peakFalls)
}

// successAt is the share of success, risen towards 1 while nothing was tried.
func (p *pace) successAt(now int64) float64 {
	if p.success == 1 {
		return 1
	}
	return 1 - (1-p.success)*math.Exp(-float64(now-p.judged)/idleFalls)
}

// stats gives all but what the target counts itself. The time to first content of one
// that is not used falls slowly, so that it is tried again some day.
func (p *pace) stats(now int64) Stats {
	s := Stats{Success: p.successAt(now), Speed: p.speed}
	if p.mean == 0 {
		return s
	}
	s.First = time.Duration(max(p.peakAt(now)*math.Exp(-float64(now-p.seen)/idleFalls), 1))
	if p.p95At == 0 || now-p.p95At >= int64(time.Second) {
		p.p95, p.p95At = p.firsts.p95(now), now
	}
	s.P95 = time.Duration(p.p95)
	return s
}
