// What alert rules say, in words.
import type { Schemas } from "../../api/client";
import { count, ms, percent, span, usd } from "../../lib/format";

export type Rule = Schemas["AlertRule"];
export type Active = Schemas["ActiveAlert"];
export type Alert = Schemas["Alert"];

export const figureOf = (unit: string) => (n: number | null | undefined) => (unit === "share" ? percent(n) : unit === "ms" ? ms(n) : unit === "usd" ? usd(n) : count(n));

/** saysBound tells what is too much. */
export function saysBound(r: Rule): string {
  const f = figureOf(r.unit);
  const what = r.metric.replaceAll("_", " ");
  const over = `over ${span(r.window_s)}`;
  if (r.metric === "silence") return `no call for ${span(r.window_s)}`;
  if (r.weeks > 0) return `${what} of an hour far above ${r.weeks} past weeks`;
  if (r.above != null) return `${what} above ${f(r.above)} ${over}`;
  return `${what} below ${f(r.below)} ${over}`;
}

export const toneOf = (severity: string) => (severity === "critical" ? "error" : severity === "warning" ? "warning" : "plain");
