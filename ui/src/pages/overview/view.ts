// What the parts of the overview are about, and what several of them ask for.
import { useCallback, useMemo } from "react";
import { type Period, useParams } from "../../lib/address";
import { stepOf, useAnalytics } from "../../lib/analytics";

export type View = { period: Period; filters: Record<string, string>; live: boolean };

export const stepWords: Record<string, string> = { minute: "minute", "5m": "five minutes", "15m": "quarter of an hour", hour: "hour", day: "day" };

const overall = "requests,hits,errors,blocked,cancelled,latency_p50_ms,latency_p90_ms,latency_p95_ms,latency_p99_ms,provider_p95_ms,gateway_p95_ms,misses,input_tokens,output_tokens,provider_total_ms,gateway_total_ms,queue_total_ms,caller_total_ms";

/** All calls over time: asked for once, whoever draws it. */
export function useOverall({ period, filters, live }: View) {
  const step = stepOf(period);
  const all = useAnalytics(period, filters, live, { metric: overall, step });
  const times = useMemo(() => secondsOf(all.data?.times), [all.data]);
  return { all, step, times, one: all.data?.series[0] };
}

const secondsOf = (times: string[] | undefined) => (times ?? []).map((t) => new Date(t).getTime() / 1000);

export function useZoom() {
  const [, set] = useParams();
  return useCallback((a: Date, b: Date) => set({ from: a.toISOString(), to: b.toISOString() }), [set]);
}
