// What calls add up to, as the API's roll-ups tell it.
import { keepPreviousData, useIsFetching, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, got, type Schemas } from "../api/client";
import { type Period, useParams } from "./address";
import { zone } from "./format";

export type Analytics = Schemas["Analytics"];
export type Series = Schemas["AnalyticsSeries"];

export type Dimension = { label: string; by: string; nameOf: (by: Record<string, string>) => string; filters: (by: Record<string, string>) => Record<string, string> };

const plain = (label: string, by: string, param: string): Dimension => ({ label, by, nameOf: (v) => v[by] ?? "", filters: (v) => ({ [param]: v[by] ?? "" }) });

/** Dimensions whose filters have other names than they have, or that are written otherwise. */
export const dimensions: Record<string, Dimension> = {
  model: { label: "Model", by: "provider,model", nameOf: (v) => (v.model ? `${v.provider}/${v.model}` : ""), filters: (v) => ({ provider: v.provider ?? "", model: v.model ?? "" }) },
  provider: plain("Provider", "provider", "provider"),
  key: plain("Key", "key", "key_id"),
  route: plain("Route", "route", "route"),
  operation: plain("Operation", "operation", "operation"),
  gateway: plain("Gateway", "gateway", "gateway"),
  workspace: plain("Workspace", "workspace", "workspace"),
  error: plain("Error", "error_code", "error_code"),
  cache: plain("Cache", "cache", "cache"),
  status: plain("Status", "status", "status"),
  limit: plain("Limit", "limit", "limits"), // refused calls alone
};

const ofMetadata = "metadata.";

/** The names of all dimensions that the API knows, the chosen keys of metadata among them. */
export function useDimensionNames(): string[] {
  const doc = useQuery({ queryKey: ["openapi"], staleTime: Infinity, queryFn: () => got(api.GET("/api/v1/openapi.json")) });
  return useMemo(() => {
    const params = (doc.data as { paths?: Record<string, { get?: { parameters?: { name: string }[] } }> } | undefined)?.paths?.["/api/v1/analytics"]?.get?.parameters ?? [];
    return params.map((p) => p.name).filter((n) => n.startsWith("filter.")).map((n) => n.slice("filter.".length));
  }, [doc.data]);
}

/** What a dimension is called. */
export const dimensionLabel = (d: string) => (d.startsWith(ofMetadata) ? `Metadata: ${d.slice(ofMetadata.length)}` : `${d[0]!.toUpperCase()}${d.slice(1).replaceAll("_", " ")}`);

/** Dimensions by which the overview tells calls apart: all that the API names. */
export function useDimensions(): Record<string, Dimension> {
  const names = useDimensionNames();
  return useMemo(() => {
    const known = new Set(Object.values(dimensions).map((d) => d.by));
    return { ...dimensions, ...Object.fromEntries(names.filter((n) => !known.has(n) && !(n in dimensions)).map((n) => [n, plain(dimensionLabel(n), n, n)])) };
  }, [names]);
}

/** Filters in the address, as the logs name them, and as the roll-ups do. */
const filterNames: Record<string, string> = { model: "model", provider: "provider", key_id: "key", route: "route", operation: "operation", gateway: "gateway", workspace: "workspace", error_code: "error_code", cache: "cache", status: "status", limits: "limit" };

const filtered = (name: string) => name in filterNames || (name.startsWith(ofMetadata) && name.length > ofMetadata.length);

/** The filters of the logs that choose the same calls: sums by a limit are of what it refused. */
export const asLogs = (filters: Record<string, string>): Record<string, string> => (filters.limits ? { ...filters, outcome: "refused" } : filters);

export function useFilters(): Record<string, string> {
  const [params] = useParams();
  return useMemo(() => Object.fromEntries([...new Set(params.keys())].filter((n) => filtered(n) && params.get(n)).map((n) => [n, params.get(n)!])), [params]);
}

/** Spans of less than 15 minutes are kept for eight days; the period before a period counts too. */
const finelyKept = 7.5 * 86400e3; // ms

/** The length of spans, so that there are some dozens of them where they are kept so finely. */
export function stepOf(p: Period): string {
  const hours = (p.to.getTime() - p.from.getTime()) / 3600e3;
  if (hours <= 8 && Date.now() - p.from.getTime() + lengthOf(p) > finelyKept) return "15m";
  return hours <= 1.5 ? "minute" : hours <= 8 ? "5m" : hours <= 26 ? "15m" : hours <= 24 * 8 ? "hour" : "day";
}

const lengthOf = (p: Period) => p.to.getTime() - p.from.getTime(); // ms

function query(period: Period, filters: Record<string, string>, more: Record<string, string>, back = 0) {
  const now = period.custom ? period.to : new Date();
  const from = period.custom ? period.from : new Date(now.getTime() - (period.to.getTime() - period.from.getTime()));
  const q: Record<string, string> = { from: new Date(from.getTime() - back).toISOString(), to: new Date(now.getTime() - back).toISOString(), ...more };
  for (const [k, v] of Object.entries(filters)) q[`filter.${filterNames[k] ?? k}`] = v;
  return q;
}

const keyOf = (p: Period) => (p.custom ? [p.from.toISOString(), p.to.toISOString()] : [p.range]);

export function useAnalytics(period: Period, filters: Record<string, string>, live: boolean, more: Record<string, string>) {
  return useQuery({
    queryKey: ["analytics", ...keyOf(period), filters, more],
    queryFn: ({ signal }) => got(api.GET("/api/v1/analytics", { signal, params: { query: query(period, filters, { tz: zone, ...more }) as never } })),
    refetchInterval: ({ state }) => again(live, state.data),
    placeholderData: keepPreviousData,
  });
}

/** When figures are asked for anew, in ms: those that are read from the calls themselves cost more. */
const again = (live: boolean, told: { source: string } | undefined) => (!live ? false : told?.source === "entries" ? 60_000 : 5000);

/** The same beside the period before, which is asked for less often. */
export function useCompared(period: Period, filters: Record<string, string>, live: boolean, more: Record<string, string>) {
  return useQuery({
    queryKey: ["analytics", "compared", ...keyOf(period), filters, more],
    queryFn: ({ signal }) => got(api.GET("/api/v1/analytics", { signal, params: { query: query(period, filters, { tz: zone, compare: "previous", ...more }) as never } })),
    refetchInterval: live ? 60_000 : false, retry: false,
    placeholderData: keepPreviousData,
  });
}

/** A metric in the period before, laid over the times of this one; empty until it is known, or when there was nothing. */
export function useBefore(period: Period, filters: Record<string, string>, live: boolean, times: number[], metric: string, step: string): (number | null)[] {
  const before = useQuery({
    queryKey: ["analytics", "before", ...keyOf(period), filters, metric, step],
    queryFn: ({ signal }) => got(api.GET("/api/v1/analytics", { signal, params: { query: query(period, filters, { tz: zone, metric, step }, lengthOf(period)) as never } })),
    refetchInterval: live ? 60_000 : false, retry: false,
    placeholderData: keepPreviousData,
  });
  return useMemo(() => laidOver(times, before.data, metric, lengthOf(period) / 1000), [times, before.data, metric, period]);
}

/** Whether a metric of a longer span is made of those of its parts: counts and amounts are, shares and times are not. */
const isSum = (metric: string) => !/_(ms|rate|ratio)$/.test(metric);

/** The earlier values over the later times, each span with its share of theirs: what is long ago is kept in longer spans. */
function laidOver(times: number[], before: Analytics | undefined, metric: string, later: number): (number | null)[] {
  const values = spansOf(before?.series[0], metric);
  if (!before || before.times.length < 3 || times.length < 3 || !values.some((v) => v)) return [];
  const step = times[2]! - times[1]!; // the first and the last span may be cut
  const starts = before.times.map((t) => Date.parse(t) / 1000);
  const each = Math.max(1, Math.round((starts[2]! - starts[1]!) / step));
  const out: (number | null)[] = times.map(() => null);
  starts.forEach((start, i) => {
    const at = Math.round((start + later - times[1]!) / step) + 1;
    const cut = each > 1 && (i === 0 || i === starts.length - 1); // a longer span that lies only in part in the period
    const value = isSum(metric) ? (values[i] ?? 0) / each : (values[i] ?? null);
    for (let n = at; n < at + each && !cut; n++) if (n >= 0 && n < out.length) out[n] = value;
  });
  return out;
}

export function useSummary(period: Period, filters: Record<string, string>, live: boolean) {
  return useQuery({
    queryKey: ["analytics", "summary", ...keyOf(period), filters],
    queryFn: ({ signal }) => got(api.GET("/api/v1/analytics/summary", { signal, params: { query: query(period, filters, { compare: "previous" }) as never } })),
    refetchInterval: ({ state }) => again(live, state.data),
    placeholderData: keepPreviousData,
  });
}

/** Whether figures of another question stand there still, while those that were asked for are on their way. */
export const useStale = () => useIsFetching({ queryKey: ["analytics"], predicate: (q) => q.state.status === "pending" }) > 0;

/** The spans of a metric over all series. */
export function spansOf(s: Series | undefined, metric: string): (number | null)[] {
  return (s?.spans as Record<string, (number | null)[]> | undefined)?.[metric] ?? [];
}

export const totalOf = (s: Series, metric: string): number | null => (s.total as Record<string, number | null>)[metric] ?? null;
