// What it takes to make a recorded call once more, and why some calls cannot be.
import type { EntryDetail } from "../api/client";

/** Says in a sentence why a recorded call cannot be put into code; "" where it can. */
export function whyNot(e: EntryDetail): string {
  const [method, pattern = ""] = e.endpoint.split(" ");
  if (e.count > 1) return "This entry stands for many refused calls, and what they said is not kept.";
  if (e.endpoint === "") return "The path of this call is not recorded: nothing serves it here, or the call is older than such records.";
  if (pattern.startsWith("/providers/") || !pattern) return "This call went to a path of the provider's own, and of such paths only the provider is kept.";
  if (method !== "POST") return `This call is a ${method}: code is made of what a call said, and a ${method} says nothing but its path, of which ids and the query are not kept.`;
  if (pattern.includes("{id}")) return "The path of this call names a file, a batch or another object, and such ids are not kept in the log.";
  if (pattern.includes("{model}") && !e.model_requested) return "The path of this call names a model, and none is recorded.";
  return whyNoBody(e);
}

function whyNoBody(e: EntryDetail): string {
  const b = e.bodies;
  if (b?.state === "erased") return "What was said in this call can be read by nobody any more: the key under which it was kept was destroyed.";
  if (b && b.state !== "kept") return "What was said in this call cannot be opened at present.";
  const body = b?.request;
  if (!body || !body.content) return "What was said in this call was not kept: its gateway records no bodies, or the caller asked for that.";
  if (/^multipart\//i.test(body.content_type)) return "This call sent a form with files, and code is made only of JSON.";
  if (body.truncated) return "Only the beginning of what this call said was kept (max_body of its gateway's log), and half a body is no call.";
  if (body.encoding !== "text") return "What this call sent is no text, and code is made only of JSON.";
  if (!parsed(body.content)) return "What this call sent is no JSON object, and code is made only of those.";
  if (redacted.test(body.content)) return "Something was taken out of what is kept of this call, so code made of it would say something else.";
  return "";
}

/** What redaction leaves in the place of what it takes out. */
const redacted = /\[redacted(:[\w.-]+)?\]/;

function parsed(s: string): Record<string, unknown> | null {
  try {
    const v: unknown = JSON.parse(s);
    return v !== null && typeof v === "object" && !Array.isArray(v) ? (v as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

export type Again = {
  pattern: string; // of the path: "/v1/chat/completions"
  root: string; // where the gateway's own paths begin
  url: string;
  keyHeader: [name: string, before: string]; // by which the dialect's callers show their key
  more: [name: string, value: string][]; // further headers of the dialect
  text: string; // the body as it was sent
  body: Record<string, unknown>;
  stream: boolean;
};

const keyHeaders: Record<string, Again["keyHeader"]> = { messages: ["x-api-key", ""], gemini: ["x-goog-api-key", ""] };

/** What it takes to make the call again at base; only for calls that whyNot says nothing against. */
export function again(e: EntryDetail, base: string): Again {
  const pattern = e.endpoint.split(" ")[1]!;
  const root = e.gateway === "default" || !e.gateway ? base : `${base}/gateways/${encodeURIComponent(e.gateway)}`;
  const path = pattern.replace("{model}", () => e.model_requested.split("/").map(encodeURIComponent).join("/"));
  const text = e.bodies!.request!.content;
  const events = pattern.endsWith(":streamGenerateContent") ? "?alt=sse" : "";
  return {
    pattern, root, url: root + path + events, keyHeader: keyHeaders[e.client_dialect] ?? ["Authorization", "Bearer "],
    more: e.client_dialect === "messages" ? [["anthropic-version", "2023-06-01"]] : [], text, body: parsed(text) ?? {}, stream: e.stream,
  };
}
