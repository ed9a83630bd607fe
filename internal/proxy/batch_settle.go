package proxy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/gateway"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/membuf"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// batchRan is what the lines of a batch used, by model.
type batchRan struct {
	models map[string]*modelRan
}

// modelRan is what the lines of one model used.
type modelRan struct {
	usage llm.Usage
	cost  gateway.Cost
	price *gateway.Price
}

// followBatch notes that the call asks after a batch, or reads the results of one, that
// is not settled.
func (x *exchange) followBatch() {
	if x.home == nil || x.home.Hold == "" || x.r.Method != http.MethodGet && x.r.Method != http.MethodPost || x.ep.Object.Creates {
		return
	}
	of := x.home
	t := readTicket(of.Hold)
	if t != nil && t.Of != "" {
		if !readsResults(x.ep.Pattern) {
			return
		}
		if of, _ = x.p.objects.Find("batch", t.Of); of == nil || of.Workspace != x.home.Workspace {
			return // nobody knows, or the store is away: another reading settles it
		}
		t = readTicket(of.Hold)
	}
	if t == nil || of.Settled || of.Kind != "batch" {
		return
	}
	x.batch = &batchCall{ticket: t, object: *of}
}

// readsResults reports paths that answer with results, not with what is known of them.
func readsResults(pattern string) bool {
	return strings.HasSuffix(pattern, "/results") || strings.HasSuffix(pattern, "/content") || strings.HasSuffix(pattern, ":download")
}

// tapBatch begins to read the results that an answer may hold.
func (x *exchange) tapBatch() {
	b := x.batch
	if b == nil || b.ticket == nil {
		return
	}
	b.ran = &batchRan{models: map[string]*modelRan{}}
	b.reader = newBatchReader(readsResults(x.ep.Pattern), x.takeResult)
}

// learnBatch learns from a whole answer.
func (x *exchange) learnBatch(resp *upstream.Response, plain []byte) {
	x.followBatch()
	x.tapBatch()
	b := x.batch
	if b == nil || b.reader == nil {
		return
	}
	if resp.Status != http.StatusOK {
		b.ran, b.partial = nil, true
		return
	}
	b.reader.Write(plain)
	x.endTap()
	if !readsResults(x.ep.Pattern) && x.batch.reader.count == 0 {
		x.learnState(plain)
	}
}

// tapLarge reads the results in an answer while it passes. What it gives is called when
// the answer has come to its end, or broken off.
func (x *exchange) tapLarge(resp *upstream.Response) (stop func(whole bool)) {
	x.followBatch()
	x.tapBatch()
	b := x.batch
	if b == nil || b.reader == nil {
		return func(bool) {}
	}
	b.tap = b.reader.Write
	var decode *copyDecoder
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		decode = newCopyDecoder(enc, b.reader.Write)
		b.tap = decode.write
	}
	return func(whole bool) {
		if b.tap = nil; decode != nil {
			decode.close()
		}
		x.endTap()
		if !whole || resp.Status != http.StatusOK {
			b.ran, b.partial = nil, true
		}
	}
}

// endTap ends the reading of results that came to their end; results that are not whole
// settle nothing.
func (x *exchange) endTap() {
	b := x.batch
	if b == nil || b.reader == nil {
		return
	}
	whole := b.reader.Close()
	if !whole || b.reader.count == 0 && !readsResults(x.ep.Pattern) {
		b.ran = nil
	}
}

// readAgainWithin bounds the reading of results for Sluice itself.
const readAgainWithin = time.Minute

// readAgain reads the results anew of which the caller took a part only: else a batch
// would cost nothing as long as nobody reads to the end.
func (x *exchange) readAgain() {
	b := x.batch
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.r.Context()), readAgainWithin)
	defer cancel()
	var resp upstream.Response
	if x.fetchOwn(ctx, x.upstreamPath(), &resp) != nil {
		return // the next reading settles it
	}
	defer resp.Close()
	if resp.Status != http.StatusOK {
		return
	}
	x.tapBatch()
	buf := membuf.Get(32 << 10)
	defer buf.Release()
	for {
		n, err := resp.Read(buf.Bytes[:cap(buf.Bytes)])
		b.reader.Write(buf.Bytes[:n])
		if err == io.EOF {
			x.endTap()
			return
		}
		if err != nil {
			b.ran = nil
			return
		}
	}
}

// takeResult takes one result of the batch.
func (x *exchange) takeResult(result []byte) {
	b := x.batch
	r := readResult(x.dialect, result)
	if r == nil {
		return // it failed, and vendors bill nothing for that
	}
	m := b.ran.of(b.ticket.modelOf(r.Model))
	cost, price := x.lane.batchPrice(x.p.catalogue, b.ticket.modelOf(r.Model), r, b.ticket)
	if m.price == nil {
		m.price = price
	}
	m.cost.USD += cost.USD
	m.cost.Known = m.cost.Known && cost.Known
	addUsage(&m.usage, &r.Usage)
}

func (r *batchRan) of(model string) *modelRan {
	m := r.models[model]
	if m == nil {
		m = &modelRan{cost: gateway.Cost{Known: true}}
		r.models[model] = m
	}
	return m
}

// modelOf gives the model of the batch that answers as another name, dated perhaps.
func (t *ticket) modelOf(answered string) string {
	answered = bareModel(answered)
	if len(t.Models) == 1 {
		return t.Models[0]
	}
	best := ""
	for _, m := range t.Models {
		if strings.HasPrefix(answered, m) && len(m) > len(best) {
			best = m
		}
	}
	return cmp.Or(best, answered)
}

func addUsage(to, u *llm.Usage) {
	for _, c := range [...]struct{ to, n *llm.Count }{
		{&to.InputTokens, &u.InputTokens}, {&to.OutputTokens, &u.OutputTokens}, {&to.CacheReadTokens, &u.CacheReadTokens},
		{&to.CacheWriteTokens, &u.CacheWriteTokens}, {&to.ReasoningTokens, &u.ReasoningTokens}, {&to.AudioInputTokens, &u.AudioInputTokens},
		{&to.AudioOutputTokens, &u.AudioOutputTokens}, {&to.Images, &u.Images},
	} {
		if c.n.Known {
			*c.to = llm.Known(c.to.N + c.n.N)
		}
	}
	for name, n := range u.Units {
		to.SetUnit(name, to.Units[name]+n)
	}
}

// batchObserver is an Observer that is also told what batches used, when they are settled.
type batchObserver interface {
	// ObserveBatch is told of what the lines of one model used. It must not keep e.
	ObserveBatch(e *gateway.Entry)
}

// settleBatch settles the batch that the call has seen the end of, once.
func (x *exchange) settleBatch() {
	b := x.batch
	if b == nil || b.ticket == nil {
		return
	}
	if b.partial {
		x.readAgain()
	}
	if b.ran == nil {
		return
	}
	key := b.object.Provider + " " + b.object.ID
	if _, busy := x.p.settling.LoadOrStore(key, true); busy {
		return
	}
	defer x.p.settling.Delete(key)
	if now, err := x.p.objects.Find("batch", b.object.ID); err != nil || now == nil || now.Settled {
		return
	}
	used, entries := b.settlement()
	done := b.object
	done.Settled = true
	for _, e := range entries {
		e.Region = x.lane.provider.Region
	}
	entries[0].Objects = []gateway.Object{done}
	x.p.objects.Remember(entries[0].Objects)
	for _, e := range entries {
		x.p.recorder.Append(e)
		if o, ok := x.p.observer.(batchObserver); ok {
			o.ObserveBatch(e)
		}
	}
	if h := b.ticket.openHold(); h != nil {
		x.settleHold(h, used)
	}
}

// settlement gives what was used of each claim, and the entries that say so: one a
// model, on whom submitted the batch, with ids that follow from the submitting call's,
// so that they count once whoever writes them.
func (b *batchCall) settlement() (used []int64, entries []*gateway.Entry) {
	t := b.ticket
	models := slices.Sorted(maps.Keys(b.ran.models))
	used = make([]int64, len(t.Claims))
	for n, model := range models {
		m := b.ran.models[model]
		e := b.entry(n, model)
		e.Usage, e.Cost, e.Price = m.usage, m.cost, m.price
		for i := range t.Claims {
			c := &t.Claims[i]
			if c.Models != nil && !slices.Contains(c.Models, model) {
				continue
			}
			took := m.used(c, used[i])
			used[i] += took
			if c.Unit == gateway.UnitCost && took > 0 {
				e.Settlements = append(e.Settlements, gateway.Settlement{Rule: c.Rule, Counter: c.Counter, Values: c.Values, Amount: gateway.USD(took), Time: t.Taken})
			}
		}
		entries = append(entries, e)
	}
	if len(entries) == 0 {
		e := b.entry(0, "")
		e.Cost = gateway.Cost{Known: true}
		entries = append(entries, e)
	}
	return used, entries
}

// used is what the lines of a model took of a claim, after others took some. What nobody
// can price counts as all that is left of what was held.
func (m *modelRan) used(c *ticketClaim, before int64) int64 {
	u := &m.usage
	switch c.Unit {
	case gateway.UnitTokens:
		return u.InputTokens.N + u.OutputTokens.N
	case gateway.UnitInputTokens:
		return u.InputTokens.N
	case gateway.UnitOutputTokens:
		return u.OutputTokens.N
	}
	if !m.cost.Known {
		return max(c.Granted-before, 0)
	}
	return int64(m.cost.USD)
}

// entry begins the n-th entry of what the batch took.
func (b *batchCall) entry(n int, model string) *gateway.Entry {
	t, o := b.ticket, &b.object
	return &gateway.Entry{
		ID: followingID(t.Entry, n), Time: t.Time, LastTime: t.Time, Count: 1, Status: http.StatusOK, Cache: "off", Operation: string(llm.OpBatches),
		Gateway: o.Gateway, Workspace: o.Workspace, KeyID: o.KeyID, Provider: o.Provider, Credential: o.Credential,
		ClientDialect: t.Dialects[0], ProviderDialect: t.Dialects[1], ModelRequested: model, Model: model, User: t.User, Metadata: t.Metadata,
	}
}

// followingID gives the n-th id that follows from another: the same moment, and a digest
// in place of the random bits (RFC 9562 section 5.8 leaves these to the maker).
func followingID(id string, n int) string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(id), uint32(n)))
	tail := binary.BigEndian.Uint64(sum[:])&(1<<62-1) | 1<<63
	digits := hex.EncodeToString(binary.BigEndian.AppendUint64(nil, tail))
	if len(id) != 36 {
		return id + "-" + digits
	}
	return id[:19] + digits[:4] + "-" + digits[4:]
}
