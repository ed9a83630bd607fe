// A gateway made with the wizard, and called.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start, startBare } from "./gateway.mjs";

let gateway, browser, view, page, vendor;
const vendorKey = "vendor-key-of-the-wizard";

before(async () => {
  gateway = await startBare(process.env.SLUICE_BINARY);
  browser = await launch();
  view = await newPage(browser, gateway);
  page = view.page;
  await signIn(page);
  vendor = createServer((req, res) => {
    req.resume();
    const good = req.headers.authorization === `Bearer ${vendorKey}`;
    res.writeHead(good ? 200 : 401, { "content-type": "application/json" });
    if (!good) return res.end('{"error":{"message":"Incorrect API key provided"}}');
    if (req.url === "/v1/models") return res.end('{"data":[{"id":"talk-1"}]}');
    res.end(JSON.stringify({ id: "c1", object: "chat.completion", created: 1, model: "talk-1", choices: [{ index: 0, message: { role: "assistant", content: "Good day from the vendor." }, finish_reason: "stop" }], usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 } }));
  });
  await new Promise((done) => vendor.listen(0, "127.0.0.1", done));
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

const next = () => page.getByRole("button", { name: "Next" }).click();

test("a gateway is made with the wizard, gets a key, and answers curl", async () => {
  await page.keyboard.press("g");
  await page.keyboard.press("g");
  await page.getByRole("heading", { name: "Gateways", level: 1 }).waitFor();
  await well();
  await page.getByRole("button", { name: "New gateway" }).click();
  await next();
  await page.getByText("Letters, digits, - and _").waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("support");
  await next();
  await page.getByText("Add a provider").click();
  await page.getByRole("combobox", { name: "Vendor" }).or(page.getByRole("textbox", { name: "Vendor" })).first().fill("openai-compatible");
  await page.getByRole("option", { name: /openai-compatible/ }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("shop");
  await page.getByRole("textbox", { name: "Base URL" }).fill(`http://127.0.0.1:${vendor.address().port}/v1`);
  await page.getByText("Kept here").click();
  await page.getByLabel("The vendor's key", { exact: true }).fill(vendorKey);
  await well();
  await next();
  await page.getByRole("switch", { name: "Serve equal requests from a cache" }).check({ force: true });
  await next();
  await page.getByLabel("Requests a minute, per key").fill("3");
  await next();
  await page.getByLabel("Lines that change").getByText("support:").waitFor();
  assert.equal((await page.content()).includes(vendorKey), false, "the key stands in the page that shows the change");
  await well();
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await page.getByText("The gateway support is in force").waitFor();
  await page.getByText("It works").waitFor();
  await page.getByRole("button", { name: "Make a key for it" }).click();
  const curl = page.getByTestId("curl");
  await curl.getByText(/sk-sluice-/).waitFor();
  const line = await curl.locator("pre, code").first().textContent();
  const secret = /sk-sluice-[\w-]+/.exec(line)[0];
  assert.match(line, /\/gateways\/support\/v1\/chat\/completions/);
  const body = JSON.parse(/-d '(.*)'/s.exec(line)[1]);
  assert.equal(body.model, "shop/talk-1");
  const answered = await call(gateway, "/gateways/support/v1/chat/completions", body, {}, secret);
  assert.equal(answered.status, 200);
  assert.match(answered.text, /Good day from the vendor/);
  assert.equal((await call(gateway, "/v1/chat/completions", body, {}, secret)).status, 403, "the key works at another gateway");
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByTestId("tried").getByText("Good day from the vendor.").waitFor();
  await well();
  const limited = await Promise.all([1, 2, 3, 4].map((i) => call(gateway, "/gateways/support/v1/chat/completions", { ...body, user: `u${i}` }, {}, secret)));
  assert.ok(limited.some((a) => a.status === 429), "the limit of the wizard does not hold");
  await page.getByRole("button", { name: "To the gateways" }).click();
  await page.getByRole("region", { name: "support" }).getByText("cache 5m").waitFor();
});

test("a change that somebody else made meanwhile is kept", async () => {
  await page.goto("/gateways?new=1");
  await page.getByRole("textbox", { name: "Name" }).fill("second");
  await next();
  await next();
  await next();
  await next();
  await page.getByLabel("Lines that change").getByText("second:").waitFor();
  const headers = { authorization: `Bearer ${gateway.token}` };
  const now = await (await fetch(`${gateway.admin}/api/v1/config`, { headers })).json();
  const put = await fetch(`${gateway.admin}/api/v1/config`, { method: "PUT", headers: { ...headers, "if-match": `"${now.revision}"`, "content-type": "application/yaml" }, body: `# a remark\n${now.document}  third: {}\n` });
  assert.equal(put.status, 200, await put.text());
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await page.getByText("Somebody else changed the configuration meanwhile").waitFor();
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await page.getByText("The gateway second is in force").waitFor();
  const after = await (await fetch(`${gateway.admin}/api/v1/config`, { headers })).json();
  for (const text of ["# a remark", "third:", "second:", "support:"]) assert.ok(after.document.includes(text), `${text} is gone:\n${after.document}`);
  view.errors.length = 0; // the refused change is told in the console
});

test("the wizard does not warn of a key that it keeps at the end", async () => {
  await page.goto("/gateways?new=1");
  await page.getByRole("textbox", { name: "Name" }).fill("keyed");
  await next();
  await page.getByText("Add a provider").click();
  await page.getByRole("combobox", { name: "Vendor" }).or(page.getByRole("textbox", { name: "Vendor" })).first().fill("mistral");
  await page.getByRole("option", { name: /mistral/ }).first().click();
  await page.getByText("Kept here").click();
  await page.getByLabel("The vendor's key", { exact: true }).fill(vendorKey);
  for (let i = 0; i < 3; i++) await next();
  const lines = page.getByLabel("Lines that change");
  await lines.getByText("keyed:").waitFor();
  assert.equal(await page.getByText(/no credential/).count(), 0, "a credential is missed that comes with the last step");
  await page.getByRole("button", { name: "Cancel" }).click();
});

test("where a file is the source, the wizard shows what to write, and goes on when it is read", async () => {
  const other = await start(process.env.SLUICE_BINARY);
  const own = await newPage(browser, other);
  try {
    await signIn(own.page);
    await own.page.goto("/gateways?new=1");
    await own.page.getByRole("textbox", { name: "Name" }).fill("filed");
    for (let i = 0; i < 4; i++) await own.page.getByRole("button", { name: "Next" }).click();
    assert.equal(await own.page.getByLabel("Lines that change").locator("[data-kind=old]").count(), 0, "the document's blank first line is taken away");
    await own.page.getByRole("button", { name: "Show what to write" }).click();
    await own.page.getByText("Waiting until the file is read").waitFor();
    assert.deepEqual(await serious(own.page), []);
    other.write((text) => `${text}  filed: {}\n`);
    await own.page.getByText("The gateway filed is in force").waitFor({ timeout: 30_000 });
    assert.deepEqual(own.errors, []);
  } finally {
    await own.close();
    await other.stop();
  }
});

test("pages without a time picker tell of the last hour, whatever time another page was at", async () => {
  for (const [path, by] of [["/gateways", "gateway"], ["/providers", "provider"]]) {
    const asked = page.waitForRequest((r) => r.url().includes("/api/v1/analytics?") && r.url().includes(`by=${by}`));
    await page.goto(`${path}?range=7d`);
    const from = new Date(new URL((await asked).url()).searchParams.get("from"));
    const hours = (Date.now() - from) / 3_600_000;
    assert.ok(hours > 0.9 && hours < 1.2, `${path}: ${hours} h`);
  }
});
