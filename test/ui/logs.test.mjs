// Calls looked into, rated, repeated and put together.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start } from "./gateway.mjs";

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

test("the calls of a session are one view", async () => {
  await page.goto("/sessions?range=15m");
  await page.getByRole("table", { name: "Sessions" }).getByRole("button", { name: "run-7" }).click();
  await page.getByRole("list", { name: "Calls of the session" }).getByRole("listitem").nth(1).waitFor();
  await well();
});
