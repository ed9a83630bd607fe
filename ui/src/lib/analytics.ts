// What calls add up to, as the API's roll-ups tell it.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, got, type Schemas } from "../api/client";
import { type Period, useParams } from "./address";
import { zone } from "./format";

export type Analytics = Schemas["Analytics"];
export type Series = Schemas["AnalyticsSeries"];

export type Dimension = { label: string; by: string; nameOf: (by: Record<string, string>) => string; filters: (by: Record<string, string>) => Record<string, string> };

const plain = (label: string, by: string, param: string): Dimension => ({ label, by, nameOf: (v) => v[by] ?? "", filters: (v) => ({ [param]: v[by] ?? "" }) });

/** Dimensions by which the overview tells calls apart. */
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
};

/** Filters in the address, as the logs name them, and as the roll-ups do. */
const filterNames: Record<string, string> = { model: "model", provider: "provider", key_id: "key", route: "route", operation: "operation", gateway: "gateway", workspace: "workspace", error_code: "error_code", cache: "cache" };

export function useFilters(): Record<string, string> {
  const [params] = useParams();
  return useMemo(() => Object.fromEntries(Object.keys(filterNames).filter((n) => params.get(n)).map((n) => [n, params.get(n)!])), [params]);
}

/** The length of spans, so that there are some dozens of them. */
export function stepOf(p: Period): string {
  const hours = (p.to.getTime() - p.from.getTime()) / 3600e3;
  return hours <= 1.5 ? "minute" : hours <= 8 ? "5m" : hours <= 26 ? "15m" : hours <= 24 * 8 ? "hour" : "day";
}

function query(period: Period, filters: Record<string, string>, more: Record<string, string>) {
  const now = period.custom ? period.to : new Date();
  const from = period.custom ? period.from : new Date(now.getTime() - (period.to.getTime() - period.from.getTime()));
  const q: Record<string, string> = { from: from.toISOString(), to: now.toISOString(), ...more };
  for (const [k, v] of Object.entries(filters)) q[`filter.${filterNames[k]}`] = v;
  return q;
}

const keyOf = (p: Period) => (p.custom ? [p.from.toISOString(), p.to.toISOString()] : [p.range]);

export function useAnalytics(period: Period, filters: Record<string, string>, live: boolean, more: Record<string, string>) {
  return useQuery({
    queryKey: ["analytics", ...keyOf(period), filters, more],
    queryFn: ({ signal }) => got(api.GET("/api/v1/analytics", { signal, params: { query: query(period, filters, { tz: zone, ...more }) as never } })),
    refetchInterval: live ? 5000 : false,
    placeholderData: keepPreviousData,
  });
}

export function useSummary(period: Period, filters: Record<string, string>, live: boolean) {
  return useQuery({
    queryKey: ["analytics", "summary", ...keyOf(period), filters],
    queryFn: ({ signal }) => got(api.GET("/api/v1/analytics/summary", { signal, params: { query: query(period, filters, { compare: "previous" }) as never } })),
    refetchInterval: live ? 5000 : false,
    placeholderData: keepPreviousData,
  });
}

/** The spans of a metric over all series. */
export function spansOf(s: Series | undefined, metric: string): (number | null)[] {
  return (s?.spans as Record<string, (number | null)[]> | undefined)?.[metric] ?? [];
}

export const totalOf = (s: Series, metric: string): number | null => (s.total as Record<string, number | null>)[metric] ?? null;
