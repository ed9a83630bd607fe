// What somebody should look at now; nothing at all when all is well.
import { Group, Text, Title, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconBan, IconCoins, IconHeartbeat, IconReceiptOff, IconRouteOff } from "@tabler/icons-react";
import { useQueries, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, got, type Schemas } from "../api/client";
import { useAuth } from "../api/session";
import type { Period } from "../lib/address";
import { endsOf, pastOf } from "../lib/ahead";
import { asLogs, dimensions, totalOf, useAnalytics } from "../lib/analytics";
import { ago, at, count, dateOf, percent } from "../lib/format";
import { namesOf, nearAt, shareOf } from "../pages/limits/near";
import { useKeyNames } from "./names";
import { Goto, Info } from "./parts";

type View = { period: Period; filters: Record<string, string>; live: boolean };
type Item = { key: string; icon: typeof IconBan; tone?: "error" | "warning"; says: ReactNode };

const most = 5; // of a kind

/** Targets that rest, and what is wrong with the configuration or the store. */
function useHealth(): Item[] {
  const { who } = useAuth();
  const health = useQuery({ queryKey: ["health"], queryFn: () => got(api.GET("/api/v1/health")), refetchInterval: 10_000, enabled: who?.admin === true });
  const problems: Item[] = (health.data?.problems ?? []).map((p) => ({ key: p, icon: IconAlertTriangle, tone: "error", says: p }));
  const sick = (health.data?.targets ?? []).filter((t) => t.level !== "healthy");
  return problems.concat(sick.slice(0, most).map((t) => ({
    key: `${t.provider}/${t.model}/${t.credential}`, icon: IconHeartbeat, tone: t.level === "drained" ? undefined : "error",
    says: <><b>{t.provider}{t.model && `/${t.model}`}</b> {wordsOf(t)}. <Goto to="/providers">Look</Goto></>,
  })));
}

function wordsOf(t: Schemas["TargetHealth"]): string {
  const why = t.why ? ` after faults of the kind ${t.why.replaceAll("_", " ")}` : "";
  if (t.level === "drained") return "is out of use";
  return t.level === "probing" ? `rested${why}, and may be tried again` : `rests${why}; it is tried again ${ago(t.until)}`;
}

/** Budgets that are near their end, or that will end before their period does. */
function useBudgets(): Item[] {
  const keyName = useKeyNames();
  const budgets = useQuery({ queryKey: ["budgets"], queryFn: () => got(api.GET("/api/v1/budgets")), refetchInterval: 30_000 });
  const all = (budgets.data?.data ?? []).flatMap((rule) => rule.state.map((state) => ({ rule, state, share: shareOf(state) })));
  const fullest = all.filter((b) => b.share >= 0.5 || b.state.forecast?.ends).sort((a, b) => b.share - a.share).slice(0, 2 * most);
  const burns = useQueries({
    queries: fullest.map(({ rule, state }) => ({
      queryKey: ["budgets", "burn", rule.id, state.counter], refetchInterval: 60_000, staleTime: 30_000, retry: false,
      queryFn: () => got(api.GET("/api/v1/budgets/burn", { params: { query: { rule: rule.id, counter: state.counter } } })),
    })),
  });
  return fullest.map((b, i) => ({ ...b, burn: burns[i]?.data })).filter((b) => b.share >= nearAt || (b.burn && endsOf(b.burn))).slice(0, most).map(({ rule, state, share, burn }) => ({
    key: `${rule.id} ${state.counter}`, icon: IconCoins, tone: share >= 1 ? "error" : "warning",
    says: <>The budget of <b>{namesOf(state.values, keyName)}</b> has used {percent(share)}. <Forecast of={burn} spent={share >= 1} /> <Goto to="/budgets">Look</Goto></>,
  }));
}

const day = (t: string) => dateOf(t, { weekday: "short", day: "numeric", month: "short" });

function Forecast({ of: b, spent }: { of: Schemas["Burn"] | undefined; spent: boolean }) {
  if (!b) return null;
  if (spent) return <>{b.refuses ? "Calls are refused" : "Calls go on, since it is soft,"} until <Tooltip label={at(b.to)} withArrow><b>{day(b.to)}</b></Tooltip>.</>;
  const ends = endsOf(b);
  const so = b.forecast.basis ? `By ${pastOf(b.forecast)}` : "At this rate";
  if (!ends) return <>{so} it lasts until the period ends on {day(b.to)}.</>;
  return <>{so} it ends on <Tooltip label={at(ends)} withArrow><b>{day(ends)}</b></Tooltip> ({ago(ends)}), before the period does.</>;
}

/** Callers that limits refused in the period, the most first: each call once, however many limits it met. */
function useBlocked({ period, filters, live }: View): Item[] {
  const keyName = useKeyNames();
  const keys = useAnalytics(period, filters, live, { metric: "blocked", by: "key", top: "4" });
  const calls = (keys.data?.series ?? []).flatMap((s) => (!s.rest && s.by.key && totalOf(s, "blocked") ? [[s.by.key, totalOf(s, "blocked")!] as const] : []));
  return calls.slice(0, 3).map(([id, n]) => ({
    key: `blocked ${id}`, icon: IconBan, tone: "warning",
    says: <>Limits blocked {keys.data?.warning ? "at least " : ""}{count(n)} {n === 1 ? "call" : "calls"} of <b>{keyName(id)}</b>. <Goto to="/logs" extra={{ ...asLogs(filters), key_id: id, outcome: "refused" }}>Look</Goto></>,
  }));
}

/** Models that were used, and whose calls have no known cost. */
function useUnpriced(view: View): Item[] {
  const models = useAnalytics(view.period, view.filters, view.live, { metric: "requests,unpriced,tokens,cost_usd", by: "provider,model", top: "50" });
  const model = dimensions.model!;
  const unpriced = (models.data?.series ?? []).filter((s) => !s.rest && model.nameOf(s.by) && totalOf(s, "unpriced") && totalOf(s, "tokens") && !totalOf(s, "cost_usd"));
  return unpriced.slice(0, most).map((s) => ({
    key: `unpriced ${model.nameOf(s.by)}`, icon: IconReceiptOff,
    says: <><b>{model.nameOf(s.by)}</b> has no known price: {count(totalOf(s, "tokens"))} tokens are in no spend and no budget. <Goto to="/providers" extra={{ open: s.by.provider ?? "", tab: "models" }}>Look</Goto></>,
  }));
}

const looked = 5; // routes whose ways are looked at

/** Steps of routes that were called, whose condition no call met. */
function useUnmatched(view: View): Item[] {
  const { period, filters } = view;
  const routes = useQuery({ queryKey: ["routes"], queryFn: () => got(api.GET("/api/v1/routes")), staleTime: 60_000 });
  const where = { ...(filters.gateway ? { gateway: filters.gateway } : {}), ...(filters.workspace ? { workspace: filters.workspace } : {}) };
  const whole = Object.keys(filters).length === Object.keys(where).length; // else it is about some of a route's calls
  const used = useAnalytics(period, where, view.live, { metric: "requests", by: "route", top: "20" });
  const calls = new Map(used.data?.series.map((s) => [s.by.route ?? "", totalOf(s, "requests") ?? 0]));
  const asked = (whole ? (routes.data?.data ?? []) : []).filter((r) => calls.get(r.name) && r.steps.some((s) => s.when)).sort((a, b) => calls.get(b.name)! - calls.get(a.name)!).slice(0, looked);
  const ways = useQueries({
    queries: asked.map((r) => ({
      queryKey: ["traffic", "unmatched", r.name, where, period.custom ? [period.from, period.to] : period.range], staleTime: 60_000, retry: false,
      queryFn: () => got(api.GET("/api/v1/routes/{name}/traffic", { params: { path: { name: r.name }, query: { from: period.from.toISOString(), to: period.to.toISOString(), ...where } } })),
    })),
  });
  return asked.flatMap((r, i) => {
    const t = ways[i]?.data;
    if (!t || t.calls - t.refused - t.cached <= 0) return [];
    return r.steps.flatMap((s, n) => (s.when && t.steps[n]?.calls === 0 ? [{
      key: `unmatched ${r.name} ${n}`, icon: IconRouteOff,
      says: <>The step <b>{t.steps[n]!.step}</b> of the route <b>{r.name}</b> matched none of its {count(t.calls)} calls{t.cut && " that were looked at"}: <code>{s.when}</code>. <Goto to="/routes" extra={{ route: r.name }}>Look</Goto></>,
    }] : []));
  }).slice(0, most);
}

export function Attention(view: View) {
  const items = [...useHealth(), ...useBudgets(), ...useBlocked(view), ...useUnmatched(view), ...useUnpriced(view)];
  if (items.length === 0) return null;
  return (
    <section className="attention" aria-label="Needs attention">
      <div className="attention-in" tabIndex={0} role="group" aria-label="What needs attention">
        <Group gap={4} mb={4} wrap="nowrap">
          <Title order={2} size="h5">Needs attention</Title><Text size="sm" c="dimmed" ml={4}>{items.length}</Text>
          <Info text="Targets that rest or are out of use, budgets near their end or ending before their period does, callers that limits blocked most in this time, steps of routes whose condition no call of this time met, and models in use without a known price." />
        </Group>
        <ul>
          {items.map((i) => <li key={i.key} data-tone={i.tone}><i.icon size={17} stroke={1.7} aria-hidden /><div>{i.says}</div></li>)}
        </ul>
      </div>
    </section>
  );
}
