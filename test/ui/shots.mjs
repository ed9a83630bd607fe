// Pictures of every page, light and dark, wide and narrow: node shots.mjs BINARY FOLDER
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { launch, newPage, signIn } from "./browser.mjs";
import { call, config, key, start, token, traffic } from "./gateway.mjs";
import { runs } from "./runs.mjs";

const [binary, folder] = process.argv.slice(2);
const only = process.argv.slice(4);
mkdirSync(folder, { recursive: true });

/** A sink that takes samples alone, so that there is something to set aside. */
const sink = createServer((req, res) => {
  let body = "";
  req.on("data", (d) => (body += d));
  req.on("end", () => res.writeHead(body.includes("sluice_sample") ? 200 : 422).end());
});
await new Promise((done) => sink.listen(0, "127.0.0.1", done));

const document = `${config.replace("  default:\n", "  default:\n    controls: [metadata, log, cache]\n    log: { retain: 30d, redact: [secrets, email, card, phone], patterns: { employee: 'EMP-[0-9]{6}' } }\n")}
exports:
  archive: { to: jsonl, batch: { wait: 10ms } }
  hook: { to: webhook, url: "http://127.0.0.1:1/entries", bodies: redacted, batch: { wait: 10ms } }
  search: { to: elasticsearch, url: "http://127.0.0.1:${sink.address().port}", index: calls, filter: status < 400 }
  failures: { to: webhook, url: "http://127.0.0.1:${sink.address().port}/", filter: status >= 500, batch: { wait: 10ms } }
`;

// What is opened on a page before its picture is taken.
const fromTo = async (page) => {
  await page.getByRole("combobox", { name: "Time range" }).click();
  await page.getByRole("option", { name: "From – to…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Show" }).waitFor();
};
const newToken = async (page) => {
  await page.getByRole("button", { name: "Create a token" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).waitFor();
};
const user = async (page) => {
  await page.getByRole("textbox", { name: /^User/ }).fill("ann");
  await page.getByRole("button", { name: "Look what is kept" }).click();
  await page.getByRole("button", { name: "Erase…" }).waitFor();
};
const erase = async (page) => {
  await user(page);
  await page.getByRole("button", { name: "Erase…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Erase", exact: true }).waitFor();
};

/** step goes on in the wizard of a new gateway, so many times. */
const step = (n) => async (page) => {
  await page.getByRole("button", { name: "Next" }).waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("support");
  for (let i = 0; i < n; i++) await page.getByRole("button", { name: "Next" }).click();
};
const difference = async (page) => {
  await page.getByRole("region", { name: "Step 1" }).getByRole("textbox", { name: "When" }).fill('metadata.plan == "trial"');
  await page.getByRole("button", { name: "Show the difference…" }).click();
  await page.getByRole("dialog").getByText("comes from the file").waitFor();
};
const ask = async (page) => {
  await page.getByRole("textbox", { name: "Message" }).fill("What is a sluice?");
  await page.keyboard.press("Control+Enter");
  await page.getByTestId("conversation").nth(1).waitFor();
  await page.waitForFunction(() => !document.querySelector(".thinking"));
};
const said = async (page) => {
  await page.getByRole("button", { name: "Show what was said" }).click();
  await page.getByText("asked").first().waitFor();
};
const tab = (name) => async (page) => page.getByRole("dialog").getByRole("tab", { name }).click();

/** eraseZoe has one user erased, and gives the receipt's id. */
async function eraseZoe() {
  await call(gateway, "/v1/chat/completions", { model: "sandbox/chat", user: "zoe", messages: [{ role: "user", content: "Forget me later: zoe@example.com, EMP-123456." }] });
  const answer = await fetch(`${gateway.admin}/api/v1/privacy/erasures`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: JSON.stringify({ user: "zoe" }) });
  return (await answer.json()).id;
}

const gateway = await start(binary, document);
const browser = await launch();
try {
  const empty = await newPage(browser, gateway);
  await empty.page.goto("/");
  await empty.page.getByRole("button", { name: "Sign in" }).waitFor();
  await empty.page.screenshot({ path: `${folder}/sign-in.png` });
  await signIn(empty.page);
  await empty.page.getByText("No calls in this time").waitFor();
  await empty.page.screenshot({ path: `${folder}/overview-empty.png` });
  for (const name of ["logs", "sessions", "cache", "costs", "audit", "alerts", "playground", "exports"]) {
    await empty.page.goto(`/${name}`);
    await empty.page.getByRole("heading", { level: 1 }).waitFor();
    await empty.page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
    await empty.page.screenshot({ path: `${folder}/${name}-empty.png` });
  }
  await empty.close();
  await traffic(gateway);
  await runs(gateway);
  const { id } = await call(gateway, "/v1/chat/completions", { model: "support", messages: [{ role: "system", content: "You help." }, { role: "user", content: "What is a sluice? Answer with `code` and **bold**." }] });
  await call(gateway, "/v1/chat/completions", { model: "sandbox/chat", messages: [{ role: "user", content: "hello again" }] }, {}, key);
  const erasure = await eraseZoe();
  await new Promise((r) => setTimeout(r, 1500));
  const views = {
    overview: "/?range=15m", "from-to": ["/?range=15m", fromTo], logs: "/logs?range=15m", call: `/logs?range=15m&call=${id}`, "call-raw": [`/logs?range=15m&call=${id}`, tab("Raw")], "call-usage": [`/logs?range=15m&call=${id}`, tab("Usage & cost")], "call-details": [`/logs?range=15m&call=${id}`, tab("Details")], sessions: "/sessions?range=15m", "sessions-run": ["/sessions?range=15m&id=agent-1", said], "playground-two": ["/playground?model=sandbox/chat&vs=sandbox/long", ask], playground: "/playground?model=sandbox/chat", costs: "/costs?by=model",
    gateways: "/gateways", "gateways-new": "/gateways?new=1", "gateways-providers": ["/gateways?new=1", step(1)], "gateways-policy": ["/gateways?new=1", step(2)], "gateways-last": ["/gateways?new=1", step(4)], routes: "/routes?range=15m", "routes-edit": "/routes?range=15m&view=edit", "routes-difference": ["/routes?range=15m&view=edit", difference], providers: "/providers", models: "/providers?open=sandbox&tab=models", cache: "/cache?range=1h",
    keys: "/keys", "keys-new": "/keys?new=1", limits: "/limits", budgets: "/budgets", workspaces: "/workspaces", "workspaces-new": "/workspaces?new=1", "workspaces-sheet": "/workspaces?ws=default", "workspaces-users": "/workspaces?tab=users",
    audit: "/audit", "audit-event": "/audit?event=2", alerts: "/alerts", health: "/health", exports: "/exports", privacy: "/privacy", "privacy-user": ["/privacy?tab=user", user], "privacy-erase": ["/privacy?tab=user", erase], "privacy-receipt": `/privacy?erasure=${erasure}`,
    config: "/config", "config-history": "/config?tab=history", "config-revision": "/config?tab=history&revision=1", settings: "/settings", "settings-tokens": "/settings?tab=tokens", "settings-token-new": ["/settings?tab=tokens", newToken], "settings-signin": "/settings?tab=signin", "settings-secrets": "/settings?tab=secrets", "settings-data": "/settings?tab=data",
  };
  for (const [scheme, width] of [["light", 1280], ["dark", 1280], ["light", 390], ["dark", 390]]) {
    const { page, close } = await newPage(browser, gateway, { colorScheme: scheme, viewport: { width, height: width > 500 ? 800 : 844 } });
    page.setDefaultTimeout(60_000); // pictures are no test of speed
    await signIn(page);
    for (const [name, view] of Object.entries(views)) {
      const [path, act] = [view].flat();
      if (only.length && !only.includes(name)) continue;
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle", { timeout: 3000 }).catch(() => {}); // a page that refreshes is never idle
      await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
      await act?.(page);
      await page.screenshot({ path: `${folder}/${name}-${scheme}-${width}.png` });
      const whole = await page.evaluate(() => document.documentElement.scrollHeight);
      if (width < 500 || whole < 900 || name === "call" || act) continue;
      await page.setViewportSize({ width, height: Math.min(whole, 2400) });
      await page.screenshot({ path: `${folder}/${name}-${scheme}-whole.png` });
      await page.setViewportSize({ width, height: 800 });
    }
    await close();
  }
} finally {
  await browser.close();
  await gateway.stop();
  sink.closeAllConnections();
  sink.close();
}
