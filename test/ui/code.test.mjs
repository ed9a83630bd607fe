// Recorded calls copied as code: what the dashboard gives for curl is run against the gateway
// that recorded the call, for every dialect and operation that the sandbox serves.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, key, start } from "./gateway.mjs";

const run = promisify(execFile);
let gateway, browser, view, page;

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY);
  browser = await launch();
  view = await newPage(browser, gateway, { permissions: ["clipboard-read", "clipboard-write"] });
  page = view.page;
  await signIn(page);
});

after(async () => {
  await view?.close();
  await browser?.close();
  await gateway?.stop();
});

const messages = [{ role: "user", content: "What's \"open\" at $HOME?" }];

for (const [name, path, body, headers] of [
  ["a conversation", "/v1/chat/completions", { model: "sandbox/chat", messages }],
  ["a stream", "/v1/chat/completions", { model: "sandbox/chat", messages, stream: true }],
  ["a route of another gateway", "/gateways/default/v1/chat/completions", { model: "support", messages }],
  ["a response", "/v1/responses", { model: "sandbox/chat", input: "Hello" }],
  ["a message", "/v1/messages", { model: "sandbox/chat", max_tokens: 50, messages }, { "anthropic-version": "2023-06-01" }],
  ["counted tokens", "/v1/messages/count_tokens", { model: "sandbox/chat", messages }, { "anthropic-version": "2023-06-01" }],
  ["a call of Gemini's", "/v1beta/models/sandbox/chat:generateContent", { contents: [{ role: "user", parts: [{ text: "Hello" }] }] }],
  ["a stream of Gemini's", "/v1beta/models/sandbox/chat:streamGenerateContent?alt=sse", { contents: [{ role: "user", parts: [{ text: "Hello" }] }] }],
  ["a call of Bedrock's", "/model/sandbox%2Fchat/converse", { messages: [{ role: "user", content: [{ text: "Hello" }] }] }],
  ["a call of Cohere's", "/v2/chat", { model: "sandbox/chat", messages }],
  ["embeddings", "/v1/embeddings", { model: "sandbox/embed", input: ["a", "b"] }],
  ["a ranking", "/v1/rerank", { model: "sandbox/rerank", query: "a", documents: ["b", "c"] }],
  ["a moderation", "/v1/moderations", { model: "sandbox/moderate", input: "a" }],
])
  test(`${name}: the copied curl makes the call again`, async () => {
    const made = await call(gateway, path, body, headers);
    assert.equal(made.status, 200, made.text);
    await page.goto(`/logs?range=15m&call=${made.id}`);
    const sheet = page.getByRole("dialog");
    await sheet.getByRole("button", { name: "Copy as" }).click();
    await page.getByRole("menuitem", { name: "curl" }).click();
    await page.getByText("The call is copied as curl.").last().waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const { stdout } = await run("sh", ["-c", `${command.replace(/^curl /, "curl -sS -o /dev/null -w '%{http_code} %header{sluice-request-id}' ")}`], { env: { ...process.env, SLUICE_KEY: key } });
    const [status, id] = stdout.split(" ");
    assert.equal(status, "200", command);
    const [was, is] = await Promise.all([made.id, id].map(entry));
    assert.deepEqual([is.endpoint, is.client_dialect, is.gateway, is.model_requested, is.stream], [was.endpoint, was.client_dialect, was.gateway, was.model_requested, was.stream]);
    assert.equal(is.bodies.request.content, JSON.stringify(body));
    assert.deepEqual(view.errors, []);
  });

const entry = async (id) => (await fetch(`${gateway.admin}/api/v1/entries/${id}`, { headers: { authorization: `Bearer ${gateway.token}` } })).json();

test("a call that cannot be put into code says why, to the keyboard too", async () => {
  const answer = await fetch(`${gateway.base}/v1/files`, { headers: { authorization: `Bearer ${key}` } });
  await answer.text();
  await page.goto(`/logs?range=15m&call=${answer.headers.get("sluice-request-id")}`);
  const button = page.getByRole("dialog").getByRole("button", { name: "Copy as" });
  await button.waitFor();
  assert.equal(await button.getAttribute("aria-disabled"), "true");
  await button.focus();
  await page.getByRole("tooltip").getByText(/This call is a GET: .*not kept\./).waitFor();
  await button.click({ force: true });
  assert.equal(await page.getByRole("menuitem").count(), 0);
  assert.deepEqual(await serious(page), []);
});
