// What is far: models and keys behind the first page, and a rare call far back among many: the page goes on looking by itself, says so, and stops when it is told to.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start, token } from "./gateway.mjs";

const document = `
discover: false
providers:
  sandbox: {}
  zoo: { kind: openai-compatible, base_url: "http://127.0.0.1:1/v1", models: { ${Array.from({ length: 600 }, (_, i) => `animal-${String(i).padStart(3, "0")}: {}`).join(", ")} } }
`;

const entries = 3000;
const day = 86400e3; // ms

let gateway, browser, view, page, oldest;

const admin = async (method, path, body) => {
  const answer = await fetch(`${gateway.admin}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
};

before(async () => {
  const seed = (dir) => promisify(execFile)(process.env.SLUICE_BINARY, ["dev", "seed", "--data", dir, "--entries", String(entries), "--bodies", "0", "--days", "6"]);
  gateway = await start(process.env.SLUICE_BINARY, document, seed);
  const old = await admin("GET", `/entries?limit=500&to=${new Date(Date.now() - 5.95 * day).toISOString()}`);
  assert.ok(old.data.length > 0);
  oldest = old.data.at(-1);
  await admin("PUT", `/entries/${oldest.id}/feedback`, { score: 7 });
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

const isList = (url) => url.pathname === "/api/v1/entries" && url.searchParams.has("min_score");

/**
 * pagesOfADay lets each page end after a day was looked at, as the gateway does of its own
 * after some 120 ms, for which a machine that is fast needs more calls than a test may
 * make. What is answered is the gateway's own. It gives the cursors that were asked for.
 */
async function pagesOfADay() {
  const asked = [];
  await page.route((url) => isList(url), async (route) => {
    const url = new URL(route.request().url());
    const cursor = url.searchParams.get("cursor") ?? "";
    asked.push(cursor);
    const from = Date.parse(url.searchParams.get("from"));
    const to = cursor ? Date.parse(cursor) : Date.now();
    const back = new Date(Math.max(from, to - day)).toISOString();
    url.searchParams.delete("cursor");
    url.searchParams.set("from", back);
    url.searchParams.set("to", new Date(to).toISOString());
    const answer = await (await route.fetch({ url: url.href })).json();
    return route.fulfill({ json: Date.parse(back) > from ? { ...answer, next: back, searched_to: back } : answer });
  });
  return asked;
}

test("a filter that only a very old call matches finds it, page after page, without a click", async () => {
  const asked = await pagesOfADay();
  await page.goto("/logs?range=7d&min_score=5");
  const rows = page.getByRole("table", { name: "Calls" }).locator("tr.pick");
  await rows.first().waitFor();
  await page.getByText("Few calls match.").waitFor({ state: "detached" });
  assert.equal(await rows.count(), 1);
  await page.getByRole("button", { name: "Remove the filter Score at least: 5" }).waitFor();
  assert.ok(asked.length >= 7, `pages that were asked for: ${asked}`);
  assert.equal(new Set(asked).size, asked.length, "a page was asked for twice");
  await rows.first().getByRole("button", { name: /^Open the call/ }).click();
  await page.getByRole("dialog").getByText(oldest.id).first().waitFor();
  await well();
  await page.unrouteAll({ behavior: "wait" });
});

test("the reader stops looking, sees back to when, and goes on", async () => {
  const at = (n) => new Date(Date.UTC(2030, 0, 31) - n * 3600e3).toISOString();
  let pages = 0;
  await page.route((url) => isList(url), (route) => {
    const n = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 0) + 1;
    pages = Math.max(pages, n);
    return route.fulfill({ json: { data: [], next: String(n), searched_to: at(n) } }); // there is always more to look at
  });
  await page.goto("/logs?range=7d&min_score=6");
  const stop = page.getByRole("button", { name: "Looking further back… stop here" });
  await stop.click();
  const go = page.getByRole("button", { name: "Look further back", exact: true });
  await go.waitFor();
  await page.getByText(/^Few calls match\. Every call since .*(2030|2029).* was looked at\.$/).waitFor();
  await page.waitForLoadState("networkidle");
  const stopped = pages;
  await well();
  assert.equal(pages, stopped, "it went on");
  await go.click();
  await stop.waitFor();
  for (const until = Date.now() + 30_000; pages <= stopped; await new Promise((done) => setTimeout(done, 50))) assert.ok(Date.now() < until, "it does not go on");
  await page.goto("about:blank"); // it would go on, and ask the gateway for what it never told
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("of six hundred models and keys the last is found by typing: in the palette, the playground, a route and the name of a caller", async () => {
  const key = await admin("POST", "/keys", { name: "the very first" });
  for (let i = 0; i < 510; i += 30) await Promise.all(Array.from({ length: 30 }, (_, j) => admin("POST", "/keys", { name: `later ${i + j}` })));
  assert.ok(!(await admin("GET", "/keys?limit=500")).data.some((k) => k.id === key.id));
  await call(gateway, "/v1/chat/completions", { model: "sandbox/chat", messages: [{ role: "user", content: "hello" }] }, {}, key.secret);
  await page.goto("/logs?range=15m");
  await page.getByRole("table", { name: "Calls" }).getByRole("button", { name: "the very first", exact: true }).first().waitFor();
  const find = async (text, label) => {
    await page.keyboard.press("Control+k");
    const box = page.getByRole("dialog", { name: "Find anything" });
    await box.getByLabel("Find anything").fill(text);
    await box.getByRole("button", { name: label }).waitFor();
    return box;
  };
  await find("very f", /the very first/);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove the filter Key: the very first" }).or(page.getByRole("button", { name: `Remove the filter Key: ${key.id}` })).waitFor();
  await find("animal-599", /zoo\/animal-599/);
  await page.keyboard.press("Escape");
  await page.goto("/playground");
  await page.getByRole("textbox", { name: "Model", exact: true }).or(page.getByRole("combobox", { name: "Model", exact: true })).first().fill("animal-59");
  await page.getByRole("option", { name: "zoo/animal-597" }).click();
  await page.waitForURL(/model=zoo%2Fanimal-597/);
  await page.goto("/routes?new=1");
  await page.getByRole("combobox", { name: "Leads to" }).fill("animal-598");
  await page.getByRole("option", { name: "zoo/animal-598" }).click();
  assert.equal(await page.getByRole("combobox", { name: "Leads to" }).inputValue(), "zoo/animal-598");
  await well();
});
