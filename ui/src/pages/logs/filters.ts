/** Filters as the API names them, with what they are called here. */
const texts: Record<string, string> = {
  status: "Status", outcome: "Outcome", provider: "Provider", model: "Model", model_requested: "Model asked for", key_id: "Key", cache: "Cache", operation: "Operation", route: "Route", step: "Step of the route", error_code: "Error",
  finish_reason: "Finish reason", gateway: "Gateway", workspace: "Workspace", user: "User", session: "Session", client_ip: "Address", user_agent: "Client names", client_dialect: "Dialect", provider_dialect: "Dialect to the provider", region: "Region", credential: "Credential", trace_id: "Trace", parent_span_id: "Span", endpoint: "Endpoint",
  search: "Said", feedback: "Feedback", comment: "Comment has", min_score: "Score at least", max_score: "Score at most", limits: "Over the limit", guards: "Guard", dropped_params: "Dropped parameter", stream: "Stream", priced: "Cost known", redacted: "Redacted", cache_tags: "Cache tag", cache_key: "Cache key",
  attempt_fault: "Attempt failed with", attempt_provider: "Attempt at provider", attempt_model: "Attempt at model", attempt_credential: "Attempt with credential",
};

const numbers: Record<string, string> = {
  cost: "Dollars", latency_ms: "Milliseconds", first_byte_ms: "Milliseconds to the first token", input_tokens: "Input tokens", output_tokens: "Output tokens", total_tokens: "Tokens together", cache_read_tokens: "Tokens from the provider's cache", reasoning_tokens: "Reasoning tokens",
  attempts: "Attempts", queue_ms: "Milliseconds queued", overhead_us: "Microseconds in Sluice", caller_us: "Microseconds of a slow caller", saved: "Dollars saved", cache_age_ms: "Milliseconds in the cache", count: "Calls in one entry",
};

export const filters: Record<string, string> = { ...texts, ...Object.fromEntries(Object.entries(numbers).flatMap(([name, label]) => [[`min_${name}`, `${label} at least`], [`max_${name}`, `${label} at most`]])) };

/** Values to choose from, where there are few. */
export const choices: Record<string, string[]> = {
  status: ["2xx", "4xx", "5xx", "429"], outcome: ["ok", "error", "refused", "cancelled"], cache: ["hit", "miss", "stale", "coalesced", "semantic", "bypass", "off"], stream: ["true", "false"], priced: ["true", "false"], feedback: ["up", "down", "!"],
  attempt_fault: ["!", "timeout", "connect", "rate_limited", "credential", "upstream", "context_window", "content_policy", "caller", "gone", "internal"],
};

const ofMetadata = "metadata.";

/** Whether the API takes a filter of this name: of metadata one for each key. */
export const isFilter = (name: string) => name in filters || (name.startsWith(ofMetadata) && name.length > ofMetadata.length);

/** What a filter is called. */
export const labelOf = (name: string) => filters[name] ?? `Metadata ${name.slice(ofMetadata.length)}`;

/** The filters in an address. */
export const chosenOf = (params: URLSearchParams) => Object.fromEntries([...Object.keys(filters), ...[...params.keys()].filter((n) => !(n in filters) && isFilter(n))].filter((n) => params.get(n)).map((n) => [n, params.get(n)!]));

/** A filter of metadata from team=red; none when it is not of that form. */
export function metadataFilter(text: string): Record<string, string> {
  const cut = text.indexOf("=");
  return cut > 0 && cut < text.length - 1 ? { [ofMetadata + text.slice(0, cut).trim()]: text.slice(cut + 1).trim() } : {};
}
