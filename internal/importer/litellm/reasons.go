package litellm

// reason is why a key is not read. An empty text means that nothing is missing without it.
type reason struct {
	group    Group
	text     string
	onlyTrue bool // false is no loss
}

func lost(text string) reason { return reason{group: Lost, text: text} }

const (
	noCache    = "a router of its own has no cache here; write cache: 10m on the route or the gateway"
	noGuards   = "guards are not built"
	noBreaker  = "what fails rests for a while, by all kinds of failures alike; providers.<name>.health says how long"
	ownKeys    = "speaks of keys that LiteLLM makes; rights of keys are given one by one here"
	ownStorage = "speaks of LiteLLM's database; entries are kept in Sluice's store"
	ownHooks   = "Python of one's own cannot run here; hooks are not built"
	ownPaths   = "is decided by gateway, key and operation here, not by path; give keys their operations"
	ownLogging = "write exports (docs/exports.md: files, S3, webhook, Kafka, NATS, Splunk, Elasticsearch, Datadog, Langfuse) or telemetry.otlp (docs/telemetry.md); metrics are on the admin listener at /metrics"
)

// paramReasons are keys of litellm_params.
func paramReasons() map[string]reason {
	return map[string]reason{
		"tags":         lost("choosing by tag: write a step of the route with when: metadata.<name> == …"),
		"silent_model": lost("write shadow: <target> on the route"), "mock_response": lost("answers of one's own are not built; use the provider sandbox"),
		"additional_drop_params": lost("parameters that a target cannot express are dropped by themselves; others cannot be left out"),
		"allowed_openai_params":  lost("what a target of OpenAI's shape is sent is not filtered, so that nothing needs to be let through"),
		"extra_body":             lost("write override: {set: …} on the route, which takes the place of what callers say"),
		"max_budget":             lost("a budget of one deployment is not built; limits of a provider take cost"),
		"budget_duration":        {}, "use_in_pass_through": {}, "use_litellm_proxy": {}, "rust": {}, "keepalive_seconds": {}, "input_cost_per_token_batches": {}, "output_cost_per_token_batches": {},
		"azure_ad_token":                     lost("a fixed token of Entra ID is not taken; use tenant_id, client_id and client_secret, or the machine's identity"),
		"aws_session_name":                   {Changed, "the session of an assumed role is named by Sluice", false},
		"aws_web_identity_token":             lost("a web identity comes from AWS_WEB_IDENTITY_TOKEN_FILE of the environment"),
		"drop_params":                        {Changed, "what becomes of unsupported parameters is one setting of the gateway: unsupported", false},
		"merge_reasoning_content_in_choices": lost("reasoning stands in reasoning_content"),
		"cache_control_injection_points":     lost("marks for the vendor's cache are the caller's"),
		"temperature":                        lost(defaults), "max_tokens": lost(defaults), "top_p": lost(defaults), "thinking": lost(defaults), "reasoning_effort": lost(defaults), "stop": lost(defaults), "seed": lost(defaults),
		"configurable_clientside_auth_params": lost("callers bring their own credential where the gateway has credentials: caller"),
	}
}

const defaults = "a default of a request is not built; callers have to send it, or a route's override takes the place of what they say"

// infoReasons are keys of model_info.
func infoReasons() map[string]reason {
	silent := map[string]reason{
		"base_model":    lost("prices by another model's name are not built; write providers.<name>.models.<model>.price where the price is not known"),
		"team_id":       lost("a model of one team: give other keys models without it"),
		"access_groups": {}, "supported_environments": lost("a model of one environment is not built"),
		"custom_tokenizer": lost("tokens are counted by Sluice's own tokenizers"),
	}
	for _, key := range []string{"id", "mode", "description", "db_model", "litellm_provider", "created_at", "updated_at", "created_by", "updated_by", "metadata",
		"health_check_model", "health_check_timeout", "health_check_max_tokens", "disable_background_health_check", "team_public_model_name", "tier",
		"supports_function_calling", "supports_vision", "supports_system_messages", "supports_response_schema", "supports_parallel_function_calling", "supports_tool_choice",
		"supports_prompt_caching", "supports_reasoning", "supports_pdf_input", "supports_audio_input", "supports_audio_output", "supports_web_search", "output_vector_size"} {
		silent[key] = reason{}
	}
	return silent
}

func routerReasons() map[string]reason {
	out := map[string]reason{
		"routing_strategy_args": {},
		"retry_after":           {Changed, "pauses between tries double from 250ms; a vendor's retry-after goes first", false}, "retry_policy": lost("retries by kind of error are providers.<name>.retries.for"),
		"model_group_retry_policy": lost("retries are a provider's, not a group's"),
		"enable_pre_call_checks":   {Changed, "models whose window is known and too small are always passed over", true}, "optional_pre_call_checks": lost("write sticky: session on the route to keep a conversation where it began"),
		"enable_tag_filtering": {Lost, "write steps of the route with when: metadata.<name> == …", true}, "default_max_parallel_requests": lost("write limits: [{concurrent: N}] below each provider"),
		"cache_responses": {Lost, noCache, true}, "redis_host": lost(redisHint), "redis_port": {}, "redis_password": {}, "redis_db": {}, "cache_kwargs": lost(noCache), "caching_groups": lost(noCache),
		"default_litellm_params": lost(defaults), "set_verbose": {}, "debug_level": {}, "client_ttl": {}, "polling_interval": {}, "default_priority": {Lost, "write gateways.default.queue", false},
		"guardrail_list": lost(noGuards), "disable_cooldowns": {Lost, noBreaker, true}, "enable_health_check_routing": {Lost, "write health: {probe: {every: 30s}} below each provider", true},
		"ignore_invalid_deployments": {}, "max_fallbacks": {}, "search_tools": lost("searching is not built"),
	}
	out["allowed_fails_policy"] = lost(noBreaker)
	return out
}

const redisHint = "write shared: {url: env:NAME} with the whole URL, redis://[user:password@]host[:port]"

func litellmReasons() map[string]reason {
	out := map[string]reason{
		"enable_redis_auth_cache": {},
		"modify_params":           {Changed, "requests are written for their target's rules always", true}, "redact_user_api_key_info": {Lost, ownLogging, true}, "langfuse_default_tags": lost(ownLogging),
		"force_ipv4": {Lost, "the system chooses", true}, "set_verbose": {Changed, "write telemetry.log_level: debug, which never shows bodies", true}, "json_logs": {Changed, "write telemetry.log_format: json", true},
		"default_team_settings": lost("logging per team: exports take a filter (docs/exports.md)"), "default_team_params": lost("teams are the tags and metadata.team of keys here; their limits stand in the document"),
		"default_internal_user_params": lost("speaks of people who join; members get a role in a workspace, and keys rights and limits of their own"),
		"default_key_generate_params":  lost(ownKeys), "upperbound_key_generate_params": lost(ownKeys), "key_generation_settings": lost(ownKeys),
		"cost_discount_config": lost("write the price that you pay in providers.<name>.models.<model>.price"), "cost_margin_config": lost("a margin over the vendor's price is not built"),
		"disable_end_user_cost_tracking": {Lost, "entries name the caller's user always", true}, "custom_prometheus_metadata_labels": lost("labels of metrics are fixed"), "prometheus_metrics_config": lost("labels of metrics are fixed"),
		"mcp_aliases": lost("the MCP gateway is not built"), "public_model_groups": {}, "enable_json_schema_validation": {Lost, "answers are not checked against a schema", true},
		"enable_preview_features": {}, "network_mock": {}, "ssl_verify": {Lost, "certificates are always verified; write providers.<name>.ca_file for an authority of your own", false},
		"max_budget_id": lost(ownKeys), "max_end_user_budget_id": lost(ownKeys), "telemetry": {}, "guardrails": lost(noGuards), "max_parallel_requests": lost("write gateways.default.limits: [{concurrent: N}]"),
	}
	for _, key := range []string{"success_callback", "failure_callback", "service_callback", "service_callbacks", "callbacks"} {
		out[key] = lost(ownLogging)
	}
	return out
}

func generalReasons() map[string]reason {
	out := map[string]reason{
		"custom_auth": lost(ownHooks), "custom_sso": lost(ownHooks), "custom_key_generate": lost(ownHooks),
		"enable_jwt_auth": {Lost, jwtHint, true}, "litellm_jwtauth": {}, "enable_oauth2_auth": {Lost, jwtHint, true},
		"litellm_key_header_name": lost("keys are read from Authorization, x-api-key, api-key, x-goog-api-key and sluice-key alone"),
		"enforce_user_param":      {Lost, "calls without a user are served", true}, "enforced_params": lost("calls without certain parameters are served"), "reject_clientside_metadata_tags": {Lost, "take metadata out of gateways.default.controls", true},
		"allowed_routes": lost(ownPaths), "public_routes": lost(ownPaths), "admin_only_routes": lost(ownPaths), "role_permissions": lost(ownPaths),
		"use_x_forwarded_for": {Lost, "write the proxies' networks to server.trusted_proxies, so that their x-forwarded-for is believed", true},
		"use_azure_key_vault": {Lost, "secret managers are not read; write env: or file: references", true}, "use_google_kms": {Lost, "secret managers are not read; write env: or file: references", true},
		"key_management_system": lost("secret managers are not read; write env: or file: references"), "key_management_settings": {},
		"completion_model": lost("one model for all calls cannot be named; callers say which"), "embedding_model": lost("one model for all calls cannot be named; callers say which"), "image_generation_model": lost("one model for all calls cannot be named; callers say which"), "moderation_model": lost("one model for all calls cannot be named; callers say which"),
		"alert_types": lost("write rules to alerts.rules (docs/alerts.md)"), "alert_to_webhook_url": lost("write channels to alerts.channels"), "alerting_threshold": {Lost, "write rules to alerts.rules (docs/alerts.md)", false}, "alerting_args": {}, "spend_report_frequency": lost("reports by mail are not built"),
		"background_health_checks": {Lost, "write health: {probe: {every: 30s}} below each provider", true}, "health_check_interval": {}, "health_check_concurrency": {}, "use_shared_health_check": {}, "enable_health_check_routing": {Lost, "write health: {probe: {every: 30s}} below each provider", true}, "health_check_details": {},
		"pass_through_endpoints":            lost("vendors' own paths are below /providers/{provider}/; for others write a provider of kind openai-compatible"),
		"forward_client_headers_to_llm_api": {Lost, "only headers of the dialects and those that a kind names are forwarded", true}, "forward_llm_provider_auth_headers": {Lost, "write gateways.default.credentials: caller", true}, "forward_openai_org_id": {Lost, "the organization is the gateway's", true},
		"allow_client_side_credentials": {Lost, "write gateways.default.credentials: caller", true}, "store_model_in_db": {Lost, "models kept in LiteLLM's database are not read, only those of model_list", true},
		"max_response_size_mb": lost("answers are relayed as they come"), "token_rate_limit_type": {Changed, "limits of tokens count input and output together; write input_tokens or output_tokens instead", false},
		"disable_spend_logs": {Lost, "accounting is always kept", true}, "disable_error_logs": {Lost, "accounting is always kept", true}, "maximum_spend_logs_retention_interval": {}, "maximum_spend_logs_cleanup_cron": {},
		"always_include_stream_usage": {}, "control_plane_url": {}, "ui_access_mode": {}, "ui_logo_path": {}, "infer_model_from_keys": {}, "user_header_name": lost("the user is that of the request's body or of a token"), "user_header_mappings": lost("the user is that of the request's body or of a token"),
		"default_team_disabled": {}, "service_account_settings": lost(ownKeys), "encryption_algorithm": {}, "supported_db_objects": {}, "allow_user_auth": {}, "coordinator": {}, "otel": {Lost, ownLogging, true},
	}
	for _, key := range []string{"database_type", "database_args", "database_connection_pool_limit", "database_connection_timeout", "database_connection_pool_timeout", "proxy_batch_write_at", "proxy_budget_rescheduler_min_time",
		"proxy_budget_rescheduler_max_time", "use_redis_transaction_buffer", "allow_requests_on_db_unavailable", "disable_spend_updates", "disable_reset_budget", "user_api_key_cache_ttl", "disable_adding_master_key_hash_to_db"} {
		out[key] = reason{}
	}
	return out
}

const jwtHint = "write gateways.default.auth: [key, jwt] and jwt: with issuer and audience"

// topReasons are whole sections.
func topReasons() map[string]reason {
	return map[string]reason{
		"guardrails": lost(noGuards), "policies": lost(noGuards), "policy_attachments": lost(noGuards), "mcp_servers": lost("the MCP gateway is not built"), "mcp_tools": lost("the MCP gateway is not built"),
		"prompts": lost("prompt management is not built"), "vector_store_registry": lost("stores of vectors are not built"), "search_tools": lost("searching is not built"), "agent_list": lost("agents are not built"),
		"callback_settings": lost(ownLogging), "files_settings": lost("files go to the caller's sluice-provider or the gateway's default_provider"), "finetune_settings": lost("fine-tuning is reached below /providers/{provider}/"),
		"assistant_settings": lost("assistants are reached below /providers/{provider}/"), "include": lost("other files are not read; import each, or put them into one"), "worker_registry": {},
	}
}
