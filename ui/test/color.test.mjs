// Series are told apart, also where there are more of them than colours.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const kept = new Map();
globalThis.localStorage = { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v) };
const { colorsOf, dashesOf, repeats } = await load("lib/color.ts");

test("no two of fifty lines of a chart look the same", () => {
  const names = Array.from({ length: 50 }, (_, i) => `model-${i}`);
  const colors = colorsOf(names);
  const series = names.map((n) => ({ color: colors.get(n) }));
  const again = repeats(series);
  assert.equal(new Set(names.slice(0, 10).map((n) => colors.get(n))).size, 10);
  assert.equal(again.slice(0, 10).some((n) => n > 0), false);
  assert.equal(new Set(series.map((s, i) => `${s.color} ${dashesOf(again[i])}`)).size, 50);
});

test("lines that have dashes of their own are no second ones of a colour", () => {
  assert.deepEqual(repeats([{ color: "#000000", dash: [2, 2] }, { color: "#000000" }, { color: "#000000", beside: true }, { color: "#000000" }]), [0, 0, 0, 1]);
});
