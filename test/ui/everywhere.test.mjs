// Every page: on a phone nothing is wider than the screen, in the dark everything is legible;
// and what pages share: zooming in charts, the period before, words of prompts, replays.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start, traffic } from "./gateway.mjs";
import { runs } from "./runs.mjs";

let gateway, browser, view, page, id;

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY);
  browser = await launch();
  await Promise.all([traffic(gateway).then(() => runs(gateway)), (async () => {
    view = await newPage(browser, gateway, { colorScheme: "dark" });
    page = view.page;
    await signIn(page);
  })()]);
  ({ id } = await call(gateway, "/v1/chat/completions", { model: "support", messages: [{ role: "user", content: "Where does the zebracorn graze?" }] }));
});

after(async () => {
  await browser?.close();
  await gateway?.stop();
});

/** The pages with what stands on them once they are there. */
const pages = () => [
  "/?range=15m", "/logs?range=15m", `/logs?range=15m&call=${id}`, "/sessions?range=15m", "/sessions?range=15m&id=agent-1", "/playground", "/costs?by=model", "/gateways", "/gateways?new=1", "/routes?range=15m", "/routes?range=15m&view=edit", "/providers", "/providers?open=sandbox&tab=models",
  "/cache?range=1h", "/keys", "/keys?new=1", "/limits", "/budgets", "/workspaces", "/workspaces?tab=users", "/audit", "/alerts", "/health", "/exports", "/privacy", "/privacy?tab=user", "/config", "/config?tab=history", "/settings", "/settings?tab=tokens", "/settings?tab=signin", "/settings?tab=secrets", "/settings?tab=data",
];

async function show(path) {
  await page.evaluate((to) => { history.pushState(null, "", to); dispatchEvent(new PopStateEvent("popstate")); }, path); // within the page: nothing is loaded again
  await page.getByRole("heading", { level: 1 }).waitFor();
  if (path.includes("call=")) await page.getByRole("dialog", { name: "Call" }).waitFor(); // it comes a moment after what is beneath
  await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"], [role="dialog"] [aria-busy="true"]'));
}

test("in the dark no page has a fault for assistive technology", async () => {
  for (const path of pages()) {
    await show(path);
    assert.deepEqual(await serious(page), [], path);
  }
  assert.deepEqual(view.errors, []);
});

test("on a phone no page is wider than the screen", async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  await page.mouse.move(0, 0); // nothing is explained that the mouse happens to stand on
  const wide = [];
  for (const path of pages()) {
    await show(path);
    await page.waitForFunction(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth, null, { timeout: 3000 }).catch(() => {}); // what follows says what is too wide
    const over = await page.evaluate(() => {
      const width = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= width) return "";
      const out = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll"));
      return `${document.documentElement.scrollWidth} px of ${width}: ${out.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" | ")}`;
    });
    if (over) wide.push(`${path}: ${over}`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.deepEqual(wide, []);
});

test("a drag over a chart makes its time the range, and every page keeps it", async () => {
  await show("/?range=15m&live=0");
  const chart = page.locator(".u-over").first();
  for (const until = Date.now() + 30_000; !/from=.*to=/.test(page.url()); ) { // a chart that gets new figures meanwhile is another one
    assert.ok(Date.now() < until, "no drag makes a range");
    const box = await chart.boundingBox();
    if (!box) continue;
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/from=.*to=/, { timeout: 2000 }).catch(() => {});
  }
  const at = new URL(page.url()).searchParams;
  const seconds = (Date.parse(at.get("to")) - Date.parse(at.get("from"))) / 1000;
  assert.ok(seconds > 200 && seconds < 500, `${seconds} s`); // 40 % of 15 minutes
  assert.deepEqual(view.errors, []);
});

test("a word of a prompt finds its call, and no other", async () => {
  await show("/logs?range=1h");
  await page.getByLabel("Search and filter calls").fill("zebracorn");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove the filter Said: zebracorn" }).waitFor();
  for (const until = Date.now() + 20_000; (await page.locator('table[aria-label="Calls"] tbody tr.pick').count()) !== 1; ) { // the index follows calls
    assert.ok(Date.now() < until, "it is not found");
    await page.getByRole("button", { name: "Remove the filter Said: zebracorn" }).waitFor();
    await page.reload();
    await page.getByText(/is searched|not searched yet/).waitFor();
  }
  await page.getByRole("table", { name: "Calls" }).getByRole("button", { name: /^Open the call/ }).click();
  await page.getByRole("dialog").getByText("Where does the zebracorn graze?").first().waitFor();
  assert.deepEqual(view.errors, []);
});

test("a call is replayed straight to its provider, and the answers are compared", async () => {
  await show(`/logs?range=15m&call=${id}`);
  await page.getByRole("dialog").getByRole("button", { name: "Replay", exact: true }).click();
  const box = page.getByRole("dialog", { name: "Replay this call" });
  await box.getByLabel(/^Straight to sandbox/).check({ force: true });
  assert.equal(await box.getByLabel("Model or route").isDisabled(), true);
  await box.getByRole("button", { name: "Replay", exact: true }).click();
  const table = box.getByRole("table", { name: "Then and now" });
  await table.getByText("sandbox/chat").nth(1).waitFor(); // then and now
  await box.getByText("Both are the same.").waitFor();
  const again = (await box.getByRole("link", { name: /^[0-9a-f-]{36}$/ }).textContent()).trim();
  const made = await (await fetch(`${gateway.admin}/api/v1/entries/${again}`, { headers: { authorization: `Bearer ${gateway.token}` } })).json();
  assert.equal(made.attempts.length, 1); // the route's first target, which failed then, was not asked
  assert.deepEqual(view.errors, []);
});

test("a page that fails says so, and the others work; a time that is none is left out", async () => {
  const { page, errors } = await newPage(browser, gateway, {});
  await signIn(page);
  for (const path of ["/?from=foo&to=bar", "/logs?from=2026-11-01&to=nonsense"]) {
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await page.getByRole("combobox", { name: "Time range" }).inputValue(), "Last hour"); // which is what is shown
  }
  assert.deepEqual(errors, []);
  await page.route("**/assets/Costs-*.js", (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto("/");
  await page.getByRole("link", { name: "Costs" }).click();
  await page.getByRole("alert").getByText("This page failed").waitFor();
  await page.getByRole("link", { name: "Keys" }).click();
  await page.getByRole("heading", { name: "Keys", level: 1 }).waitFor();
});

test("the rail folds to icons, by click and by key, and stays so; every page still has its name", async () => {
  await page.goto("/");
  await page.getByRole("button", { name: "Show icons alone" }).click();
  await page.getByRole("button", { name: "Show the names of the pages" }).waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll("nav, nav a")].every((e) => e.getBoundingClientRect().right < 80));
  await page.reload();
  for (const name of ["Overview", "Logs", "Settings"]) await page.getByRole("navigation").getByRole("link", { name, exact: true }).waitFor();
  assert.deepEqual(await serious(page), []);
  await page.getByRole("navigation").getByRole("link", { name: "Costs", exact: true }).click();
  await page.getByRole("heading", { name: "Costs" }).waitFor();
  await page.keyboard.press("[");
  await page.getByRole("navigation").getByText("Costs", { exact: true }).waitFor();
});

test("the gateway and the workspace that pages are about are chosen once, in the bar, and kept from page to page", async () => {
  await fetch(`${gateway.admin}/api/v1/workspaces`, { method: "POST", headers: { authorization: `Bearer ${gateway.token}`, "content-type": "application/json" }, body: JSON.stringify({ id: "team-scope", name: "Scope" }) });
  await page.goto("/?range=24h");
  await page.getByRole("combobox", { name: "Which workspace" }).click();
  await page.getByRole("option", { name: "Scope" }).click();
  await page.getByText("No call matches").waitFor();
  for (const [key, heading] of [["l", "Logs"], ["$", "Costs"], ["k", "Keys"], ["p", "Providers"], ["a", "Audit"]]) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await page.getByRole("heading", { name: heading, exact: true }).waitFor();
    assert.match(page.url(), /workspace=team-scope/, heading);
    assert.equal(await page.getByRole("combobox", { name: "Which workspace" }).count(), heading === "Providers" ? 0 : 1, heading);
  }
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await page.getByRole("combobox", { name: "Which workspace" }).click();
  await page.getByRole("option", { name: "All workspaces" }).click();
  await page.getByRole("region", { name: "Requests by outcome" }).waitFor();
  assert.deepEqual(view.errors, []);
});

test("a page that is not there yet says that it is being loaded", async () => {
  let go;
  const held = new Promise((done) => (go = done));
  await page.route("**/api/v1/auth/session", (r) => held.then(() => r.continue()));
  await page.goto("/costs?range=24h");
  await page.getByRole("status", { name: "Loading" }).waitFor();
  assert.deepEqual(await serious(page), []);
  go();
  await page.getByRole("heading", { name: "Costs", exact: true }).waitFor();
  await page.unrouteAll({ behavior: "wait" });
});

test("a letter goes to a page only after g, however young the page is", async () => {
  await page.goto("/costs?range=24h");
  await page.getByRole("heading", { name: "Costs", exact: true }).waitFor();
  const press = (key, ms) => page.evaluate(([key, ms]) => {
    const e = new KeyboardEvent("keydown", { key, bubbles: true });
    Object.defineProperty(e, "timeStamp", { value: ms });
    document.body.dispatchEvent(e);
    return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(location.pathname))));
  }, [key, ms]);
  assert.equal(await press("k", 300), "/costs");
  assert.equal(await press("g", 400), "/costs");
  assert.equal(await press("q", 500), "/costs");
  assert.equal(await press("k", 600), "/costs", "another letter came between");
  await press("g", 700);
  await press("k", 800);
  await page.getByRole("heading", { name: "Keys", exact: true }).waitFor();
  assert.deepEqual(view.errors, []);
});

test("on a phone the chosen gateway and workspace are said on every page that they choose for, and can be taken away", async () => {
  const phone = await newPage(browser, gateway, { viewport: { width: 400, height: 800 } });
  await signIn(phone.page);
  for (const path of ["/?range=24h&gateway=tight", "/costs?gateway=tight", "/limits?gateway=tight", "/budgets?gateway=tight"]) {
    await phone.page.goto(path);
    await phone.page.getByRole("button", { name: "Remove the filter gateway: tight" }).click();
    await phone.page.waitForURL((u) => !u.searchParams.has("gateway"));
  }
  assert.deepEqual(phone.errors, []);
  await phone.close();
});
