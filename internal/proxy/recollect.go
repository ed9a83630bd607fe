package proxy

import "github.com/sluice-gateway/sluice/internal/llm"

// recollect puts what was said in earlier calls in place of the names that the body has
// for it. Names of what a vendor keeps stay, for the vendor.
func (x *exchange) recollect() error {
	if x.dialect.Recollection == nil || x.ep.Own || x.native != "" || x.ep.Op != llm.OpChat && x.ep.Op != llm.OpCountTokens {
		return nil
	}
	r, err := x.dialect.Recollection.Recollect(x.body.bytes(), func(id string) *llm.Said { return x.p.recall.Said(x.who.Workspace, id) })
	if r == nil || err != nil {
		return err
	}
	x.said = r
	return x.hold(int64(len(r.Body)))
}

// words are the body as it is to be understood.
func (x *exchange) words() []byte {
	if x.said != nil {
		return x.said.Body
	}
	return x.body.bytes()
}

// remember keeps a call and its answer, as the caller gets it, for later calls to name.
func (x *exchange) remember(written []byte) {
	if x.dialect.Recollection == nil || !x.translated() {
		return
	}
	if s := x.dialect.Recollection.Said(x.body.bytes(), x.said, written); s != nil {
		x.p.recall.Remember(x.who.Workspace, s)
	}
}
