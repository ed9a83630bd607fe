// What redaction found, added up from calls.
import type { Entry } from "../../api/client";

/** How many calls of a gateway are looked at. */
export const newest = 200;

export type Hits = {
  calls: number;
  found: number;
  since: string; // time of the oldest call; "" = there is none
  kinds: Map<string, number>;
  spans: number[]; // found in each tenth of the calls or so, the oldest first
};

const bars = 25;

/** Adds up what was taken out of calls that are given newest first. */
export function hitsOf(calls: (Entry | null | undefined)[]): Hits {
  const all = calls.filter((e): e is Entry => !!e).reverse();
  const kinds = new Map<string, number>();
  const each = Math.max(1, Math.ceil(all.length / bars));
  const spans = Array.from({ length: Math.ceil(all.length / each) }, () => 0);
  let found = 0;
  all.forEach((e, i) => {
    for (const [kind, n] of Object.entries(e.redacted)) {
      kinds.set(kind, (kinds.get(kind) ?? 0) + n);
      spans[Math.floor(i / each)]! += n;
      found += n;
    }
  });
  return { calls: all.length, found, since: all[0]?.time ?? "", kinds, spans };
}

/** The kind that a rule's hits are counted as. */
export const kindOf = (rule: string) => (rule === "secrets" ? "secret" : rule);
