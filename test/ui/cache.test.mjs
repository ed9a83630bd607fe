// The page of the cache, in a browser: pictures, dimensions, looking an answer up, purging.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start, traffic } from "./gateway.mjs";

let gateway, browser, view, page;
const question = { model: "sandbox/chat", messages: [{ role: "user", content: "Which answers are kept?" }] };

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY);
  await traffic(gateway);
  browser = await launch();
  view = await newPage(browser, gateway);
  page = view.page;
  await signIn(page);
});
/** Errors, but for the browser's word on an answer that is gone. */
const unexpected = () => view.errors.filter((e) => !/404 .*\/cache\/entries\//.test(e));
after(async () => { await browser?.close(); await gateway?.stop(); });

test("the hit ratio and what was saved are pictures over time, without faults for assistive technology", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.goto("/cache?range=1h");
    await page.getByText("Hit ratio over time").first().waitFor();
    await page.getByText("Saved over time").first().waitFor();
    await page.getByRole("table", { name: "Hit ratio by model" }).getByText("chat").first().waitFor();
    assert.deepEqual(await serious(page), []);
  }
  await page.emulateMedia({ colorScheme: "light" });
});

test("a range that ends in the past has figures of that time alone, in the ring as below it", async () => {
  const none = new URLSearchParams({ from: "2024-01-01T00:00:00Z", to: "2024-01-02T00:00:00Z" });
  await page.goto(`/cache?${none}`);
  await page.getByText("Nothing was looked up in this time").waitFor();
  const told = await (await fetch(`${gateway.admin}/api/v1/cache?${none}`, { headers: { authorization: `Bearer ${gateway.token}` } })).json();
  assert.equal(told.total.calls, 0);
  assert.deepEqual(view.errors, []);
});

test("every dimension tells calls apart, and stays in the address", async () => {
  for (const by of ["gateway", "provider", "key", "workspace", "route", "tag", "age", "day"]) {
    await page.goto(`/cache?range=1h&by=${by}`);
    await page.getByRole("table", { name: `Hit ratio by ${by}` }).locator("tbody tr").first().waitFor();
  }
  await page.goto("/cache?range=1h&by=age");
  await page.getByRole("table", { name: "Hit ratio by age" }).getByText("under 1 min").waitFor();
});

test("an answer is looked up by its key, and a purge says what is lost before it is done", async () => {
  const sent = await fetch(`${gateway.base}/v1/chat/completions`, { method: "POST", headers: { authorization: `Bearer ${(await import("./gateway.mjs")).key}`, "content-type": "application/json" }, body: JSON.stringify(question) });
  await sent.text();
  const key = sent.headers.get("sluice-cache-key");
  await page.goto(`/cache?range=1h&key=${key}`);
  await page.getByRole("table", { name: "The answer" }).getByText("sandbox/chat").waitFor();
  await page.getByLabel("Model", { exact: true }).fill("sandbox/chat");
  await page.getByRole("button", { name: "Purge…" }).click();
  await page.getByRole("dialog").getByText("of waiting").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Purge", exact: true }).click();
  await page.getByText('that the model "chat" gave').first().waitFor();
  const again = await call(gateway, "/v1/chat/completions", question, { "sluice-cache": "only-if-cached" });
  assert.equal(again.status, 504);
  await page.getByText("No answer is kept under this key").waitFor(); // the one that was looked up went with them
  assert.deepEqual(unexpected(), []);
});

test("from a call one gets to the answer in the cache: its age, its hits, what it holds; and it alone is purged", async () => {
  const asked = { model: "sandbox/chat", messages: [{ role: "user", content: "Which sluice is open?" }] };
  await call(gateway, "/v1/chat/completions", asked);
  const hit = await call(gateway, "/v1/chat/completions", asked);
  await page.goto(`/logs?range=15m&call=${hit.id}`);
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("tab", { name: "Details" }).click();
  await sheet.getByRole("link", { name: "The answer and what it holds" }).click();
  const answer = page.getByRole("table", { name: "The answer" });
  await answer.getByRole("row", { name: /^Hits/ }).getByText("1 ·").waitFor();
  await page.getByRole("button", { name: "Show what it holds" }).click();
  await page.getByRole("region", { name: "What the answer holds" }).getByText("Which sluice is open?").first().waitFor();
  assert.deepEqual(await serious(page), []);
  await page.getByRole("button", { name: "Purge this answer…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Purge", exact: true }).click();
  await page.getByText("No answer is kept under this key").waitFor();
  await page.getByRole("link", { name: "Calls that name it" }).click();
  await page.getByRole("button", { name: /^Remove the filter Cache key/ }).waitFor();
  const calls = page.getByRole("table", { name: "Calls" }).getByRole("button", { name: /^Open the call/ });
  await calls.nth(1).waitFor();
  assert.equal(await calls.count(), 2);
  assert.deepEqual(unexpected(), []);
});
