import { Box, Button, Grid, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconActivity, IconArrowsExchange } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useLocation } from "react-router";
import type { Schemas } from "../api/client";
import { useParams, usePeriod } from "../lib/address";
import { asLogs, spansOf, stepOf, useAnalytics, useFilters, useStale, useSummary } from "../lib/analytics";
import { meaning } from "../lib/color";
import { count, exact, ms, percent, usd } from "../lib/format";
import { Attention } from "../parts/Attention";
import { Chart } from "../parts/Chart";
import { Bar, Chip, Empty, Failure, Figure, Goto, PageTitle, Panel, Snippet, Trend, Waiting } from "../parts/parts";
import { curlFor, useDataPlane } from "../parts/serve";
import { useKeyNames } from "../parts/names";
import { useRuleNames } from "../parts/ruleNames";
import { Latency } from "./overview/Latency";
import { type ChartName, Main, useChosenChart, useSpend } from "./overview/Main";
import { TimeSplit } from "./overview/TimeSplit";
import { Top } from "./overview/Top";
import { stepWords, useOverall, useZoom, type View } from "./overview/view";

type Summary = Schemas["AnalyticsSummary"];

export default function Overview() {
  const [params, set] = useParams();
  const period = usePeriod();
  const filters = useFilters();
  const live = params.get("live") !== "0" && !period.custom;
  const summary = useSummary(period, filters, live);
  const keyName = useKeyNames();
  const stale = useStale();
  const view = useMemo(() => ({ period, filters, live }), [period, filters, live]);
  return (
    <>
      <PageTitle title="Overview" says="Is all well, and if not, why not?">
        {Object.entries(filters).filter(([k]) => k !== "gateway" && k !== "workspace").map(([k, v]) => <Chip key={k} label={`${k.replace("_id", "").replaceAll("_", " ")}: ${k === "key_id" ? keyName(v) : v}`} remove={() => set({ [k]: "" })} />)}
      </PageTitle>
      {summary.isError ? <Failure error={summary.error} retry={() => void summary.refetch()} /> : !summary.data ? <Waiting rows={4} height={120} /> : summary.data.figures.requests === 0 ? <First filtered={Object.keys(filters).length > 0} /> : (
        <Stack gap="md" className="answers" aria-busy={stale}>
          {summary.data.warning && <Text size="sm" c="dimmed">{summary.data.warning}</Text>}
          <Figures summary={summary.data} {...view} />
          <Box className="beside">
            <Main {...view} />
            <Attention {...view} />
          </Box>
          <TimeSplit {...view} />
          <Charts {...view} />
          <Grid gap="md">
            <Grid.Col span={{ base: 12, xl: 6 }}><Top {...view} param="by" first="model" /></Grid.Col>
            <Grid.Col span={{ base: 12, xl: 6 }}><Top {...view} param="and" first="key" /></Grid.Col>
          </Grid>
          <Blocks summary={summary.data} filters={filters} />
        </Stack>
      )}
    </>
  );
}

function First({ filtered }: { filtered: boolean }) {
  const base = useDataPlane();
  if (filtered) return <Empty icon={IconActivity} title="No call matches"><Text ta="center" c="dimmed">Take a filter away, or choose a longer time above.</Text></Empty>;
  return (
    <Empty icon={IconArrowsExchange} title="No calls in this time">
      <Stack gap="sm">
        <Text ta="center" c="dimmed">Send one, and it is here a moment later. This one needs no provider account; put a key from <Goto to="/keys">Keys</Goto> in it.</Text>
        <Snippet text={curlFor(base, "sk-sluice-…")} />
        <Text ta="center" c="dimmed" size="sm">Every SDK works with its base URL changed: <code>{base}/v1</code>. Or choose a longer time above.</Text>
      </Stack>
    </Empty>
  );
}

/** How a figure stands against the period before, in words. */
function change(now: number | null | undefined, before: number | null | undefined, called: boolean): string {
  if (!called) return "no calls before";
  if (now == null || before == null) return "none before";
  if (before === 0) return now === 0 ? "as before" : "none before";
  const by = (now - before) / before;
  if (Math.abs(by) < 0.01) return "as before";
  return Math.abs(by) >= 9.995 ? `${count(now / before)} × as much` : `${percent(Math.abs(by))} ${by > 0 ? "more" : "less"}`;
}

function Figures({ summary, period, filters, live }: View & { summary: Summary }) {
  const chosen = useChosenChart();
  const { pathname, search } = useLocation();
  const trend = useAnalytics(period, filters, live, { metric: "requests,error_rate,first_byte_p95_ms,tokens,cost_usd,hit_ratio", step: stepOf(period) });
  const f = summary.figures;
  const b = summary.before;
  const called = !!b?.requests;
  const tokens = (f.input_tokens ?? 0) + (f.output_tokens ?? 0);
  const before = (b?.input_tokens ?? 0) + (b?.output_tokens ?? 0);
  const line = (metric: string, what: string) => <Trend values={spansOf(trend.data?.series[0], metric)} label={`${what} over the period`} />;
  /** Each figure opens the wide chart with what it is made of. */
  const opens = (chart: ChartName) => {
    const params = new URLSearchParams(search);
    if (chart) params.set("chart", chart);
    else params.delete("chart");
    return { to: `${pathname}?${params}`, chosen: chosen === chart };
  };
  return (
    <SimpleGrid cols={{ base: 2, md: 3, lg: 6 }} spacing="sm">
      <Figure label="Requests" value={count(f.requests)} exact={`${exact(f.requests)} calls, ${f.requests_per_second.toFixed(2)} a second; ${exact(b?.requests)} in the period before`} note={`${perSecond(f.requests_per_second)} · ${change(f.requests, b?.requests, called)}`} says="Calls that came in, refused and cached ones included, and how many a second on average." extra={line("requests", "Requests")} {...opens("")} />
      <Figure label="Error rate" value={percent(f.error_rate)} exact={`${f.errors} errors, ${f.blocked} blocked, ${f.cancelled} left by their caller, of ${f.requests} calls`} note={change(f.error_rate, b?.error_rate, called)} tone={(f.error_rate ?? 0) > 0.01 ? "red" : undefined} says="Share of calls that ended with an error. Those that a limit or budget blocked, and those whose caller left first, are counted apart." extra={line("error_rate", "Error rate")} {...opens("errors")} />
      <Figure label="First token p95" value={ms(f.first_byte.p95_ms)} exact={`p50 ${ms(f.first_byte.p50_ms)}, p90 ${ms(f.first_byte.p90_ms)}, p99 ${ms(f.first_byte.p99_ms)}; whole answers p95 ${ms(f.latency.p95_ms)}`} note={change(f.first_byte.p95_ms, b?.first_byte.p95_ms, called)} says="95 of 100 calls had the first content of their answer by then; of answers that are no stream, the first byte." extra={line("first_byte_p95_ms", "First token")} {...opens("first")} />
      <Figure label="Tokens" value={count(tokens)} exact={`${exact(f.input_tokens)} in, ${exact(f.output_tokens)} out, ${exact(f.cache_read_tokens)} of the input from the providers' caches`} note={change(tokens, before, called)} says="What providers counted, input and output; cached input is part of the input." extra={line("tokens", "Tokens")} {...opens("tokens")} />
      <Figure label="Spend" value={usd(f.cost_usd)} exact={`$${exact(f.cost_usd)}; $${exact(b?.cost_usd)} in the period before; $${exact(f.saved_usd)} saved by the cache`} note={change(f.cost_usd, b?.cost_usd, called)} says={`Cost of the calls whose price is known. ${f.unpriced} calls have no known cost, refused ones included.`} extra={line("cost_usd", "Spend")} {...opens("spend")} />
      <Figure label="Cache hits" value={percent(f.hit_ratio)} exact={`${f.hits} of ${f.hits + f.misses} calls that asked the cache`} note={f.hit_ratio == null ? "nothing looked up" : change(f.hit_ratio, b?.hit_ratio, called)} says="Of the calls that looked into the cache, how many it answered." extra={line("hit_ratio", "Cache hits")} {...opens("cache")} />
    </SimpleGrid>
  );
}

/** A rate of calls; of few calls a minute or an hour is easier to grasp than a second. */
function perSecond(n: number): string {
  if (n >= 0.1) return `${n >= 100 ? count(n) : n.toPrecision(2)}/s`;
  return n * 60 >= 0.1 ? `${(n * 60).toPrecision(2)}/min` : `${(n * 3600).toPrecision(2)}/h`;
}

function Charts({ period, filters, live }: View) {
  const { all, step, times, one } = useOverall({ period, filters, live });
  const { models, series: spend, warning } = useSpend({ period, filters, live }, "4");
  const zoom = useZoom();
  const stops = useMemo(
    () => [{ label: "From cache", color: meaning.cached, values: spansOf(one, "hits") }, { label: "Not in the cache", color: meaning.left, values: spansOf(one, "misses") }, { label: "Blocked by limits", color: meaning.limited, values: spansOf(one, "blocked") }],
    [one],
  );
  const tokens = useMemo(() => [{ label: "Input", color: "#4c6ef5", values: spansOf(one, "input_tokens") }, { label: "Output", color: "#0b9aa8", values: spansOf(one, "output_tokens") }], [one]);

  if (all.isError) return <Failure error={all.error} />;
  if (!all.data || !models.data) return <Waiting rows={1} height={260} />;
  return (
      <Grid gap="md" className="level">
        <Grid.Col span={{ base: 12, md: 6, lg: 4 }}>
          <Latency {...{ period, filters, live }} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6, lg: 4 }}>
          {spend.length > 0 ? (
            <Panel title="Spend by model" says={`Cost per ${stepWords[step]} of the calls whose price is known.`}>{warning && <Text size="xs" c="dimmed" mb={4}>{warning}</Text>}<Chart title="Spend by model" times={times} series={spend} kind="areas" format={usd} zoom={zoom} /></Panel>
          ) : (
            <Panel title="Tokens" says="What providers counted. Spend takes this place as soon as a call costs something."><Chart title="Tokens" times={times} series={tokens} kind="areas" format={count} zoom={zoom} /></Panel>
          )}
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 12, lg: 4 }}>
          <Panel title="Cache and limits" says="Calls that the cache answered, that it could not, and that limits or budgets blocked."><Chart title="Cache and limits" times={times} series={stops} kind="areas" format={count} zoom={zoom} /></Panel>
        </Grid.Col>
      </Grid>
  );
}

function Blocks({ summary, filters }: { summary: Summary; filters: Record<string, string> }) {
  const [all, setAll] = useState(false);
  const keyName = useKeyNames();
  const ruleName = useRuleNames(summary.blocks.map((b) => b.limit));
  if (summary.blocks.length === 0) return null;
  const most = Math.max(...summary.blocks.map((b) => b.requests));
  const these = (b: Summary["blocks"][number]) => ({ ...asLogs(filters), ...(b.key_id ? { key_id: b.key_id } : {}), ...refused(b) });
  const shown = all ? summary.blocks : summary.blocks.slice(0, 6);
  return (
    <Panel title="Blocked by limits" says="What limits and budgets refused, and whom, the most first." right={<Goto to="/limits">Limits</Goto>}>
      <Box className="scroll">
        <table className="rows">
          <thead><tr><th scope="col">Limit</th><th scope="col">Key</th><th scope="col" className="n">Calls</th></tr></thead>
          <tbody>{shown.map((b) => <tr key={`${b.limit} ${b.key_id}`}><td title={b.limit}>{b.rest ? "all others" : <Limit of={b} ruleName={ruleName} />}</td><td>{b.key_id ? <Goto to="/logs" extra={these(b)}>{keyName(b.key_id)}</Goto> : "–"}</td><td className="n"><Group gap={8} justify="flex-end" wrap="nowrap"><Box w={80}><Bar share={b.requests / most} color={meaning.limited} label={`${b.requests} calls`} /></Box>{b.rest ? count(b.requests) : <Goto to="/logs" extra={these(b)}>{count(b.requests)}</Goto>}</Group></td></tr>)}</tbody>
        </table>
      </Box>
      {shown.length < summary.blocks.length && <Button size="compact-sm" variant="subtle" mt="xs" onClick={() => setAll(true)}>Show all {summary.blocks.length}</Button>}
    </Panel>
  );
}

/** The filters of the calls of a block; what several gateways refused is looked for in all of them. */
const refused = (b: Summary["blocks"][number]): Record<string, string> => ({ outcome: "refused", ...(b.rest || !b.limit ? {} : { limits: b.limit }), ...(b.gateways.length === 1 ? { gateway: b.gateways[0]! } : {}) });

/** What a limit limits, and whose it is; gateways may have limits of the same name. */
function Limit({ of: b, ruleName }: { of: Summary["blocks"][number]; ruleName: ReturnType<typeof useRuleNames> }) {
  const owners = b.limit.startsWith("key/") ? "of its key" : b.gateways.length ? `of the gateway ${b.gateways.join(" or ")}` : "";
  const names = [...new Set(b.gateways.map((gateway) => ruleName(b.limit, { gateway, key: b.key_id })))];
  return <>{names.join(", or ") || b.limit || "unknown"} <Text span size="xs" c="dimmed">{owners}</Text></>;
}
