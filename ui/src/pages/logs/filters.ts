/** Filters as the API names them, with what they are called here. */
export const filters: Record<string, string> = {
  status: "Status", outcome: "Outcome", provider: "Provider", model: "Model", model_requested: "Model asked for", key_id: "Key", cache: "Cache", operation: "Operation", route: "Route", error_code: "Error",
  finish_reason: "Finish reason", gateway: "Gateway", workspace: "Workspace", user: "User", session: "Session", client_ip: "Address", client_dialect: "Dialect", provider_dialect: "Dialect to the provider", region: "Region", credential: "Credential", trace_id: "Trace", search: "Said", feedback: "Feedback", min_score: "Score at least", max_score: "Score at most", stream: "Stream", min_cost: "Cost at least", min_latency_ms: "Milliseconds at least",
};
