// A call as people talk: the messages of a request and its answer, whatever dialect they
// are written in.
export type Part =
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "image"; url: string }
  | { kind: "file"; name: string }
  | { kind: "call"; name: string; input: string; id?: string }
  | { kind: "result"; name: string; text: string }; // name: what the result calls it, often the call's id

export type Message = { role: string; parts: Part[] };

type Any = Record<string, any>; // eslint-disable-line -- what vendors send has no type here

const text = (s: string): Part => ({ kind: "text", text: s });
const pretty = (v: unknown) => {
  if (typeof v !== "string") return JSON.stringify(v, null, 2) ?? "";
  try {
    return JSON.stringify(JSON.parse(v), null, 2);
  } catch {
    return v;
  }
};
const list = (v: unknown): any[] => (Array.isArray(v) ? v : v == null ? [] : [v]);
const words = (v: unknown): string => (typeof v === "string" ? v : list(v).map((x) => (typeof x === "string" ? x : (x?.text ?? x?.json ? pretty(x.text ?? x.json) : pretty(x)))).join("\n"));
const inline = (kind: string | undefined, data: string) => `data:${/^image\/(png|jpeg|gif|webp)$/.test(kind ?? "") ? kind : "image/png"};base64,${data}`;

function image(url: unknown): Part {
  return typeof url === "string" && url.startsWith("data:image/") ? { kind: "image", url } : { kind: "file", name: typeof url === "string" ? url : "image" };
}

function part(p: unknown): Part[] {
  if (typeof p === "string") return [text(p)];
  const b = p as Any;
  if (!b || typeof b !== "object") return [];
  switch (b.type) {
    case "text": case "input_text": case "output_text": return [text(b.text ?? "")];
    case "refusal": return [text(b.refusal ?? "")];
    case "thinking": return [{ kind: "reasoning", text: b.thinking ?? "" }];
    case "redacted_thinking": return [{ kind: "reasoning", text: "(withheld by the provider)" }];
    case "reasoning": return [{ kind: "reasoning", text: list(b.summary).concat(list(b.content)).map((s: Any) => s.text ?? "").join("\n") }];
    case "image_url": return [image(b.image_url?.url ?? b.image_url)];
    case "input_image": return [image(b.image_url)];
    case "image": return [b.source?.data ? { kind: "image", url: inline(b.source.media_type, b.source.data) } : { kind: "file", name: b.source?.url ?? "image" }];
    case "tool_use": return [{ kind: "call", name: b.name, input: pretty(b.input), id: b.id }];
    case "tool_result": return [{ kind: "result", name: b.tool_use_id ?? "", text: words(b.content) }];
    case "function_call": return [{ kind: "call", name: b.name, input: pretty(b.arguments), id: b.call_id }];
    case "function_call_output": return [{ kind: "result", name: b.call_id ?? "", text: words(b.output) }];
    case "input_file": case "file": case "document": case "input_audio": return [{ kind: "file", name: b.filename ?? b.title ?? b.type }];
  }
  if (typeof b.text === "string") return [b.thought ? { kind: "reasoning", text: b.text } : text(b.text)];
  const data = b.inlineData ?? b.inline_data;
  if (data) return [{ kind: "image", url: inline(data.mimeType ?? data.mime_type, data.data) }];
  const call = b.functionCall ?? b.function_call ?? b.toolUse;
  if (call) return [{ kind: "call", name: call.name, input: pretty(call.args ?? call.input), id: call.toolUseId }];
  const result = b.functionResponse ?? b.function_response ?? b.toolResult;
  if (result) return [{ kind: "result", name: result.name ?? result.toolUseId ?? "", text: words(result.response ? pretty(result.response) : result.content) }];
  return [{ kind: "text", text: pretty(b) }];
}

function message(m: Any): Message {
  const parts = list(m.content ?? m.parts).flatMap(part);
  if (m.reasoning_content ?? m.reasoning) parts.unshift({ kind: "reasoning", text: words(m.reasoning_content ?? m.reasoning) });
  if (m.refusal) parts.push(text(m.refusal));
  for (const c of list(m.tool_calls)) parts.push({ kind: "call", name: c.function?.name ?? c.name ?? "", input: pretty(c.function?.arguments ?? c.input), id: c.id });
  if (m.role === "tool") return { role: "tool", parts: [{ kind: "result", name: m.tool_call_id ?? m.name ?? "", text: words(m.content) }] };
  return { role: m.role === "model" ? "assistant" : (m.role ?? "user"), parts };
}

/** The messages that a caller sent. */
export function ofRequest(body: string): Message[] | null {
  const b = parsed(body);
  if (!b) return null;
  const out: Message[] = [];
  const system = b.system ?? b.systemInstruction ?? b.system_instruction ?? b.instructions;
  if (system) out.push({ role: "system", parts: list(system.parts ?? system).flatMap(part) });
  if (Array.isArray(b.messages)) return out.concat(b.messages.map(message));
  if (b.contents) return out.concat(list(b.contents).map((c) => (typeof c === "string" ? { role: "user", parts: [text(c)] } : message(c))));
  const input = b.input ?? b.prompt ?? b.texts ?? b.query;
  if (input == null) return out.length > 0 ? out : null;
  if (!Array.isArray(input) || input.every((i) => typeof i !== "object")) return out.concat(list(input).map((i) => ({ role: "user", parts: [text(String(i))] })));
  return out.concat(input.map((i: Any) => (i.role ? message(i) : { role: i.type === "function_call_output" ? "tool" : "assistant", parts: part(i) })));
}

/** What came back, of one answer or of the events of a stream. */
export function ofAnswer(body: string): Message[] | null {
  const whole = parsed(body);
  if (Array.isArray(whole)) return joined(whole);
  if (whole) return answer(whole);
  const events = body.split(/\r?\n/).filter((l) => l.startsWith("data:")).map((l) => parsed(l.slice(5))).filter((e): e is Any => !!e);
  return events.length > 0 ? joined(events) : null;
}

function answer(b: Any): Message[] | null {
  if (b.error) return [{ role: "error", parts: [text(words(b.error.message ?? b.error))] }];
  if (b.choices) return list(b.choices).map((c) => (c.message ? message(c.message) : { role: "assistant", parts: [text(c.text ?? "")] }));
  if (b.candidates) return list(b.candidates).map((c) => message({ role: "assistant", ...(c.content ?? {}) }));
  if (b.output?.message) return [message(b.output.message)];
  if (Array.isArray(b.output)) return b.output.map((o: Any) => (o.type === "message" ? message(o) : { role: "assistant", parts: part(o) }));
  if (b.message?.content) return [message(b.message)];
  if (Array.isArray(b.content)) return [message({ role: "assistant", content: b.content })];
  return null;
}

/** Puts the pieces of a stream together, in the order in which they began. */
function joined(events: Any[]): Message[] | null {
  const done = events.find((e) => e.type === "response.completed" || e.type === "response.incomplete");
  if (done) return answer(done.response);
  const parts = new Map<string, Part>();
  const grow = (key: string, kind: "text" | "reasoning" | "call", more: string, name = "") => {
    const p = parts.get(key);
    if (!p) parts.set(key, kind === "call" ? { kind, name, input: more } : { kind, text: more });
    else if (p.kind === "call") p.input += more;
    else if (p.kind === "text" || p.kind === "reasoning") p.text += more;
  };
  for (const e of events) {
    if (e.error) parts.set("error", text(words(e.error.message ?? e.error)));
    for (const c of list(e.choices)) {
      if (c.delta?.reasoning_content) grow(`r${c.index}`, "reasoning", c.delta.reasoning_content);
      if (c.delta?.content) grow(`t${c.index}`, "text", c.delta.content);
      if (c.text) grow(`t${c.index}`, "text", c.text);
      for (const t of list(c.delta?.tool_calls)) grow(`c${c.index}.${t.index}`, "call", t.function?.arguments ?? "", t.function?.name);
    }
    for (const c of list(e.candidates)) for (const p of list(c.content?.parts)) {
      if (typeof p.text === "string") grow(p.thought ? "r" : "t", p.thought ? "reasoning" : "text", p.text);
      else part(p).forEach((q) => parts.set(`p${parts.size}`, q));
    }
    if (e.type === "content_block_start" && e.content_block?.type === "tool_use") grow(`b${e.index}`, "call", "", e.content_block.name);
    if (e.type === "content_block_delta") {
      if (e.delta.type === "text_delta") grow(`b${e.index}`, "text", e.delta.text);
      if (e.delta.type === "thinking_delta") grow(`b${e.index}`, "reasoning", e.delta.thinking);
      if (e.delta.type === "input_json_delta") grow(`b${e.index}`, "call", e.delta.partial_json);
    }
    if (e.type === "response.output_text.delta") grow(`o${e.output_index}`, "text", e.delta);
    if (e.type === "content-delta") grow(`h${e.index ?? 0}`, "text", e.delta?.message?.content?.text ?? "");
  }
  if (parts.size === 0) return null;
  return [{ role: "assistant", parts: [...parts.values()].map((p) => (p.kind === "call" ? { ...p, input: pretty(p.input) } : p)) }];
}

function parsed(s: string): any {
  try {
    const v = JSON.parse(s);
    return typeof v === "object" ? v : null;
  } catch {
    return null;
  }
}
