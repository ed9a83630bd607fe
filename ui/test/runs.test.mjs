// The tree of an agent's run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { treeOf, linesOf, together, spanOf } = await load("lib/runs.ts");

const start = Date.UTC(2026, 2, 1);
const id = (n) => `019cab00-0000-7000-8000-${String(n).padStart(12, "0")}`;
const call = (n, more = {}) => ({ id: id(n), time: new Date(start + n * 1000).toISOString(), latency_ms: 500, status: 200, error_code: "", cost_usd: 0.5, count: 1, usage: { input_tokens: 10, output_tokens: 2 }, attempts: [], metadata: {}, trace_id: "", parent_span_id: "", ...more });
const drawn = (calls, closed = []) => linesOf(treeOf(calls), new Set(closed)).map(({ node, depth }) => `${"  ".repeat(depth)}${node.kind === "call" ? Number(node.id.slice(-4)) : `${node.kind} ${node.id}`}`);

test("calls lie in the spans in which they were made, and in calls whose provider made them", () => {
  const calls = [
    call(1, { trace_id: "t", parent_span_id: "aa", attempts: [{ span_id: "cc" }] }), call(2, { trace_id: "t", parent_span_id: "cc", attempts: [{ span_id: "" }, { span_id: "dd" }] }),
    call(3, { trace_id: "t", parent_span_id: "dd" }), call(4, { trace_id: "t", parent_span_id: "bb" }), call(5, { trace_id: "t", parent_span_id: "aa" }), call(6, { trace_id: "t", parent_span_id: spanOf(id(5)) }),
  ];
  assert.deepEqual(drawn([...calls].reverse()), ["span aa", "  1", "    2", "      3", "  5", "    6", "span bb", "  4"]);
  assert.deepEqual(drawn(calls, ["t aa", id(1)]), ["span aa", "span bb", "  4"]);
});

test("a session of several traces has a level for each that has several calls; a shadow lies below its call", () => {
  assert.deepEqual(drawn([
    call(1, { trace_id: "t1", parent_span_id: "aa" }), call(2, { trace_id: "t2" }), call(3, { trace_id: "t1" }), call(4, { metadata: { shadow_of: id(3) } }), call(5),
  ]), ["trace t1", "  span aa", "    1", "  3", "    4", "2", "5"]);
});

test("sums count everything once, whatever is closed, and what names a later call as its parent makes no circle", () => {
  const calls = [call(1, { parent_span_id: spanOf(id(2)), trace_id: "t" }), call(2, { parent_span_id: spanOf(id(1)), trace_id: "t", status: 500, cost_usd: null, count: 3 }), call(3, { parent_span_id: spanOf(id(3)) })];
  const { from, to, ...sum } = together(treeOf(calls));
  assert.deepEqual(sum, { calls: 5, errors: 3, cost: 1, priced: true, input: 30, output: 6 });
  assert.equal(to - from, 2500);
  assert.equal(linesOf(treeOf(calls), new Set()).filter((l) => l.node.kind === "call").length, 3);
});
