// Numbers and times as people read them. null and undefined are "unknown", shown as a dash.
type Maybe = number | null | undefined;
const dash = "–";

const number = (n: number, digits: number) => n.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: 0 });

export function count(n: Maybe): string {
  if (n == null) return dash;
  const a = Math.abs(n);
  if (a >= 1e9) return `${number(n / 1e9, 2)} G`;
  if (a >= 1e6) return `${number(n / 1e6, 2)} M`;
  if (a >= 1e4) return `${number(n / 1e3, 1)} k`;
  return number(n, a < 10 ? 2 : 0);
}

export const exact = (n: Maybe) => (n == null ? "unknown" : number(n, 9));

export function ms(n: Maybe): string {
  if (n == null) return dash;
  if (n >= 7_200_000) return n >= 172_800_000 ? `${number(n / 86_400_000, 1)} days` : `${number(n / 3_600_000, 1)} h`;
  if (n >= 60_000) return minutes(Math.round(n / 1000));
  if (n >= 10_000) return `${number(n / 1000, 1)} s`;
  if (n >= 1000) return `${number(n / 1000, 2)} s`;
  return `${number(n, n < 10 ? 1 : 0)} ms`;
}

const minutes = (seconds: number) => `${Math.floor(seconds / 60)} min ${seconds % 60} s`;

/** A time as exact as it is known: below a millisecond in microseconds. */
export const took = (n: Maybe): string => (n != null && n > 0 && n < 1 ? `${count(Math.round(n * 1000))} µs` : ms(n));

export function usd(n: Maybe): string {
  if (n == null) return dash;
  if (n === 0) return "$0";
  const a = Math.abs(n);
  if (a < 0.0001) return `$${number(n, Math.min(9, 1 - Math.floor(Math.log10(a))))}`; // two digits, to the billionth
  return `$${n.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: a < 1 ? 4 : 2 })}`;
}

export function percent(n: Maybe): string {
  if (n == null) return dash;
  const p = n * 100;
  if (p > 0 && p < 0.01) return "< 0.01 %"; // what is not nothing, and not all, is never shown as that
  if (p > 99 && p < 100) return `${number(Math.floor(p * 100) / 100, 2)} %`;
  return `${number(p, p <= 0 || p >= 10 ? 0 : p < 0.1 ? 2 : 1)} %`;
}

export function bytes(n: Maybe): string {
  if (n == null) return dash;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let i = 0;
  for (; n >= 1024 && i < units.length - 1; i++) n /= 1024;
  return `${number(n, n < 10 && i > 0 ? 1 : 0)} ${units[i]}`;
}

export function span(seconds: Maybe): string {
  if (seconds == null) return dash;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min${s % 60 ? ` ${s % 60} s` : ""}`;
  if (s < 86400) return `${Math.floor(s / 3600)} h${s % 3600 >= 60 ? ` ${Math.floor((s % 3600) / 60)} min` : ""}`;
  return `${Math.floor(s / 86400)} d${s % 86400 >= 3600 ? ` ${Math.floor((s % 86400) / 3600)} h` : ""}`;
}

export function ago(time: string | number | null | undefined, now = Date.now()): string {
  if (!time) return dash;
  const s = (now - new Date(time).getTime()) / 1000;
  const word = s < 0 ? (t: string) => `in ${t}` : (t: string) => `${t} ago`;
  const a = Math.abs(s);
  if (a < 5) return "just now";
  if (a < 90) return word(`${Math.round(a)} s`);
  if (a < 5400) return word(`${Math.round(a / 60)} min`);
  if (a < 129600) return word(`${Math.round(a / 3600)} h`);
  return word(`${Math.round(a / 86400)} d`);
}

/** The time zone of this browser. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The time zone in which all times are shown, and in which days are added up. */
export let zone = ownZone;

/** Shows times in a zone from now on; the browser's when it is empty or no zone. What is drawn already stays. */
export function showIn(name: string | null) {
  try {
    zone = name ? new Intl.DateTimeFormat("en-GB", { timeZone: name }).resolvedOptions().timeZone : ownZone;
  } catch {
    zone = ownZone;
  }
}

/** A date, or a time of the day, as the options say, in the zone. */
export const dateOf = (time: string | number | Date, parts: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...parts }).format(new Date(time));

export const at = (time: string | number | null | undefined) => (time ? `${dateOf(time, { dateStyle: "medium", timeStyle: "medium" })} (${zone})` : dash);

export function clock(time: string): string {
  const t = dateOf(time, { timeStyle: "medium" });
  const dayOf = (d: string | Date) => dateOf(d, { dateStyle: "short" });
  return dayOf(new Date()) === dayOf(time) ? t : `${dateOf(time, { day: "numeric", month: "short" })} ${t.slice(0, 5)}`;
}
