// How near counters are to their limits, and who was refused since when.
import type { Schemas } from "../../api/client";
import { meaning } from "../../lib/color";

export type State = Schemas["LimitState"];
/** What limits refused: of each by caller, as far as these are told apart (more: there are others), and of gateways' limits in all. */
export type Blocks = { times: number[]; more: boolean; totals: Map<string, number>; series: { limit: string; key: string; total: number; spans: (number | null)[] }[] };

export const shareOf = (s: State) => (s.max > 0 ? s.used / s.max : s.used > 0 ? 1 : 0);

export const nearAt = 0.8;

export const toneOf = (share: number) => (share >= 1 ? meaning.failed : share >= nearAt ? meaning.limited : "var(--accent)");

export function near(r: Schemas["LimitRule"]) {
  const shares = r.state.map(shareOf);
  return { used: shares.length, near: shares.filter((s) => s >= nearAt && s < 1).length, full: shares.filter((s) => s >= 1).length };
}

/** What a counter counts, for people. */
export function namesOf(values: string, keyName: (id: string) => string): string {
  const said = values.replace(/key=([^\s,]+)/, (_, id: string) => `key ${keyName(id)}`).replace(/(\w+)=(?=$|,)/g, "no $1").replaceAll("=", " ");
  return said || "everything";
}

/** Since when calls of a series were refused without an hour of quiet, and when the last one was; null = not lately. */
export function refusedSince(times: number[], spans: (number | null)[]): { since: number; last: number; now: boolean } | null {
  let since = -1;
  let last = -1;
  spans.forEach((n, i) => {
    if (!n) return;
    if (last < 0 || times[i]! - times[last]! > 3600e3) since = i;
    last = i;
  });
  return last < 0 ? null : { since: times[since]!, last: times[last]!, now: last >= spans.length - 3 };
}

/** How many calls a limit refused, by its id. */
export const refusedOf = (b: Blocks, id: string) => b.totals.get(id) ?? b.series.filter((s) => s.limit === id).reduce((n, s) => n + s.total, 0);

/** The filters of the calls that a limit refused, by its id: gateway/NAME/LIMIT or key/ID/LIMIT. */
export function refusedBy(id: string): Record<string, string> {
  const [of, owner = "", ...name] = id.split("/");
  const limit = name.join("/");
  return { outcome: "refused", ...(of === "key" ? { key_id: owner, limits: `key/${limit}` } : { gateway: owner, limits: limit }) };
}
