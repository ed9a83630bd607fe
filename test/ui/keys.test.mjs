// Keys: with all their rights, found again, used, rotated, revoked.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { startCallers } from "./callers.mjs";
import { call } from "./gateway.mjs";

let gateway, browser, view, page;

before(async () => {
  gateway = await startCallers(process.env.SLUICE_BINARY);
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
const ask = async (secret, model = "sandbox/chat") => (await call(gateway, "/v1/chat/completions", { model, messages: [{ role: "user", content: `may ${model}?` }] }, {}, secret)).status;

let secret, rotated;

async function tell() {
  await page.getByTestId("secret").waitFor();
  const text = (await page.getByTestId("secret").locator("pre, code").first().textContent()).trim();
  await page.getByRole("button", { name: "I have copied it" }).click();
  await page.getByTestId("secret").waitFor({ state: "detached" });
  return text;
}

test("a key is created with rights and limits of its own, and they hold", async () => {
  await page.goto("/keys?new=1");
  const form = page.getByRole("dialog");
  await form.getByLabel("Name").first().fill("nightly");
  await form.getByRole("combobox", { name: "Models" }).or(form.getByLabel("Models")).first().fill("sandbox/chat");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape"); // the list of suggestions
  if (!(await form.isVisible())) assert.fail("Escape closed the form");
  await form.getByRole("button", { name: /^Limits and budgets/ }).click();
  await form.getByRole("button", { name: "Add a limit" }).click();
  await form.getByLabel("Amount").fill("3");
  await well();
  await form.getByRole("button", { name: "Create", exact: true }).click();
  secret = await tell();
  assert.equal(await ask(secret), 200);
  assert.equal(await ask(secret, "sandbox/long"), 403);
  assert.equal(await ask(secret), 200);
  const last = [await ask(secret), await ask(secret)];
  assert.ok(last.includes(429), `three a minute were allowed: ${last}`);
});

test("what is kept of its calls is said in the form, and told to its callers", async () => {
  const me = async () => (await (await fetch(`${gateway.base}/v1/me`, { headers: { authorization: `Bearer ${secret}` } })).json()).log;
  const before = await me();
  await page.goto("/keys");
  await page.getByRole("link", { name: "nightly" }).click();
  const form = page.getByRole("dialog");
  await form.getByRole("button", { name: /^What is kept of its calls/ }).click();
  await form.getByLabel("Share of its calls whose bodies are kept").fill("12.5");
  await well();
  await form.getByRole("button", { name: "Save" }).click();
  await form.waitFor({ state: "detached" });
  for (let i = 0; (await me()).sample === before.sample; i++) {
    assert.notEqual(i, 100, "the share is not effective");
    await new Promise((next) => setTimeout(next, 100));
  }
  assert.equal((await me()).sample, 0.125);

  await page.goto("/keys");
  await page.getByRole("link", { name: "nightly" }).click();
  await form.getByText("bodies of 12.5 %").waitFor();
  await form.getByRole("button", { name: /^What is kept of its calls/ }).click();
  await form.getByRole("combobox", { name: "Kept at most" }).or(form.getByLabel("Kept at most")).first().click();
  await page.getByRole("option", { name: "Figures alone" }).click();
  assert.ok(await form.getByLabel("Share of its calls whose bodies are kept").isDisabled());
  await form.getByRole("button", { name: "Save" }).click();
  await form.waitFor({ state: "detached" });
  for (let i = 0; (await me()).bodies !== "none"; i++) {
    assert.notEqual(i, 100, "the policy is not effective");
    await new Promise((next) => setTimeout(next, 100));
  }
});

test("it is found by its name on the server, with what it did and when", async () => {
  await page.goto("/keys");
  await page.getByRole("link", { name: "nightly" }).waitFor();
  await page.getByLabel("Search keys").fill("NIGHT");
  await page.getByRole("link", { name: "first" }).waitFor({ state: "detached" });
  assert.match(page.url(), /q=NIGHT/);
  for (let i = 0; i < 20; i++) {
    await page.reload();
    const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: "nightly" }) });
    await row.waitFor();
    if (await row.getByText("ago").or(row.getByText("just now")).first().waitFor({ timeout: 800 }).then(() => true, () => false)) break;
    assert.notEqual(i, 19, "its last use is not told");
  }
  await page.getByText("3 requests in 1 min").waitFor();
  await well();
  await page.getByLabel("Search keys").fill("no such key");
  await page.getByText("No key is like that").waitFor();
});

test("it is changed, and keeps what was not touched", async () => {
  await page.goto("/keys?q=nightly");
  await page.getByRole("link", { name: "nightly" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("Amount").waitFor();
  await form.getByLabel("Amount").fill("500");
  await form.getByLabel("Ends").click();
  await page.getByRole("option", { name: "In 30 days" }).click();
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("500 requests in 1 min").waitFor();
  await page.getByText("in 30 d", { exact: true }).waitFor();
  assert.equal(await ask(secret, "sandbox/long"), 403);
});

test("a new secret leaves the old one valid for a while, and revoking ends both", async () => {
  await page.getByRole("button", { name: "Actions for nightly" }).click();
  await page.getByRole("menuitem", { name: "New secret…" }).click();
  await page.getByRole("button", { name: "Make a new secret" }).click();
  rotated = await tell();
  assert.notEqual(rotated, secret);
  assert.deepEqual([await ask(rotated), await ask(secret)], [200, 200]);
  await page.getByRole("button", { name: "Actions for nightly" }).click();
  await page.getByRole("menuitem", { name: "Switch off" }).click();
  await page.getByText("No key is like that").waitFor();
  assert.equal(await ask(rotated), 401);
  await page.getByText("Off", { exact: true }).click();
  await page.getByRole("button", { name: "Actions for nightly" }).click();
  await page.getByRole("menuitem", { name: "Switch on" }).click();
  await page.getByText("No key is like that").waitFor();
  await page.getByText("In use", { exact: true }).click();
  await page.getByRole("button", { name: "Actions for nightly" }).click();
  await page.getByRole("menuitem", { name: "Revoke…" }).click();
  const revoke = page.getByRole("dialog").getByRole("button", { name: "Revoke" });
  assert.equal(await revoke.isDisabled(), true);
  await page.getByText("Its 1 limits and budgets go with it").waitFor();
  await page.getByLabel("Type nightly to go on").fill("nightly");
  await revoke.click();
  await page.getByText("No key is like that").waitFor();
  assert.deepEqual([await ask(rotated), await ask(secret)], [401, 401]);
  await well();
});
