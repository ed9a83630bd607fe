// The overview, in a browser: percentiles of both times, where the time goes, tables against
// the period before that lead to the calls behind a figure.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { config, start } from "./gateway.mjs";

let gateway, browser, view, page;

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY, config, async (dir) => execFileSync(process.env.SLUICE_BINARY, ["dev", "seed", "--data", dir, "--entries", "4000", "--days", "3", "--bodies", "0"], { stdio: "ignore" }));
  browser = await launch();
  view = await newPage(browser, gateway);
  page = view.page;
  await signIn(page);
});

after(async () => {
  await view?.close();
  await browser?.close();
  await gateway?.stop();
});

async function well() {
  assert.deepEqual(await serious(page), []);
  assert.deepEqual(view.errors, []);
}

const told = async (query) => (await fetch(`${gateway.admin}/api/v1/${query}`, { headers: { authorization: `Bearer ${gateway.token}` } })).json();

test("percentiles are of whole answers or of first tokens, and the choice stays in the address", async () => {
  await page.goto("/?range=24h&live=0");
  const panel = page.getByRole("region", { name: "Latency", exact: true });
  const whole = panel.getByRole("group", { name: "Latency" });
  await whole.locator("canvas").waitFor();
  for (const q of ["p50", "p90", "p95", "p99"]) await whole.getByRole("columnheader", { name: q, exact: true }).waitFor({ state: "attached" });
  await panel.getByText("First token", { exact: true }).click();
  const first = panel.getByRole("group", { name: "First token" });
  await first.locator("canvas").waitFor();
  for (const q of ["p50", "p90", "p95", "p99"]) await first.getByRole("columnheader", { name: q, exact: true }).waitFor({ state: "attached" });
  assert.match(page.url(), /latency=first/);
  await page.reload();
  await first.locator("canvas").waitFor();
  await well();
});

test("where the time goes is a picture over time that adds up to the mean call", async () => {
  await page.goto("/?range=24h&live=0");
  const panel = page.getByRole("region", { name: "Where the time goes" });
  await panel.locator("canvas").waitFor();
  for (const place of ["Providers", "Callers", "Queues", "Sluice"]) await panel.getByRole("columnheader", { name: place }).waitFor({ state: "attached" });
  const { series: [{ total }] } = await told("analytics?metric=requests,provider_total_ms,gateway_total_ms,queue_total_ms,caller_total_ms,latency_avg_ms");
  const parts = (total.provider_total_ms + total.gateway_total_ms + total.queue_total_ms + total.caller_total_ms) / total.requests;
  assert.ok(Math.abs(parts - total.latency_avg_ms) < total.latency_avg_ms / 50, `${parts} of ${total.latency_avg_ms}`);
  await panel.getByText(/^[23]\.\d+ s$/).first().waitFor(); // providers, of the mean call
});

test("the ranked tables have both times, stand against the period before, and lead to the calls behind a figure, by keyboard too", async () => {
  await page.goto("/?range=24h&live=0&by=provider");
  const table = page.getByRole("table", { name: "By provider" });
  for (const name of ["Requests", "Tokens", "Spend", "Errors", "First token p95", "Latency p95"]) await table.getByRole("columnheader", { name }).waitFor();
  const row = table.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "anthropic" }) });
  await row.getByText(/^[▲▼] |as before/).first().waitFor();
  assert.match(await row.getByText(/^[▲▼] |as before/).first().getAttribute("title"), / in the period before$/);
  await well();
  await row.getByRole("link", { name: /requests; show these calls/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove the filter Provider: anthropic" }).waitFor();
  assert.match(page.url(), /\/logs\?.*range=24h/);
  for (const [by, name, filter] of [["status", "502", "Remove the filter Status: 502"], ["model", "openai/gpt-5", "Remove the filter Model: gpt-5"]]) {
    await page.goto(`/?range=24h&live=0&by=${by}`);
    await page.getByRole("table", { name: `By ${by}` }).getByRole("row").filter({ has: page.getByRole("rowheader", { name, exact: true }) }).getByRole("link", { name: /requests; show these calls/ }).click();
    await page.getByRole("button", { name: filter }).waitFor();
  }
  await page.goto("/?range=24h&live=0");
  const key = page.getByRole("table", { name: "By key" });
  await key.getByRole("link", { name: /of the calls failed; show these calls/ }).first().click();
  await page.getByRole("button", { name: "Remove the filter Outcome: error" }).waitFor();
  await page.getByRole("button", { name: /^Remove the filter Key: / }).waitFor();
});

test("what calls are told apart by has a row for each value, at once after another was shown", async () => {
  await page.goto("/?range=24h&live=0&by=metadata.team");
  const table = page.getByRole("table", { name: "By metadata: team" });
  await table.waitFor();
  const names = await table.getByRole("rowheader").allTextContents();
  assert.equal(new Set(names).size, names.length, names.join());
  assert.ok(names.includes("support"), names.join());
});

test("on a phone nothing hangs over", async () => {
  const phone = await newPage(browser, gateway, { viewport: { width: 400, height: 800 }, colorScheme: "dark" });
  await signIn(phone.page);
  await phone.page.goto("/?range=24h&live=0&latency=first");
  await phone.page.getByRole("table", { name: "By key" }).waitFor();
  assert.ok(await phone.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(await serious(phone.page), []);
  assert.deepEqual(phone.errors, []);
  await phone.close();
});

test("each figure opens the wide chart with what it is made of, by keyboard too, and the chart leads to those calls", async () => {
  await page.goto("/?range=24h&live=0");
  await page.getByRole("region", { name: "Requests by outcome" }).locator("canvas").waitFor();
  const opened = { "Error rate": ["Error rate", ["Error rate"]], "First token p95": ["First token", ["p50", "p95", "p99"]], Tokens: ["Tokens over time", ["Input", "Output"]], Spend: ["Spend over time", ["openai/gpt-5"]], "Cache hits": ["Cache hits over time", ["From cache", "Not in the cache"]] };
  for (const [figure, [chart, columns]] of Object.entries(opened)) {
    await page.getByRole("link", { name: new RegExp(`^${figure}: `) }).focus();
    await page.keyboard.press("Enter");
    const panel = page.getByRole("region", { name: chart, exact: true });
    await panel.locator("canvas").waitFor();
    for (const name of columns) await panel.getByRole("columnheader", { name, exact: true }).waitFor({ state: "attached" });
    assert.equal(await page.locator('a[aria-current="true"]').getAttribute("aria-label").then((t) => t.split(":")[0]), figure);
  }
  await page.goto("/?range=24h&live=0&chart=errors&provider=openai");
  const errors = page.getByRole("region", { name: "Error rate", exact: true });
  await errors.locator("canvas").waitFor();
  await well();
  await errors.getByRole("link", { name: "These errors" }).click();
  for (const filter of ["Outcome: error", "Provider: openai"]) await page.getByRole("button", { name: `Remove the filter ${filter}` }).waitFor();
});

test("a start of Sluice is a mark with its version, and the audit log has it", async () => {
  await page.goto("/?range=1h&live=0");
  await page.getByRole("region", { name: "Requests by outcome" }).getByText(/1 start/).waitFor();
  await page.goto("/audit?action=node.start");
  await page.getByRole("table", { name: "Events" }).getByRole("row").nth(1).waitFor();
  await well();
});

test("callers that limits blocked are counted once a call, and lead to those calls with what the page is about", async () => {
  const { series } = await told("analytics?metric=blocked&by=key&filter.workspace=support");
  const most = series[0];
  await page.goto("/?range=24h&live=0&workspace=support"); // whose calls are blocked on every day of the week
  const item = page.getByRole("group", { name: "What needs attention" }).getByRole("listitem").filter({ hasText: /^Limits blocked / }).first();
  await item.waitFor();
  assert.match(await item.textContent(), new RegExp(`^Limits blocked ${most.total.blocked} calls? of`));
  await item.getByRole("link", { name: "Look" }).click();
  for (const filter of ["Outcome: refused", "Workspace: support"]) await page.getByRole("button", { name: `Remove the filter ${filter}` }).waitFor();
});

test("what is drilled down to is told by sums, not by the calls that are left", async () => {
  const sources = [];
  page.on("response", async (r) => {
    if (/\/api\/v1\/analytics(\/summary)?\?/.test(r.url()) && r.ok()) sources.push(`${(await r.json().catch(() => ({ source: "" }))).source} ${decodeURIComponent(r.url())}`);
  });
  const { series } = await told("analytics?metric=requests&by=key");
  for (const filter of [`key_id=${series[0].by.key}`, "provider=openai", "provider=openai&model=gpt-5", "operation=chat", "cache=hit", "route=support-answers"]) {
    await page.goto(`/?range=24h&live=0&chart=spend&${filter}${filter.startsWith("provider") || filter.startsWith("key") ? "" : "&and=provider"}`);
    await page.getByRole("table", { name: "By model" }).first().waitFor();
    await page.getByRole("region", { name: "Spend over time" }).locator("canvas").waitFor();
    await page.waitForLoadState("networkidle");
  }
  assert.ok(sources.length > 30, sources.length);
  assert.deepEqual(sources.filter((s) => s.startsWith("entries") && !/by=(key|limit)/.test(s)), []);
  assert.deepEqual(sources.filter((s) => s.startsWith("entries") && /filter.(key|provider|model)=/.test(s)), []);
  await well();
});
