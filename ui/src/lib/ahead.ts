// Where a budget leads, in words: by its past where enough is known, else at its present rate.
import type { Schemas } from "../api/client";

type Burn = Schemas["Burn"];

/** When a budget is used up; null = not in this period. */
export const endsOf = (b: Burn): string | null => (b.used_usd >= b.max_usd || !b.forecast.basis ? b.ends : b.forecast.ends);

/** What will be spent when its period ends. */
export const atEndOf = (b: Burn): number => (b.forecast.basis ? (b.forecast.at_end_usd ?? b.at_end_usd) : b.at_end_usd);

/** What a forecast goes by: "the last 6 weeks". */
export const pastOf = (f: { basis: string; cycles: number }): string => (f.cycles === 1 ? `the last ${f.basis.slice(0, -1)}` : `the last ${f.cycles} ${f.basis}`);
