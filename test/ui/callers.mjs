// A gateway with routes, limits and budgets, and calls that go all their ways.
import { call, start } from "./gateway.mjs";

export const document = `
discover: false
providers:
  sandbox:
    models:
      chat: { price: { input: 2.5, output: 10 } }
      reason: { price: { input: 15, output: 60 } }
      long: { price: { input: 0.3, output: 1.2 } }
      error-529: { price: { input: 2.5, output: 10 } }
routes:
  # what the shop's assistant uses
  support:
    steps:
      - { name: free, when: 'metadata.plan == "free"', use: sandbox/long, fallback: sandbox/chat }
      - name: shared
        split: { sandbox/chat: 80, sandbox/error-529: 20 } # the new one is on trial
        fallback: [sandbox/reason]
  fast: sandbox/long
  summaries:
    steps:
      - canary:
          from: sandbox/long
          to: sandbox/chat
          stages: [{ share: 50, for: 1h }, { share: 80, for: 1d }]
          rollback: { error_margin: 0.02, latency: 5, cost: 100 }
gateways:
  default:
    limits:
      - { name: fair, per: key, requests: 200/1m }
      - { name: talk, per: workspace, tokens: 400000/1h, over: record }
    budgets:
      - { name: month, per: workspace, cost: 5.00/month, alert: [50, 80, 100], unpriced: allow }
      - { name: pocket, per: key, cost: 0.50/day, alert: [80], unpriced: allow }
  tight:
    limits:
      - { name: few, per: key, requests: 3/1m }
    budgets:
      - { name: small, per: key, cost: 0.05/day, unpriced: allow }
`;

export const startCallers = (binary, ready) => start(binary, document, ready);

const say = (gateway, model, text, more = {}, headers = {}, as = undefined, path = "/v1/chat/completions") => call(gateway, path, { model, messages: [{ role: "user", content: text }], ...more }, headers, as);

/** ways makes calls by every way of the routes; keys are further secrets. */
export async function ways(gateway, keys = []) {
  const calls = [];
  for (let i = 0; i < 24; i++) calls.push(() => say(gateway, "support", `question ${i}`, {}, { "sluice-metadata": JSON.stringify({ plan: i % 3 === 0 ? "free" : "paid" }) }));
  for (let i = 0; i < 6; i++) calls.push(() => say(gateway, "fast", `fast ${i}`));
  for (let i = 0; i < 40; i++) calls.push(() => say(gateway, "summaries", `summary ${i}`));
  for (let i = 0; i < 8; i++) calls.push(() => say(gateway, "sandbox/chat", `tight ${i}`, { max_tokens: 60 }, {}, undefined, "/gateways/tight/v1/chat/completions"));
  for (const [n, secret] of keys.entries()) for (let i = 0; i <= n * 5; i++) calls.push(() => say(gateway, "sandbox/reason", `of key ${n}: ${i}`, { max_tokens: 400 }, {}, secret));
  for (let i = 0; i < calls.length; i += 4) await Promise.all(calls.slice(i, i + 4).map((c) => c()));
}
