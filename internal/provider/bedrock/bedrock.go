// Package bedrock is Amazon Bedrock's runtime as a provider.Spec: its hosts, its paths,
// and the signatures and keys by which it knows its callers.
package bedrock

import (
	"net/http"
	"strings"

	"github.com/sluice-gateway/sluice/internal/dialect"
	"github.com/sluice-gateway/sluice/internal/dialect/bedrock"
	"github.com/sluice-gateway/sluice/internal/dialect/invoke"
	"github.com/sluice-gateway/sluice/internal/fault"
	"github.com/sluice-gateway/sluice/internal/llm"
	"github.com/sluice-gateway/sluice/internal/provider"
)

// Spec is Amazon Bedrock.
var Spec = &provider.Spec{
	Name: "bedrock", GenAI: "aws.bedrock", Aliases: []string{"amazon-bedrock", "aws-bedrock"}, Title: "Amazon Bedrock",
	Page: "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html", AsOf: "2026-11-21",
	Base:      base,
	Region:    &provider.Setting{Env: []string{"AWS_REGION", "AWS_DEFAULT_REGION"}, Needed: true},
	Env:       []string{"AWS_BEARER_TOKEN_BEDROCK"},
	Auth:      provider.Auth{Header: "Authorization", Prefix: "Bearer "},
	Fields:    fields,
	Ambient:   true,
	NewSigner: newSigner,
	SignsBody: true,
	Speaks:    []dialect.Name{dialect.Converse},
	Operations: []llm.Operation{
		llm.OpChat, llm.OpEmbeddings, llm.OpRerank, llm.OpImages, llm.OpCountTokens,
	},
	Forms:       bedrock.Form,
	Shape:       provider.HostShape,
	StreamUsage: provider.UsageAlways,
	Path:        path,
	Classify:    classify,
	Native:      []*dialect.Dialect{invoke.Dialect},
	Catalogue:   []string{"aws", "amazon-bedrock"},
	Quirks: []string{
		"base_url is https://bedrock-runtime.REGION.amazonaws.com unless given (a VPC endpoint, for example); region is needed to sign.",
		"A credential is a Bedrock API key (api_key), or access_key_id with secret_access_key and perhaps session_token, or a profile; role_arn (with external_id) is assumed with any of these but an API key.",
		"Without any, the machine's own is used: AWS_… variables, the shared configuration files, web identity, a container's or an instance's role.",
		"AWS_ACCESS_KEY_ID and its kin serve a configured provider, but do not make one appear: they are set for other reasons.",
		"Models are named by id, by inference profile (us.anthropic.claude-…) or by ARN; many models have only the latter two.",
		"InvokeModel is reached as /providers/bedrock/model/MODEL/invoke and …/invoke-with-response-stream.",
		"Embeddings (Titan, Cohere), reranking (Cohere, Amazon) and images (Nova Canvas, Titan, Stability) are asked by InvokeModel in the words of their makers; Titan embeds one text in a call.",
		"Tokens are counted for Claude's models and estimated for all others.",
		"Requests are signed whole, so that nothing is uploaded while it comes.",
	},
}

// fields: https://docs.aws.amazon.com/sdkref/latest/guide/creds-config-files.html
var fields = []provider.Field{
	{Name: "access_key_id", Env: []string{"AWS_ACCESS_KEY_ID"}, With: []string{"secret_access_key"}, Not: []string{"api_key", "profile"}},
	{Name: "secret_access_key", Env: []string{"AWS_SECRET_ACCESS_KEY"}, With: []string{"access_key_id"}},
	{Name: "session_token", Env: []string{"AWS_SESSION_TOKEN"}, With: []string{"access_key_id"}},
	{Name: "profile", Not: []string{"api_key"}},
	{Name: "role_arn", Not: []string{"api_key"}},
	{Name: "external_id", With: []string{"role_arn"}},
}

// base gives the host of a region, "" when none is known.
// https://docs.aws.amazon.com/general/latest/gr/bedrock.html
func base(region string) string {
	domain := "amazonaws.com"
	switch {
	case region == "":
		return ""
	case strings.HasPrefix(region, "cn-"):
		domain = "amazonaws.com.cn"
	case strings.HasPrefix(region, "eusc-"):
		domain = "amazonaws.eu"
	}
	return "https://bedrock-runtime." + region + "." + domain
}

// classify keeps to itself what the vendor says of a refused signature: it repeats what
// was signed, a session's token too.
func classify(f *fault.Fault, status int, _ http.Header, _ []byte) {
	if status == http.StatusForbidden && f.Kind == fault.Credential {
		provider.RefusedCredential(f)
	}
}
