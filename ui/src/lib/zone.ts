// Moments and what clocks in a time zone show then.

/** How far a zone is from UTC at a time, in milliseconds. */
export function offset(t: number, zone: string): number {
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }).formatToParts(t).map((p) => [p.type, Number(p.value)]));
  return Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!) - Math.floor(t / 1000) * 1000;
}

/** When clocks in a zone show a time that is given as if it were UTC; where they show it twice, the later. */
export function moment(wall: number, zone: string): Date {
  const guess = wall - offset(wall, zone);
  return new Date(wall - offset(guess, zone));
}

/** When a day begins in a zone; months (from 0) and days may be out of range. */
export const startOf = (year: number, month: number, day: number, zone: string) => moment(Date.UTC(year, month, day), zone);

/** The year, month (from 0), day and weekday (0 = Sunday) that it is in a zone. */
export function dayIn(t: Date, zone: string): [number, number, number, number] {
  const wall = new Date(t.getTime() + offset(t.getTime(), zone));
  return [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate(), wall.getUTCDay()];
}

/** A moment as a field of date and time has it, to the minute. */
export const wallIn = (t: Date, zone: string) => new Date(t.getTime() + offset(t.getTime(), zone)).toISOString().slice(0, 16);

/** The moment that such a field means; null when it means none. */
export function momentIn(text: string, zone: string): Date | null {
  const wall = Date.parse(`${text}Z`);
  return Number.isNaN(wall) ? null : moment(wall, zone);
}
