// A person at work in the dashboard of the real binary.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start, traffic } from "./gateway.mjs";

let gateway, browser, view, page;
let secret;

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY);
  browser = await launch();
  view = await newPage(browser, gateway);
  page = view.page;
});

after(async () => {
  await view?.close();
  await browser?.close();
  await gateway?.stop();
});

/** well says that nothing is wrong that a person would not see. */
async function well() {
  assert.deepEqual(await serious(page), []);
  assert.deepEqual(view.errors, []);
}

const heading = (name) => page.getByRole("heading", { name, level: 1 }).waitFor();

test("whoever signs in with the admin token is taught the first step, after a small load", async () => {
  const loaded = [];
  const count = (r) => new URL(r.url()).pathname.startsWith("/api/") || loaded.push(r.request().sizes().then((s) => s.responseBodySize, () => 0));
  page.on("response", count);
  await page.goto("/");
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await well();
  await signIn(page);
  await page.getByText("No calls in this time").waitFor();
  await page.getByText(`curl ${gateway.base}/v1/chat/completions`).waitFor();
  const size = (await Promise.all(loaded)).reduce((sum, n) => sum + n, 0);
  console.log(`first load: ${Math.ceil(size / 1000)} kB`);
  assert.ok(size < 300_000, `the first load is ${size} bytes`);
  page.off("response", count);
  await well();
});

test("a key is created, used, and refused after it was revoked", async () => {
  await page.keyboard.press("g");
  await page.keyboard.press("k");
  await heading("Keys");
  await page.getByRole("button", { name: "Create a key" }).first().click();
  await page.getByLabel("Name", { exact: false }).first().fill("shop");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  secret = (await page.getByTestId("secret").locator("pre, code").first().textContent()).trim();
  assert.match(secret, /^sk-sluice-/);
  const ask = () => call(gateway, "/v1/chat/completions", { model: "sandbox/chat", messages: [{ role: "user", content: "is the key good?" }] }, {}, secret);
  assert.equal((await ask()).status, 200);
  await page.getByRole("button", { name: "I have copied it" }).click();
  await page.getByRole("link", { name: "shop" }).waitFor();
  await well();
  await page.getByRole("button", { name: "Actions for shop" }).click();
  await page.getByRole("menuitem", { name: "Revoke…" }).click();
  const revoke = page.getByRole("dialog").getByRole("button", { name: "Revoke" });
  assert.equal(await revoke.isDisabled(), true, "it can be revoked without naming it");
  await page.getByLabel("Type shop to go on").fill("shop");
  await revoke.click();
  await page.getByRole("link", { name: "shop" }).waitFor({ state: "detached" });
  assert.equal((await ask()).status, 401);
});

test("the overview shows the traffic and is filtered by a click", async () => {
  await traffic(gateway);
  await page.goto("/");
  await page.getByRole("link", { name: "sandbox/chat" }).or(page.getByRole("button", { name: "sandbox/chat" })).first().waitFor();
  for (const figure of ["Requests", "Error rate", "First token p95", "Tokens", "Spend", "Cache hits"]) await page.locator(".stat").getByText(figure, { exact: true }).waitFor();
  const attention = page.getByRole("region", { name: "Needs attention" });
  await attention.getByText("sandbox/error-529").first().waitFor();
  await attention.getByText(/^Limits blocked \d+ calls? of/).first().waitFor();
  const beside = [await page.getByRole("region", { name: "Requests by outcome" }).elementHandle(), await attention.elementHandle()];
  await page.waitForFunction((both) => { // of one moment: the page is live
    const [chart, list] = both.map((e) => e.getBoundingClientRect());
    return list.x >= chart.x + chart.width && Math.abs(list.y - chart.y) < 2;
  }, beside);
  for (const chart of ["Requests by outcome", "Latency", "Spend by model"]) await page.getByRole("group", { name: chart }).locator("canvas").waitFor();
  await well();
  await page.getByRole("button", { name: "sandbox/chat" }).first().click();
  await page.getByRole("button", { name: "Remove the filter model: chat" }).waitFor();
  assert.match(page.url(), /model=chat/);
  await well();
});

test("the logs are filtered, and a call opens with its timeline, words and bytes", async () => {
  await page.goto("/logs?range=15m");
  await page.getByRole("table", { name: "Calls" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("route:support");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove the filter Route: support" }).waitFor();
  await page.waitForFunction(() => { const rows = [...document.querySelectorAll("table.rows tbody tr")]; return rows.length === 5 && rows.every((r) => r.textContent.includes("support")); });
  await well();
  await page.getByRole("table", { name: "Calls" }).getByRole("button", { name: /^Open the call/ }).last().click();
  const sheet = page.getByRole("dialog");
  await sheet.getByText(/Served by sandbox\/chat after sandbox\/error-529/).waitFor();
  await sheet.getByText("You help customers of a hardware shop.").waitFor();
  await sheet.getByText(/This is the Sluice sandbox/).first().waitFor();
  await well();
  await sheet.getByRole("tab", { name: "Raw" }).click();
  await sheet.getByText('"model": "support"').waitFor();
  const link = page.url();
  await page.goto("about:blank");
  await page.goto(link);
  await page.getByRole("dialog").getByText(/Served by sandbox\/chat/).waitFor();
  await page.keyboard.press("Escape");
});

test("the live tail shows a call as it comes", async () => {
  await page.goto("/logs?range=15m&tail=1&model_requested=sandbox/echo");
  await page.getByText("No call matches in this time").waitFor();
  const row = page.getByRole("table", { name: "Calls" }).getByText("sandbox/echo");
  for (let i = 0; i < 20 && !(await row.first().isVisible()); i++) {
    await call(gateway, "/v1/chat/completions", { model: "sandbox/echo", messages: [{ role: "user", content: `tail ${i}` }] });
    await row.first().waitFor({ timeout: 500 }).catch(() => {});
  }
  await row.first().waitFor();
});

test("a provider is taken out of use and put back", async () => {
  await page.goto("/providers");
  await page.getByRole("table", { name: "Health of sandbox" }).waitFor();
  await well();
  await page.getByRole("button", { name: "Actions for sandbox" }).click();
  await page.getByRole("menuitem", { name: "Take out of use…" }).click();
  await page.getByRole("textbox", { name: "Reason" }).fill("the test says so");
  await page.getByRole("dialog").getByRole("button", { name: "Take out of use" }).click();
  await page.getByText("the test says so").waitFor();
  await page.getByRole("button", { name: "Put back into use" }).click();
  await page.getByRole("button", { name: "Actions for sandbox" }).waitFor();
});

for (const [path, name, shows] of [["/cache", "Cache", "Where answers are kept"], ["/limits", "Limits", "2,000 requests in 1 min"], ["/budgets", "Budgets", "$5.00 per month"], ["/providers?open=sandbox&tab=models", "Providers", "$2.50"], ["/alerts", "Alerts", "There is no alert rule yet"], ["/config", "Config", "providers:"], ["/settings", "Settings", "Make the first user"]]) {
  test(`the page ${name} is there in both themes`, async () => {
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.goto(path);
      await heading(name);
      await page.getByText(shows).first().waitFor();
      await well();
    }
    await page.emulateMedia({ colorScheme: "light" });
  });
}

test("whoever was made the first user signs in with a password, and out", async () => {
  await page.goto("/settings");
  await page.getByLabel("Name", { exact: true }).fill("Ann");
  await page.getByLabel("E-mail").fill("ann@example.com");
  await page.locator("input[autocomplete=new-password]").fill("a long enough password");
  await page.getByRole("button", { name: "Make the first user" }).click();
  await page.getByText("ann@example.com can sign in now").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.getByText("Password", { exact: true }).first().click();
  await page.getByLabel("E-mail").fill("ann@example.com");
  await page.locator("input[autocomplete=current-password]").fill("a long enough password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await heading("Settings");
  await page.reload();
  await heading("Settings");
  await page.goto("/keys?new=1");
  await page.getByLabel("Name", { exact: false }).first().fill("by-ann");
  await page.getByRole("button", { name: "Create", exact: true }).click(); // needs sluice-csrf
  await page.getByTestId("secret").waitFor();
  await page.getByRole("button", { name: "I have copied it" }).click();
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  assert.deepEqual(view.errors, []);
});
