package proxy

import (
	"bufio"
	"bytes"
	"context"
	"net/url"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/policy"
	"github.com/sluice-gateway/sluice/internal/provider"
	"github.com/sluice-gateway/sluice/internal/upstream"
)

// checkBatch checks the models of a batch's requests against the caller's rights at
// submit, since nobody asks again later. Callers who may use every model skip it.
func (x *exchange) checkBatch(ctx context.Context) error {
	if x.ep.Op != llm.OpBatches || !x.ep.Object.Creates || x.ep.Body != dialect.JSON || !x.restricted() {
		return nil
	}
	if x.ask.model != "" {
		return nil // the path or body names the one model of the batch, which was checked
	}
	var span [3]jsonscan.Span
	body := x.body.bytes()
	if err := jsonscan.ScanObject(body, []string{"requests", "input_file_id", "input_files"}, span[:]); err != nil {
		return badJSON(err)
	}
	id, named := jsonscan.String(span[1].Of(body))
	if span[2].Found() || (!span[0].Found() && !named) {
		return fault.New(fault.Forbidden, "This key is restricted to certain models, and the models of this batch cannot be checked.")
	}
	if span[0].Found() {
		if err := x.checkInline(span[0].Of(body)); err != nil {
			return err
		}
	}
	if named {
		return x.checkBatchFile(ctx, id)
	}
	return nil
}

// restricted reports whether the caller may use some models only.
func (x *exchange) restricted() bool {
	return len(x.gw.Models) > 0 || (x.who.Key != nil && len(x.who.Key.Models) > 0)
}

func (x *exchange) checkInline(requests []byte) (err error) {
	walk := jsonscan.Elements(requests, func(v []byte) bool {
		err = x.checkLine(v, "params")
		return err == nil
	})
	if walk != nil {
		return badJSON(walk)
	}
	return err
}

// checkLine checks one request of a batch, whose parameters stand in a member. One whose
// model cannot be read without doubt is refused.
func (x *exchange) checkLine(line []byte, member string) error {
	var span [1]jsonscan.Span
	line = bytes.TrimSpace(line)
	if err := jsonscan.ScanObject(line, []string{member}, span[:]); err != nil {
		return badJSON(err)
	}
	params := span[0].Of(line)
	if err := jsonscan.ScanObject(params, []string{"model"}, span[:]); err != nil {
		return badJSON(err)
	}
	name, ok := jsonscan.String(span[0].Of(params))
	if !ok {
		return fault.New(fault.InvalidRequest, "A request of this batch names no model, so it cannot be checked against this key's rights.")
	}
	return policy.Target(x.gw, x.who, x.ep.Op, x.target.Provider.Name, bareModel(name))
}

// maxBatchLine bounds one line of a batch file.
const maxBatchLine = 64 << 20

// checkBatchFile reads the file of a batch from where it lives.
func (x *exchange) checkBatchFile(ctx context.Context, id string) error {
	path := x.lane.provider.URLPath(provider.PathRequest{Op: llm.OpFiles, Path: "/v1/files/" + url.PathEscape(id) + "/content"})
	req := &upstream.Request{Method: "GET", Host: x.lane.host, Path: path, Header: append([]upstream.Field{{Name: "Accept-Encoding", Value: "identity"}}, x.lane.forced...)}
	if name, value := x.lane.provider.AuthField(x.key()); name != "" {
		req.Header = append(req.Header, upstream.Field{Name: name, Value: value})
	}
	var resp upstream.Response
	if err := x.lane.client.Do(ctx, req, &resp); err != nil {
		return err
	}
	defer func() { x.waited += resp.Waited }()
	defer resp.Close()
	if resp.Status != 200 {
		return fault.Newf(fault.UpstreamError, "The batch's file could not be read to check the models in it: the provider answered %d.", resp.Status)
	}
	lines := bufio.NewScanner(&resp)
	lines.Buffer(make([]byte, 64<<10), maxBatchLine)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := x.checkLine(lines.Bytes(), "body"); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fault.New(fault.UpstreamError, "The batch's file could not be read to check the models in it.").With(err)
	}
	return nil
}
