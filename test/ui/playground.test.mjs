// Models asked in the playground: streams, tools turn by turn, pictures, two at once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { start } from "./gateway.mjs";

let gateway, browser, view, page;

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY);
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

const pane = (name) => page.getByRole("region", { name, exact: true });
const say = async (text) => {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.keyboard.press("Control+Enter");
};
const entry = async (id) => (await fetch(`${gateway.admin}/api/v1/entries/${id}`, { headers: { authorization: `Bearer ${gateway.token}` } })).json();
const idIn = async (p) => new URL(await p.getByRole("link", { name: "Open the call" }).getAttribute("href"), "http://x").searchParams.get("call");

test("an answer streams, with its time, tokens and cost, and is in the log as the person's", async () => {
  await page.keyboard.press("g");
  await page.keyboard.press("y");
  await page.getByRole("heading", { name: "Playground", level: 1 }).waitFor();
  await page.getByText("Nothing was said yet").waitFor();
  await well();
  await page.getByLabel("System prompt").fill("You are brief.");
  await say("What is a sluice?");
  await pane("Model").getByText(/This is the Sluice sandbox/).first().waitFor();
  await pane("Model").getByText(/\$\d/).waitFor();
  assert.match(await pane("Model").getByTestId("counters").textContent(), /First token\d.*Tokens\d+ → \d+.*by sandbox\/chat/s);
  await well();
  const e = await entry(await idIn(pane("Model")));
  assert.equal(e.stream, true);
  assert.equal(e.user, "admin token");
  assert.equal(e.metadata.via, "playground");
  assert.match(e.bodies.request.content, /You are brief/);
});

test("a tool is called, and its result goes back", async () => {
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByRole("button", { name: /^Tools/ }).click();
  await page.getByLabel("Tools", { exact: true }).fill("[{]");
  await page.getByText(/No valid JSON/).waitFor();
  await page.getByLabel("Tools", { exact: true }).fill("");
  await page.getByRole("button", { name: "Insert an example" }).click();
  await page.getByRole("button", { name: /^Parameters/ }).click();
  await page.getByRole("combobox", { name: /Tool choice/ }).or(page.getByRole("textbox", { name: /Tool choice/ })).first().click();
  await page.getByRole("option", { name: "required" }).click();
  await well();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await say("How is the weather?");
  const result = page.getByLabel("Result of weather");
  await result.fill('{"sky":"blue"}');
  await page.getByRole("button", { name: "Send the result" }).click();
  await result.waitFor({ state: "detached" });
  await pane("Model").getByRole("link", { name: "Open the call" }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[data-testid="conversation"] .message').length >= 4);
  const body = JSON.parse((await entry(await idIn(pane("Model")))).bodies.request.content);
  assert.deepEqual(body.messages.map((m) => m.role).slice(-3), ["user", "assistant", "tool"]);
  assert.equal(body.messages.at(-1).content, '{"sky":"blue"}');
  await well();
});

test("what the log tells late of one call does not take the place of the next", async () => {
  await page.getByRole("button", { name: "New", exact: true }).click();
  let tell = () => {};
  const told = new Promise((done) => (tell = done));
  const late = [];
  await page.route("**/api/v1/entries/*", async (route) => {
    const first = late.length === 0;
    late.push(route);
    if (first) await told; // the first call's entry comes behind the second call's answer
    await route.continue();
  });
  await say("One question.");
  await page.waitForFunction(() => document.querySelectorAll('[data-testid="conversation"] .message').length >= 2);
  await page.getByRole("button", { name: "Send", exact: true }).waitFor();
  await say("Another question.");
  await pane("Model").getByText("Another question.").first().waitFor();
  await page.getByRole("button", { name: "Send", exact: true }).waitFor();
  const came = page.waitForResponse((r) => r.url().includes("/api/v1/entries/"));
  tell();
  await came;
  await pane("Model").getByText(/\$\d/).waitFor();
  await page.unroute("**/api/v1/entries/*");
  assert.equal(await pane("Model").getByText("Another question.").count() > 0, true, "the second question is gone");
  await well();
});

test("two models answer side by side, and the view is its address", async () => {
  await page.goto("/playground?model=sandbox/chat&vs=sandbox/echo");
  await say("The same to both");
  await pane("First model").getByText(/This is the Sluice sandbox/).first().waitFor();
  await pane("Second model").getByText("The same to both").nth(1).waitFor();
  await pane("Second model").getByRole("link", { name: "Open the call" }).waitFor();
  await well();
  await page.getByRole("button", { name: "One model" }).click();
  await pane("Model").waitFor();
  assert.doesNotMatch(page.url(), /vs=/);
});

test("code says what is asked of the cache, for each of two models", async () => {
  await page.goto("/playground?model=sandbox/chat&vs=sandbox/reason");
  await page.getByRole("button", { name: /^Parameters/ }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByRole("combobox", { name: /^Cache/ }).or(drawer.getByRole("textbox", { name: /^Cache/ })).first().click();
  await page.getByRole("option", { name: "Ask anew, keep the answer" }).click();
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Show code" }).click();
  const dialog = page.getByRole("dialog", { name: "These calls as code" });
  for (const model of ["sandbox/chat", "sandbox/reason"]) {
    const code = dialog.getByRole("group", { name: `Code for ${model}` });
    await code.getByText(model, { exact: true }).waitFor();
    await code.getByText(/sluice-cache: no-cache|"sluice-cache": "no-cache"/).first().waitFor();
    await code.getByRole("button", { name: `Copy the code for ${model}` }).waitFor();
  }
  await well();
});

test("a picture goes with the message, and a long answer is stopped", async () => {
  await page.goto("/playground?model=sandbox/chat");
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  await page.locator('input[type="file"]').setInputFiles({ name: "dot.png", mimeType: "image/png", buffer: png });
  await page.getByAltText("Picture 1").waitFor();
  await say("What is on it?");
  await pane("Model").getByRole("link", { name: "Open the call" }).waitFor();
  const body = JSON.parse((await entry(await idIn(pane("Model")))).bodies.request.content);
  assert.equal(body.messages[0].content[1].image_url.url, `data:image/png;base64,${png.toString("base64")}`);
  await well();
  await page.goto("/playground?model=sandbox/slow");
  await say("Take your time");
  await page.getByRole("button", { name: "Stop" }).click();
  await pane("Model").getByText("Stopped. What came until then counts.").waitFor();
});

test("a failure says why, code is shown for every SDK, and history takes up a conversation", async () => {
  await page.goto("/playground?model=sandbox/nothing-of-that-name");
  await say("Anybody there?");
  await pane("Model").getByText("That did not work").waitFor();
  view.errors.length = 0; // the refusal is told in the console
  await page.goto("/playground?model=sandbox/chat&gateway=tight");
  await page.getByRole("button", { name: "Show code" }).click();
  const dialog = page.getByRole("dialog");
  for (const [sdk, says] of [["OpenAI Python", `base_url="${gateway.base}/gateways/tight/v1"`], ["OpenAI TypeScript", `baseURL: "${gateway.base}/gateways/tight/v1"`], ["Anthropic Python", `base_url="${gateway.base}/gateways/tight"`], ["Anthropic TypeScript", `baseURL: "${gateway.base}/gateways/tight"`], ["Google Gen AI Python", `"base_url": "${gateway.base}/gateways/tight"`], ["Google Gen AI TypeScript", `baseUrl: "${gateway.base}/gateways/tight"`], ["curl", `${gateway.base}/gateways/tight/v1/chat/completions`]]) {
    await dialog.getByRole("combobox", { name: "SDK" }).or(dialog.getByRole("textbox", { name: "SDK" })).first().click();
    await page.getByRole("option", { name: sdk, exact: true }).click();
    await dialog.getByText(says).first().waitFor();
  }
  await well();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "History" }).click();
  await page.getByRole("button", { name: /The same to both/ }).first().click();
  await pane("Second model").getByText("The same to both").first().waitFor();
  await well();
});
