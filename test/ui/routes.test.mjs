// Routes: the picture with the shares of traffic, an explanation that lights its path, an
// edit that is shown before it is in force, canaries.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { startCallers, ways } from "./callers.mjs";
import { call, start, token } from "./gateway.mjs";

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

const well = async (v = view) => {
  assert.deepEqual(await serious(v.page), []);
  assert.deepEqual(v.errors, []);
};
const node = (p, name) => p.locator(`.graph-node[data-node="${name}"]`);

test("a route is a picture with the traffic that each way carried", async () => {
  for (let i = 0; ; i++) { // entries come to the store within a second or two
    await page.goto("/routes?route=support&range=15m");
    await node(page, "Callers").waitFor();
    if ((await node(page, "Callers").textContent()).includes("24 calls")) break;
    assert.ok(i < 20, await node(page, "Callers").textContent());
    await page.waitForTimeout(500);
  }
  await node(page, "free").getByText("8 calls").waitFor();
  await node(page, "shared").getByText("16 calls").waitFor();
  await node(page, "sandbox/error-529").getByText("failed").waitFor();
  await page.locator('[data-way="callers Callers → step free"]').getByText("33 %").waitFor();
  await page.locator('[data-way="step free → target sandbox/long"]').getByText("33 %").waitFor();
  await node(page, "sandbox/error-529").hover();
  await page.getByRole("tooltip").getByText("failed by:").waitFor();
  await well();
});

test("an explanation says why, and lights the path", async () => {
  await page.getByLabel("Metadata").fill('{"plan": "free"}');
  await page.getByRole("button", { name: "Explain", exact: true }).click();
  const answer = page.getByRole("region", { name: "Explanation" });
  await answer.getByText("free", { exact: true }).waitFor();
  await page.locator('.graph-node[data-node="free"][data-on]').waitFor();
  await page.locator('.graph-node[data-node="sandbox/long"][data-on]').waitFor();
  assert.equal(await page.locator('.graph-node[data-node="shared"][data-on]').count(), 0);
  await page.getByLabel("Metadata").fill('{"plan": "paid"}');
  await page.getByRole("button", { name: "Explain", exact: true }).click();
  await answer.getByText("the condition does not hold").waitFor();
  await page.locator('.graph-node[data-node="shared"][data-on]').waitFor();
  await well();
});

test("canaries and comparisons carry their intervals, and a canary is rolled back", async () => {
  await page.goto("/routes?route=summaries&view=compare&range=15m");
  await page.getByRole("table", { name: /against/ }).waitFor();
  await page.getByText(/Too few calls|difference|costs|takes|more/).first().waitFor();
  await well();
  await page.getByRole("tab", { name: "Canary" }).click();
  await page.getByText("summaries/steps[0]").waitFor();
  await page.getByRole("button", { name: "Roll back…" }).click();
  await page.getByLabel("Reason").fill("the test says so");
  await page.getByLabel("Type sandbox/chat to go on").fill("sandbox/chat");
  await page.getByRole("dialog").getByRole("button", { name: "Roll back", exact: true }).click();
  await page.getByText("rolled back").first().waitFor();
  await well();
});

test("where a file is the source, an edit shows what to write and changes nothing", async () => {
  await page.goto("/routes?route=support&view=edit");
  await page.getByLabel("YAML").waitFor();
  assert.match(await page.getByLabel("YAML").inputValue(), /# the new one is on trial/);
  await page.getByRole("region", { name: "Step 1" }).getByRole("textbox", { name: "When" }).fill('metadata.plan == "trial"');
  assert.match(await page.getByLabel("YAML").inputValue(), /plan == "trial"/);
  assert.match(await page.getByLabel("YAML").inputValue(), /# the new one is on trial/);
  await well();
  await page.getByRole("button", { name: "Show the difference…" }).click();
  await page.getByRole("dialog").getByText("comes from the file").waitFor();
  await well();
});

test("without a file a route is made, edited, applied and deleted, each after its difference", async () => {
  const own = await start(process.env.SLUICE_BINARY, null);
  const v = await newPage(browser, own);
  const p = v.page;
  try {
    await signIn(p);
    await p.goto("/routes");
    await p.getByText("There are no routes yet").waitFor();
    await p.getByRole("button", { name: "New route" }).first().click();
    await p.getByLabel("Name", { exact: false }).first().fill("helper");
    await p.getByRole("combobox", { name: "Leads to" }).fill("sandbox/ech");
    await p.getByRole("option", { name: "sandbox/echo" }).first().click();
    await p.getByRole("button", { name: "Show the difference…" }).click();
    await p.getByRole("dialog").getByText("added").first().waitFor();
    const ask = async () => (await call(own, "/v1/chat/completions", { model: "helper", messages: [{ role: "user", content: "who?" }] })).status;
    assert.equal(await ask(), 404, "it is in force before it was applied");
    await p.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
    await p.getByLabel("YAML").waitFor();
    assert.equal(await ask(), 200);
    await p.getByRole("button", { name: "Add a step" }).click();
    await p.getByLabel("YAML").fill('steps:\n  - { when: \'metadata.plan == "free"\', use: sandbox/chat } # theirs\n  - use: sandbox/echo\n');
    await p.getByRole("region", { name: "Step 2" }).waitFor();
    await well(v);
    await p.getByRole("button", { name: "Show the difference…" }).click();
    await p.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
    await node(p, "sandbox/chat").waitFor();
    await p.getByRole("button", { name: "Delete…" }).click();
    await p.getByText("get an error").waitFor();
    await p.getByLabel("Type helper to go on").fill("helper");
    await p.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    const changes = p.getByRole("dialog", { name: "What changes: helper is deleted" });
    await changes.getByText("removed").first().waitFor();
    await changes.getByRole("button", { name: "Delete", exact: true }).click();
    await p.getByText("There are no routes yet").waitFor();
    assert.equal(await ask(), 404);
    const held = await (await fetch(`${own.admin}/api/v1/config`, { headers: { authorization: `Bearer ${token}` } })).json();
    assert.ok(!held.document.includes("helper"));
    assert.deepEqual(v.errors, []);
  } finally {
    await v.close();
    await own.stop();
  }
});
