// A call as code, for the SDK that people use.
import type { Message, Params, Piece } from "./ask";

export type Call = { base: string; gateway: string; model: string; system: string; messages: Message[]; tools: any[]; params: Params };

export const sdks = [
  { value: "curl", label: "curl" },
  { value: "openai-py", label: "OpenAI Python" },
  { value: "openai-ts", label: "OpenAI TypeScript" },
  { value: "anthropic-py", label: "Anthropic Python" },
  { value: "anthropic-ts", label: "Anthropic TypeScript" },
  { value: "google-py", label: "Google Gen AI Python" },
  { value: "google-ts", label: "Google Gen AI TypeScript" },
];

/** Where an SDK's base URL points: OpenAI's ends in /v1, the others' do not. */
export const root = (c: { base: string; gateway: string }) => (c.gateway && c.gateway !== "default" ? `${c.base}/gateways/${encodeURIComponent(c.gateway)}` : c.base);

export function snippet(sdk: string, c: Call): string {
  switch (sdk) {
    case "openai-py": return openaiPython(c);
    case "openai-ts": return openaiTypeScript(c);
    case "anthropic-py": return anthropic(c, true);
    case "anthropic-ts": return anthropic(c, false);
    case "google-py": return google(c, true);
    case "google-ts": return google(c, false);
  }
  const header = Object.entries(headersOf(c)).map(([k, v]) => `  -H "${k}: ${v}" \\\n`).join("");
  return `curl ${c.params.whole ? "" : "-N "}${root(c)}/v1/chat/completions \\\n  -H "Authorization: Bearer $SLUICE_KEY" \\\n  -H "Content-Type: application/json" \\\n${header}  -d '${JSON.stringify(openaiBody(c), null, 2).replaceAll("'", `'\\''`)}'`;
}

/** What is asked of the gateway itself goes by headers, which every SDK has a place for. */
const headersOf = (c: Call): Record<string, string> => (c.params.cache ? { "sluice-cache": c.params.cache } : {});

const some = (o: object) => Object.keys(o).length > 0;

/** What of the parameters an SDK's API has no words for, by the names of the page. */
export function leftOut(sdk: string, p: Params): string[] {
  const none: (keyof Params)[] = sdk.startsWith("anthropic") ? ["seed", "presence_penalty", "frequency_penalty", "reasoning_effort", "json"] : sdk.startsWith("google") ? ["reasoning_effort"] : [];
  return none.filter((k) => p[k] !== undefined && p[k] !== false).map((k) => (k === "json" ? "answers in JSON" : k.replaceAll("_", " ")));
}

function openaiBody(c: Call) {
  const { json, whole, tool_choice, cache: _, ...plain } = c.params; // the cache is no part of a body
  return {
    model: c.model,
    messages: [...(c.system.trim() ? [{ role: "system", content: c.system }] : []), ...c.messages],
    ...(c.tools.length ? { tools: c.tools, ...(tool_choice ? { tool_choice } : {}) } : {}),
    ...plain,
    ...(json ? { response_format: { type: "json_object" } } : {}),
    ...(whole ? {} : { stream: true }),
  };
}

/** A value as Python writes it. */
export function py(v: unknown, indent = ""): string {
  if (v === null || v === undefined) return "None";
  if (typeof v === "boolean") return v ? "True" : "False";
  if (typeof v !== "object") return JSON.stringify(v);
  const deeper = `${indent}    `;
  const items = Array.isArray(v) ? v.map((x) => py(x, deeper)) : Object.entries(v).filter(([, x]) => x !== undefined).map(([k, x]) => `${JSON.stringify(k)}: ${py(x, deeper)}`);
  const [open, close] = Array.isArray(v) ? "[]" : "{}";
  const line = `${open}${items.join(", ")}${close}`;
  return line.length + indent.length < 90 && !line.includes("\n") ? line : `${open}\n${items.map((i) => `${deeper}${i},\n`).join("")}${indent}${close}`;
}

/** A value as TypeScript writes it. */
export function ts(v: unknown, indent = ""): string {
  if (typeof v !== "object" || v === null) return JSON.stringify(v ?? null);
  const deeper = `${indent}  `;
  const items = Array.isArray(v) ? v.map((x) => ts(x, deeper)) : Object.entries(v).filter(([, x]) => x !== undefined).map(([k, x]) => `${/^[A-Za-z_]\w*$/.test(k) ? k : JSON.stringify(k)}: ${ts(x, deeper)}`);
  const [open, close, gap] = Array.isArray(v) ? ["[", "]", ""] : ["{", "}", " "];
  const line = items.length ? `${open}${gap}${items.join(", ")}${gap}${close}` : `${open}${close}`;
  return line.length + indent.length < 90 && !line.includes("\n") ? line : `${open}\n${items.map((i) => `${deeper}${i},\n`).join("")}${indent}${close}`;
}

const kwargs = (o: object) => Object.entries(o).filter(([, v]) => v !== undefined).map(([k, v]) => `    ${k}=${py(v, "    ")},\n`).join("");

function openaiPython(c: Call): string {
  const head = `import os\nfrom openai import OpenAI\n\nclient = OpenAI(base_url=${JSON.stringify(`${root(c)}/v1`)}, api_key=os.environ["SLUICE_KEY"])\n\n`;
  const headers = headersOf(c);
  const call = `client.chat.completions.create(\n${kwargs({ ...openaiBody(c), ...(some(headers) ? { extra_headers: headers } : {}) })})`;
  if (c.params.whole) return `${head}answer = ${call}\nprint(answer.choices[0].message.content)\n`;
  return `${head}stream = ${call}\nfor event in stream:\n    if event.choices and event.choices[0].delta.content:\n        print(event.choices[0].delta.content, end="", flush=True)\n`;
}

/** The second argument of the TypeScript SDKs of OpenAI and Anthropic. */
const optionsOf = (c: Call) => (some(headersOf(c)) ? `, { headers: ${ts(headersOf(c))} }` : "");

function openaiTypeScript(c: Call): string {
  const head = `import OpenAI from "openai";\n\nconst client = new OpenAI({ baseURL: ${JSON.stringify(`${root(c)}/v1`)}, apiKey: process.env.SLUICE_KEY });\n\n`;
  const call = `await client.chat.completions.create(${ts(openaiBody(c))}${optionsOf(c)});\n`;
  if (c.params.whole) return `${head}const answer = ${call}console.log(answer.choices[0].message.content);\n`;
  return `${head}const stream = ${call}for await (const event of stream) process.stdout.write(event.choices[0]?.delta?.content ?? "");\n`;
}

const data = (url: string) => /^data:([^;]+);base64,(.*)$/s.exec(url);
const parsed = (s: string) => {
  try {
    return JSON.parse(s || "{}");
  } catch {
    return {};
  }
};

/** The messages in Anthropic's words. */
function anthropicMessages(c: Call) {
  const out: { role: string; content: any }[] = [];
  for (const m of c.messages) {
    if (m.role === "tool") {
      const block = { type: "tool_result", tool_use_id: m.tool_call_id, content: m.content };
      const last = out.at(-1);
      if (last?.role === "user" && Array.isArray(last.content) && last.content[0]?.type === "tool_result") last.content.push(block);
      else out.push({ role: "user", content: [block] });
    } else if (m.role === "assistant") {
      const blocks = [...(m.content ? [{ type: "text", text: m.content }] : []), ...(m.tool_calls ?? []).map((t) => ({ type: "tool_use", id: t.id, name: t.function.name, input: parsed(t.function.arguments) }))];
      out.push({ role: "assistant", content: blocks.length === 1 && m.content ? m.content : blocks });
    } else if (m.role === "user") out.push({ role: "user", content: typeof m.content === "string" ? m.content : m.content.map(anthropicPiece) });
  }
  return out;
}

function anthropicPiece(p: Piece) {
  if (p.type === "text") return p;
  const [, media_type, bytes] = data(p.image_url.url) ?? [];
  return { type: "image", source: bytes ? { type: "base64", media_type, data: bytes } : { type: "url", url: p.image_url.url } };
}

const choices: Record<string, string> = { required: "any", none: "none", auto: "auto" };

function anthropic(c: Call, python: boolean): string {
  const { max_tokens, temperature, top_p, stop, tool_choice, whole } = c.params;
  const body = {
    model: c.model, max_tokens: max_tokens ?? 1024, ...(c.system.trim() ? { system: c.system } : {}), messages: anthropicMessages(c),
    ...(c.tools.length ? { tools: c.tools.map((t) => ({ name: t.function?.name, description: t.function?.description, input_schema: t.function?.parameters ?? { type: "object" } })), ...(tool_choice ? { tool_choice: { type: choices[tool_choice] ?? "auto" } } : {}) } : {}),
    temperature, top_p, stop_sequences: stop,
  };
  if (python) {
    const args = kwargs({ ...body, ...(some(headersOf(c)) ? { extra_headers: headersOf(c) } : {}) });
    const head = `import os\nfrom anthropic import Anthropic\n\nclient = Anthropic(base_url=${JSON.stringify(root(c))}, api_key=os.environ["SLUICE_KEY"])\n\n`;
    return whole ? `${head}answer = client.messages.create(\n${args})\nprint(answer.content[0].text)\n` : `${head}with client.messages.stream(\n${args}) as stream:\n    for text in stream.text_stream:\n        print(text, end="", flush=True)\n`;
  }
  const head = `import Anthropic from "@anthropic-ai/sdk";\n\nconst client = new Anthropic({ baseURL: ${JSON.stringify(root(c))}, apiKey: process.env.SLUICE_KEY });\n\n`;
  return whole ? `${head}const answer = await client.messages.create(${ts(body)}${optionsOf(c)});\nconsole.log(answer.content);\n` : `${head}client.messages\n  .stream(${ts(body, "  ")}${optionsOf(c)})\n  .on("text", (text) => process.stdout.write(text));\n`;
}

/** The messages in Gemini's words. */
function contents(c: Call, python: boolean) {
  const n = (snake: string, camel: string) => (python ? snake : camel);
  const names = new Map<string, string>();
  return c.messages.flatMap((m): object[] => {
    if (m.role === "assistant") {
      for (const t of m.tool_calls ?? []) names.set(t.id, t.function.name);
      return [{ role: "model", parts: [...(m.content ? [{ text: m.content }] : []), ...(m.tool_calls ?? []).map((t) => ({ [n("function_call", "functionCall")]: { name: t.function.name, args: parsed(t.function.arguments) } }))] }];
    }
    if (m.role === "tool") return [{ role: "user", parts: [{ [n("function_response", "functionResponse")]: { name: names.get(m.tool_call_id) ?? m.tool_call_id, response: { result: m.content } } }] }];
    if (m.role !== "user") return [];
    const pieces = typeof m.content === "string" ? [{ type: "text" as const, text: m.content }] : m.content;
    return [{ role: "user", parts: pieces.map((p) => {
      if (p.type === "text") return { text: p.text };
      const [, kind, bytes] = data(p.image_url.url) ?? [];
      return bytes ? { [n("inline_data", "inlineData")]: { [n("mime_type", "mimeType")]: kind, data: bytes } } : { [n("file_data", "fileData")]: { [n("file_uri", "fileUri")]: p.image_url.url } };
    }) }];
  });
}

const modes: Record<string, string> = { required: "ANY", none: "NONE", auto: "AUTO" };

function google(c: Call, python: boolean): string {
  const { max_tokens, temperature, top_p, stop, seed, json, whole, presence_penalty, frequency_penalty, tool_choice } = c.params;
  const n = (snake: string, camel: string) => (python ? snake : camel);
  const config = {
    ...(c.system.trim() ? { [n("system_instruction", "systemInstruction")]: c.system } : {}), temperature, [n("top_p", "topP")]: top_p, [n("max_output_tokens", "maxOutputTokens")]: max_tokens, seed, [n("stop_sequences", "stopSequences")]: stop, [n("presence_penalty", "presencePenalty")]: presence_penalty, [n("frequency_penalty", "frequencyPenalty")]: frequency_penalty,
    ...(json ? { [n("response_mime_type", "responseMimeType")]: "application/json" } : {}),
    ...(c.tools.length ? { tools: [{ [n("function_declarations", "functionDeclarations")]: c.tools.map((t) => ({ name: t.function?.name, description: t.function?.description, [n("parameters_json_schema", "parametersJsonSchema")]: t.function?.parameters })) }], ...(tool_choice ? { [n("tool_config", "toolConfig")]: { [n("function_calling_config", "functionCallingConfig")]: { mode: modes[tool_choice] ?? "AUTO" } } } : {}) } : {}),
    ...(some(headersOf(c)) ? { [n("http_options", "httpOptions")]: { headers: headersOf(c) } } : {}),
  };
  const set = Object.values(config).some((v) => v !== undefined) ? { config: Object.fromEntries(Object.entries(config).filter(([, v]) => v !== undefined)) } : {};
  const body = { model: c.model, contents: contents(c, python), ...set };
  if (python) {
    const head = `import os\nfrom google import genai\n\nclient = genai.Client(\n    api_key=os.environ["SLUICE_KEY"],\n    http_options={"base_url": ${JSON.stringify(root(c))}},\n)\n\n`;
    return whole ? `${head}answer = client.models.generate_content(\n${kwargs(body)})\nprint(answer.text)\n` : `${head}for piece in client.models.generate_content_stream(\n${kwargs(body)}):\n    print(piece.text or "", end="", flush=True)\n`;
  }
  const head = `import { GoogleGenAI } from "@google/genai";\n\nconst ai = new GoogleGenAI({ apiKey: process.env.SLUICE_KEY, httpOptions: { baseUrl: ${JSON.stringify(root(c))} } });\n\n`;
  return whole ? `${head}const answer = await ai.models.generateContent(${ts(body)});\nconsole.log(answer.text);\n` : `${head}const stream = await ai.models.generateContentStream(${ts(body)});\nfor await (const piece of stream) process.stdout.write(piece.text ?? "");\n`;
}
