// Alerts that fire: told, muted, tested, and drawn where figures are.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start } from "./gateway.mjs";

const document = (hook) => `
discover: false
providers: { sandbox: { models: { chat: { price: { input: 2.5, output: 10 } } } } }
routes:
  desk:
    steps:
      - { name: gold, when: 'metadata.plan == "gold"', use: sandbox/long }
      - { name: rest, use: sandbox/chat }
gateways:
  default:
    auth: none
    budgets: [ { name: month, per: workspace, cost: 0.002/month, alert: [50], mode: soft, unpriced: allow } ]
alerts:
  channels:
    - { name: people, webhook: "${hook}" }
    - { name: nobody, webhook: "http://127.0.0.1:1/" }
  rules:
    - { name: errors, metric: error_rate, above: 5%, for: 0s, min_calls: 1, severity: critical, channels: people }
    - { name: backlog, metric: spool_depth, above: 100000 }
`;

let gateway, browser, view, page, hook;
const told = [];

before(async () => {
  hook = createServer((req, res) => {
    let body = "";
    req.on("data", (d) => (body += d));
    req.on("end", () => (told.push(JSON.parse(body)), res.end()));
  });
  await new Promise((done) => hook.listen(0, "127.0.0.1", done));
  gateway = await start(process.env.SLUICE_BINARY, document(`http://127.0.0.1:${hook.address().port}/`));
  const say = (model, i) => call(gateway, "/v1/chat/completions", { model, messages: [{ role: "user", content: `say ${i}` }] });
  for (let i = 0; i < 12; i++) await Promise.all([say("desk", i), say("sandbox/error-500", i)]);
  const told12 = async () => JSON.stringify(await (await fetch(`${gateway.admin}/api/v1/routes/desk/traffic`, { headers: { authorization: `Bearer ${gateway.token}` } })).json());
  for (const until = Date.now() + 30_000; !/"calls":12\b/.test(await told12()) && Date.now() < until; ) await new Promise((r) => setTimeout(r, 100)); // pages ask for it once a minute
  browser = await launch();
  view = await newPage(browser, gateway);
  page = view.page;
  await signIn(page);
});

after(async () => {
  await view?.close();
  await browser?.close();
  await gateway?.stop();
  hook?.closeAllConnections();
  hook?.close();
});

async function well() {
  assert.deepEqual(await serious(page), []);
  assert.deepEqual(view.errors, []);
}

test("a step whose condition no call met needs attention", async () => {
  const attention = page.getByRole("region", { name: "Needs attention" });
  await attention.getByText(/The step gold of the route desk matched none of its 12 calls/).waitFor();
  await well();
});

test("times are shown in the zone that is chosen, which is in the address", async () => {
  const spans = page.getByRole("table", { name: "Requests by outcome" }).getByRole("rowheader").first();
  const clock = (zone) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date());
  const zone = page.getByRole("combobox", { name: "Time zone" });
  await zone.click();
  await zone.fill("st johns");
  const [asked] = await Promise.all([
    page.waitForRequest((r) => r.url().includes("/api/v1/analytics?") && r.url().includes("tz=America%2FSt_Johns")),
    page.getByRole("option", { name: "America/St Johns" }).click(),
  ]);
  assert.ok(asked);
  await page.waitForURL(/tz=America%2FSt_Johns/);
  const minutes = (text) => Number(/(\d\d):(\d\d)/.exec(text)[1]) * 60 + Number(/(\d\d):(\d\d)/.exec(text)[2]);
  await spans.waitFor({ state: "attached" });
  await page.waitForFunction((hour) => document.querySelector("section[aria-label='Requests by outcome'] tbody th")?.textContent.slice(0, 2) === hour, clock("America/St_Johns").slice(0, 2)).catch(() => {}); // or the hour before
  const ago = (minutes(clock("America/St_Johns")) - minutes(await spans.textContent()) + 1440) % 1440;
  assert.ok(ago <= 20, `the first call was ${ago} minutes ago by the clock of St John's`);
  await page.goto("/?tz=Nowhere/At-all");
  await spans.waitFor({ state: "attached" });
  await well();
  await page.getByRole("combobox", { name: "Time range" }).click();
  await page.getByRole("option", { name: "From – to…" }).click();
  const [from, to] = [0, 1].map((i) => page.getByRole("dialog").locator("input").nth(i));
  await from.fill("2026-01-01T10:00");
  await to.fill("2026-01-01T09:00");
  await page.getByText("From is not before to.").waitFor();
  await to.fill("2026-01-01T11:30");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.waitForURL(/from=2026-01-01T10%3A00%3A00.000Z/);
  await page.getByText("No calls in this time").waitFor();
});

test("a channel is tested, and says why it has not taken the test", async () => {
  await page.goto("/alerts");
  await page.getByRole("button", { name: "Send a test to people" }).click();
  await page.getByText("It has taken the test.").waitFor();
  assert.ok(told.some((t) => t.type === "test"));
  await page.getByRole("button", { name: "Send a test to nobody" }).click();
  await page.getByText(/^Not taken: /).waitFor();
  await page.getByRole("region", { name: "Rule backlog" }).getByText(/as it is now/).waitFor();
  await well();
});

test("a rule that fires says so, is muted, and tells again when the mute ends", async () => {
  const firing = page.getByRole("region", { name: "What fires now" });
  await firing.getByText("One alert fires").waitFor({ timeout: 150_000 }); // rules look at each full minute
  await firing.getByText(/50 %|bound 5 %/).first().waitFor();
  const history = page.getByRole("region", { name: "History" });
  await history.getByText("errors").waitFor();
  const rule = page.getByRole("region", { name: "Rule errors" });
  await rule.getByText("firing").waitFor();
  await well();
  await rule.getByRole("button", { name: "Mute errors" }).click();
  await page.getByRole("menuitem", { name: "For an hour" }).click();
  const mutes = page.getByRole("region", { name: "Mutes" });
  await mutes.getByText("errors").waitFor();
  await firing.getByText("muted").waitFor();
  await rule.getByText("muted", { exact: true }).waitFor();
  await well();
  await mutes.getByRole("button", { name: "End now" }).click();
  await mutes.getByText("Nothing is muted.").waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll('section[aria-label="History"] .section-line')].some((l) => l.textContent.includes("errors") && l.textContent.includes("delivered")));
  assert.ok(told.some((t) => t.type === "rule" && t.state === "firing" && /errors$/.test(t.rule)), JSON.stringify(told.map((t) => [t.type, t.rule, t.state])));
});

test("a budget is muted where its alert stands", async () => {
  const history = page.getByRole("region", { name: "History" }), mutes = page.getByRole("region", { name: "Mutes" });
  await history.getByRole("button", { name: "Mute gateway/default/month" }).click();
  await page.getByRole("menuitem", { name: "For a day" }).click();
  await mutes.getByText("gateway/default/month").waitFor();
  await history.getByRole("button", { name: "Mute gateway/default/month" }).waitFor({ state: "detached" });
  await well();
  await mutes.getByRole("button", { name: "End now" }).click();
  await mutes.getByText("Nothing is muted.").waitFor();
});

test("alerts are marks on the overview's time, beside changes of the configuration", async () => {
  await page.goto("/?range=15m");
  const marks = page.getByRole("list", { name: "What happened: Requests by outcome" });
  await marks.getByText(/^alert errors/).waitFor({ state: "attached" });
  await marks.getByText(/^budget gateway\/default\/month at 50 %/).waitFor({ state: "attached" });
  await marks.getByText(/^configuration 1/).waitFor({ state: "attached" });
  await well();
});
