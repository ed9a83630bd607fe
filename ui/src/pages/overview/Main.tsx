// The wide chart beneath the figures: each of these opens it with what it is made of.
import { Text } from "@mantine/core";
import { useMemo } from "react";
import { useParams } from "../../lib/address";
import { asLogs, dimensions, type Series as Sums, spansOf, totalOf, useAnalytics, useBefore, useSummary } from "../../lib/analytics";
import { colorsOf, meaning } from "../../lib/color";
import { count, ms, percent, usd } from "../../lib/format";
import { Chart, type Series } from "../../parts/Chart";
import { Failure, Goto, Panel, Waiting } from "../../parts/parts";
import { useMarks } from "./marks";
import { stepWords, useOverall, useZoom, type View } from "./view";

/** What the chart can show, by its name in the address. */
export const charts = ["", "errors", "first", "tokens", "spend", "cache"] as const;
export type ChartName = (typeof charts)[number];

export function useChosenChart(): ChartName {
  const [params] = useParams();
  return charts.find((c) => c === params.get("chart")) ?? "";
}

export function Main(view: View) {
  const chosen = useChosenChart();
  const Shown = { "": Outcomes, errors: Errors, first: First, tokens: Tokens, spend: Spend, cache: Cache }[chosen];
  return <Shown {...view} />;
}

const past = (values: (number | null)[], label: string): Series => ({ label, color: "#868e96", values, dash: [4, 4], beside: true });

const drawn = (all: Series[]) => all.filter((s) => s.values.some((v) => v));

const aboutMarks = "Lines with a dot: the configuration changed; with a square: Sluice was started; with a triangle: an alert fired. Drag over a part to look closer.";

type WideProps = { view: View; title: string; says: string; series: Series[]; kind: "areas" | "lines"; format: (n: number | null | undefined) => string; to: string; extra?: Record<string, string>; leads?: string; warning?: string };

function Wide({ view, title, says, series, kind, format, to, extra, leads = "These calls", warning }: WideProps) {
  const { all, times } = useOverall(view);
  const marks = useMarks(view.period);
  const zoom = useZoom();
  if (all.isError) return <Failure error={all.error} />;
  if (!all.data) return <Waiting rows={1} height={300} />;
  return (
    <Panel title={title} says={`${says} ${aboutMarks}`} right={<Goto to={to} extra={extra ?? {}}>{leads}</Goto>}>
      {warning && <Text size="xs" c="dimmed" mb={4}>{warning}</Text>}
      <Chart title={title} times={times} series={series} kind={kind} format={format} height={230} zoom={zoom} marks={marks} />
    </Panel>
  );
}

function Outcomes(view: View) {
  const { times, step, one } = useOverall(view);
  const before = useBefore(view.period, view.filters, view.live, times, "requests", step);
  const series = useMemo(() => {
    const [requests, hits, errors, blocked, left] = ["requests", "hits", "errors", "blocked", "cancelled"].map((m) => spansOf(one, m)) as [(number | null)[], (number | null)[], (number | null)[], (number | null)[], (number | null)[]];
    const answered = requests.map((n, i) => Math.max(0, (n ?? 0) - (hits[i] ?? 0) - (errors[i] ?? 0) - (blocked[i] ?? 0) - (left[i] ?? 0)));
    return drawn([
      { label: "Answered", color: meaning.ok, values: answered }, { label: "From cache", color: meaning.cached, values: hits }, { label: "Caller left", color: meaning.left, values: left },
      { label: "Blocked", color: meaning.limited, values: blocked }, { label: "Errors", color: meaning.failed, values: errors }, past(before, "All, period before"),
    ]);
  }, [one, before]);
  return <Wide view={view} title="Requests by outcome" kind="areas" format={count} series={series} to="/logs" extra={asLogs(view.filters)} says={`Calls per ${stepWords[step]}, one outcome upon the other; the last ${stepWords[step]} is still filling. Answered: by a provider. From cache: no provider was called. Blocked: by a limit or a budget. Errors: all others that failed. The dashed line is all calls of the period before.`} />;
}

function Errors(view: View) {
  const { times, step, one } = useOverall(view);
  const before = useBefore(view.period, view.filters, view.live, times, "error_rate", step);
  const series = useMemo(() => {
    const [requests, errors] = [spansOf(one, "requests"), spansOf(one, "errors")];
    const rate = requests.map((n, i) => (n ? (errors[i] ?? 0) / n : null));
    return [{ label: "Error rate", color: meaning.failed, values: rate, filled: false }, ...drawn([past(before, "Period before")])];
  }, [one, before]);
  return <Wide view={view} title="Error rate" kind="lines" format={percent} series={series} to="/logs" extra={{ ...asLogs(view.filters), outcome: "error" }} leads="These errors" says={`Share of each ${stepWords[step]}'s calls that ended with an error; blocked calls, and those whose caller left first, are none. The dashed line is the period before.`} />;
}

function First(view: View) {
  const { times, step } = useOverall(view);
  const told = useAnalytics(view.period, view.filters, view.live, { metric: "first_byte_p50_ms,first_byte_p95_ms,first_byte_p99_ms", step });
  const before = useBefore(view.period, view.filters, view.live, times, "first_byte_p95_ms", step);
  const summary = useSummary(view.period, view.filters, view.live);
  const one = told.data?.series[0];
  const series = useMemo(() => [
    { label: "p50", color: "#4c6ef5", values: spansOf(one, "first_byte_p50_ms") }, { label: "p95", color: "#e69f00", values: spansOf(one, "first_byte_p95_ms") }, { label: "p99", color: "#d55e00", values: spansOf(one, "first_byte_p99_ms") },
    ...drawn([past(before, "p95, period before")]),
  ], [one, before]);
  const slow = Math.floor(summary.data?.figures.first_byte.p95_ms ?? 0);
  return <Wide view={view} title="First token" kind="lines" format={ms} series={series} to="/logs" extra={{ ...asLogs(view.filters), ...(slow ? { min_first_byte_ms: String(slow) } : {}) }} leads="The slowest" says="Until the first content of the answer came; of answers that are no stream, the first byte. p95: 95 of 100 calls had it by then. The dashed line is the p95 of the period before." />;
}

function Tokens(view: View) {
  const { times, step, one } = useOverall(view);
  const before = useBefore(view.period, view.filters, view.live, times, "tokens", step);
  const series = useMemo(() => drawn([{ label: "Input", color: "#4c6ef5", values: spansOf(one, "input_tokens") }, { label: "Output", color: "#0b9aa8", values: spansOf(one, "output_tokens") }, past(before, "Both, period before")]), [one, before]);
  return <Wide view={view} title="Tokens over time" kind="areas" format={count} series={series} to="/logs" extra={{ ...asLogs(view.filters), min_total_tokens: "1" }} says={`What providers counted per ${stepWords[step]}; cached input is part of the input. The dashed line is both in the period before.`} />;
}

/** The models that cost most, over time. */
export function useSpend(view: View, top: string) {
  const { step } = useOverall(view);
  const models = useAnalytics(view.period, view.filters, view.live, { metric: "cost_usd", step, by: "provider,model", top });
  const series = useMemo(() => {
    const paid = (models.data?.series ?? []).filter((s) => totalOf(s, "cost_usd"));
    const nameOf = (s: Sums) => (s.rest ? "others" : dimensions.model!.nameOf(s.by) || "none");
    const colors = colorsOf(paid.filter((s) => !s.rest).map(nameOf));
    return paid.map((s) => ({ label: nameOf(s), color: s.rest ? meaning.left : colors.get(nameOf(s))!, values: spansOf(s, "cost_usd") }));
  }, [models.data]);
  return { models, series, warning: models.data?.warning ?? "" };
}

function Spend(view: View) {
  const { times, step } = useOverall(view);
  const { models, series, warning } = useSpend(view, "8");
  const before = useBefore(view.period, view.filters, view.live, times, "cost_usd", step);
  const all = useMemo(() => [...series, ...drawn([past(before, "All, period before")])], [series, before]);
  if (models.isError) return <Failure error={models.error} />;
  return <Wide view={view} title="Spend over time" kind="areas" format={usd} series={all} warning={warning} to="/logs" extra={{ ...asLogs(view.filters), min_cost: "0.000000001" }} says={`Cost per ${stepWords[step]} of the calls whose price is known, by model. The dashed line is all of the period before.`} />;
}

function Cache(view: View) {
  const { times, step, one } = useOverall(view);
  const before = useBefore(view.period, view.filters, view.live, times, "hits", step);
  const series = useMemo(() => drawn([{ label: "From cache", color: meaning.cached, values: spansOf(one, "hits") }, { label: "Not in the cache", color: meaning.left, values: spansOf(one, "misses") }, past(before, "From cache, period before")]), [one, before]);
  return <Wide view={view} title="Cache hits over time" kind="areas" format={count} series={series} {...(Object.keys(view.filters).length ? { to: "/logs", extra: { ...asLogs(view.filters), cache: "hit" }, leads: "Hits in the logs" } : { to: "/cache", leads: "Cache" })} says={`Calls per ${stepWords[step]} that looked into the cache, by whether it answered them. The dashed line is what it answered in the period before.`} />;
}
