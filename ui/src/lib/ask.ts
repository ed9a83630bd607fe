// A call from the playground: through the data plane, as whoever is signed in.
import { api, authorize, got, type EntryDetail } from "../api/client";

export type ToolCall = { id: string; type: "function"; function: { name: string; arguments: string } };
export type Piece = { type: "text"; text: string } | { type: "image_url"; image_url: { url: string } };
export type Message =
  | { role: "system"; content: string }
  | { role: "user"; content: string | Piece[] }
  | { role: "assistant"; content: string | null; reasoning_content?: string; tool_calls?: ToolCall[] }
  | { role: "tool"; tool_call_id: string; content: string };

/** Parameters of a call; what is not there is the model's default. */
export type Params = { temperature?: number; top_p?: number; max_tokens?: number; seed?: number; stop?: string[]; presence_penalty?: number; frequency_penalty?: number; reasoning_effort?: string; tool_choice?: string; json?: boolean; whole?: boolean; cache?: string };

export type Usage = { input: number | null; output: number | null; reasoning: number | null };

/** What is known of a call while it runs, and when it is over. */
export type Run = {
  state: "running" | "done" | "stopped" | "failed";
  text: string;
  reasoning: string;
  calls: ToolCall[];
  error: string;
  id: string; // of the request
  served: string; // provider/model
  cache: string;
  finish: string;
  first: number | null; // ms
  total: number; // ms
  usage: Usage;
  cost: number | null;
};

export const fresh = (): Run => ({ state: "running", text: "", reasoning: "", calls: [], error: "", id: "", served: "", cache: "", finish: "", first: null, total: 0, usage: { input: null, output: null, reasoning: null }, cost: null });

/** The body of a call in the shape that the gateway takes from everybody. */
export function bodyOf(model: string, system: string, messages: Message[], tools: unknown[], p: Params) {
  const { json, whole, cache, tool_choice, ...plain } = p;
  void cache;
  return {
    model,
    messages: [...(system.trim() ? [{ role: "system", content: system }] : []), ...messages],
    ...(tools.length ? { tools, ...(tool_choice ? { tool_choice } : {}) } : {}),
    ...plain,
    ...(json ? { response_format: { type: "json_object" } } : {}),
    ...(whole ? {} : { stream: true, stream_options: { include_usage: true } }),
  };
}

type Where = { workspace?: string; gateway?: string; headers?: Record<string, string> };

/** Makes a call and tells how it stands each time something came. It does not throw. */
export async function ask(body: object, where: Where, signal: AbortSignal, tell: (r: Run) => void): Promise<Run> {
  const r = fresh();
  const began = performance.now();
  const now = () => performance.now() - began;
  const touch = () => {
    r.total = now();
    tell({ ...r, calls: [...r.calls] });
  };
  touch();
  const tick = setInterval(touch, 200); // the time goes on while nothing comes
  try {
    const headers = new Headers({ "content-type": "application/json" });
    authorize(headers, "POST");
    const answer = await fetch("/api/v1/playground", { method: "POST", headers, signal, body: JSON.stringify({ ...where, body }) });
    head(r, answer.headers);
    if (!answer.ok || !answer.body) {
      const said = await answer.json().catch(() => null);
      throw new Error(said?.error?.message ?? `The gateway answered ${answer.status}.`);
    }
    touch();
    if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) {
      whole(r, await answer.json());
      r.first = now();
    } else await stream(r, answer.body, now, touch);
    r.state = "done";
  } catch (e) {
    r.state = signal.aborted ? "stopped" : "failed";
    if (!signal.aborted) r.error = e instanceof TypeError ? "The gateway does not answer, or the answer broke off." : (e as Error).message;
  } finally {
    clearInterval(tick);
  }
  touch();
  if (r.id) await settle(r).then(touch, () => {});
  return r;
}

function head(r: Run, h: Headers) {
  r.id = h.get("sluice-request-id") ?? "";
  r.served = h.get("sluice-model") ? `${h.get("sluice-provider")}/${h.get("sluice-model")}` : "";
  r.cache = h.get("sluice-cache") ?? "";
  const cost = h.get("sluice-cost-usd");
  if (cost !== null) r.cost = Number(cost);
}

function whole(r: Run, b: any) {
  const c = b.choices?.[0];
  r.text = c?.message?.content ?? "";
  r.reasoning = c?.message?.reasoning_content ?? "";
  r.calls = c?.message?.tool_calls ?? [];
  r.finish = c?.finish_reason ?? "";
  used(r, b.usage);
}

function used(r: Run, u: any) {
  if (u) r.usage = { input: u.prompt_tokens ?? null, output: u.completion_tokens ?? null, reasoning: u.completion_tokens_details?.reasoning_tokens ?? null };
}

async function stream(r: Run, body: ReadableStream<Uint8Array>, now: () => number, touch: () => void) {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const data = line.slice(5).trim();
      if (data !== "[DONE]") event(r, JSON.parse(data), now);
    }
    touch();
  }
}

function event(r: Run, e: any, now: () => number) {
  if (e.error) throw new Error(e.error.message ?? "The stream broke off.");
  used(r, e.usage);
  const c = e.choices?.[0];
  if (!c) return;
  const d = c.delta ?? {};
  if (r.first === null && (d.content || d.reasoning_content || d.tool_calls)) r.first = now();
  r.text += d.content ?? "";
  r.reasoning += d.reasoning_content ?? "";
  for (const t of d.tool_calls ?? []) {
    const call = (r.calls[t.index] ??= { id: "", type: "function", function: { name: "", arguments: "" } });
    call.id ||= t.id ?? "";
    call.function.name ||= t.function?.name ?? "";
    call.function.arguments += t.function?.arguments ?? "";
  }
  if (c.finish_reason) r.finish = c.finish_reason;
}

/** What the log says of the call goes over what was seen: usage, cost, who served it. */
async function settle(r: Run) {
  for (let i = 0; i < 8; i++) {
    await new Promise((done) => setTimeout(done, 150 * (i + 1)));
    const e: EntryDetail | null = await got(api.GET("/api/v1/entries/{id}", { params: { path: { id: r.id } } })).catch(() => null);
    if (!e) continue;
    r.cost = e.cost_usd ?? null;
    r.cache = e.cache || r.cache;
    if (e.provider) r.served = `${e.provider}/${e.model}`;
    r.usage = { input: e.usage.input_tokens ?? r.usage.input, output: e.usage.output_tokens ?? r.usage.output, reasoning: e.usage.reasoning_tokens ?? r.usage.reasoning };
    return;
  }
}

/** Output tokens a second, once something came; about four characters make one until usage is told. */
export function speed(r: Run): number | null {
  const seconds = (r.total - (r.first ?? 0)) / 1000;
  const tokens = r.usage.output ?? Math.ceil((r.text.length + r.reasoning.length) / 4);
  return r.first === null || seconds < 0.05 || !tokens ? null : tokens / seconds;
}

/** What a run adds to the conversation. */
export const answerOf = (r: Run): Message => ({ role: "assistant", content: r.text || null, ...(r.reasoning ? { reasoning_content: r.reasoning } : {}), ...(r.calls.length ? { tool_calls: r.calls } : {}) });
