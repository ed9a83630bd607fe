// Months as a time zone has them.

/** How far a zone is from UTC at a time, in milliseconds. */
function offset(t: number, zone: string): number {
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }).formatToParts(t).map((p) => [p.type, Number(p.value)]));
  return Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!) - Math.floor(t / 1000) * 1000;
}

/** When a month begins in a zone; months may be below 0 and above 11. */
export function monthStart(year: number, month: number, zone: string): Date {
  const wall = Date.UTC(year, month, 1);
  const guess = wall - offset(wall, zone);
  return new Date(wall - offset(guess, zone));
}

/** The year and month (from 0) that it is in a zone. */
export function monthOf(t: Date, zone: string): [number, number] {
  const wall = new Date(t.getTime() + offset(t.getTime(), zone));
  return [wall.getUTCFullYear(), wall.getUTCMonth()];
}

export type Span = { from: Date; to: Date };

export const spans: Record<string, { label: string; step: string; of: (now: Date, zone: string) => Span }> = {
  "": { label: "This month", step: "day", of: (now, zone) => { const [y, m] = monthOf(now, zone); return { from: monthStart(y, m, zone), to: now }; } },
  last: { label: "Last month", step: "day", of: (now, zone) => { const [y, m] = monthOf(now, zone); return { from: monthStart(y, m - 1, zone), to: monthStart(y, m, zone) }; } },
  "3m": { label: "3 months", step: "week", of: (now, zone) => { const [y, m] = monthOf(now, zone); return { from: monthStart(y, m - 2, zone), to: now }; } },
  "12m": { label: "12 months", step: "month", of: (now, zone) => { const [y, m] = monthOf(now, zone); return { from: monthStart(y, m - 11, zone), to: now }; } },
};
