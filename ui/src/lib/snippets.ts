// A recorded call as code that makes it again, with an SDK where its path has one.
import type { EntryDetail } from "../api/client";
import { type Again, again } from "./again";
import { py, ts } from "./sdks";

/** What an SDK has for a path. What is not among its known members goes into extra_body, which every version has. */
type Method = { sdk: "openai" | "anthropic"; python: string; typescript: string; known: string[]; file?: string };

const sampling = ["temperature", "top_p", "max_tokens", "n", "stop", "stream", "presence_penalty", "frequency_penalty", "logit_bias", "seed", "user"];

const methods: Record<string, Method> = {
  "/v1/chat/completions": { sdk: "openai", python: "chat.completions.create", typescript: "chat.completions.create", known: ["model", "messages", ...sampling, "tools", "tool_choice", "parallel_tool_calls", "response_format", "logprobs", "top_logprobs", "stream_options"] },
  "/v1/completions": { sdk: "openai", python: "completions.create", typescript: "completions.create", known: ["model", "prompt", ...sampling, "suffix", "echo", "best_of", "logprobs", "stream_options"] },
  "/v1/responses": { sdk: "openai", python: "responses.create", typescript: "responses.create", known: ["model", "input", "instructions", "tools", "tool_choice", "temperature", "top_p", "max_output_tokens", "stream", "store", "metadata", "previous_response_id", "reasoning", "text", "truncation", "include", "user"] },
  "/v1/embeddings": { sdk: "openai", python: "embeddings.create", typescript: "embeddings.create", known: ["model", "input", "dimensions", "encoding_format", "user"] },
  "/v1/moderations": { sdk: "openai", python: "moderations.create", typescript: "moderations.create", known: ["model", "input"] },
  "/v1/images/generations": { sdk: "openai", python: "images.generate", typescript: "images.generate", known: ["model", "prompt", "n", "size", "quality", "style", "response_format", "user"] },
  "/v1/audio/speech": { sdk: "openai", python: "audio.speech.create", typescript: "audio.speech.create", known: ["model", "input", "voice", "response_format", "speed"], file: "speech" },
  "/v1/messages": { sdk: "anthropic", python: "messages.create", typescript: "messages.create", known: ["model", "max_tokens", "messages", "system", "metadata", "stop_sequences", "stream", "temperature", "top_k", "top_p", "tools", "tool_choice"] },
  "/v1/messages/count_tokens": { sdk: "anthropic", python: "messages.count_tokens", typescript: "messages.countTokens", known: ["model", "messages", "system", "tools", "tool_choice"] },
};

const packages = {
  openai: { python: "from openai import OpenAI", name: "OpenAI", typescript: 'import OpenAI from "openai";', suffix: "/v1" },
  anthropic: { python: "from anthropic import Anthropic", name: "Anthropic", typescript: 'import Anthropic from "@anthropic-ai/sdk";', suffix: "" },
};

function split(a: Again, m: Method): [known: [string, unknown][], extra: Record<string, unknown>] {
  const all = Object.entries(a.body);
  return [all.filter(([k]) => m.known.includes(k)), Object.fromEntries(all.filter(([k]) => !m.known.includes(k)))];
}

const audio = (a: Again) => (typeof a.body.response_format === "string" ? a.body.response_format : "mp3");

export function pythonOf(e: EntryDetail, base: string): string {
  const a = again(e, base);
  const m = methods[a.pattern];
  if (!m) return pythonPlain(a);
  const [known, extra] = split(a, m);
  const { python, name, suffix } = packages[m.sdk];
  const args = [...known, ...(Object.keys(extra).length ? [["extra_body", extra] as [string, unknown]] : [])].map(([k, v]) => `    ${k}=${py(v, "    ")},\n`).join("");
  const head = `import os\n\n${python}\n\nclient = ${name}(base_url=${JSON.stringify(a.root + suffix)}, api_key=os.environ["SLUICE_KEY"])\n`;
  const call = `client.${m.python}(\n${args})\n`;
  if (m.file) return `${head}answer = ${call}answer.write_to_file("${m.file}.${audio(a)}")\n`;
  return a.stream ? `${head}for event in ${call.trimEnd()}:\n    print(event)\n` : `${head}answer = ${call}print(answer)\n`;
}

function pythonPlain(a: Again): string {
  const [name, before] = a.keyHeader;
  const headers = [`"${name}": ${before ? `"${before}" + ` : ""}os.environ["SLUICE_KEY"]`, ...a.more.map(([k, v]) => `"${k}": "${v}"`)].join(", ");
  const call = `requests.post(\n    ${JSON.stringify(a.url)},\n    headers={${headers}},\n    json=${py(a.body, "    ")},\n${a.stream ? "    stream=True,\n" : ""})\n`;
  return `import os\n\nimport requests\n\nanswer = ${call}answer.raise_for_status()\n${a.stream ? "for line in answer.iter_lines(decode_unicode=True):\n    print(line)\n" : "print(answer.text)\n"}`;
}

export function typescriptOf(e: EntryDetail, base: string): string {
  const a = again(e, base);
  const m = methods[a.pattern];
  if (!m) return typescriptPlain(a);
  const { typescript, name, suffix } = packages[m.sdk];
  const unknown = Object.keys(split(a, m)[1]).length > 0 ? " as any" : ""; // what the SDK's types do not know it sends nevertheless
  const head = `${m.file ? 'import { writeFile } from "node:fs/promises";\n' : ""}${typescript}\n\nconst client = new ${name}({ baseURL: ${JSON.stringify(a.root + suffix)}, apiKey: process.env.SLUICE_KEY });\n`;
  const call = `await client.${m.typescript}(${ts(a.body)}${unknown});\n`;
  if (m.file) return `${head}const answer = ${call}await writeFile("${m.file}.${audio(a)}", Buffer.from(await answer.arrayBuffer()));\n`;
  return a.stream ? `${head}const events${unknown ? ": any" : ""} = ${call}for await (const event of events) console.log(JSON.stringify(event));\n` : `${head}const answer = ${call}console.log(answer);\n`;
}

function typescriptPlain(a: Again): string {
  const [name, before] = a.keyHeader;
  const headers = [`"${name}": ${before ? `\`${before}\${process.env.SLUICE_KEY}\`` : 'process.env.SLUICE_KEY ?? ""'}`, '"content-type": "application/json"', ...a.more.map(([k, v]) => `"${k}": "${v}"`)].join(", ");
  const call = `await fetch(${JSON.stringify(a.url)}, {\n  method: "POST",\n  headers: { ${headers} },\n  body: JSON.stringify(${ts(a.body, "  ")}),\n});\n`;
  return `const answer = ${call}if (!answer.ok) throw new Error(await answer.text());\n${a.stream ? "const text = new TextDecoder();\nfor await (const part of answer.body!) process.stdout.write(text.decode(part, { stream: true }));\n" : "console.log(await answer.text());\n"}`;
}
