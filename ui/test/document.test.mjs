// What a form writes into the document leaves everything else as it stood.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

Object.assign(globalThis, { sessionStorage: { getItem: () => null }, location: new URL("http://127.0.0.1/"), window: globalThis }); // where a browser keeps who signed in
const { edited, put } = await load("lib/document.ts");

const text = `
# ours
providers:
  a: { base_url: "http://a",   api_key: env:A }
routes:
    support:
        steps:
        - use: a/m   # the usual
          fallback: [a/n,  a/o]
gateways: { default: {cache: 10m, log: { redact: [secrets, email] } } }
`;

test("a change leaves every other line to the letter", () => {
  const out = edited(text, (d) => put(d, ["routes", "support", "steps", 0, "when"], 'metadata.plan == "trial"'));
  const [before, after] = [text.split("\n"), out.split("\n")];
  assert.deepEqual(after.filter((l) => !before.includes(l)).map((l) => l.trim()), ['when: metadata.plan == "trial"']);
  assert.deepEqual(before.filter((l) => !after.includes(l)), []);
});

test("nothing is changed where nothing changes, and what is taken out is all that goes", () => {
  assert.equal(edited(text, () => {}), text);
  const out = edited(text, (d) => d.deleteIn(["routes"]));
  assert.equal(out, text.replace(/routes:[^]*?(?=gateways)/, ""));
});

test("a value within a line changes that line", () => {
  const out = edited(text, (d) => put(d, ["providers", "a", "api_key"], "env:B"));
  assert.match(out, /api_key: env:B/);
  assert.equal(out.split("\n").filter((l, i) => l !== text.split("\n")[i]).length, 1);
});
