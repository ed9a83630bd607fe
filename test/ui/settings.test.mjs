// What stands under Settings: ways in, tokens and sessions, secrets, and what is kept.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { start, token } from "./gateway.mjs";

const document = `
discover: false
gateways:
  default: {}
  quiet:
    log: { bodies: metadata, retain: 30d }
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

async function well() {
  assert.deepEqual(await serious(page), []);
  assert.deepEqual(view.errors, []);
}

const admin = (path, as = token) => fetch(`${gateway.admin}/api/v1${path}`, { headers: { authorization: `Bearer ${as}` } });

test("a token is made with a role, shown once, used, and refused after it was revoked", async () => {
  await page.goto("/settings?tab=tokens");
  await page.getByText("No API token").waitFor();
  await well();
  await page.getByRole("button", { name: "Create a token" }).click();
  const box = page.getByRole("dialog");
  await box.getByLabel("Name").fill("reports");
  await box.getByRole("combobox", { name: "Workspace" }).click();
  await page.getByRole("option").first().click();
  await well();
  await box.getByRole("button", { name: "Create", exact: true }).click();
  const secret = (await page.getByTestId("secret").locator("pre, code").first().textContent()).trim();
  assert.equal((await admin("/keys", secret)).status, 200);
  assert.equal((await admin("/users", secret)).status, 403, "a viewer sees the users");
  await page.getByRole("button", { name: "I have copied it" }).click();
  const table = page.getByRole("table", { name: "API tokens" });
  await table.getByText("viewer of default").waitFor();
  assert.ok(!(await page.content()).includes(secret), "the secret is still in the page");
  await well();
  await page.getByRole("button", { name: "Revoke reports" }).click();
  await page.getByLabel("Type reports to go on").fill("reports");
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("No API token").waitFor();
  assert.equal((await admin("/keys", secret)).status, 401);
  await page.getByLabel("Ended ones of the last 30 days").click(); // its state is in the address
  await table.getByText("revoked").waitFor();
});

test("sessions are listed by whose they are, and ended from elsewhere", async () => {
  await fetch(`${gateway.admin}/api/v1/auth/setup`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ name: "Ann", email: "ann@example.com", password: "a long enough password" }) });
  const login = await fetch(`${gateway.admin}/api/v1/auth/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email: "ann@example.com", password: "a long enough password" }) });
  const cookie = login.headers.get("set-cookie").split(";")[0];
  const session = () => fetch(`${gateway.admin}/api/v1/auth/session`, { headers: { cookie } });
  assert.equal((await session()).status, 200);
  await page.goto("/settings?tab=tokens&of=sessions");
  const row = page.getByRole("table", { name: "Sessions" }).getByRole("row").filter({ hasText: "Ann" });
  const id = (await row.locator(".typed").textContent()).trim();
  await well();
  await row.getByRole("button", { name: /^End the session/ }).click();
  await page.getByLabel(`Type ${id} to go on`).or(page.getByRole("dialog").getByRole("textbox")).first().fill(await page.getByRole("dialog").locator("label b").textContent());
  await page.getByRole("dialog").getByRole("button", { name: "End", exact: true }).click();
  await row.waitFor({ state: "detached" });
  assert.equal((await session()).status, 401);
});

test("the ways in are told, and who has all rights", async () => {
  await page.goto("/settings?tab=signin");
  await page.getByRole("table", { name: "Ways in" }).getByText("off: no issuer is configured").waitFor();
  await page.getByText("/api/v1/auth/oidc/callback").waitFor();
  await page.getByRole("table", { name: "System admins" }).getByText("ann@example.com").waitFor();
  await well();
});

test("a secret is kept, replaced and deleted, and how keys are rotated is told", async () => {
  await page.goto("/settings?tab=secrets");
  await page.getByRole("button", { name: "Keep a secret" }).click();
  await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("vendor");
  await page.getByRole("dialog").locator("input[type=password]").fill("the first value");
  await page.getByRole("dialog").getByRole("button", { name: "Keep", exact: true }).click();
  await page.getByRole("table", { name: "Secrets" }).getByText("secret:vendor").waitFor();
  await page.getByText("sluice credentials rotate-master --finish").waitFor();
  await well();
  const changed = async () => (await (await admin("/secrets")).json()).data[0].changed;
  const first = await changed();
  await page.getByRole("button", { name: "Replace vendor" }).click();
  await page.getByRole("dialog").locator("input[type=password]").fill("the second value");
  await page.getByRole("dialog").getByRole("button", { name: "Replace", exact: true }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.notEqual(await changed(), first);
  await page.getByRole("button", { name: "Delete vendor" }).click();
  await page.getByLabel("Type vendor to go on").fill("vendor");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("None yet. Keep a vendor's key here").waitFor();
  assert.deepEqual((await (await admin("/secrets")).json()).data, []);
});

test("what each gateway keeps is said in words that lead to their place in the document", async () => {
  await page.goto("/settings?tab=data");
  await page.getByText(/Here each call is kept with what was said, up to 64 KiB of each body; it is deleted after 7 d/).waitFor();
  const quiet = page.locator(".section-line").filter({ hasText: "quiet" });
  await quiet.getByText(/all but what was said is kept .* deleted after 30 d/).waitFor();
  await page.getByText(`${gateway.admin}/metrics`).waitFor();
  await well();
  await quiet.getByRole("link", { name: "Change" }).click();
  await page.getByText("gateways.quiet.log", { exact: true }).waitFor();
  assert.match(await page.locator(".cm-activeLine").textContent(), /log: \{ bodies: metadata/);
  await page.goto("/config?at=gateways.default.log");
  await page.getByText(/does not stand in the document/).waitFor();
  assert.match(await page.locator(".cm-activeLine").textContent(), /default:/);
  await well();
});

test("the node tells its version, its build and how it is", async () => {
  await page.goto("/settings");
  const node = page.getByRole("table", { name: "This node" });
  const { version, go, platform } = await (await admin("/health")).json();
  await node.getByText(version, { exact: true }).waitFor();
  await node.getByText(`${go}, ${platform}`).waitFor();
  await well();
});
