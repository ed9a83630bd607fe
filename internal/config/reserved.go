package config

// Reserved is a key of the document that has a meaning but no code yet. It is refused,
// because a policy that is accepted and not kept is worse than none.
type Reserved struct {
	Path string // schema path, as in Field.Path
	What string // what it would do, as the subject of "… is not built in this version"
}

// ReservedKeys lists every such key.
func ReservedKeys() []Reserved {
	const gateway, provider = "gateways.<name>.", "providers.<name>."
	return []Reserved{
		{"routes", "routing by name, condition and split (routes)"},
		{"workspaces", "declaring workspaces in the document"},
		{"guards", "a guard outside of a gateway"},
		{"hooks", "calling out to hooks"},
		{"alerts", "alerting"},
		{"prompts", "prompt management"},
		{"mcp", "the MCP gateway"},
		{gateway + "cache", "the response cache"},
		{gateway + "limits", "limiting requests, tokens and cost"},
		{gateway + "budgets", "budgeting"},
		{gateway + "guards", "checking and masking content"},
		{gateway + "hooks", "calling out to hooks"},
		{gateway + "unsupported", "a policy for fields that a target cannot express"},
		{gateway + "unpriced", "a policy for models of unknown price"},
		{gateway + "routes", "routing per gateway"},
		{gateway + "regions", "a policy of regions"},
		{gateway + "allow", "allowing by network"},
		{gateway + "deny", "denying by network"},
		{gateway + "networks", "a policy of networks"},
		{gateway + "operations", "a policy of operations"},
		{gateway + "commit_after", "tuning when a stream's head is sent"},
		{gateway + "retry_budget", "tuning the retry budget"},
		{gateway + "jwt", "authentication by JWT"},
		{gateway + "mtls", "authentication by client certificate"},
		{gateway + "log.redact", "redacting the log by rule"},
		{gateway + "log.sample", "recording a sample of the calls"},
		{provider + "region", "a region per provider"},
		{provider + "regions", "a region per provider"},
		{provider + "limits", "a limit per provider"},
		{provider + "health", "active health probing"},
		{provider + "probe", "active health probing"},
		{provider + "breaker", "tuning the circuit breaker"},
		{provider + "cooldown", "tuning the cooldown of credentials"},
		{provider + "credentials[].region", "a region per credential"},
		{provider + "models.<name>.region", "a region per model"},
		{provider + "models.<name>.alias", "aliasing models"},
		{provider + "models.<name>.tiers", "pricing by tiers in the document"},
		{"shared.on_outage", "sharing state between nodes"},
		{"server.tls.acme", "getting certificates by ACME"},
		{"admin.tls.acme", "getting certificates by ACME"},
		{"telemetry.otlp", "exporting to OpenTelemetry"},
		{"telemetry.traces", "exporting traces"},
	}
}

const notBuilt = " is not built in this version"
