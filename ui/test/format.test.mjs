// Numbers as people read them: what is little is not nothing, and what is not all is not all.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { ms, percent, usd } = await load("lib/format.ts");

test("shares near nothing and near all are not shown as that", () => {
  for (const [share, text] of [[0, "0 %"], [0.00001, "< 0.01 %"], [0.0004, "0.04 %"], [0.004, "0.4 %"], [0.02, "2 %"], [0.5, "50 %"], [0.999, "99.9 %"], [0.99999, "99.99 %"], [1, "100 %"], [2.5, "250 %"]]) assert.equal(percent(share), text, String(share));
});

test("minutes never have sixty seconds", () => {
  for (const [n, text] of [[119_999, "2 min 0 s"], [60_000, "1 min 0 s"], [61_400, "1 min 1 s"], [999, "999 ms"]]) assert.equal(ms(n), text);
});

test("little money keeps two digits and no noughts behind them", () => {
  for (const [n, text] of [[0.000005, "$0.000005"], [0.0000123, "$0.000012"], [0.000000001, "$0.000000001"], [0.5, "$0.50"], [0, "$0"]]) assert.equal(usd(n), text);
});
