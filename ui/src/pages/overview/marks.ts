// What happened in a time, as marks on its axis: changes of the configuration, starts of
// Sluice with their version, and alerts.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, got, type Schemas } from "../../api/client";
import { useAuth } from "../../api/session";
import type { Period } from "../../lib/address";
import { at } from "../../lib/format";
import type { Mark } from "../../parts/Chart";
import { useRuleNames } from "../../parts/ruleNames";

const seconds = (t: string) => Date.parse(t) / 1000;

const changed = (r: Schemas["Revision"]): Mark => ({ time: seconds(r.time), label: `configuration ${r.number}${r.author.name ? ` by ${r.author.name}` : ""}${r.note ? `: ${r.note}` : ""}, ${at(r.time)}` });

/** An alert that a rule raised, or a budget at one of its thresholds. */
function raised(a: Schemas["Alert"], ruleName: (path: string) => string): Mark {
  const what = a.state ? `alert ${a.rule.replace("alerts/", "")}` : `budget ${ruleName(a.rule)} at ${a.threshold} %`;
  const critical = a.severity === "critical" || (!a.state && a.threshold >= 100);
  return { time: seconds(a.created), label: `${what}${a.values ? ` (${a.values})` : ""}, ${at(a.created)}`, alert: critical ? "critical" : "warning" };
}

const started = (e: Schemas["Event"]): Mark => ({ time: seconds(e.time), label: `${e.object.name} started with Sluice ${versionOf(e) ?? "of an unknown version"}, ${at(e.time)}`, started: true });

/** The version that an event of a start tells. */
const versionOf = (e: Schemas["Event"]) => (e.changes as { path: string; after: unknown }[]).find((c) => c.path === "version")?.after;

/** The marks of a period, by time. Whoever is no system admin sees no changes of the configuration. */
export function useMarks(period: Period): Mark[] {
  const { who } = useAuth();
  const key = period.custom ? [period.from.toISOString(), period.to.toISOString()] : [period.range];
  const within = { limit: "100", from: period.from.toISOString(), ...(period.custom ? { to: period.to.toISOString() } : {}) };
  const revisions = useQuery({ queryKey: ["config", "revisions", "marks", ...key], queryFn: () => got(api.GET("/api/v1/config/revisions", { params: { query: within } })), enabled: who?.admin === true, refetchInterval: 30_000, retry: false });
  const starts = useQuery({ queryKey: ["audit", "starts", ...key], queryFn: () => got(api.GET("/api/v1/audit", { params: { query: { ...within, action: "node.start" } } })), enabled: who?.admin === true, refetchInterval: 30_000, retry: false });
  const alerts = useQuery({
    queryKey: ["alerts", "marks", ...key], refetchInterval: 30_000, retry: false,
    queryFn: () => got(api.GET("/api/v1/alerts/history", { params: { query: within } })),
  });
  const ruleName = useRuleNames(alerts.data?.data.map((a) => a.rule) ?? []);
  return useMemo(() => {
    const fired = (alerts.data?.data ?? []).filter((a) => a.state !== "resolved").map((a) => raised(a, ruleName));
    const all = [...(revisions.data?.data ?? []).map(changed), ...(starts.data?.data ?? []).map(started), ...fired];
    const to = period.custom ? period.to.getTime() / 1000 : Infinity;
    return all.filter((m) => m.time >= period.from.getTime() / 1000 && m.time <= to).sort((a, b) => a.time - b.time);
  }, [revisions.data, starts.data, alerts.data, period, ruleName]);
}
