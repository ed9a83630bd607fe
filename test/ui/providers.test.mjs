// Providers: tried against good and bad upstreams, added, their credentials changed.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, startBare } from "./gateway.mjs";

let gateway, browser, view, page, vendor;
let keyNow = "first-vendor-key";

before(async () => {
  vendor = createServer((req, res) => {
    req.resume();
    const good = req.headers.authorization === `Bearer ${keyNow}`;
    res.writeHead(good ? 200 : 401, { "content-type": "application/json" });
    res.end(good ? '{"data":[{"id":"talk-1"},{"id":"talk-2"}]}' : '{"error":{"message":"Incorrect API key provided"}}');
  });
  await new Promise((done) => vendor.listen(0, "127.0.0.1", done));
  gateway = await startBare(process.env.SLUICE_BINARY);
  browser = await launch();
  view = await newPage(browser, gateway);
  page = view.page;
  await signIn(page);
});

after(async () => {
  await view?.close();
  await browser?.close();
  await gateway?.stop();
  vendor?.close();
});

async function well() {
  assert.deepEqual(await serious(page), []);
  assert.deepEqual(view.errors, []);
}

const add = async (name, url, key) => {
  await page.goto("/providers?new=1");
  const form = page.getByRole("dialog");
  await form.getByRole("combobox", { name: "Vendor" }).or(form.getByRole("textbox", { name: "Vendor" })).first().fill("openai-compatible");
  await page.getByRole("option", { name: /openai-compatible/ }).click();
  await form.getByRole("textbox", { name: "Name" }).fill(name);
  await form.getByRole("textbox", { name: "Base URL" }).fill(url);
  await form.getByText("Kept here").click();
  await form.getByLabel("The vendor's key", { exact: true }).fill(key);
  await form.getByRole("button", { name: "Next" }).click();
  await form.getByRole("button", { name: "Apply" }).click();
};
const card = (name) => page.getByRole("region", { name, exact: true });

test("a provider is added, tried at once, and its health and models are shown", async () => {
  const dialog = page.getByRole("dialog");
  await add("shop", `http://127.0.0.1:${vendor.address().port}/v1`, keyNow);
  await dialog.getByText("It works").waitFor();
  await dialog.getByText("2 models").waitFor();
  await well();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await card("shop").waitFor();
  await call(gateway, "/v1/chat/completions", { model: "sandbox/chat", messages: [{ role: "user", content: "hello" }] });
  await page.getByRole("table", { name: "Health of sandbox" }).waitFor();
  await card("sandbox").getByRole("tab", { name: "Models" }).click();
  await page.getByRole("table", { name: "Models of sandbox" }).waitFor();
  assert.match(page.url(), /tab=models/);
  await well();
});

test("the test says what is wrong with a key, and a replaced one works", async () => {
  keyNow = "second-vendor-key";
  await page.goto("/providers");
  await card("shop").getByRole("button", { name: "Test" }).first().click();
  await page.getByText("The vendor refuses the key").waitFor();
  await page.getByText("Compare the key with the one at the vendor").waitFor();
  await well();
  await page.keyboard.press("Escape");
  await card("shop").getByRole("tab", { name: "Credentials" }).click();
  await page.getByRole("button", { name: "Actions for the credential default" }).click();
  await page.getByRole("menuitem", { name: /Replace the key/ }).click();
  await page.getByLabel("New key", { exact: true }).fill(keyNow);
  await page.getByRole("textbox", { name: "Weight" }).fill("3");
  let go;
  const held = new Promise((done) => (go = done));
  await page.route("**/api/v1/health", (r) => held.then(() => r.continue())); // the form waits for it; the key does not stay that long
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("weight 3").waitFor();
  assert.equal((await page.content()).includes(keyNow), false, "the key is shown");
  go();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.unrouteAll({ behavior: "wait" });
  await card("shop").getByRole("button", { name: "Test", exact: true }).click();
  await page.getByText("It works").waitFor();
  await well();
  await page.keyboard.press("Escape");
});

test("a wrong address is told apart from a wrong key", async () => {
  await add("closed", "http://127.0.0.1:9/v1", "any-key-at-all");
  await page.getByText("Nothing answers there").waitFor();
  await page.getByText("whether host and port in").waitFor();
  await well();
});
