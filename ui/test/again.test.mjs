// Recorded calls as code: what is made is run against stand-ins for curl's server and the SDKs,
// which must get what the call once said.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { load } from "./load.mjs";
import { noPython, runPython, runTypeScript } from "./stands.mjs";

const { whyNot } = await load("lib/again.ts");
const { curlOf } = await load("lib/curl.ts");
const { pythonOf, typescriptOf } = await load("lib/snippets.ts");

const said = { role: "user", content: "It's \"quoted\", $HOME `x` \\n\n Zoë 🦊 \u2028" };
const chat = { model: "support", messages: [said] };
const bearer = { authorization: "Bearer sk-test" };
const anthropic = { "x-api-key": "sk-test", "anthropic-version": "2023-06-01" };
const google = { "x-goog-api-key": "sk-test" };

/** What JSON operations there are: endpoint, dialect, what was said, headers, the SDK's method in Python and TypeScript; none = plain HTTP. */
const table = [
  ["POST /v1/chat/completions", "chat", { ...chat, tools: [], seed: 7, top_k: 4, "odd name": null, stop: ["a", true, 0.5] }, bearer, "openai chat.completions.create"],
  ["POST /v1/chat/completions", "chat", { ...chat, stream: true }, bearer, "openai chat.completions.create"],
  ["POST /v1/completions", "chat", { model: "m", prompt: "Once" }, bearer, "openai completions.create"],
  ["POST /v1/responses", "responses", { model: "m", input: [said], stream: true }, bearer, "openai responses.create"],
  ["POST /v1/responses/compact", "responses", { model: "m", input: [said] }, bearer],
  ["POST /v1/responses/input_tokens", "responses", { model: "m", input: "Hi" }, bearer],
  ["POST /v1/embeddings", "openai", { model: "m", input: ["a", "b"] }, bearer, "openai embeddings.create"],
  ["POST /v1/moderations", "openai", { model: "m", input: "a" }, bearer, "openai moderations.create"],
  ["POST /v1/rerank", "openai", { model: "m", query: "a", documents: ["b"] }, bearer],
  ["POST /v1/images/generations", "openai", { model: "m", prompt: "a fox", background: "opaque" }, bearer, "openai images.generate"],
  ["POST /v1/images/edits", "openai", { model: "m", prompt: "a fox", images: [{ image_url: "https://example.com/a.png" }] }, bearer],
  ["POST /v1/audio/speech", "openai", { model: "m", input: "Hi", voice: "alloy", response_format: "wav" }, bearer, "openai audio.speech.create"],
  ["POST /v1/batches", "openai", { input_file_id: "file-1", endpoint: "/v1/chat/completions", completion_window: "24h" }, bearer],
  ["POST /v1/messages", "messages", { model: "m", max_tokens: 5, messages: [said], thinking: { type: "disabled" } }, anthropic, "anthropic messages.create"],
  ["POST /v1/messages", "messages", { model: "m", max_tokens: 5, messages: [said], stream: true }, anthropic, "anthropic messages.create"],
  ["POST /v1/messages/count_tokens", "messages", { model: "m", messages: [said] }, anthropic, "anthropic messages.count_tokens messages.countTokens"],
  ["POST /v1/messages/batches", "messages", { requests: [] }, anthropic],
  ["POST /v1/complete", "messages", { model: "m", prompt: "\n\nHuman: Hi\n\nAssistant:" }, anthropic],
  ["POST /v1beta/models/{model}:generateContent", "gemini", { contents: [{ role: "user", parts: [{ text: "Hi" }] }] }, google],
  ["POST /v1beta/models/{model}:streamGenerateContent", "gemini", { contents: [] }, google],
  ["POST /v1beta/models/{model}:embedContent", "gemini", { content: { parts: [] } }, google],
  ["POST /v1beta/models/{model}:countTokens", "gemini", { contents: [] }, google],
  ["POST /v2/chat", "cohere", { model: "m", messages: [said] }, bearer],
  ["POST /v2/embed", "cohere", { model: "m", texts: ["a"] }, bearer],
  ["POST /v2/rerank", "cohere", { model: "m", query: "a", documents: [] }, bearer],
  ["POST /model/{model}/converse", "converse", { messages: [] }, bearer],
  ["POST /model/{model}/converse-stream", "converse", { messages: [] }, bearer],
  ["POST /model/{model}/invoke", "invoke", { anthropic_version: "bedrock-2023-05-31", messages: [] }, bearer],
];

const entry = (endpoint, dialect, body, more = {}) => ({
  endpoint, client_dialect: dialect, gateway: "default", model_requested: "team one/llama3:8b", stream: body?.stream === true || /[sS]tream/.test(endpoint), count: 1,
  bodies: { state: "kept", request: { content: typeof body === "string" ? body : JSON.stringify(body), content_type: "application/json", encoding: "text", size: 1, truncated: false } }, ...more,
});

const pathOf = (endpoint) => endpoint.split(" ")[1].replace("{model}", "team%20one/llama3%3A8b") + (endpoint.endsWith(":streamGenerateContent") ? "?alt=sse" : "");

let server, base, dir, got;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "sluice-code-"));
  server = createServer(async (req, res) => {
    let body = "";
    for await (const p of req.setEncoding("utf8")) body += p;
    got = { method: req.method, path: req.url, headers: req.headers, body: JSON.parse(body) };
    res.end("ok");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${server.address().port}`;
});

after(async () => {
  await new Promise((done) => server.close(done));
  rmSync(dir, { recursive: true });
});

const run = promisify(execFile);

/** The headers with their names in small letters. */
const small = (h) => Object.fromEntries(Object.entries(h).map(([k, v]) => [k.toLowerCase(), v]));
const has = (headers, want) => {
  for (const [k, v] of Object.entries(want)) assert.equal(small(headers)[k], v, k);
};

table.forEach(([endpoint, dialect, body, headers, method], i) => {
  const gateway = ["default", "team-a"][i % 2];
  const name = `${endpoint} in ${dialect}${body.stream ? ", streamed," : ""} at ${gateway}`;
  const prefix = gateway === "default" ? "" : "/gateways/team-a";
  const made = () => entry(endpoint, dialect, body, { gateway });

  test(`${name}: curl sends the same`, async () => {
    assert.equal(whyNot(made()), "");
    got = undefined;
    await run("sh", ["-c", curlOf(made(), base)], { env: { ...process.env, SLUICE_KEY: "sk-test" } });
    assert.equal(`${got.method} ${got.path}`, `POST ${prefix}${pathOf(endpoint)}`);
    assert.deepEqual(got.body, body);
    has(got.headers, { ...headers, "content-type": "application/json" });
  });

  test(`${name}: Python says the same`, { skip: noPython }, async () => {
    const told = await runPython(pythonOf(made(), base));
    assert.deepEqual(told.body, body);
    if (!method) {
      assert.equal(told.url, base + prefix + pathOf(endpoint));
      has(told.headers, headers);
      return;
    }
    const [sdk, python] = method.split(" ");
    assert.deepEqual([told.sdk, told.method, told.base, told.key], [sdk, python, base + prefix + (sdk === "openai" ? "/v1" : ""), "sk-test"]);
    if (endpoint.endsWith("/speech")) assert.equal(told.file, "speech.wav");
  });

  test(`${name}: TypeScript says the same`, async () => {
    const told = await runTypeScript(typescriptOf(made(), base));
    assert.deepEqual(told.body, body);
    if (!method) {
      assert.equal(told.url, base + prefix + pathOf(endpoint));
      has(told.headers, { ...headers, "content-type": "application/json" });
      return;
    }
    const [sdk, python, typescriptName = python] = method.split(" ");
    assert.deepEqual([told.sdk, told.method, told.base, told.key], [sdk, typescriptName, base + prefix + (sdk === "openai" ? "/v1" : ""), "sk-test"]);
    if (endpoint.endsWith("/speech")) assert.equal(told.file, "speech.wav");
  });
});

test("a body that is too long for an argument goes by way of standard input", async () => {
  const long = { model: "m", messages: [{ role: "user", content: "it's $HOME ".repeat(40_000) }] };
  const file = join(dir, "call.sh");
  writeFileSync(file, curlOf(entry("POST /v1/chat/completions", "chat", long), base));
  await run("sh", [file], { env: { ...process.env, SLUICE_KEY: "sk-test" } });
  assert.deepEqual(got.body, long);
});

const whole = { model: "m", messages: [] };
const request = (more) => ({ bodies: { state: "kept", request: { content: JSON.stringify(whole), content_type: "application/json", encoding: "text", size: 1, truncated: false, ...more } } });

for (const [name, endpoint, more, why] of [
  ["a transcription", "POST /v1/audio/transcriptions", request({ content: "--x", content_type: "multipart/form-data; boundary=x" }), /a form with files/],
  ["a file that is sent", "POST /v1/files", request({ content: "AAAA", encoding: "base64", content_type: "application/octet-stream" }), /no text/],
  ["a file that is looked at", "GET /v1/files/{id}", { bodies: null }, /is a GET/],
  ["a file that is deleted", "DELETE /v1/files/{id}", { bodies: null }, /is a DELETE/],
  ["a list", "GET /v1/batches", { bodies: null }, /is a GET/],
  ["a batch that is cancelled", "POST /v1/batches/{id}/cancel", request({}), /such ids are not kept/],
  ["a video made from another", "POST /v1/videos/{id}/remix", request({}), /such ids are not kept/],
  ["a provider's own path", "POST /providers/{provider}/v1/chat/completions", request({}), /the provider's own/],
  ["another path of the provider's", "/providers/{provider}/…", request({}), /the provider's own/],
  ["an older entry", "", request({}), /not recorded/],
  ["a flood", "POST /v1/chat/completions", { count: 12, bodies: null }, /many refused calls/],
  ["no bodies", "POST /v1/chat/completions", { bodies: null }, /was not kept/],
  ["no request", "POST /v1/chat/completions", { bodies: { state: "kept", request: null } }, /was not kept/],
  ["an empty request", "POST /v1/chat/completions", request({ content: "" }), /was not kept/],
  ["a cut body", "POST /v1/chat/completions", request({ truncated: true }), /Only the beginning/],
  ["a body that was redacted", "POST /v1/chat/completions", request({ content: '{"messages":[{"content":"I am [redacted:email]"}]}' }), /taken out/],
  ["a secret that was taken out", "POST /v1/chat/completions", request({ content: '{"messages":[{"content":"[redacted]"}]}' }), /taken out/],
  ["a body that is no JSON", "POST /v1/chat/completions", request({ content: "model=m", content_type: "application/x-www-form-urlencoded" }), /no JSON object/],
  ["a body that is a list", "POST /v1/chat/completions", request({ content: "[1]" }), /no JSON object/],
  ["a destroyed key", "POST /v1/chat/completions", { bodies: { state: "erased" } }, /destroyed/],
  ["a key that is away", "POST /v1/chat/completions", { bodies: { state: "locked" } }, /cannot be opened/],
  ["a path without its model", "POST /v1beta/models/{model}:generateContent", { ...request({}), model_requested: "" }, /none is recorded/],
])
  test(`${name} says why no code can be made of it`, () => {
    const said = whyNot(entry(endpoint, "chat", whole, more));
    assert.match(said, why);
    assert.match(said, /^[A-Z].*\.$/);
  });
