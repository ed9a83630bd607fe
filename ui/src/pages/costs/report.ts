// The report of costs as the page shows it: a value's rows put together.
import type { Schemas } from "../../api/client";

export type CostReport = Schemas["CostReport"];
export type Sums = Schemas["CostSums"];

export type Line = { value: string; rest: boolean; total: Sums; spans: (number | null)[] };

const nothing = (): Sums => ({ cost_usd: 0, saved_usd: 0, requests: 0, unpriced: 0, input_tokens: 0, output_tokens: 0 });

/** Amounts are added up in billionths of a dollar, so that sums are exact. */
const plus = (a: number, b: number) => (Math.round(a * 1e9) + Math.round(b * 1e9)) / 1e9;

function add(to: Sums, r: Sums) {
  to.cost_usd = plus(to.cost_usd, r.cost_usd);
  to.saved_usd = plus(to.saved_usd, r.saved_usd);
  for (const k of ["requests", "unpriced", "input_tokens", "output_tokens"] as const) to[k] += r[k];
}

/** The values, the most expensive first and the rest last, each with its cost by the spans that begin at starts. */
export function linesOf(report: CostReport, starts: Date[]): Line[] {
  const lines = new Map<string, Line>();
  for (const r of report.rows) {
    const key = `${r.rest} ${r.value}`;
    let line = lines.get(key);
    if (!line) lines.set(key, (line = { value: r.value, rest: r.rest, total: nothing(), spans: starts.map(() => null) }));
    add(line.total, r);
    const at = r.time ? starts.findLastIndex((s) => s.getTime() <= Date.parse(r.time!)) : -1;
    if (at >= 0) line.spans[at] = plus(line.spans[at] ?? 0, r.cost_usd);
  }
  return [...lines.values()].sort((a, b) => Number(a.rest) - Number(b.rest) || b.total.cost_usd - a.total.cost_usd || b.total.requests - a.total.requests);
}
