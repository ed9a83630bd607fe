import { Box, Button, Grid, Group, Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconActivity, IconArrowsExchange } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { api, got, type Schemas } from "../api/client";
import { useLinkTo, useParams, usePeriod } from "../lib/address";
import { asLogs, dimensions, type Series, spansOf, stepOf, totalOf, useAnalytics, useBefore, useFilters, useSummary } from "../lib/analytics";
import { colorsOf, meaning } from "../lib/color";
import { count, exact, ms, percent, usd } from "../lib/format";
import { Attention } from "../parts/Attention";
import { Chart } from "../parts/Chart";
import { Bar, Chip, Empty, Failure, Figure, Goto, PageTitle, Panel, Snippet, Trend, Waiting } from "../parts/parts";
import { curlFor, useDataPlane } from "../parts/serve";
import { useKeyNames } from "../parts/names";
import { useRuleNames } from "../parts/ruleNames";
import { Latency } from "./overview/Latency";
import { useMarks } from "./overview/marks";
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
  const view = useMemo(() => ({ period, filters, live }), [period, filters, live]);
  return (
    <>
      <PageTitle title="Overview" says="Is all well, and if not, why not?">
        <Where />
        {Object.entries(filters).map(([k, v]) => <Chip key={k} label={`${k.replace("_id", "").replaceAll("_", " ")}: ${k === "key_id" ? keyName(v) : v}`} remove={() => set({ [k]: "" })} />)}
      </PageTitle>
      {summary.isError ? <Failure error={summary.error} retry={() => void summary.refetch()} /> : !summary.data ? <Waiting rows={4} height={120} /> : summary.data.figures.requests === 0 ? <First filtered={Object.keys(filters).length > 0} /> : (
        <Stack gap="md">
          {summary.data.warning && <Text size="sm" c="dimmed">{summary.data.warning}</Text>}
          <Figures summary={summary.data} {...view} />
          <Box className="beside">
            <Outcomes {...view} />
            <Attention summary={summary.data} {...view} />
          </Box>
          <TimeSplit {...view} />
          <Charts {...view} />
          <Grid gap="md">
            <Grid.Col span={{ base: 12, xl: 6 }}><Top {...view} param="by" first="model" /></Grid.Col>
            <Grid.Col span={{ base: 12, xl: 6 }}><Top {...view} param="and" first="key" /></Grid.Col>
          </Grid>
          <Blocks summary={summary.data} />
        </Stack>
      )}
    </>
  );
}

/** In which gateway and workspace, where there are several. */
function Where() {
  const [params, set] = useParams();
  const gateways = useQuery({ queryKey: ["gateways", "names"], queryFn: () => got(api.GET("/api/v1/gateways")), staleTime: 60_000 });
  const workspaces = useQuery({ queryKey: ["workspaces", "names"], queryFn: () => got(api.GET("/api/v1/workspaces", { params: { query: { limit: "500" } } })), staleTime: 60_000 });
  const one = (label: string, param: string, names: string[]) =>
    names.length > 1 && <Select key={param} size="xs" w={150} searchable clearable placeholder={`All ${label}s`} aria-label={`Which ${label}`} data={names} value={params.get(param)} onChange={(v) => set({ [param]: v ?? "" })} />;
  return <>{one("gateway", "gateway", gateways.data?.data.map((g) => g.name) ?? [])}{one("workspace", "workspace", workspaces.data?.data.map((w) => w.id) ?? [])}</>;
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
  const link = useLinkTo();
  const trend = useAnalytics(period, filters, live, { metric: "requests,error_rate,first_byte_p95_ms,tokens,cost_usd,hit_ratio", step: stepOf(period) });
  const f = summary.figures;
  const b = summary.before;
  const called = !!b?.requests;
  const tokens = (f.input_tokens ?? 0) + (f.output_tokens ?? 0);
  const before = (b?.input_tokens ?? 0) + (b?.output_tokens ?? 0);
  const line = (metric: string, what: string) => <Trend values={spansOf(trend.data?.series[0], metric)} label={`${what} over the period`} />;
  const drill = asLogs(filters);
  return (
    <SimpleGrid cols={{ base: 2, md: 3, lg: 6 }} spacing="sm">
      <Figure label="Requests" value={count(f.requests)} exact={`${exact(f.requests)} calls, ${f.requests_per_second.toFixed(2)} a second; ${exact(b?.requests)} in the period before`} note={change(f.requests, b?.requests, called)} says="Calls that came in, refused and cached ones included." to={link("/logs", drill)} extra={line("requests", "Requests")} />
      <Figure label="Error rate" value={percent(f.error_rate)} exact={`${f.errors} errors, ${f.blocked} blocked, ${f.cancelled} left by their caller, of ${f.requests} calls`} note={change(f.error_rate, b?.error_rate, called)} tone={(f.error_rate ?? 0) > 0.01 ? "red" : undefined} says="Share of calls that ended with an error. Those that a limit or budget blocked, and those whose caller left first, are counted apart." to={link("/logs", { ...drill, outcome: "error" })} extra={line("error_rate", "Error rate")} />
      <Figure label="First token p95" value={ms(f.first_byte.p95_ms)} exact={`p50 ${ms(f.first_byte.p50_ms)}, p90 ${ms(f.first_byte.p90_ms)}, p99 ${ms(f.first_byte.p99_ms)}; whole answers p95 ${ms(f.latency.p95_ms)}`} note={change(f.first_byte.p95_ms, b?.first_byte.p95_ms, called)} says="95 of 100 calls had the first content of their answer by then; of answers that are no stream, the first byte." extra={line("first_byte_p95_ms", "First token")} />
      <Figure label="Tokens" value={count(tokens)} exact={`${exact(f.input_tokens)} in, ${exact(f.output_tokens)} out, ${exact(f.cache_read_tokens)} of the input from the providers' caches`} note={change(tokens, before, called)} says="What providers counted, input and output; cached input is part of the input." extra={line("tokens", "Tokens")} />
      <Figure label="Spend" value={usd(f.cost_usd)} exact={`$${exact(f.cost_usd)}; $${exact(b?.cost_usd)} in the period before; $${exact(f.saved_usd)} saved by the cache`} note={change(f.cost_usd, b?.cost_usd, called)} says={`Cost of the calls whose price is known. ${f.unpriced} calls have no known cost, refused ones included.`} extra={line("cost_usd", "Spend")} />
      <Figure label="Cache hits" value={percent(f.hit_ratio)} exact={`${f.hits} of ${f.hits + f.misses} calls that asked the cache`} note={f.hit_ratio == null ? "nothing looked up" : change(f.hit_ratio, b?.hit_ratio, called)} says="Of the calls that looked into the cache, how many it answered." to={link("/cache")} extra={line("hit_ratio", "Cache hits")} />
    </SimpleGrid>
  );
}

function Outcomes({ period, filters, live }: View) {
  const { all, step, times, one } = useOverall({ period, filters, live });
  const zoom = useZoom();
  const marks = useMarks(period);
  const before = useBefore(period, filters, live, times, "requests", step);
  const outcomes = useMemo(() => {
    const [requests, hits, errors, blocked, left] = ["requests", "hits", "errors", "blocked", "cancelled"].map((m) => spansOf(one, m)) as [(number | null)[], (number | null)[], (number | null)[], (number | null)[], (number | null)[]];
    const answered = requests.map((n, i) => Math.max(0, (n ?? 0) - (hits[i] ?? 0) - (errors[i] ?? 0) - (blocked[i] ?? 0) - (left[i] ?? 0)));
    return [
      { label: "Answered", color: meaning.ok, values: answered }, { label: "From cache", color: meaning.cached, values: hits }, { label: "Caller left", color: meaning.left, values: left },
      { label: "Blocked", color: meaning.limited, values: blocked }, { label: "Errors", color: meaning.failed, values: errors },
      { label: "All, period before", color: "#868e96", values: before, dash: [4, 4], beside: true },
    ].filter((s) => s.values.some((v) => v));
  }, [one, before]);
  if (all.isError) return <Failure error={all.error} />;
  if (!all.data) return <Waiting rows={1} height={300} />;
  return (
    <Panel title="Requests by outcome" says={`Calls per ${stepWords[step]}, one outcome upon the other; the last ${stepWords[step]} is still filling. Answered: by a provider. From cache: no provider was called. Blocked: by a limit or a budget. Errors: all others that failed. The dashed line is all calls of the period before. Lines with a dot: the configuration changed; with a triangle: an alert fired. Drag over a part to look closer.`}>
      <Chart title="Requests by outcome" times={times} series={outcomes} kind="areas" format={count} height={230} zoom={zoom} marks={marks} />
    </Panel>
  );
}

function Charts({ period, filters, live }: View) {
  const { all, step, times, one } = useOverall({ period, filters, live });
  const models = useAnalytics(period, filters, live, { metric: "cost_usd", step, by: "provider,model", top: "4" });
  const zoom = useZoom();
  const stops = useMemo(
    () => [{ label: "From cache", color: meaning.cached, values: spansOf(one, "hits") }, { label: "Not in the cache", color: meaning.left, values: spansOf(one, "misses") }, { label: "Blocked by limits", color: meaning.limited, values: spansOf(one, "blocked") }],
    [one],
  );
  const tokens = useMemo(() => [{ label: "Input", color: "#4c6ef5", values: spansOf(one, "input_tokens") }, { label: "Output", color: "#0b9aa8", values: spansOf(one, "output_tokens") }], [one]);
  const spend = useMemo(() => {
    const paid = (models.data?.series ?? []).filter((s) => totalOf(s, "cost_usd"));
    const nameOf = (s: Series) => (s.rest ? "others" : dimensions.model!.nameOf(s.by) || "none");
    const colors = colorsOf(paid.filter((s) => !s.rest).map(nameOf));
    return paid.map((s) => ({ label: nameOf(s), color: s.rest ? meaning.left : colors.get(nameOf(s))!, values: spansOf(s, "cost_usd") }));
  }, [models.data]);

  if (all.isError) return <Failure error={all.error} />;
  if (!all.data || !models.data) return <Waiting rows={1} height={260} />;
  return (
      <Grid gap="md" className="level">
        <Grid.Col span={{ base: 12, md: 6, lg: 4 }}>
          <Latency {...{ period, filters, live }} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6, lg: 4 }}>
          {spend.length > 0 ? (
            <Panel title="Spend by model" says={`Cost per ${stepWords[step]} of the calls whose price is known.`}><Chart title="Spend by model" times={times} series={spend} kind="areas" format={usd} zoom={zoom} /></Panel>
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

function Blocks({ summary }: { summary: Summary }) {
  const [all, setAll] = useState(false);
  const keyName = useKeyNames();
  const ruleName = useRuleNames(summary.blocks.map((b) => b.limit));
  if (summary.blocks.length === 0) return null;
  const most = Math.max(...summary.blocks.map((b) => b.requests));
  const shown = all ? summary.blocks : summary.blocks.slice(0, 6);
  return (
    <Panel title="Blocked by limits" says="What limits and budgets refused, and whom, the most first." right={<Goto to="/limits">Limits</Goto>}>
      <Box className="scroll">
        <table className="rows">
          <thead><tr><th scope="col">Limit</th><th scope="col">Key</th><th scope="col" className="n">Calls</th></tr></thead>
          <tbody>{shown.map((b) => <tr key={`${b.limit} ${b.key_id}`}><td title={b.limit}>{b.rest ? "all others" : <Limit of={b} ruleName={ruleName} />}</td><td>{b.key_id ? <Goto to="/logs" extra={{ key_id: b.key_id, ...refused(b) }}>{keyName(b.key_id)}</Goto> : "–"}</td><td className="n"><Group gap={8} justify="flex-end" wrap="nowrap"><Box w={80}><Bar share={b.requests / most} color={meaning.limited} label={`${b.requests} calls`} /></Box>{b.rest ? count(b.requests) : <Goto to="/logs" extra={{ ...(b.key_id ? { key_id: b.key_id } : {}), ...refused(b) }}>{count(b.requests)}</Goto>}</Group></td></tr>)}</tbody>
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
