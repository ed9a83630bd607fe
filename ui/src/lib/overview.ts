// What a set of calls adds up to.
import type { Entry } from "../api/client";

export type Outcome = "ok" | "cached" | "caller" | "limited" | "failed";

export const outcomes: { key: Outcome; label: string; says: string }[] = [
  { key: "ok", label: "Answered", says: "A provider answered." },
  { key: "cached", label: "From cache", says: "The cache answered; no provider was called." },
  { key: "caller", label: "Caller's error", says: "The request was refused as wrong, unknown or not allowed (4xx)." },
  { key: "limited", label: "Limited", says: "A limit, a budget or the gateway's own load refused it." },
  { key: "failed", label: "Failed", says: "No provider gave an answer (5xx)." },
];

const served = new Set(["hit", "stale", "coalesced", "semantic"]);
const refused = new Set(["rate_limited", "budget_exceeded", "overloaded"]);

export function outcomeOf(e: Entry): Outcome {
  if (e.status < 400 && e.status > 0) return served.has(e.cache) ? "cached" : "ok";
  if (refused.has(e.error_code)) return "limited";
  return e.status >= 400 && e.status < 500 ? "caller" : "failed";
}

export type Sums = {
  calls: number;
  by: Record<Outcome, number>;
  input: number;
  output: number;
  cost: number;
  unpriced: number;
  saved: number;
  looked: number;
  hits: number;
  latency: number[];
  first: number[];
  overhead: number[];
};

const empty = (): Sums => ({ calls: 0, by: { ok: 0, cached: 0, caller: 0, limited: 0, failed: 0 }, input: 0, output: 0, cost: 0, unpriced: 0, saved: 0, looked: 0, hits: 0, latency: [], first: [], overhead: [] });

function add(s: Sums, e: Entry) {
  const n = e.count || 1;
  const outcome = outcomeOf(e);
  s.calls += n;
  s.by[outcome] += n;
  s.input += e.usage.input_tokens ?? 0;
  s.output += e.usage.output_tokens ?? 0;
  s.cost += e.cost_usd ?? 0;
  if (e.cost_usd == null && outcome === "ok") s.unpriced += n;
  s.saved += e.saved_usd ?? 0;
  if (served.has(e.cache)) s.hits += n;
  if (served.has(e.cache) || e.cache === "miss") s.looked += n;
  if (outcome !== "ok" && outcome !== "cached") return;
  if (e.latency_ms != null) s.latency.push(e.latency_ms);
  if (e.stream && e.first_byte_ms != null) s.first.push(e.first_byte_ms);
  if (e.overhead_us != null) s.overhead.push(e.overhead_us / 1000);
}

export function quantile(values: number[], q: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)]!;
}

export type Bucket = { t: number; sums: Sums };

const steps = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

/** Seconds of a bucket, so that there are about 60. */
export const stepOf = (from: Date, to: Date) => steps.find((s) => (to.getTime() - from.getTime()) / 1000 / s <= 72) ?? 86400;

export function bucketsOf(entries: Entry[], from: Date, to: Date): Bucket[] {
  const step = stepOf(from, to);
  const first = Math.floor(from.getTime() / 1000 / step) * step;
  const n = Math.floor((to.getTime() / 1000 - first) / step) + 1;
  const all = Array.from({ length: n }, (_, i) => ({ t: first + i * step, sums: empty() }));
  for (const e of entries) {
    const i = Math.floor((new Date(e.time).getTime() / 1000 - first) / step);
    if (all[i]) add(all[i].sums, e);
  }
  return all;
}

export function sumsOf(entries: Entry[]): Sums {
  const s = empty();
  for (const e of entries) add(s, e);
  return s;
}

export type Group = { name: string; sums: Sums };

/** What each value of a dimension adds up to, the largest first. */
export function groupsOf(entries: Entry[], of: (e: Entry) => string): Group[] {
  const groups = new Map<string, Sums>();
  for (const e of entries) {
    const name = of(e);
    if (!groups.has(name)) groups.set(name, empty());
    add(groups.get(name)!, e);
  }
  return [...groups].map(([name, sums]) => ({ name, sums })).sort((a, b) => b.sums.calls - a.sums.calls);
}

export const errorsOf = (s: Sums) => s.by.failed + s.by.caller + s.by.limited;
