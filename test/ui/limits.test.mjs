// Limits and budgets: how near, who is refused, how money burns down, raises.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { startCallers, ways } from "./callers.mjs";
import { token } from "./gateway.mjs";

let gateway, browser, view, page;

before(async () => {
  gateway = await startCallers(process.env.SLUICE_BINARY);
  browser = await launch();
  view = await newPage(browser, gateway);
  page = view.page;
  await signIn(page);
  await ways(gateway);
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

test("every limit is shown with its counters, and whom it refused", async () => {
  await page.goto("/limits");
  const few = page.getByRole("region", { name: "3 requests in 1 min, per key" });
  await few.getByText("blocked").first().waitFor({ timeout: 45_000 }); // figures come within seconds; the page asks again
  await few.getByText(/5 refused/).waitFor();
  await few.getByText("is refused").waitFor();
  await page.getByRole("region", { name: "200 requests in 1 min, per key" }).getByText("of 200").waitFor();
  await well();
  await page.getByText("Refusing", { exact: true }).click();
  await page.getByRole("region", { name: "200 requests in 1 min, per key" }).waitFor({ state: "detached" });
  assert.match(page.url(), /show=blocked/);
});

test("a budget burns down with what was really spent, and says when it ends", async () => {
  await page.goto("/budgets");
  const month = page.getByRole("region", { name: "$5.00 per month (UTC), per workspace" });
  const used = month.getByRole("region", { name: "workspace default" });
  await used.getByTestId("verdict").waitFor();
  const spent = Number((await used.getByText(/\$[\d.]+ of \$5.00/).first().textContent()).match(/\$([\d.]+) of/)[1]);
  assert.ok(spent > 0 && spent < 5, `${spent} spent`);
  assert.match(await used.getByTestId("verdict").textContent(), /At this rate/);
  await used.getByRole("group", { name: /What is left of the budget/ }).locator("svg").waitFor();
  await used.getByText("alert at 80 %").waitFor();
  await used.getByRole("region", { name: "Periods before" }).waitFor();
  await well();
});

test("a budget is raised until a time, and the raise ended", async () => {
  const used = page.getByRole("region", { name: "workspace default" });
  await used.getByRole("button", { name: "Raise…" }).click();
  await page.getByLabel("By how many dollars").fill("7");
  await page.getByLabel("Reason").fill("the launch");
  await page.getByRole("dialog").getByRole("button", { name: "Raise", exact: true }).click();
  await used.getByText(/of \$12.00/).first().waitFor();
  await page.getByText("the launch").waitFor();
  await page.getByRole("button", { name: "End now" }).click();
  await used.getByText(/of \$5.00/).first().waitFor();
  await well();
});

test("costs are told by any dimension and month, as table and as a file, as exact as the API tells them", async () => {
  const month = new Intl.DateTimeFormat("sv", { timeZone: "Asia/Tokyo", year: "numeric", month: "2-digit" }).format(new Date());
  const told = await (await fetch(`${gateway.admin}/api/v1/analytics/costs?by=provider,model&month=${month}&zone=Asia/Tokyo`, { headers: { authorization: `Bearer ${token}` } })).json();
  await page.goto("/costs?by=model&period=12m&tz=Asia/Tokyo");
  const table = page.getByRole("table", { name: "Cost by model" });
  await table.last().waitFor();
  const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "sandbox/chat", exact: true }) });
  const exactly = told.rows.find((r) => r.value === "sandbox/chat").cost_usd.toFixed(9).replace(/0+$/, "");
  assert.equal(await row.getByRole("cell").first().getAttribute("title"), `$${exactly}`);
  await well();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click()]);
  assert.match(file.suggestedFilename(), /^costs-by-model-.*\.csv$/);
  const chunks = [];
  for await (const c of await file.createReadStream()) chunks.push(c);
  const lines = Buffer.concat(chunks).toString().trim().split("\r\n").map((l) => l.split(","));
  assert.deepEqual(lines[0], ["month", "provider/model", "cost_usd", "saved_usd", "requests", "unpriced", "input_tokens", "output_tokens"]);
  const chat = lines.find((l) => l[1] === "sandbox/chat");
  assert.deepEqual([chat[0], chat[2]], [`${month}-01`, exactly], lines.join("\n"));
  await row.getByRole("button", { name: "sandbox/chat" }).click();
  await page.getByRole("button", { name: "Remove the filter model: chat" }).waitFor();
  await page.getByRole("button", { name: "Remove the filter provider: sandbox" }).waitFor();
  await page.goto(`/costs?by=key&month=${month}&tz=UTC`);
  const [named] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV" }).click()]);
  let text = "";
  for await (const c of await named.createReadStream()) text += c;
  assert.match(text, /^day,key,key_name,cost_usd,/);
});

test("a budget leads to the calls that it refused, and the bar's gateway chooses limits and budgets", async () => {
  await page.goto("/budgets");
  const href = await page.getByRole("region", { name: "$0.05 per day (UTC), per key" }).getByRole("link", { name: "Refused calls" }).getAttribute("href");
  const led = new URL(href, "http://x").searchParams;
  assert.deepEqual([led.get("gateway"), led.get("limits"), led.get("outcome")], ["tight", "small", "refused"]);
  await page.getByRole("combobox", { name: "Which gateway" }).click();
  await page.getByRole("option", { name: "tight" }).click();
  await page.getByRole("region", { name: "$5.00 per month (UTC), per workspace" }).waitFor({ state: "detached" });
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await page.getByRole("region", { name: "3 requests in 1 min, per key" }).waitFor();
  assert.equal(await page.getByRole("region", { name: "200 requests in 1 min, per key" }).count(), 0);
});
