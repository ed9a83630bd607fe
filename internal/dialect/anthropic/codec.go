package anthropic

// codec implements dialect.Codec for the Messages dialect.
type codec struct{}
