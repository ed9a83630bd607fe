// Privacy: what is kept and taken out, shorter times of workspaces, and one user's data, told, handed out and erased.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start, token } from "./gateway.mjs";

const document = `
discover: false
providers: { sandbox: {} }
gateways:
  default:
    controls: [metadata, log]
    log: { bodies: full, retain: 30d, redact: [secrets, email], patterns: { employee: 'EMP-[0-9]{6}' } }
  quiet: { log: { bodies: none } }
  sampled: { log: { bodies: full, sample: 0.1 } }
  sealed: { log: { bodies: full, encrypt: true } }
`;

let gateway, browser, view, page;

const say = (user, content, path = "/v1/chat/completions") => call(gateway, path, { model: "sandbox/echo", user, messages: [{ role: "user", content }] });

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY, document);
  for (let i = 0; i < 4; i++) await say("ann", `mail me at ann${i}@example.com, EMP-12345${i}, about the secret garden`);
  await say("bob", "the weather");
  await say("ann", "nothing of this is kept, and not by whom", "/gateways/quiet/v1/chat/completions");
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

test("what each gateway keeps is said in words, with what was found by each rule", async () => {
  await page.keyboard.press("g");
  await page.keyboard.press("v");
  await page.getByRole("heading", { name: "Privacy", level: 1 }).waitFor();
  const full = page.getByRole("region", { name: "Gateway default" });
  await full.getByText(/^What was said in every call, up to 64 KiB/).waitFor();
  await full.getByText("30 d").waitFor();
  await full.getByText("callers may keep less").waitFor();
  await full.getByText(/^email \d+$/).waitFor();
  const hits = async (rule) => Number((await full.getByText(new RegExp(`^${rule} \\d+$`)).textContent()).split(" ")[1]);
  assert.ok((await hits("email")) >= 4 && (await hits("employee")) >= 4, await full.innerText());
  assert.equal(await hits("secrets"), 0);
  await page.getByRole("region", { name: "Gateway quiet" }).getByText(/^The accounting of each call alone/).waitFor();
  const sampled = page.getByRole("region", { name: "Gateway sampled" });
  await sampled.getByText(/^What was said in 10 % of the calls/).waitFor();
  await sampled.getByText("redact: [secrets, email").waitFor(); // what to write
  await well();
});

test("what was found is a chart over time, and leads to the calls", async () => {
  await page.goto("/privacy");
  await page.getByRole("link", { name: /^email: \d+ in \d+ calls$/ }).waitFor();
  await page.getByText("7 days", { exact: true }).click();
  await page.waitForURL(/since=7d/);
  await page.getByRole("img", { name: /Taken out over time/ }).or(page.getByLabel(/Taken out over time/)).first().waitFor();
  await well();
  await page.getByRole("link", { name: /^employee: \d+ in \d+ calls$/ }).click();
  await page.getByRole("button", { name: "Remove the filter Redacted: employee" }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('table[aria-label="Calls"] tbody tr.pick').length === 4);
  await well();
});

test("a workspace keeps its calls for less, after what is lost was named", async () => {
  await page.goto("/privacy");
  const table = page.getByRole("table", { name: "Workspaces" });
  await table.getByRole("button", { name: /^Change how long default keeps/i }).click();
  const box = page.getByRole("dialog");
  await box.getByRole("combobox", { name: "Keep calls for" }).click();
  await page.getByRole("option", { name: "A week" }).click();
  await box.getByText(/older than 7 d are deleted within ten minutes/).waitFor();
  await well();
  await box.getByRole("button", { name: "Go on…" }).click();
  await page.getByText(/every call of default that is older than 7 d/i).waitFor();
  await page.getByLabel(/^Type/).fill(await page.getByLabel(/^Type/).evaluate((x) => x.labels[0].querySelector("b").textContent));
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await table.getByText("for 7 d").waitFor();
  await table.getByRole("button", { name: /^Change how long default keeps/i }).click();
  await box.getByRole("combobox", { name: "Keep calls for" }).click();
  await page.getByRole("option", { name: "As long as its gateways" }).click();
  await box.getByRole("button", { name: "Save" }).click(); // nothing is lost by that
  await table.getByText("for 7 d").waitFor({ state: "detached" });
  await well();
});

const look = async (user) => {
  await page.getByRole("textbox", { name: /^User/ }).fill(user);
  await page.getByRole("button", { name: "Look what is kept" }).click();
};

test("one user's data are counted and handed out", async () => {
  await page.goto("/privacy?tab=user");
  await page.getByText("Nobody's data was erased yet.").waitFor();
  await look("nobody");
  await page.getByText("Nothing is kept of nobody in all workspaces").waitFor();
  await look("ann");
  await page.getByText("Kept of ann in all workspaces").waitFor();
  await page.getByText("4 calls", { exact: true }).waitFor();
  assert.ok(!page.url().includes("ann"), "the address names the user");
  await well();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download the data" }).click()]);
  let text = "";
  for await (const c of await file.createReadStream()) text += c;
  const lines = text.trim().split("\n").map((l) => JSON.parse(l));
  assert.deepEqual(lines.map((l) => l.user), Array(4).fill("ann"));
  assert.match(text, /secret garden/);
});

test("they are erased step by step, with a receipt that is genuine and compared with a name", async () => {
  await page.getByRole("button", { name: "Erase…" }).click();
  const box = page.getByRole("dialog", { name: "Erase the data of ann" });
  await box.getByText(/^\d+ bodies: what was asked and answered/).waitFor();
  const erase = box.getByRole("button", { name: "Erase", exact: true });
  assert.ok(await erase.isDisabled());
  await box.getByLabel(/^Type/).fill("ann");
  await erase.click();
  const sheet = page.getByRole("dialog", { name: /erasure/i });
  await sheet.getByText("Erased", { exact: true }).first().waitFor({ timeout: 60_000 });
  await sheet.getByText("genuine").waitFor();
  await sheet.getByRole("table", { name: "What was erased" }).getByText("4 calls").waitFor();
  await sheet.getByRole("row", { name: /^Signature/ }).waitFor();
  assert.match(page.url(), /erasure=ers_/);
  const whose = sheet.getByLabel("Whose receipt is it?");
  await whose.fill("bob");
  await sheet.getByRole("button", { name: "Compare" }).click();
  await sheet.getByText("It is not the receipt of bob.").waitFor();
  await whose.fill("ann");
  await sheet.getByRole("button", { name: "Compare" }).click();
  await sheet.getByText("It is the receipt of ann.").waitFor();
  await well();
  const [file] = await Promise.all([page.waitForEvent("download"), sheet.getByRole("button", { name: "Download" }).click()]);
  let text = "";
  for await (const c of await file.createReadStream()) text += c;
  assert.deepEqual([JSON.parse(text).user, JSON.parse(text).genuine], ["", true]);
  await page.keyboard.press("Escape");
  await page.getByRole("table", { name: "Erasures" }).getByText("done").waitFor();
  await look("ann");
  await page.getByText("Nothing is kept of ann in all workspaces").waitFor();
  await look("bob");
  await page.getByText("1 call", { exact: true }).waitFor();
  await page.goto("/logs?range=15m&search=garden");
  await page.getByText("No call matches in this time").waitFor();
  await well();
});

test("an erasure that is under way shows its step, and what keeps it from going on", async () => {
  const job = { id: "ers_1", user: "ann", user_hash: "00", workspace: "", by: "somebody", created: new Date().toISOString(), finished: null, state: "running", step: "ledger", counts: { entries: 1234, bodies: 2468, feedback: 3 }, error: "", hash: "", signature: "", genuine: null };
  await page.route("**/api/v1/privacy/erasures/ers_1", (route) => route.fulfill({ json: job }));
  await page.goto("/privacy?erasure=ers_1");
  const sheet = page.getByRole("dialog", { name: "Erasure" });
  await sheet.getByText("Ledger: Rows lose the user; sums stay.").waitFor();
  const steps = sheet.getByRole("list", { name: "Steps" }).getByRole("listitem");
  assert.deepEqual((await steps.allInnerTexts()).map((t) => t.replace(/\s+/g, " ")), ["Spool done", "Cache done", "Calls done", "Ledger under way", "Search to do", "Files to do", "Nodes to do"]);
  await sheet.getByText("1,234 calls").waitFor();
  job.error = "the store is away";
  await sheet.getByText("It could not go on, and is tried again every 15 s").waitFor();
  await sheet.getByText("the store is away").waitFor();
  await well();
  await page.goto("/privacy"); // which asks for it no more
  await page.getByRole("button", { name: /^Shred keys/ }).first().waitFor(); // nothing is on its way while routes change
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("the keys of a workspace's bodies are shredded, after what is lost was named, with a receipt", async () => {
  await page.goto("/privacy");
  const table = page.getByRole("table", { name: "Workspaces" });
  await table.getByRole("button", { name: /^Shred keys… of default/i }).click();
  await page.getByText(/so that there is nothing to shred/).waitFor();
  assert.ok(await page.getByLabel(/^Type/).isDisabled());
  await page.getByRole("button", { name: "Cancel" }).click();
  const { id } = await say("cara", "under lock and key", "/gateways/sealed/v1/chat/completions");
  await page.getByRole("region", { name: "Gateway sealed" }).getByText("under a key", { exact: true }).waitFor();
  await page.goto(`/logs?range=15m&call=${id}`);
  await page.getByRole("dialog").getByText("under lock and key").first().waitFor();
  await page.goto("/privacy");
  await table.getByRole("button", { name: /^Shred keys… of default/i }).click();
  await page.getByText(/^1 key: destroyed on all nodes/).waitFor();
  await page.getByText(/^1 call: all figures stay/).waitFor();
  await well();
  const label = page.getByLabel(/^Type/);
  await label.fill(await label.evaluate((x) => x.labels[0].querySelector("b").textContent));
  await page.getByRole("dialog").getByRole("button", { name: "Shred", exact: true }).click();
  const sheet = page.getByRole("dialog", { name: /erasure/i });
  await sheet.getByText("Keys destroyed").waitFor({ timeout: 60_000 });
  await sheet.getByText("genuine").waitFor();
  assert.equal(await sheet.getByLabel("Whose receipt is it?").count(), 0);
  await well();
  await page.goto(`/logs?range=15m&call=${id}`);
  await page.getByRole("dialog").getByText("What was said can be read by nobody any more").waitFor();
  await well();
});

test("whoever owns no workspace is told who does this", async () => {
  const post = async (path, body, method = "POST") => (await fetch(`${gateway.admin}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) })).json();
  await post("/users", { email: "eve@example.com", name: "Eve", password: "a-good-long-password" });
  await post("/members/default/eve@example.com", { role: "viewer" }, "PUT");
  const v = await newPage(browser, gateway);
  await v.page.goto("/");
  await v.page.getByText("Password", { exact: true }).first().click();
  await v.page.getByLabel("E-mail").fill("eve@example.com");
  await v.page.locator("input[autocomplete=current-password]").fill("a-good-long-password");
  await v.page.getByRole("button", { name: "Sign in" }).click();
  await v.page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await v.page.goto("/privacy");
  await v.page.getByText("its owners change it").waitFor();
  await v.page.getByRole("tab", { name: "One user's data" }).click();
  await v.page.getByText("Owners of a workspace do this").waitFor();
  await v.page.goto("/exports");
  await v.page.getByText("Exports are for system admins").waitFor();
  assert.deepEqual(v.errors, []);
  await v.close();
});
