// Calls looked into, rated, repeated and put together.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start } from "./gateway.mjs";
import { runs } from "./runs.mjs";

let gateway, browser, view, page, id;

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY);
  browser = await launch();
  view = await newPage(browser, gateway);
  page = view.page;
  await signIn(page);
  ({ id } = await call(gateway, "/v1/chat/completions", { model: "support", messages: [{ role: "user", content: "Which valve is it?" }] }, { "x-session-id": "run-7" }));
  await call(gateway, "/v1/chat/completions", { model: "sandbox/chat", messages: [{ role: "user", content: "And then?" }] }, { "x-session-id": "run-7" });
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

test("a value is left out by the sign beside it", async () => {
  await page.goto("/logs?range=15m");
  const table = page.getByRole("table", { name: "Calls" });
  await table.getByText("support", { exact: true }).first().hover();
  await table.getByRole("button", { name: "Not Model asked for: support" }).first().click();
  await page.getByRole("button", { name: "Remove the filter Model asked for: not support" }).waitFor();
  await table.getByText("support", { exact: true }).first().waitFor({ state: "detached" });
  assert.match(decodeURIComponent(page.url()), /model_requested=!support/);
  await well();
});

test("a field is found by typing, and calls are chosen by what stands in no column", async () => {
  await page.goto("/logs?range=15m");
  const choose = async (typed, field) => {
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByLabel("Which field?").fill(typed);
    await page.getByRole("menuitem", { name: field, exact: true }).click();
  };
  const rows = page.getByRole("table", { name: "Calls" }).getByRole("button", { name: /^Open the call/ });
  await choose("attempt f", "Attempt failed with");
  await page.getByRole("option", { name: "any" }).click();
  await page.getByRole("button", { name: "Remove the filter Attempt failed with: any" }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('table[aria-label="Calls"] tbody tr.pick').length === 1);
  await choose("attempts", "Attempts at least");
  await page.getByLabel("Attempts at least").fill("2");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove the filter Attempts at least: 2" }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('table[aria-label="Calls"] tbody tr.pick').length === 1);
  assert.equal(await rows.count(), 1);
  await choose("at most", "Output tokens at most");
  await page.getByLabel("Output tokens at most").fill("0");
  await page.keyboard.press("Enter");
  await page.getByText("No call matches in this time").waitFor();
  await well();
});

test("an answer is rated, and the rating stays", async () => {
  await page.goto(`/logs?range=15m&call=${id}`);
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("button", { name: "A good answer" }).click();
  await sheet.locator('button[aria-label="A good answer"][aria-pressed="true"]').waitFor();
  await page.goto("/logs?range=15m&feedback=up");
  await page.getByRole("table", { name: "Calls" }).getByLabel("rated good").waitFor();
  await well();
});

test("a call is replayed elsewhere, and both stand beside each other", async () => {
  await page.goto(`/logs?range=15m&call=${id}`);
  await page.getByRole("dialog").getByRole("button", { name: "Replay", exact: true }).click();
  const box = page.getByRole("dialog", { name: "Replay this call" });
  await box.getByLabel("Model or route").fill("sandbox/echo");
  await box.getByRole("button", { name: "Replay", exact: true }).click();
  const table = box.getByRole("table", { name: "Then and now" });
  await table.getByText("sandbox/echo").waitFor();
  await box.getByRole("region", { name: "Difference of the answers" }).waitFor();
  await well();
});

test("a call tells its headers as far as they are known, and its cache and limits in the timeline", async () => {
  await page.goto(`/logs?range=15m&call=${id}`);
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("list", { name: "Where the time went" }).getByText("Cache: nothing kept").waitFor();
  await sheet.getByRole("tab", { name: "Headers" }).click();
  const to = sheet.getByRole("table", { name: "To the caller" });
  await to.getByRole("row").filter({ hasText: "sluice-request-id" }).getByText(id).waitFor();
  await to.getByRole("row").filter({ hasText: "sluice-attempts" }).getByText("2", { exact: true }).waitFor();
  await sheet.getByRole("table", { name: "Back from sandbox/error-529" }).getByText("529").waitFor();
  await sheet.getByRole("table", { name: "From the caller" }).getByText("application/json").waitFor();
  await well();
});

test("a call that a limit refused names the limit and the gateway", async () => {
  let refused;
  for (let i = 0; i < 5; i++) refused = await call(gateway, "/gateways/tight/v1/chat/completions", { model: "sandbox/echo", messages: [{ role: "user", content: "once more" }] });
  assert.equal(refused.status, 429);
  await page.goto("/logs?range=15m&gateway=tight&status=429");
  await page.getByRole("table", { name: "Calls" }).getByRole("button", { name: /^Open the call/ }).first().click();
  const sheet = page.getByRole("dialog");
  await sheet.getByText(/Refused before any provider was called: rate limited, by the limit “3 requests in 1 min, per key” of the gateway tight/).waitFor();
  await sheet.getByRole("list", { name: "Where the time went" }).getByText(/^Limits: /).waitFor();
  await well();
});

test("the calls of a session are one view", async () => {
  await page.goto("/sessions?range=15m");
  await page.getByRole("table", { name: "Sessions" }).getByRole("button", { name: "run-7" }).click();
  await page.getByRole("list", { name: "Calls of the session" }).getByRole("listitem").nth(1).waitFor();
  await well();
});

test("an agent's run is a tree with its sums; its words are read when one asks, and the audit log notes it", async () => {
  await runs(gateway);
  const reads = async () => (await (await fetch(`${gateway.admin}/api/v1/audit?action=entry.read&limit=500`, { headers: { authorization: `Bearer ${gateway.token}` } })).json()).data.length;
  const before = await reads();
  await page.goto("/sessions?range=15m");
  await page.getByRole("table", { name: "Sessions" }).getByRole("button", { name: "agent-1" }).click();
  const tree = page.getByRole("list", { name: "Calls of the session" });
  await tree.locator('[role=listitem][aria-level="3"]').nth(6).waitFor();
  assert.equal(await tree.getByRole("listitem").count(), 12); // two traces, three spans, seven calls
  await page.getByText("Errors", { exact: true }).first().waitFor();
  assert.equal(await reads(), before); // nothing was read by looking
  await page.getByRole("button", { name: "Show what was said" }).click();
  await tree.getByText("asked Sum up what was found.").waitFor();
  await tree.getByText(/^answered the sandbox fails on purpose/).waitFor();
  for (const until = Date.now() + 20_000; (await reads()) < before + 7 && Date.now() < until; ) await page.waitForTimeout(50); // two of the seven wait for a connection
  assert.equal(await reads(), before + 7);
  await tree.getByRole("button", { name: "Close what lies below Span 00f067aa0ba902bb" }).click();
  await tree.getByText("asked Sum up what was found.").waitFor({ state: "detached" });
  await well();
});

test("sessions are chosen by user, cost, errors and key", async () => {
  const table = page.getByRole("table", { name: "Sessions" });
  const names = () => table.locator("tbody tr td:first-child").allInnerTexts();
  await page.goto("/sessions?range=15m");
  await table.getByRole("button", { name: "run-7" }).waitFor();
  await page.getByLabel("Errors only").click({ force: true });
  await table.getByRole("button", { name: "run-7" }).waitFor({ state: "detached" });
  await table.getByRole("button", { name: "agent-1" }).waitFor();
  assert.deepEqual(await names(), ["agent-1"]);
  await page.getByLabel("User", { exact: true }).fill("nobody");
  await page.keyboard.press("Enter");
  await page.getByText("Nothing matches in this time").waitFor();
  await page.getByRole("button", { name: "Take all filters away" }).click();
  await page.getByLabel("Cost at least").fill("0.002");
  await page.keyboard.press("Enter");
  await table.getByRole("button", { name: "run-7" }).waitFor({ state: "detached" });
  await page.goto("/sessions?range=15m");
  await page.getByRole("textbox", { name: "Key" }).or(page.getByRole("combobox", { name: "Key" })).first().fill("first");
  await page.getByRole("option", { name: "first" }).click();
  await page.waitForURL(/key_id=/);
  await table.getByRole("button", { name: "run-7" }).waitFor();
  await well();
});

const asked = "# A plan\n\n- first\n- second\n\n| City | Rain |\n|---|---|\n| Turku | 3 mm |\n\n```python\nprint(1)\n```\n\n<img src=x onerror=\"window.ran=1\"><script>window.ran=1</script> ![pixel](https://example.com/pixel.png) [bad](javascript:window.ran=1) [good](https://example.com/)";

test("a conversation is read as Markdown, runs nothing and fetches nothing", async () => {
  const { id } = await call(gateway, "/v1/chat/completions", { model: "sandbox/chat", messages: [
    { role: "user", content: [{ type: "text", text: asked }, { type: "image_url", image_url: { url: "https://example.com/photo.jpg" } }] },
    { role: "assistant", content: null, reasoning_content: "Let me look.", tool_calls: [{ id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Turku"}' } }] },
    { role: "tool", tool_call_id: "c1", content: '{"rain_mm":3}' }, { role: "user", content: "And?" },
  ] });
  const fetched = [];
  const note = (r) => r.url().startsWith(gateway.admin) || fetched.push(r.url());
  page.on("request", note);
  await page.goto(`/logs?range=15m&call=${id}`);
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("listitem").filter({ hasText: "second" }).waitFor();
  await sheet.getByRole("cell", { name: "3 mm" }).waitFor();
  await sheet.getByRole("button", { name: "Copy the python" }).waitFor();
  assert.equal(await sheet.getByRole("link", { name: "pixel" }).getAttribute("href"), "https://example.com/pixel.png");
  assert.match(await sheet.getByRole("link", { name: "good", exact: true }).getAttribute("rel"), /noreferrer/);
  assert.equal(await sheet.getByRole("link", { name: "bad" }).count(), 0);
  await sheet.getByRole("link", { name: "https://example.com/photo.jpg" }).waitFor();
  assert.match(await sheet.getByRole("group", { name: "weather called" }).locator("pre").textContent(), /\{\n {2}"city": "Turku"\n\}/);
  assert.match(await sheet.getByRole("group", { name: "weather answered" }).locator("pre").textContent(), /\n {2}"rain_mm": 3\n/);
  assert.equal(await sheet.getByText("Let me look.").isVisible(), false, "the reasoning is not folded");
  await sheet.getByText(/^Reasoning/).click();
  await sheet.getByText("Let me look.").waitFor();
  page.off("request", note);
  assert.equal(await page.evaluate(() => globalThis.ran), undefined);
  assert.deepEqual(fetched, []);
  await well();
});

test("rows are moved to by j and k, opened by Enter and closed by Escape", async () => {
  await page.goto("/logs?range=15m");
  const buttons = page.getByRole("table", { name: "Calls" }).getByRole("button", { name: /^Open the call/ });
  await buttons.nth(2).waitFor();
  const focused = (n) => page.waitForFunction((i) => document.activeElement?.closest("tr")?.ariaRowIndex === String(i), n + 2);
  for (const [key, at] of [["j", 0], ["j", 1], ["j", 2], ["k", 1]]) {
    await page.keyboard.press(key);
    await focused(at);
  }
  await page.keyboard.press("Enter");
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("tab", { name: "Conversation" }).waitFor();
  assert.match(page.url(), /\/logs\?/, "k without g has gone to the keys");
  const first = page.url();
  await page.keyboard.press("j");
  await page.waitForFunction((url) => location.href !== url, first);
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  await focused(2);
  await well();
});

test("the row of the call that was left last has the focus, however fast it was left", async () => {
  await page.goto("/logs?range=15m");
  const table = page.getByRole("table", { name: "Calls" });
  await table.locator('tr[aria-rowindex="2"]').getByRole("button", { name: /^Open the call/ }).click();
  await page.getByRole("dialog").getByRole("tab", { name: "Conversation" }).waitFor();
  await page.evaluate(() => {
    for (const key of ["j", "Escape"]) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, code: key, bubbles: true }));
  });
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement?.closest("tr")?.ariaRowIndex === "3");
  await well();
});

test("of many loaded calls only those in sight are in the page", async () => {
  for (let i = 0; i < 130; i += 10) await Promise.all(Array.from({ length: 10 }, (_, j) => call(gateway, "/v1/chat/completions", { model: "sandbox/echo", messages: [{ role: "user", content: `row ${i + j}` }] })));
  await page.goto("/logs?range=15m&model_requested=sandbox/echo");
  const table = page.getByRole("table", { name: "Calls" });
  await table.locator("tr.pick").first().waitFor();
  await page.getByRole("button", { name: "Show older calls" }).click();
  await page.waitForFunction(() => Number(document.querySelector("table.calls").ariaRowCount) > 120);
  assert.ok((await table.locator("tr.pick").count()) < 80, "all rows are in the page");
  const all = Number(await table.getAttribute("aria-rowcount"));
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await table.locator(`tr[aria-rowindex="${all}"]`).waitFor();
  await well();
});

test("the palette finds a route", async () => {
  await page.keyboard.press("Control+k");
  await page.getByLabel("Find anything").last().fill("supp");
  await page.getByRole("button", { name: /support\s*Route/ }).click();
  await page.getByRole("heading", { name: "Routes", level: 1 }).waitFor();
  assert.match(page.url(), /route=support/);
});

test("the timeline has cache, limits, attempts and the first token in their order, each with its figure and what it is", async () => {
  const made = await call(gateway, "/v1/chat/completions", { model: "sandbox/slow", stream: true, messages: [{ role: "user", content: "Tell the time" }] });
  await page.goto(`/logs?range=15m&call=${made.id}`);
  const sheet = page.getByRole("dialog");
  const list = sheet.getByRole("list", { name: "Where the time went" });
  await list.getByRole("listitem").first().waitFor();
  assert.deepEqual(await list.getByRole("listitem").allTextContents(), ["Sluice itself", "Cache: nothing kept", "Limits and budgets", "sandbox/slow"]);
  await list.getByText(/first token 2/).first().waitFor();
  await sheet.getByText("What each part is, and how long it took").click();
  const parts = sheet.getByRole("table", { name: "Parts of the call's time" });
  for (const kind of ["Sluice", "Cache", "Limits", "Wait"]) await parts.getByRole("row").filter({ has: page.getByRole("rowheader", { name: kind }) }).first().waitFor();
  assert.match(await parts.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Cache" }) }).textContent(), /\d+ µs.*Asking the cache/);
  await well();
});

test("every cell is a filter: a status, the model that served, and numbers as bounds", async () => {
  await page.goto("/logs?range=24h");
  const rows = page.getByRole("table", { name: "Calls" }).getByRole("row");
  await rows.nth(1).waitFor();
  await rows.nth(1).getByTitle(/^Only Status: /).click();
  await page.getByRole("button", { name: /^Remove the filter Status: \d{3}$/ }).click();
  for (const [title, filter] of [[/only Milliseconds at least/, /^Remove the filter Milliseconds at least: \d+$/], [/only Attempts at least/, /^Remove the filter Attempts at least: \d+$/], [/only Tokens together at least/, /^Remove the filter Tokens together at least: \d+$/]]) {
    await page.getByTitle(title).first().click();
    await page.getByRole("button", { name: filter }).click();
  }
  await page.getByRole("button", { name: /^Only Milliseconds at most/ }).first().focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Remove the filter Milliseconds at most: \d+$/ }).waitFor();
});

test("nothing new comes in a time that is over: the live tail is off", async () => {
  await page.goto("/logs?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&tail=1");
  const tail = page.getByRole("switch", { name: "Live tail" });
  await tail.waitFor();
  assert.ok(await tail.isDisabled());
  assert.ok(!(await tail.isChecked()));
});
