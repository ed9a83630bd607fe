// Workspaces and people, and what a member is shown of them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { startCallers } from "./callers.mjs";
import { call, token } from "./gateway.mjs";

let gateway, browser, view, page;

before(async () => {
  gateway = await startCallers(process.env.SLUICE_BINARY);
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

const well = async (v = view) => {
  assert.deepEqual(await serious(v.page), []);
  assert.deepEqual(v.errors, []);
};
const admin = async (method, path, body) => (await fetch(`${gateway.admin}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) })).json();
const password = "a long enough password";

test("a workspace is created, fenced into a region, and given members", async () => {
  for (const [email, name] of [["ann@example.com", "Ann"], ["bob@example.com", "Bob"]]) {
    await page.goto("/workspaces?tab=users");
    await page.getByRole("button", { name: "Create a user" }).click();
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.locator("input[autocomplete=new-password]").fill(password);
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("cell", { name: email }).waitFor();
  }
  await well();
  await page.goto("/workspaces?new=1");
  await page.getByLabel("Name", { exact: false }).first().fill("Team Shop");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByText("id team-shop").waitFor();
  const members = page.getByRole("region", { name: "Members" });
  for (const [email, role] of [["ann@example.com", "editor"], ["bob@example.com", "viewer"]]) {
    await members.getByLabel("Add a member").click();
    await page.getByRole("option", { name: email }).click();
    await members.getByLabel("Role of the new member").click();
    await page.getByRole("option", { name: role }).click();
    await members.getByRole("button", { name: "Add" }).click();
    await members.getByLabel(`Role of ${email}`).waitFor();
  }
  await well();
});

async function asMember(email, look) {
  const v = await newPage(browser, gateway);
  await v.page.goto("/");
  await v.page.getByText("Password", { exact: true }).first().click();
  await v.page.getByLabel("E-mail").fill(email);
  await v.page.locator("input[autocomplete=current-password]").fill(password);
  await v.page.getByRole("button", { name: "Sign in" }).click();
  await v.page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await look(v.page, v);
  await v.close();
}

test("an editor of one workspace sees its keys alone, and makes and uses one", async () => {
  const other = await admin("POST", "/keys", { name: "of-others" });
  await call(gateway, "/v1/chat/completions", { model: "fast", messages: [{ role: "user", content: "not yours" }] }, {}, other.secret);
  await asMember("ann@example.com", async (p, v) => {
    await p.goto("/keys");
    await p.getByText("No keys yet").waitFor();
    assert.equal(await p.getByText("of-others").count(), 0);
    await p.getByRole("button", { name: "Create a key" }).first().click();
    await p.getByRole("dialog").getByLabel("Name").first().fill("mine");
    await p.getByRole("button", { name: "Create", exact: true }).click();
    const secret = (await p.getByTestId("secret").locator("pre, code").first().textContent()).trim();
    assert.equal((await call(gateway, "/v1/chat/completions", { model: "fast", messages: [{ role: "user", content: "mine" }] }, {}, secret)).status, 200);
    await p.getByRole("button", { name: "I have copied it" }).click();
    await p.getByRole("row").filter({ hasText: "mine" }).getByText("team-shop").waitFor();
    for (const [path, heading] of [["/limits", "Limits"], ["/budgets", "Budgets"], ["/routes", "Routes"], ["/workspaces", "Workspaces"], ["/costs", "Costs"]]) {
      await p.goto(path);
      await p.getByRole("heading", { name: heading, level: 1 }).waitFor();
      await p.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
      assert.equal(await p.getByText("This is for others").count(), 0, `${path} shows an error to a member`);
      assert.equal(await p.getByText(/of-others|workspace default/).count(), 0, `${path} shows what is of others`);
      await well(v);
    }
    await p.goto("/routes");
    await p.getByText("System admins change routes").waitFor();
    assert.equal(await p.getByRole("tab", { name: "Edit" }).count(), 0);
    await p.goto("/workspaces?ws=team-shop");
    await p.getByText("Owners of the workspace change this").waitFor();
    assert.equal(await p.getByRole("button", { name: "Delete…" }).count(), 0);
  });
});

test("a viewer is offered nothing that the API would refuse", async () => {
  await asMember("bob@example.com", async (p, v) => {
    await p.goto("/keys");
    await p.getByText("Viewers do not create keys").waitFor();
    assert.equal(await p.getByRole("button", { name: "Create a key" }).count(), 0);
    await p.getByRole("link", { name: "mine" }).click();
    await p.getByText("Only editors of the workspace").waitFor();
    assert.equal(await p.getByRole("button", { name: "Save" }).count(), 0);
    await p.goto("/budgets");
    await p.getByRole("region", { name: "$5.00 per month (UTC), per workspace" }).waitFor();
    assert.equal(await p.getByRole("button", { name: "Raise…" }).count(), 0);
    await well(v);
  });
});

test("the calls of a workspace are deleted from its page, and only they", async () => {
  await admin("POST", "/workspaces", { id: "noisy", name: "Noisy" });
  const key = await admin("POST", "/keys", { name: "n", workspace: "noisy" });
  const told = (as) => call(gateway, "/v1/chat/completions", { model: "sandbox/chat", messages: [{ role: "user", content: "delete me" }] }, {}, as);
  await Promise.all([told(key.secret), told(key.secret), told()]);
  await admin("DELETE", `/keys/${key.id}`);
  const kept = async (workspace) => (await admin("GET", `/entries?workspace=${workspace}&limit=5`)).data.length;
  for (let i = 0; i < 100 && (await kept("noisy")) < 2; i++) await new Promise((r) => setTimeout(r, 100));
  await page.goto("/workspaces?ws=noisy");
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "delete them…" }).click();
  const box = page.getByRole("dialog", { name: "Delete the calls of Noisy" });
  await box.getByText("2 recorded calls with their attempts").waitFor();
  await well();
  await box.getByLabel("Type Noisy to go on").fill("Noisy");
  await box.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("2 calls deleted.").waitFor();
  assert.equal(await kept("noisy"), 0);
  assert.ok((await kept("default")) > 0, "calls of another workspace are gone");
});

test("a workspace says what keeps it from being deleted, and goes when nothing does", async () => {
  await admin("POST", "/workspaces", { id: "short-lived", name: "Short" });
  const key = await admin("POST", "/keys", { name: "k", workspace: "short-lived" });
  await page.goto("/workspaces?ws=short-lived");
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByText("1 key that is valid").waitFor();
  assert.equal(await page.getByRole("button", { name: "Delete", exact: true }).isDisabled(), true);
  await admin("DELETE", `/keys/${key.id}`);
  await page.goto("/workspaces?ws=short-lived");
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByText("1 revoked key").waitFor();
  await page.getByLabel("Type Short to go on").fill("Short");
  await well();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("The workspace Short is deleted").waitFor();
});
