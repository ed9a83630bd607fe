// A recorded call as a command that makes it again.
import type { EntryDetail } from "../api/client";

const operations: Record<string, string> = {
  embeddings: "/v1/embeddings", completions: "/v1/completions", moderations: "/v1/moderations", images: "/v1/images/generations",
  rerank: "/v1/rerank", speech: "/v1/audio/speech", count_tokens: "/v1/messages/count_tokens",
};

export function pathOf(e: EntryDetail): string {
  switch (e.client_dialect) {
    case "messages": return e.operation === "count_tokens" ? operations.count_tokens! : "/v1/messages";
    case "responses": return "/v1/responses";
    case "gemini": return `/v1beta/models/${e.model_requested}:${e.operation === "embeddings" ? "embedContent" : e.stream ? "streamGenerateContent?alt=sse" : "generateContent"}`;
    case "converse": return `/model/${encodeURIComponent(e.model_requested)}/${e.stream ? "converse-stream" : "converse"}`;
    case "cohere": return e.operation === "embeddings" ? "/v2/embed" : e.operation === "rerank" ? "/v2/rerank" : "/v2/chat";
  }
  return operations[e.operation] ?? "/v1/chat/completions";
}

export function curlOf(e: EntryDetail, base: string): string {
  const gateway = e.gateway === "default" ? "" : `/gateways/${e.gateway}`;
  const lines = [`curl '${base}${gateway}${pathOf(e)}'`, `  -H "Authorization: Bearer $SLUICE_KEY"`, `  -H 'Content-Type: application/json'`];
  if (e.client_dialect === "messages") lines.push(`  -H 'anthropic-version: 2023-06-01'`);
  if (e.stream) lines.splice(1, 0, "  -N");
  const body = e.bodies?.request;
  if (body?.encoding === "text") lines.push(`  -d '${body.content.replaceAll("'", `'\\''`)}'`);
  return lines.join(" \\\n");
}
