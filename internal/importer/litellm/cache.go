package litellm

import (
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/config/doctree"
)

// kept is what LiteLLM's cache becomes.
type kept struct {
	ttl  time.Duration // 0 = there is no cache
	disk bool
	only []string // operations whose answers are kept; empty = all
}

// keptFor is how long answers are fresh where LiteLLM's file does not say: what it keeps
// then without end, or for as long as its store likes, must have an end here.
const keptFor = 10 * time.Minute

// calls are the names of LiteLLM's supported_call_types.
var calls = map[string]string{
	"completion": "chat", "acompletion": "chat", "responses": "chat", "aresponses": "chat", "anthropic_messages": "chat",
	"text_completion": "completions", "atext_completion": "completions", "embedding": "embeddings", "aembedding": "embeddings",
	"transcription": "transcription", "atranscription": "transcription", "rerank": "rerank", "arerank": "rerank",
}

// cache reads cache and cache_params of litellm_settings.
func (i *importer) cache(s *section) {
	on, _ := s.yes("cache")
	params := i.section(s.key("cache_params"), s.take("cache_params"))
	if !on {
		return
	}
	if params.text("mode") == "default_off" {
		params.note(Lost, "mode", "callers cannot switch a cache on, only off; write cache: 10m on a gateway of their own for those who want it")
		return
	}
	i.out.cache = kept{ttl: i.freshness(params), only: i.callTypes(params)}
	i.keptWhere(params)
	s.note(Changed, "cache", "answers are kept for each workspace apart, LiteLLM's are everybody's; write scope: gateway below cache to share them")
	params.rest(cacheReasons())
}

// freshness reads ttl.
func (i *importer) freshness(s *section) time.Duration {
	f, given := s.number("ttl")
	if !given || f == 0 {
		s.imp.note(Changed, s.node.Pos.Line, s.key("ttl"), "is not given; answers are fresh for "+duration(keptFor))
		return keptFor
	}
	span := time.Duration(min(f, (30*24*time.Hour).Seconds()) * float64(time.Second)).Round(time.Second)
	if f > (30 * 24 * time.Hour).Seconds() {
		s.note(Changed, "ttl", "is brought down to 30d, the longest")
	}
	return max(span, time.Second)
}

// callTypes reads supported_call_types.
func (i *importer) callTypes(s *section) (out []string) {
	for _, name := range s.texts("supported_call_types") {
		op, known := calls[name]
		if !known {
			s.note(Lost, "supported_call_types", doctree.Quote(name)+" is no call whose answers can be kept")
		} else if !slices.Contains(out, op) {
			out = append(out, op)
		}
	}
	return out
}

// keptWhere reads type, and what belongs to it.
func (i *importer) keptWhere(s *section) {
	switch kind := s.text("type"); kind {
	case "", "local":
	case "redis", "redis-cluster":
		if i.out.redis == "" {
			s.note(Todo, "type", redisHint+"; until then answers are kept in memory")
		}
	case "disk":
		i.out.cache.disk = true
	case "redis-semantic", "qdrant-semantic", "valkey-semantic":
		s.note(Changed, "type", "equal requests share answers; for similar ones write semantic: {model: <provider>/<model>} below gateways.default.cache")
	default:
		s.note(Changed, "type", doctree.Quote(kind)+" is no place for a cache here: answers are kept in memory; write cache: {disk: 4GiB} or shared: {url: env:NAME} to keep more")
	}
}

// cacheReasons are keys of cache_params.
func cacheReasons() map[string]reason {
	out := map[string]reason{"namespace": {Changed, "keys are apart by gateway and workspace", false}, "similarity_threshold": lost("write it to gateways.default.cache.semantic.threshold, measured on prompts of your own: models differ"),
		"redis_semantic_cache_embedding_model": lost("write it to gateways.default.cache.semantic.model, as provider/model"), "qdrant_semantic_cache_embedding_model": lost("write it to gateways.default.cache.semantic.model, as provider/model"),
		"disk_cache_dir": {Changed, "the cache on disk is beside the data", false}}
	for _, key := range []string{"host", "port", "username", "password", "url", "redis_startup_nodes", "service_name", "sentinel_nodes", "sentinel_password", "max_connections", "ssl", "ssl_cert_reqs", "ssl_check_hostname", "socket_timeout", "redis_flush_size",
		"default_in_memory_ttl", "default_in_redis_ttl", "qdrant_api_base", "qdrant_api_key", "qdrant_collection_name", "qdrant_quantization_config",
		"s3_bucket_name", "s3_region_name", "s3_api_version", "s3_path", "s3_aws_access_key_id", "s3_aws_secret_access_key", "s3_aws_session_token", "s3_endpoint_url", "gcs_bucket_name", "gcs_path", "gcs_path_service_account"} {
		out[key] = reason{} // what type says is enough
	}
	return out
}

// render writes the gateway's cache.
func (k *kept) render(p *page) {
	if k.ttl == 0 {
		return
	}
	p.line(2, "cache:")
	p.line(3, "ttl: %s", duration(k.ttl))
	if len(k.only) == 0 {
		return
	}
	terms := make([]string, len(k.only))
	for n, op := range k.only {
		terms[n] = `"` + op + `"`
	}
	p.line(3, "rules:")
	p.line(4, "- { when: '!(operation in [%s])', bypass: true }", strings.Join(terms, ", "))
}
