/** Filters as the API names them, with what they are called here. */
export const filters: Record<string, string> = {
  status: "Status", outcome: "Outcome", provider: "Provider", model: "Model", model_requested: "Model asked for", key_id: "Key", cache: "Cache", operation: "Operation", route: "Route", error_code: "Error",
  finish_reason: "Finish reason", gateway: "Gateway", workspace: "Workspace", user: "User", session: "Session", client_ip: "Address", client_dialect: "Dialect", provider_dialect: "Dialect to the provider", region: "Region", credential: "Credential", trace_id: "Trace", search: "Said", feedback: "Feedback", min_score: "Score at least", max_score: "Score at most", limits: "Over the limit", stream: "Stream", min_cost: "Cost at least", min_latency_ms: "Milliseconds at least",
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
