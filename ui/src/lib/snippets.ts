// A recorded call as code that makes it again, with an SDK where its dialect has one.
import type { EntryDetail } from "../api/client";
import { pathOf } from "./curl";

const prefix = (e: EntryDetail) => (e.gateway === "default" || !e.gateway ? "" : `/gateways/${e.gateway}`);

function bodyOf(e: EntryDetail): Record<string, unknown> {
  try {
    return JSON.parse(e.bodies?.request?.content ?? "{}") as Record<string, unknown>;
  } catch {
    return { model: e.model_requested };
  }
}

/** A value as Python writes it. */
function python(v: unknown, indent: string): string {
  const deeper = `${indent}    `;
  if (v === null) return "None";
  if (v === true) return "True";
  if (v === false) return "False";
  if (Array.isArray(v)) return v.length === 0 ? "[]" : `[\n${v.map((x) => deeper + python(x, deeper)).join(",\n")},\n${indent}]`;
  if (typeof v === "object") return `{\n${Object.entries(v as object).map(([k, x]) => `${deeper}${JSON.stringify(k)}: ${python(x, deeper)}`).join(",\n")},\n${indent}}`;
  return JSON.stringify(v);
}

export function pythonOf(e: EntryDetail, base: string): string {
  const body = bodyOf(e);
  const args = Object.entries(body).map(([k, v]) => `    ${k}=${python(v, "    ")},`).join("\n");
  if (e.client_dialect === "messages" && e.operation === "chat") return `import os\nfrom anthropic import Anthropic\n\nclient = Anthropic(base_url="${base}${prefix(e)}", api_key=os.environ["SLUICE_KEY"])\nanswer = client.messages.create(\n${args}\n)\nprint(answer)\n`;
  const method = { "/v1/chat/completions": "chat.completions.create", "/v1/responses": "responses.create", "/v1/embeddings": "embeddings.create" }[pathOf(e)];
  if (method) return `import os\nfrom openai import OpenAI\n\nclient = OpenAI(base_url="${base}${prefix(e)}/v1", api_key=os.environ["SLUICE_KEY"])\nanswer = client.${method}(\n${args}\n)\nprint(answer)\n`;
  return `import os\nimport requests\n\nanswer = requests.post(\n    "${base}${prefix(e)}${pathOf(e)}",\n    headers={"Authorization": "Bearer " + os.environ["SLUICE_KEY"]},\n    json=${python(body, "    ")},\n)\nprint(answer.text)\n`;
}

export function typescriptOf(e: EntryDetail, base: string): string {
  const body = JSON.stringify(bodyOf(e), null, 2);
  if (e.client_dialect === "messages" && e.operation === "chat") return `import Anthropic from "@anthropic-ai/sdk";\n\nconst client = new Anthropic({ baseURL: "${base}${prefix(e)}", apiKey: process.env.SLUICE_KEY });\nconst answer = await client.messages.create(${body});\nconsole.log(answer);\n`;
  const method = { "/v1/chat/completions": "chat.completions.create", "/v1/responses": "responses.create", "/v1/embeddings": "embeddings.create" }[pathOf(e)];
  if (method) return `import OpenAI from "openai";\n\nconst client = new OpenAI({ baseURL: "${base}${prefix(e)}/v1", apiKey: process.env.SLUICE_KEY });\nconst answer = await client.${method}(${body});\nconsole.log(answer);\n`;
  return `const answer = await fetch("${base}${prefix(e)}${pathOf(e)}", {\n  method: "POST",\n  headers: { authorization: \`Bearer \${process.env.SLUICE_KEY}\`, "content-type": "application/json" },\n  body: JSON.stringify(${body}),\n});\nconsole.log(await answer.text());\n`;
}
