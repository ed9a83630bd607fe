// Months and spans as a time zone has them.
import { dayIn, moment, offset, startOf } from "../../lib/zone";

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

export type Before = { from: Date; to: Date; whole: boolean; months: number };

/**
 * As many months as a span of whole months has, just before it. Of a span that is not over
 * the same part of it: up to the day and time that it is now, or to the end of a month that
 * has no such day.
 */
export function before(s: Span, now: Date, zone: string): Before {
  const [y, m] = dayIn(s.from, zone);
  const [y2, m2] = dayIn(s.to, zone);
  const n = (y2 - y) * 12 + m2 - m;
  const from = startOf(y, m - n, 1, zone);
  if (now >= s.to) return { from, to: s.from, whole: true, months: n };
  const [year, month, day] = dayIn(now, zone);
  const clock = (now.getTime() + offset(now.getTime(), zone)) % 86_400_000;
  const same = moment(Date.UTC(year, month - n, day) + clock, zone);
  const end = startOf(year, month - n + 1, 1, zone);
  return { from, to: same < end ? same : end, whole: false, months: n };
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
