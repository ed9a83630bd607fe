// A gateway of its own for the browser: the real binary, a fresh data directory, and
// traffic from the sandbox.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const token = "admin-token-of-the-ui-tests";
export const key = "sk-sluice-key-of-the-ui-tests";

export const config = `
discover: false
providers:
  sandbox:
    models:
      chat: { price: { input: 2.5, output: 10 } }
      reason: { price: { input: 15, output: 60 } }
      long: { price: { input: 0.3, output: 1.2 } }
routes:
  support:
    steps:
      - use: sandbox/error-529
        fallback: [ sandbox/chat ]
gateways:
  default:
    cache: { ttl: 10m }
    limits:
      - { per: key, requests: 2000/1m }
    budgets:
      - { per: workspace, cost: 5.00/month, alert: [ 50, 80, 100 ], unpriced: allow }
  tight:
    limits:
      - { per: key, requests: 3/1m }
    budgets:
      - { per: key, cost: 0.002/day, unpriced: allow }
`;

/** Ports below those that systems choose for who names none: nothing takes one before the gateway listens, but another test by chance. */
async function freePort(not) {
  for (;;) {
    const port = 12_000 + Math.floor(20_000 * Math.random());
    const s = createServer();
    const free = await new Promise((done) => s.once("error", () => done(false)).listen(port, "127.0.0.1", () => done(true)));
    if (!free) continue;
    await new Promise((done) => s.close(done));
    if (port !== not) return port;
  }
}

/** What is set here, without what is meant for a gateway or for the tests: gateways warn of what they do not know. */
const elsewhere = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SLUICE_")));

/** startBare starts one whose document stands in its store. */
export const startBare = (binary) => start(binary, null);

/** start runs a gateway of this document, null = without one; what ready does with its folder comes before. */
export async function start(binary, document = config, ready = async () => {}) {
  const dir = mkdtempSync(join(tmpdir(), "sluice-ui-"));
  const port = await freePort();
  const adminPort = await freePort(port);
  const base = `http://127.0.0.1:${port}`;
  const admin = `http://127.0.0.1:${adminPort}`;
  const file = join(dir, "sluice.yaml");
  if (document !== null) writeFileSync(file, document);
  const write = (change) => writeFileSync(file, change(readFileSync(file, "utf8")));
  await ready(dir);
  const child = spawn(binary, ["serve", "--data", dir, "--listen", `127.0.0.1:${port}`, "--admin-listen", `127.0.0.1:${adminPort}`], {
    env: { ...elsewhere, SLUICE_ADMIN_TOKEN: token, SLUICE_KEY: key },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.on("data", (d) => (said += d));
  child.stderr.on("data", (d) => (said += d));
  const ended = new Promise((done) => child.on("exit", done));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  for (const until = Date.now() + 60_000; ; await new Promise((r) => setTimeout(r, 50))) {
    const answers = await fetch(`${admin}/readyz`).then((r) => r.ok, () => false);
    if (answers && child.exitCode === null && said.includes("msg=serving")) return { base, admin, file, stop, write, token };
    if (child.exitCode !== null && said.includes("address already in use")) {
      rmSync(dir, { recursive: true, force: true });
      return start(binary, document, ready);
    }
    if (child.exitCode !== null || Date.now() > until) {
      child.kill("SIGKILL");
      throw new Error(`the gateway does not start:\n${said}`);
    }
  }
}

/** call makes one call and reads its answer to the end. */
export async function call(gateway, path, body, headers = {}, as = key) {
  const answer = await fetch(gateway.base + path, { method: "POST", headers: { authorization: `Bearer ${as}`, "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
  return { status: answer.status, id: answer.headers.get("sluice-request-id"), text: await answer.text() };
}

const questions = [
  "How do I change the address of an order?", "Summarise yesterday's incident in three sentences.", "Write a haiku about gates and water.", "What is the capital of Mongolia?",
  "Translate 'the valve is open' into Finnish.", "Explain prompt caching to a finance team.", "Which of these invoices is overdue?", "Draft a polite reminder.",
];

/** traffic is a little of everything: models, dialects, streams, tools, cache hits, errors, limits. */
export async function traffic(gateway) {
  const chat = (model, i, more = {}, headers = {}) => call(gateway, "/v1/chat/completions", { model, messages: [{ role: "system", content: "You help customers of a hardware shop." }, { role: "user", content: questions[i % questions.length] }], ...more }, headers);
  const calls = [];
  for (let i = 0; i < 10; i++) calls.push(() => chat("sandbox/chat", i, {}, { "sluice-metadata": JSON.stringify({ team: i % 2 ? "support" : "billing" }) }));
  for (let i = 0; i < 8; i++) calls.push(() => chat("sandbox/chat", i, { stream: true, temperature: i / 10 }));
  for (let i = 0; i < 5; i++) calls.push(() => chat("support", i, {}, { "x-session-id": `chat-${i % 2}`, traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b${i % 3}-01` }));
  for (let i = 0; i < 4; i++) calls.push(() => chat("sandbox/error-500", i));
  for (let i = 0; i < 3; i++) calls.push(() => chat("sandbox/nothing-of-that-name", i));
  for (let i = 0; i < 16; i++) calls.push(() => chat("sandbox/long", i, { user: "ann", seed: i }));
  for (let i = 0; i < 4; i++) calls.push(() => chat("sandbox/reason", i, { max_tokens: 600 }));
  for (let i = 0; i < 7; i++) calls.push(() => call(gateway, "/gateways/tight/v1/chat/completions", { model: "sandbox/chat", messages: [{ role: "user", content: questions[i] }], max_tokens: 60 }));
  for (let i = 0; i < 4; i++) calls.push(() => call(gateway, "/v1/messages", { model: "sandbox/chat", max_tokens: 200, stream: i % 2 === 0, messages: [{ role: "user", content: questions[i] }] }, { "anthropic-version": "2023-06-01" }));
  for (let i = 0; i < 3; i++) calls.push(() => call(gateway, "/v1/embeddings", { model: "sandbox/embed", input: [questions[i], questions[i + 1]] }));
  const tools = [{ type: "function", function: { name: "weather", description: "The weather somewhere", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } } }];
  calls.push(() => chat("sandbox/chat", 3, { tools, tool_choice: "required" }));
  for (let i = 0; i < calls.length; i += 4) await Promise.all(calls.slice(i, i + 4).map((c) => c()));
  for (let i = 0; i < 5; i++) await chat("sandbox/chat", i); // hits
}
