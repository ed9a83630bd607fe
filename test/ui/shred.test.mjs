// Bodies that are kept under a key: they are shown, and after the key was destroyed it is said that nobody can.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start, token } from "./gateway.mjs";

const document = `
discover: false
providers: { sandbox: {} }
gateways:
  default: { log: { bodies: full, encrypt: true } }
`;

let gateway, browser, view, page;

const api = async (method, path, body) => {
  const r = await fetch(gateway.admin + "/api/v1" + path, { method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: body && JSON.stringify(body) });
  assert.ok(r.ok, `${r.status} ${await r.clone().text()}`);
  return r.json();
};

before(async () => {
  gateway = await start(process.env.SLUICE_BINARY, document);
  await call(gateway, "/v1/chat/completions", { model: "sandbox/echo", user: "ann", messages: [{ role: "user", content: "the purple elephant" }] });
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

/** entry gives the one call, once the store has it. */
async function entry() {
  for (;;) {
    const page = await api("GET", "/entries?user=ann");
    if (page.data.length) return page.data[0];
  }
}

test("what is kept under a key is told, and is shown to who may see it", async () => {
  await page.goto("/privacy");
  const of = page.getByRole("region", { name: "Gateway default" });
  await of.getByText("under a key", { exact: true }).waitFor();
  await of.getByText("sluice privacy shred").waitFor();
  await well();
  await page.goto(`/logs?range=15m&call=${(await entry()).id}`);
  await page.getByText("the purple elephant").first().waitFor();
  await well();
});

test("once the key is destroyed, the call says so, and there is a receipt", async () => {
  const { id } = await api("POST", "/privacy/shreds", { workspace: "default" });
  while ((await api("GET", `/privacy/erasures/${id}`)).state !== "done");
  await page.goto(`/logs?range=15m&call=${(await entry()).id}`);
  await page.getByText("What was said can be read by nobody any more").first().waitFor();
  await well();
  await page.goto(`/privacy?tab=user&erasure=${id}`);
  await page.getByText("Keys destroyed").waitFor();
  await page.getByText("can be read by nobody any more").waitFor();
  assert.equal(await page.getByText("Hash of the user").count(), 0);
  await well();
  await page.keyboard.press("Escape");
  await page.getByText("keys of bodies", { exact: true }).waitFor();
  await well();
});
