package pairs_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/sluice-gateway/sluice/internal/testgw"
)

func awsError(err error) (int, string) {
	var r *smithyhttp.ResponseError
	if !errors.As(err, &r) {
		return 0, ""
	}
	var validation *types.ValidationException
	var throttled *types.ThrottlingException
	switch status := r.HTTPStatusCode(); {
	case status == 400 && !errors.As(err, &validation), status == 429 && !errors.As(err, &throttled):
		return 0, err.Error()
	default:
		return status, err.Error()
	}
}

// unused are credentials that the SDK signs with before a token takes the signature's
// place: it sends tokens over https only.
var unused = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "unused", SecretAccessKey: "unused"}, nil
})

// withToken adds a bearer token to every request.
type withToken struct {
	next  http.RoundTripper
	token string
}

func (w withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+w.token)
	return w.next.RoundTrip(r)
}

func askConverse(ctx context.Context, s *stand, q question) (*answer, error) {
	c := bedrockruntime.New(bedrockruntime.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(s.url), RetryMaxAttempts: 1, Credentials: unused, AuthSchemePreference: []string{"sigv4"},
		HTTPClient: &http.Client{Transport: withToken{s.http.Transport, testgw.Key}},
	})
	p := &bedrockruntime.ConverseInput{
		ModelId: &q.model, System: []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: "You are brief."}},
		Messages:        []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: q.text}}}},
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(4000)},
	}
	if q.tools {
		p.ToolConfig = &types.ToolConfiguration{}
		for _, t := range tools {
			p.ToolConfig.Tools = append(p.ToolConfig.Tools, &types.ToolMemberToolSpec{Value: types.ToolSpecification{
				Name: aws.String(t.name), Description: aws.String(t.description), InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(t.schema)}}})
		}
	}
	if q.schema {
		p.OutputConfig = &types.OutputConfig{TextFormat: &types.OutputFormat{Type: types.OutputFormatTypeJsonSchema,
			Structure: &types.OutputFormatStructureMemberJsonSchema{Value: types.JsonSchemaDefinition{Name: aws.String("degrees"), Schema: aws.String(jsonText(degrees))}}}}
	}
	if q.think {
		p.AdditionalModelRequestFields = document.NewLazyDocument(map[string]any{"thinking": map[string]any{"type": "enabled", "budget_tokens": 2048}})
	}
	return goConverse(ctx, c, p, q.stream)
}

func goConverse(ctx context.Context, c *bedrockruntime.Client, p *bedrockruntime.ConverseInput, stream bool) (*answer, error) {
	said, stop, usage, err := converse(ctx, c, p, stream)
	if err != nil {
		return nil, err
	}
	a := &answer{}
	if usage != nil {
		a.input = int64(aws.ToInt32(usage.InputTokens) + aws.ToInt32(usage.CacheReadInputTokens) + aws.ToInt32(usage.CacheWriteInputTokens))
		a.output = int64(aws.ToInt32(usage.OutputTokens))
	}
	for _, b := range said.Content {
		switch b := b.(type) {
		case *types.ContentBlockMemberText:
			a.text += b.Value
		case *types.ContentBlockMemberReasoningContent:
			if t, ok := b.Value.(*types.ReasoningContentBlockMemberReasoningText); ok {
				a.thinking += aws.ToString(t.Value.Text)
			}
		case *types.ContentBlockMemberToolUse:
			args, err := b.Value.Input.MarshalSmithyDocument()
			if err != nil {
				return nil, err
			}
			a.calls = append(a.calls, call{aws.ToString(b.Value.ToolUseId), aws.ToString(b.Value.Name), string(args)})
		}
	}
	if (len(a.calls) > 0) != (stop == types.StopReasonToolUse) {
		return nil, errors.New("it ended with " + string(stop))
	}
	a.again = func(results []string) (*answer, error) {
		var blocks []types.ContentBlock
		for i, r := range results {
			blocks = append(blocks, &types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{ToolUseId: &a.calls[i].id, Content: []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberText{Value: r}}}})
		}
		p.Messages = append(p.Messages, *said, types.Message{Role: types.ConversationRoleUser, Content: blocks})
		return goConverse(ctx, c, p, stream)
	}
	return a, nil
}

func converse(ctx context.Context, c *bedrockruntime.Client, p *bedrockruntime.ConverseInput, stream bool) (*types.Message, types.StopReason, *types.TokenUsage, error) {
	if stream {
		return converseStream(ctx, c, p)
	}
	got, err := c.Converse(ctx, p)
	if err != nil {
		return nil, "", nil, err
	}
	m, ok := got.Output.(*types.ConverseOutputMemberMessage)
	if !ok {
		return nil, "", nil, errors.New("no message")
	}
	return &m.Value, got.StopReason, got.Usage, nil
}

// block is what a stream has said of one block.
type block struct {
	text, thought, signature, args string
	redacted                       []byte
	use                            *types.ToolUseBlockStart
}

func converseStream(ctx context.Context, c *bedrockruntime.Client, p *bedrockruntime.ConverseInput) (m *types.Message, stop types.StopReason, usage *types.TokenUsage, err error) {
	got, err := c.ConverseStream(ctx, &bedrockruntime.ConverseStreamInput{ModelId: p.ModelId, Messages: p.Messages, System: p.System, ToolConfig: p.ToolConfig,
		InferenceConfig: p.InferenceConfig, AdditionalModelRequestFields: p.AdditionalModelRequestFields, OutputConfig: p.OutputConfig})
	if err != nil {
		return nil, "", nil, err
	}
	events := got.GetStream()
	defer events.Close()
	blocks, order := map[int32]*block{}, []*block(nil)
	at := func(i *int32) *block {
		if blocks[*i] == nil {
			blocks[*i] = &block{}
			order = append(order, blocks[*i])
		}
		return blocks[*i]
	}
	for e := range events.Events() {
		switch e := e.(type) {
		case *types.ConverseStreamOutputMemberContentBlockStart:
			if t, ok := e.Value.Start.(*types.ContentBlockStartMemberToolUse); ok {
				at(e.Value.ContentBlockIndex).use = &t.Value
			}
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			at(e.Value.ContentBlockIndex).add(e.Value.Delta)
		case *types.ConverseStreamOutputMemberMessageStop:
			stop = e.Value.StopReason
		case *types.ConverseStreamOutputMemberMetadata:
			usage = e.Value.Usage
		}
	}
	m = &types.Message{Role: types.ConversationRoleAssistant}
	for _, b := range order {
		m.Content = append(m.Content, b.whole()...)
	}
	return m, stop, usage, events.Err()
}

func (b *block) add(d types.ContentBlockDelta) {
	switch d := d.(type) {
	case *types.ContentBlockDeltaMemberText:
		b.text += d.Value
	case *types.ContentBlockDeltaMemberToolUse:
		b.args += aws.ToString(d.Value.Input)
	case *types.ContentBlockDeltaMemberReasoningContent:
		switch r := d.Value.(type) {
		case *types.ReasoningContentBlockDeltaMemberText:
			b.thought += r.Value
		case *types.ReasoningContentBlockDeltaMemberSignature:
			b.signature += r.Value
		case *types.ReasoningContentBlockDeltaMemberRedactedContent:
			b.redacted = append(b.redacted, r.Value...)
		}
	}
}

// whole gives what a caller sends back of a block.
func (b *block) whole() []types.ContentBlock {
	switch {
	case b.use != nil:
		var args any
		if err := json.Unmarshal([]byte(b.args), &args); err != nil {
			args = "no JSON: " + b.args
		}
		return []types.ContentBlock{&types.ContentBlockMemberToolUse{Value: types.ToolUseBlock{ToolUseId: b.use.ToolUseId, Name: b.use.Name, Input: document.NewLazyDocument(args)}}}
	case b.redacted != nil:
		return []types.ContentBlock{&types.ContentBlockMemberReasoningContent{Value: &types.ReasoningContentBlockMemberRedactedContent{Value: b.redacted}}}
	case b.thought != "" || b.signature != "":
		return []types.ContentBlock{&types.ContentBlockMemberReasoningContent{Value: &types.ReasoningContentBlockMemberReasoningText{Value: types.ReasoningTextBlock{Text: &b.thought, Signature: &b.signature}}}}
	case b.text != "":
		return []types.ContentBlock{&types.ContentBlockMemberText{Value: b.text}}
	}
	return nil
}
