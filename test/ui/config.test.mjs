// A person changes the configuration document, sees problems, and takes changes back.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start, token } from "./gateway.mjs";

let gateway, browser, view, page;

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY, null);
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

async function well(v = view) {
  assert.deepEqual(await serious(v.page), []);
  assert.deepEqual(v.errors, []);
}

const editor = (p = page) => p.getByRole("textbox", { name: "Configuration document" });

/** write replaces what the editor holds, as a person would. */
async function write(text, p = page) {
  await editor(p).click();
  await p.keyboard.press("Control+a");
  await p.keyboard.press("Delete");
  await p.keyboard.insertText(text);
}

const written = async (p = page) => (await editor(p).locator(".cm-line").allTextContents()).join("\n");
const says = (text, p = page) => p.getByRole("status").getByText(text).waitFor();
const opens = async (name) => (await call(gateway, `/gateways/${name}/v1/chat/completions`, { model: "sandbox/chat", messages: [{ role: "user", content: "hi" }] })).status === 200;
const config = (method, path, body, headers = {}) => fetch(`${gateway.admin}/api/v1/config${path}`, { method, body, headers: { authorization: `Bearer ${token}`, ...headers } });

test("a document is written with help, its problems stand at their lines, and it is applied", async () => {
  await page.goto("/config");
  await page.getByText("revision 1").waitFor();
  await says("As it is in force.");
  await well();
  await editor().click();
  await page.keyboard.type("gatew");
  await page.getByText("Doors for callers").first().waitFor();
  await page.getByRole("option", { name: "gateways" }).click();
  await page.getByRole("region", { name: "This key" }).getByText("Doors for callers").waitFor();
  await write("gateways:\n  default: {}\n  shop:\n    auht: none\n");
  await says("1 problem; the gateway would refuse it.");
  await page.getByRole("region", { name: "Problems" }).getByText('did you mean "auth"?').waitFor();
  await page.locator(".cm-lintRange-error").waitFor();
  assert.equal(await page.getByRole("button", { name: "Review and apply…" }).isDisabled(), true);
  await page.getByRole("button", { name: "line 4" }).click();
  await page.keyboard.press("End");
  await well();
  await write("# mine\ngateways:\n  default: {}\n  shop: { timeout: 5m }\n");
  await says("The gateway would take it.");
  assert.equal(await opens("shop"), false);
  await page.getByRole("button", { name: "Review and apply…" }).click();
  await page.getByLabel("Lines that change").getByText("shop: { timeout: 5m }").waitFor();
  await page.getByLabel("Note").fill("a door for the shop");
  await well();
  await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
  await page.getByText("Revision 2 is in force.").waitFor();
  assert.equal(await opens("shop"), true);
  await says("As it is in force.");
});

test("the history tells who changed what, and a revision is put in force again", async () => {
  await page.getByText("History", { exact: true }).click();
  await page.getByText("a door for the shop").waitFor();
  assert.match(page.url(), /tab=history/);
  await well();
  await page.getByRole("button", { name: "Open revision 2" }).click();
  await page.getByLabel("Lines that change").getByText("+# mine").waitFor();
  await well();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Open revision 1" }).click();
  await page.getByRole("button", { name: "Roll back to this…" }).click();
  const dialog = page.getByRole("dialog", { name: "Roll back to revision 1" });
  await dialog.getByText("-# mine").waitFor();
  await dialog.getByLabel("Note").fill("too early");
  await dialog.getByRole("button", { name: "Roll back" }).click();
  await page.getByText("As revision 1: too early").waitFor();
  assert.equal(await opens("shop"), false);
  await well();
});

test("a change that comes in between is shown, and what was written is kept", async () => {
  await page.goto("/config");
  await page.getByText("revision 3").waitFor();
  await write("gateways:\n  default: {}\n  mine: {}\n");
  await says("The gateway would take it.");
  await page.getByRole("button", { name: "Review and apply…" }).click();
  await page.getByRole("dialog").getByLabel("Lines that change").waitFor();
  const other = await config("PUT", "?note=theirs", "gateways: { default: {}, theirs: {} }\n", { "if-match": '"3"' });
  assert.equal(other.status, 200);
  await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
  await page.getByText("Somebody else changed the document meanwhile").waitFor();
  await page.getByText("Revision 4 of admin token").waitFor();
  await page.getByText("theirs: {}").first().waitFor();
  assert.deepEqual([await opens("mine"), await opens("theirs")], [false, true]);
  assert.deepEqual(await serious(page), []);
  view.errors.splice(0, Infinity, ...view.errors.filter((e) => !e.includes("409"))); // the browser tells of the answer itself
  await page.getByRole("button", { name: "Keep editing" }).click();
  assert.match(await written(), /mine: \{\}/);
  await page.reload();
  await page.getByText("revision 4").waitFor();
  assert.match(await written(), /mine: \{\}/, "what was written is lost by a reload");
  await says("The gateway would take it.");
  await page.getByRole("button", { name: "Review and apply…" }).click();
  await page.getByRole("button", { name: "Go on from revision 4" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
  await page.getByText("Revision 5 is in force.").waitFor();
  assert.deepEqual([await opens("mine"), await opens("theirs")], [true, false]);
  await well();
});

test("where a file is the source the page says so, and a change is compared and copied", async () => {
  const filed = await start(process.env.SLUICE_BINARY, "# filed\ngateways: { default: {} }\n");
  const other = await newPage(browser, filed, { permissions: ["clipboard-read", "clipboard-write"] });
  try {
    await signIn(other.page);
    await other.page.goto("/config");
    await other.page.getByText("The configuration comes from the file").waitFor();
    await write("# filed\ngateways: { default: {}, more: {} }\n", other.page);
    await says("The gateway would take it.", other.page);
    await other.page.getByRole("button", { name: "Compare and copy…" }).click();
    await other.page.getByText(`Save this as ${filed.file}`).waitFor();
    await well(other);
    await other.page.getByRole("dialog").getByRole("button", { name: "Copy the document" }).click();
    await other.page.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await other.page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /more: \{\}/);
    writeFileSync(filed.file, copied);
    await other.page.getByRole("dialog").getByRole("button", { name: "Keep editing" }).click();
    await other.page.getByText("History", { exact: true }).click();
    for (let i = 0; i < 40 && !(await other.page.getByRole("button", { name: "Open revision 2" }).isVisible()); i++) await other.page.reload({ waitUntil: "networkidle" });
    await other.page.getByRole("button", { name: "Open revision 2" }).click();
    await other.page.getByText("+gateways: { default: {}, more: {} }").waitFor();
    assert.equal(await other.page.getByRole("button", { name: "Roll back to this…" }).count(), 0);
    await well(other);
  } finally {
    await other.close();
    await filed.stop();
  }
});
