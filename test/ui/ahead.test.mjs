// What is to be expected: next month's calls and limits, where budgets lead, backups by the clock.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start } from "./gateway.mjs";

const document = `
discover: false
providers:
  sandbox: { models: { chat: { price: { input: 2.5, output: 10 } } } }
gateways:
  default:
    limits: [ { name: pace, per: workspace, requests: 60/1h } ]
    budgets: [ { name: month, per: workspace, cost: 5.00/month, unpriced: allow } ]
backups: { every: 24h, to: backups, keep: 3 }
`;

let gateway, browser, view, page;

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY, document, async (dir) => execFileSync(process.env.SLUICE_BINARY, ["dev", "seed", "--data", dir, "--entries", "6000", "--days", "42", "--bodies", "0"], { stdio: "ignore" }));
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

const well = async () => {
  assert.deepEqual(await serious(page), []);
  assert.deepEqual(view.errors, []);
};

test("next month is told by the weeks before, with bounds and the limits that it meets", async () => {
  await page.goto("/costs?by=model");
  const next = page.getByRole("region", { name: /^Next month/ });
  await next.getByText(/by the last [456] weeks/).waitFor();
  const all = next.getByRole("row", { name: /^All / });
  assert.match(await all.innerText(), /\$[\d.,k ]+\s+\$[\d.,k ]+ to \$[\d.,k ]+/);
  await well();
});

test("a budget shows where it leads, and how far that may be wrong", async () => {
  await call(gateway, "/v1/chat/completions", { model: "sandbox/chat", messages: [{ role: "user", content: "one" }] });
  const now = Date.now();
  const day = (n) => new Date(now + n * 86400e3).toISOString();
  await page.route("**/api/v1/budgets/burn?*", async (route) => { // a past of weeks, which no test has
    const answer = await route.fetch();
    const b = await answer.json();
    const forecast = { basis: "weeks", cycles: 6, needs: "", at_end_usd: 6.5, low_usd: 4.8, high_usd: 8.2, ends: day(2), earliest: day(1), latest: null };
    await route.fulfill({ json: { ...b, from: day(-20), to: day(5), used_usd: 4, forecast } });
  });
  await page.goto("/budgets");
  const used = page.getByRole("region", { name: "workspace default" });
  await used.getByTestId("verdict").waitFor();
  assert.match(await used.getByTestId("verdict").innerText(), /expected to end on .* from .* on at the earliest, perhaps not before the period does/);
  await used.getByTestId("bounds").waitFor({ state: "attached" });
  await well();
  await page.unroute("**/api/v1/budgets/burn?*");
});

test("backups by the clock are shown, with what is there", async () => {
  await page.goto("/health");
  const backups = page.getByRole("region", { name: "Backups" });
  await backups.getByText(/each 1 d|each 24 h/).waitFor();
  await backups.getByRole("table").getByText(/^sluice-\d{8}T\d{6}Z-[0-9a-f]+\.tar\.zst$/).waitFor({ timeout: 60_000 });
  await backups.getByText("not encrypted").waitFor();
  await well();
});
