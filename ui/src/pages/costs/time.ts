// Months and spans as a time zone has them.
import { dayIn, startOf } from "../../lib/zone";

export type Grain = "day" | "week" | "month";
export type Span = { from: Date; to: Date; grain: Grain };

const months = (t: Date, zone: string, first: number, last: number) => {
  const [y, m] = dayIn(t, zone);
  return { from: startOf(y, m + first, 1, zone), to: startOf(y, m + last, 1, zone) };
};

/** Months that are asked for together, by their name in the address. */
export const spans: Record<string, { label: string; of: (now: Date, zone: string) => Span }> = {
  "": { label: "This month", of: (now, zone) => ({ ...months(now, zone, 0, 1), grain: "day" }) },
  last: { label: "Last month", of: (now, zone) => ({ ...months(now, zone, -1, 0), grain: "day" }) },
  "3m": { label: "3 months", of: (now, zone) => ({ ...months(now, zone, -2, 1), grain: "week" }) },
  "12m": { label: "12 months", of: (now, zone) => ({ ...months(now, zone, -11, 1), grain: "month" }) },
};

/** What a name in the address means: one of spans, or a month as in 2030-01; else this month. */
export function spanOf(name: string, now: Date, zone: string): Span {
  const [, y, m] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(name) ?? [];
  if (y && m) return { from: startOf(Number(y), Number(m) - 1, 1, zone), to: startOf(Number(y), Number(m), 1, zone), grain: "day" };
  return (spans[name] ?? spans[""]!).of(now, zone);
}

/** The months before this one, the latest first, as in 2030-01. */
export function monthsBefore(now: Date, zone: string, n: number): string[] {
  const [y, m] = dayIn(now, zone);
  return Array.from({ length: n }, (_, i) => new Date(Date.UTC(y, m - i, 1)).toISOString().slice(0, 7));
}

/** As many months as a span of whole months has, just before it. */
export function before(s: Span, zone: string): { from: Date; to: Date } {
  const [y, m] = dayIn(s.from, zone);
  const [y2, m2] = dayIn(s.to, zone);
  return { from: startOf(y, m - ((y2 - y) * 12 + m2 - m), 1, zone), to: s.from };
}

/** When days, weeks (from Monday) or months begin in a span, its own beginning first. */
export function startsOf(s: Span, grain: Grain, zone: string): Date[] {
  const out = [s.from];
  for (let [y, m, d, weekday] = dayIn(s.from, zone); ; ) {
    if (grain === "month") m++, (d = 1);
    else d += grain === "day" ? 1 : 7 - ((weekday + 6) % 7);
    if (grain === "week") weekday = 1;
    const next = startOf(y, m, d, zone);
    if (next >= s.to) return out;
    out.push(next);
  }
}
