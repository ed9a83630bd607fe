// Pictures of every page, light and dark, wide and narrow: node shots.mjs BINARY FOLDER
import { mkdirSync } from "node:fs";
import { launch, newPage, signIn } from "./browser.mjs";
import { call, key, start, traffic } from "./gateway.mjs";

const [binary, folder] = process.argv.slice(2);
const only = process.argv.slice(4);
mkdirSync(folder, { recursive: true });
const gateway = await start(binary);
const browser = await launch();
try {
  const empty = await newPage(browser, gateway);
  await empty.page.goto("/");
  await empty.page.getByRole("button", { name: "Sign in" }).waitFor();
  await empty.page.screenshot({ path: `${folder}/sign-in.png` });
  await signIn(empty.page);
  await empty.page.getByText("No calls in this time").waitFor();
  await empty.page.screenshot({ path: `${folder}/overview-empty.png` });
  await empty.close();
  await traffic(gateway);
  const { id } = await call(gateway, "/v1/chat/completions", { model: "support", messages: [{ role: "system", content: "You help." }, { role: "user", content: "What is a sluice? Answer with `code` and **bold**." }] });
  await call(gateway, "/v1/chat/completions", { model: "sandbox/chat", messages: [{ role: "user", content: "hello again" }] }, {}, key);
  await new Promise((r) => setTimeout(r, 1500));
  const views = { overview: "/?range=15m", logs: "/logs?range=15m", call: `/logs?range=15m&call=${id}`, sessions: "/sessions?range=15m", playground: "/playground?model=sandbox/chat", gateways: "/gateways", "gateways-new": "/gateways?new=1", providers: "/providers", models: "/providers?open=sandbox&tab=models", cache: "/cache?range=1h", keys: "/keys", "keys-new": "/keys?new=1", limits: "/limits", budgets: "/budgets", workspaces: "/workspaces", "workspaces-users": "/workspaces?tab=users", costs: "/costs?by=model", routes: "/routes?range=15m", "routes-edit": "/routes?range=15m&view=edit", audit: "/audit", "audit-event": "/audit?event=2", config: "/config", "config-history": "/config?tab=history", "config-revision": "/config?tab=history&revision=1", alerts: "/alerts", health: "/health", settings: "/settings", "settings-tokens": "/settings?tab=tokens", "settings-signin": "/settings?tab=signin", "settings-secrets": "/settings?tab=secrets", "settings-data": "/settings?tab=data" };
  for (const [scheme, width] of [["light", 1280], ["dark", 1280], ["light", 390], ["dark", 390]]) {
    const { page, close } = await newPage(browser, gateway, { colorScheme: scheme, viewport: { width, height: width > 500 ? 800 : 844 } });
    page.setDefaultTimeout(60_000); // pictures are no test of speed
    await signIn(page);
    for (const [name, path] of Object.entries(views)) {
      if (only.length && !only.includes(name)) continue;
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle", { timeout: 3000 }).catch(() => {}); // a page that refreshes is never idle
      await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
      await page.screenshot({ path: `${folder}/${name}-${scheme}-${width}.png` });
      const whole = await page.evaluate(() => document.documentElement.scrollHeight);
      if (width < 500 || whole < 900 || name === "call") continue;
      await page.setViewportSize({ width, height: Math.min(whole, 2400) });
      await page.screenshot({ path: `${folder}/${name}-${scheme}-whole.png` });
      await page.setViewportSize({ width, height: 800 });
    }
    await close();
  }
} finally {
  await browser.close();
  await gateway.stop();
}
