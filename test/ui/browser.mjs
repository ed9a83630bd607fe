// A browser with a page that is signed in, which counts what a person would never see:
// errors of the console and of scripts.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { token } from "./gateway.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** launch starts a browser for one file: pages of a shared one would take the keyboard from each other. */
export const launch = () => chromium.launch({ executablePath: process.env.SLUICE_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });

export async function newPage(browser, gateway, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, baseURL: gateway.admin, reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const errors = [];
  page.on("console", (m) => m.type() === "error" && errors.push(`${m.text()} (${m.location().url})`));
  page.on("pageerror", (e) => errors.push(String(e)));
  return { page, errors, close: () => context.close() };
}

export async function signIn(page) {
  await page.goto("/");
  await page.getByText("Token", { exact: true }).click();
  await page.getByLabel("Admin token or API token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
}

/** serious gives what axe finds wrong with the page that is worth mending. */
export async function serious(page) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe); // runs as the browser's own, which the page's policy does not bind
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => `${v.id}: ${v.help}\n${v.nodes.slice(0, 4).map((n) => `  ${n.html.slice(0, 160)}\n  ${n.any.map((c) => c.message).join("; ")}`).join("\n")}`);
}
