// Where the time of a call went: in order, to scale, and no more of it than there was.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { timelineOf } = await load("lib/timeline.ts");
const { took } = await load("lib/format.ts");

const time = "2026-03-04T05:06:07.000100Z";
const after = (us) => new Date(Date.parse("2026-03-04T05:06:07Z")).toISOString().replace(".000Z", `.${String(100 + us).padStart(6, "0")}Z`);
const attempt = (us, more) => ({ provider: "openai", model: "m", status: 200, fault: "", started: after(us), connect_ms: null, first_byte_ms: null, latency_ms: 0, ...more });
const call = (more) => ({ time, status: 200, cache: "off", limits: [], phases: [], attempts: [], queue_ms: 0, first_byte_ms: null, latency_ms: null, overhead_us: null, caller_us: 0, ...more });
const told = (t) => Object.fromEntries(t.lines.map((l) => [l.name, l.parts.map((p) => `${p.kind} ${+p.from.toFixed(3)}-${+p.to.toFixed(3)}`).join(", ")]));

test("a stream behind cache, limits and queue is told in its order", () => {
  const t = timelineOf(call({
    cache: "miss", queue_ms: 30, latency_ms: 431, first_byte_ms: 181, overhead_us: 31_300,
    phases: [{ name: "cache", from_us: 100, took_us: 200 }, { name: "limits", from_us: 310, took_us: 90 }, { name: "queue", from_us: 400, took_us: 30_000 }],
    attempts: [attempt(30_900, { connect_ms: 20, first_byte_ms: 100, latency_ms: 400 })],
  }), "");
  assert.deepEqual(told(t), {
    "Sluice itself": "gateway 0-0.1, gateway 0.3-0.31, gateway 30.4-30.9, gateway 430.9-431",
    "Cache: nothing kept": "cache 0.1-0.3", "Limits and budgets": "limits 0.31-0.4", Queue: "queue 0.4-30.4",
    "openai/m": "connect 30.9-50.9, wait 50.9-130.9, first 130.9-181, stream 181-430.9",
  });
  assert.equal(t.all, 431);
  assert.equal(+t.lines[0].total.toFixed(3), 1.01); // 31.3 less 0.2, 0.09 and 30
  assert.equal(+t.spread.toFixed(3), 0.3); // what is not drawn: while the answer came
});

test("a hit is told to the microsecond, from which it is made", () => {
  const t = timelineOf(call({ cache: "hit", latency_ms: 0, overhead_us: 740, phases: [{ name: "cache", from_us: 90, took_us: 400 }] }), "");
  assert.deepEqual(told(t), { "Sluice itself": "gateway 0-0.09, gateway 0.49-0.74", "Cache: hit": "cache 0.09-0.49" });
  assert.equal(t.all, 0.74);
});

test("waits for others are no time of the gateway's", () => {
  const t = timelineOf(call({ cache: "coalesced", latency_ms: 505, overhead_us: 900, phases: [{ name: "cache", from_us: 100, took_us: 300 }, { name: "embedding", from_us: 400, took_us: 4000 }, { name: "flight", from_us: 4400, took_us: 500_000 }] }), "");
  assert.equal(+t.lines[0].total.toFixed(3), 0.6);
  assert.equal(t.all, 504.9);
  assert.deepEqual(t.lines.map((l) => l.name), ["Sluice itself", "Cache: coalesced", "Cache: what means the same", "Cache: an equal call"]);
});

test("a failed attempt, a wait and another", () => {
  const t = timelineOf(call({ latency_ms: 900, first_byte_ms: 700, overhead_us: 200_000, attempts: [attempt(500, { status: 529, fault: "upstream", first_byte_ms: 100, latency_ms: 100 }), attempt(300_500, { first_byte_ms: 300, latency_ms: 599, connect_ms: 1 })] }), "");
  assert.equal(told(t)["Sluice itself"], "gateway 0-0.5, gateway 100.5-300"); // no more than there was of it
  assert.deepEqual([t.lines[1].note, t.lines[1].parts[0].kind, t.lines[2].note], ["529 upstream", "failed", undefined]);
});

test("a refusal by a limit, an attempt without an answer, and a caller who reads slowly", () => {
  const refused = timelineOf(call({ status: 429, limits: ["a"], latency_ms: 30, overhead_us: 30_200, queue_ms: 30, phases: [{ name: "limits", from_us: 100, took_us: 10 }, { name: "queue", from_us: 110, took_us: 30_000 }] }), "3 a minute");
  assert.deepEqual(refused.lines.map((l) => [l.name, l.note]), [["Sluice itself", undefined], ["Limits: 3 a minute", "no room"], ["Queue", "no room"]]);
  const dead = timelineOf(call({ status: 502, latency_ms: 50, overhead_us: 300, attempts: [attempt(200, { status: 0, fault: "connect", latency_ms: 50 })] }), "");
  assert.equal(told(dead)["openai/m"], "failed 0.2-50.2");
  const slow = timelineOf(call({ latency_ms: 1000, overhead_us: 600_500, caller_us: 600_000, attempts: [attempt(200, { first_byte_ms: 100, latency_ms: 999 })] }), "");
  assert.deepEqual([told(slow)["Waiting for the caller"], +slow.lines[0].total.toFixed(3)], ["caller 400-1000", 0.5]);
});

test("attempts that are over within a millisecond are there, and the whole is not shorter than the gateway's part", () => {
  const t = timelineOf(call({ latency_ms: 0, overhead_us: 339, attempts: [attempt(155, { status: 529, fault: "upstream" }), attempt(300, {})] }), "");
  assert.equal(t.all, 0.339);
  assert.deepEqual(t.lines.slice(1).map((l) => l.parts), [[{ kind: "failed", from: 0.155, to: 0.155 }], [{ kind: "stream", from: 0.3, to: 0.3 }]]);
});

test("entries without phases tell what they know", () => {
  const old = timelineOf(call({ queue_ms: 12, cache: "miss", limits: ["x"], latency_ms: 112, overhead_us: 12_500, attempts: [attempt(12_400, { first_byte_ms: 50, latency_ms: 100 })] }), "x");
  assert.deepEqual(old.lines.map((l) => [l.name, l.total]), [["Sluice itself", 0.5], ["Queue", 12], ["Limits: x", null], ["Cache: nothing kept", null], ["openai/m", 100]]);
  const unknown = timelineOf(call({}), "");
  assert.deepEqual([unknown.lines, unknown.all], [[], 0.001]);
});

test("times below a millisecond are in microseconds", () => {
  assert.deepEqual([took(0.067), took(0.0004), took(0), took(1.25), took(null)], ["67 µs", "0 µs", "0 ms", "1.3 ms", "–"]);
});
