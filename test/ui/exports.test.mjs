// Exports: the empty state; one that runs, one whose sink is away, one whose sink refuses; a sample, pause and resume.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, newPage, serious, signIn } from "./browser.mjs";
import { call, start } from "./gateway.mjs";

const document = (picky) => `
discover: false
providers: { sandbox: {} }
exports:
  archive: { to: jsonl, batch: { wait: 10ms } }
  hook: { to: webhook, url: "http://127.0.0.1:1/nobody", batch: { wait: 10ms } }
  picky: { to: webhook, url: "${picky}", batch: { wait: 10ms }, filter: status < 400 }
`;

let gateway, bare, browser, sink;

const open = async (of) => {
  const view = await newPage(browser, of);
  await signIn(view.page);
  await view.page.goto("/exports");
  return view;
};

const well = async (view) => {
  assert.deepEqual(await serious(view.page), []);
  assert.deepEqual(view.errors, []);
};

before(async () => {
  sink = createServer((req, res) => { // takes samples alone
    let body = "";
    req.on("data", (d) => (body += d));
    req.on("end", () => res.writeHead(body.includes("sluice_sample") ? 200 : 422).end());
  });
  await new Promise((done) => sink.listen(0, "127.0.0.1", done));
  gateway = await start(process.env.SLUICE_BINARY, document(`http://127.0.0.1:${sink.address().port}/`));
  bare = await start(process.env.SLUICE_BINARY, "discover: false\nproviders: { sandbox: {} }\n");
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await gateway?.stop();
  await bare?.stop();
  sink?.closeAllConnections();
  sink?.close();
});

test("without an export the page says how one is written", async () => {
  const view = await open(bare);
  await view.page.getByText("Entries are exported nowhere").waitFor();
  await view.page.getByText("to: jsonl").waitFor();
  await well(view);
  await view.close();
});

test("an export tells how far it has come, takes a sample, pauses and goes on", async () => {
  const view = await open(gateway);
  const { page } = view;
  const archive = page.getByRole("region", { name: "Export archive" });
  await archive.getByText("running", { exact: true }).waitFor();
  await call(gateway, "/v1/chat/completions", { model: "sandbox/echo", messages: [{ role: "user", content: "hello" }] });
  await archive.getByText(/^last /).waitFor(); // it was sent
  await archive.getByRole("img", { name: "Entries behind, over the last hour" }).waitFor();
  await archive.getByRole("button", { name: "Send a sample to archive" }).click();
  await archive.getByText(/has taken the sample/).waitFor();
  await archive.getByRole("button", { name: "Pause archive" }).click();
  await archive.getByText("paused", { exact: true }).waitFor();
  await archive.getByText(/paused by admin/).waitFor();
  await well(view);
  await archive.getByRole("button", { name: "Resume archive" }).click();
  await archive.getByText("running", { exact: true }).waitFor();
  await view.close();
});

test("what a sink said is told with what to do, and what it refused is listed with its reason", async () => {
  const view = await open(gateway);
  const { page } = view;
  await call(gateway, "/v1/chat/completions", { model: "sandbox/echo", messages: [{ role: "user", content: "not for everybody" }] });
  const hook = page.getByRole("region", { name: "Export hook" });
  await hook.getByText("The sink does not take entries").waitFor();
  await hook.getByText(/It said: it cannot be reached/).waitFor();
  await hook.getByText(/To mend it: Check that the receiver runs/).waitFor();
  await hook.getByRole("button", { name: "Send a sample to hook" }).click();
  await hook.getByText(/^Not taken: it cannot be reached.*Check that the receiver runs/).waitFor();
  const first = page.getByRole("region", { name: /^Export / }).first();
  assert.equal(await first.getAttribute("aria-label"), "Export hook", "what fails does not stand first");
  const picky = page.getByRole("region", { name: "Export picky" });
  await picky.getByRole("button", { name: "What was set aside" }).click();
  const table = picky.getByRole("table", { name: "Set aside by picky" });
  await table.getByText(/it answered 422/).first().waitFor();
  await well(view);
  await table.getByRole("link").first().click();
  await page.getByRole("dialog").getByRole("tab", { name: "Conversation" }).waitFor();
  await view.close();
});
