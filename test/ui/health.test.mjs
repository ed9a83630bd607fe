// The page Health: what is wrong with how to mend it, what is well, and the last backup.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { start, token } from "./gateway.mjs";

const document = `
discover: false
providers:
  gone: { kind: openai-compatible, base_url: "http://127.0.0.1:1/v1", api_key: env:HOME, proxy: none }
`;

let gateway, browser, view, page;

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY, document);
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

test("what does not work stands first, with how to mend it", async () => {
  await page.goto("/health");
  const first = page.getByRole("list", { name: "What to mend" }).getByRole("listitem").first();
  await first.getByText("Provider · gone").waitFor();
  assert.match(await first.innerText(), /does not work.*To mend it:.*127\.0\.0\.1:1/s);
  const fine = page.getByRole("table", { name: "What is well" });
  await fine.getByRole("row", { name: /^Store/ }).getByText(/sqlite, schema \d+/).waitFor();
  await well();
});

test("the last backup is shown once there is one", async () => {
  await page.goto("/health");
  await page.getByText("sluice backup --encrypt").waitFor();
  const made = await fetch(`${gateway.admin}/api/v1/backup`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(made.status, 200);
  assert.equal(made.headers.get("content-type"), "application/zstd");
  await made.arrayBuffer();
  await page.getByRole("button", { name: "Check again" }).click();
  await page.getByText(/^by /).waitFor();
  await page.getByText("sluice backup --encrypt").waitFor({ state: "hidden" });
  await well();
});

test("the page is reached by its key", async () => {
  await page.goto("/");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("h");
  await page.getByRole("heading", { name: "Health", level: 1 }).waitFor();
});
