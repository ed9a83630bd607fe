// The audit log: events, what one changed, filters, the proof and the export.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { start, token } from "./gateway.mjs";

let gateway, browser, view, page, made;

const admin = async (method, path, body) => (await fetch(`${gateway.admin}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) })).json();
const well = async () => {
  assert.deepEqual(await serious(page), []);
  assert.deepEqual(view.errors, []);
};

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY);
  made = await admin("POST", "/keys", { name: "search", tags: ["a"] });
  await admin("PATCH", `/keys/${made.id}`, { name: "search-2", max_output: 7 });
  await admin("POST", "/keys", { name: "other" });
  await admin("DELETE", "/keys/nobody");
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

test("an event tells who changed what, before and after, and no secret", async () => {
  await page.goto("/audit");
  const rows = page.getByRole("table", { name: "Events" }).getByRole("row");
  await rows.filter({ hasText: "key.update" }).getByRole("button", { name: /^Open event/ }).click();
  const changes = page.getByRole("table", { name: "Changes" });
  const name = changes.getByRole("row", { name: /^name/ });
  await name.getByText("search-2").waitFor();
  assert.match(await name.innerText(), /search\b.*search-2/s);
  assert.match(await changes.getByRole("row", { name: /^max_output/ }).innerText(), /7/);
  await well();
  assert.ok(!(await page.content()).includes(made.secret));
  await page.keyboard.press("Escape");
  await changes.waitFor({ state: "hidden" });
});

test("a click on a cell filters, and a chip takes the filter away", async () => {
  await page.goto("/audit");
  const table = page.getByRole("table", { name: "Events" });
  await table.getByRole("button", { name: "key.create" }).first().click();
  await page.getByRole("button", { name: "Remove the filter did key.create" }).waitFor();
  await table.getByText("key.update").first().waitFor({ state: "hidden" });
  assert.ok(new URL(page.url()).searchParams.get("action") === "key.create");
  await page.getByRole("button", { name: "Remove the filter did key.create" }).click();
  await table.getByText("key.update").first().waitFor();
  await page.getByLabel("Filter events").fill("key.");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove the filter did key." }).waitFor();
  await table.getByText("token.use").first().waitFor({ state: "hidden" });
  await table.getByText("not_found").waitFor();
  await well();
});

test("the chain is verified", async () => {
  await page.goto("/audit");
  await page.getByRole("button", { name: "Verify" }).click();
  await page.getByText(/^Verified up to #\d+$/).waitFor();
  await page.getByRole("button", { name: "Copy the head's hash" }).waitFor();
  await well();
});

test("what is shown is exported as lines", async () => {
  await page.goto("/audit?action=key.");
  await page.getByRole("table", { name: "Events" }).waitFor();
  await page.getByRole("button", { name: "Export" }).click();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "JSON lines" }).click()]);
  const chunks = [];
  for await (const c of await file.createReadStream()) chunks.push(c);
  const lines = Buffer.concat(chunks).toString().trim().split("\n").map((l) => JSON.parse(l));
  assert.deepEqual(lines.map((l) => l.action), ["key.create", "key.update", "key.create", "key.revoke"]);
  assert.ok(lines.every((l) => l.hash.length === 64));
});
