// Limits and budgets: in words, as they are written, and by the form.
import type { Schemas } from "../api/client";
import { count, span, usd } from "./format";

export type Rule = Schemas["Rule"];
export type Window = Schemas["Window"];
export type Written = Record<string, unknown>;

const billion = 1e9;
const money = (r: Rule) => r.unit === "cost";

/** An amount of the rule's unit; money is counted in billionths of a dollar. */
export const amountOf = (r: Rule, n: number) => (money(r) ? usd(n / billion) : count(n));

export const isBudget = (r: Rule) => !!r.windows[0]?.period;

export function windowOf(w: Window): string {
  return w.period ? `per ${w.period}${w.zone ? ` (${w.zone})` : ""}` : w.span ? `in ${span(w.span / billion)}` : "at once";
}

/** 100 requests in 1 min, per key. */
export function saysRule(r: Rule): string {
  const unit = money(r) ? "" : r.unit === "concurrent" ? " calls" : ` ${r.unit.replaceAll("_", " ")}`;
  const windows = r.windows.map((w) => `${amountOf(r, w.max)}${unit} ${windowOf(w)}`).join(", ");
  return r.per.length === 1 && r.per[0] === "gateway" ? windows : `${windows}, per ${r.per.join(" and ")}`;
}

export function saysOver(r: Rule): string {
  switch (r.over.do) {
    case "queue": return `waits up to ${span((r.over.wait ?? 0) / billion)}`;
    case "reroute": return `goes to ${r.over.reroute}`;
    case "record": return "is only noted";
    case "stale": return "gets an old answer from the cache, if there is one";
  }
  return r.soft ? "is let through: the budget is soft" : "is refused";
}

function length(nanoseconds: number): string {
  const s = nanoseconds / billion;
  return s % 86400 === 0 ? `${s / 86400}d` : s % 3600 === 0 ? `${s / 3600}h` : s % 60 === 0 ? `${s / 60}m` : `${s}s`;
}

/** Dollars without losing billionths. */
const plain = (n: number) => (n / billion).toFixed(9).replace(/(\.\d\d\d*?)0+$/, "$1");

function writtenOver(r: Rule): unknown {
  switch (r.over.do) {
    case "queue": return { queue: { wait: length(r.over.wait ?? 0), ...(r.over.max ? { max: r.over.max } : {}) } };
    case "reroute": return { reroute: r.over.reroute };
  }
  return r.over.do || "reject";
}

/** The rule as sluice.yaml has it. */
export function written(r: Rule): Written {
  const out: Written = {};
  if (!/^(limits|budgets)\[/.test(r.name)) out.name = r.name;
  out.per = r.per.length === 1 ? r.per[0] : r.per;
  const first = r.windows[0];
  const amounts = r.windows.map((w) => (money(r) ? plain(w.max) : String(w.max)) + (w.period ? `/${w.period}` : w.span ? `/${length(w.span)}` : ""));
  out[r.unit] = r.unit === "concurrent" ? first?.max : amounts.length === 1 ? amounts[0] : amounts;
  if (first?.zone) out.zone = first.zone;
  if (first?.fixed) out.fixed = true;
  if (first?.burst) out.burst = money(r) ? plain(first.burst) : first.burst;
  if (r.when) out.when = r.when;
  if (r.soft) out.mode = "soft";
  if (!isBudget(r) && writtenOver(r) !== "reject") out.over = writtenOver(r);
  if (r.on_outage) out.on_outage = r.on_outage;
  if (r.count_hits) out.count_hits = true;
  const exempt = [...(r.exempt_networks ?? []), ...(r.exempt_keys ?? [])];
  if (exempt.length) out.exempt = exempt;
  if (r.fit) out.fit = true;
  if (r.unpriced) out.unpriced = "allow";
  if (r.alert?.length) out.alert = r.alert;
  return out;
}

/** Whether a rule counts calls of a gateway: one of another gateway does not. */
export const ofGateway = (gateway: string) => (r: { owner: string }) => !gateway || !r.owner.startsWith("gateway/") || r.owner === `gateway/${gateway}`;
