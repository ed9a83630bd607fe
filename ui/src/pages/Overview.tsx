import { Anchor, Box, Grid, Group, Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconActivity, IconArrowsExchange } from "@tabler/icons-react";
import { useCallback, useMemo } from "react";
import type { Schemas } from "../api/client";
import { type Period, useLinkTo, useParams, usePeriod } from "../lib/address";
import { dimensions, type Series, spansOf, stepOf, totalOf, useAnalytics, useFilters, useSummary } from "../lib/analytics";
import { colorOf, meaning } from "../lib/color";
import { count, exact, ms, percent, usd } from "../lib/format";
import { Attention } from "../parts/Attention";
import { Chart } from "../parts/Chart";
import { Bar, Chip, Empty, Failure, Figure, Goto, PageTitle, Panel, Snippet, Waiting } from "../parts/parts";
import { curlFor, useDataPlane } from "../parts/serve";
import { useKeyNames } from "../parts/names";

type Summary = Schemas["AnalyticsSummary"];
type View = { period: Period; filters: Record<string, string>; live: boolean };

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
        {Object.entries(filters).map(([k, v]) => <Chip key={k} label={`${k.replace("_id", "").replaceAll("_", " ")}: ${k === "key_id" ? keyName(v) : v}`} remove={() => set({ [k]: "" })} />)}
      </PageTitle>
      {summary.isError ? <Failure error={summary.error} retry={() => void summary.refetch()} /> : !summary.data ? <Waiting rows={4} height={120} /> : summary.data.figures.requests === 0 ? <First filtered={Object.keys(filters).length > 0} /> : (
        <Stack gap="md">
          {summary.data.warning && <Text size="sm" c="dimmed">{summary.data.warning}</Text>}
          <Figures summary={summary.data} />
          <Attention />
          <Charts {...view} />
          <Grid gap="md">
            <Grid.Col span={{ base: 12, lg: 6 }}><Top {...view} param="by" first="model" /></Grid.Col>
            <Grid.Col span={{ base: 12, lg: 6 }}><Top {...view} param="and" first="key" /></Grid.Col>
          </Grid>
          <Blocks summary={summary.data} />
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
function change(now: number | null | undefined, before: number | null | undefined, what = "than before"): string {
  if (now == null || !before) return "no calls before";
  const by = (now - before) / before;
  if (Math.abs(by) < 0.01) return "as before";
  return Math.abs(by) >= 9.995 ? `${count(now / before)} × as much` : `${percent(Math.abs(by))} ${by > 0 ? "more" : "less"} ${what}`;
}

function Figures({ summary }: { summary: Summary }) {
  const link = useLinkTo();
  const f = summary.figures;
  const b = summary.before;
  const tokens = (f.input_tokens ?? 0) + (f.output_tokens ?? 0);
  return (
    <SimpleGrid cols={{ base: 2, md: 3, lg: 6 }} spacing="sm">
      <Figure label="Requests" value={count(f.requests)} exact={`${exact(f.requests)} calls, ${exact(b?.requests)} in the period before`} note={change(f.requests, b?.requests)} says="Calls that came in, refused and cached ones included." to={link("/logs")} />
      <Figure label="Errors" value={percent(f.error_rate)} exact={`${f.errors} errors, ${f.blocked} blocked, ${f.cancelled} left by their caller, of ${f.requests} calls`} note={`${count(f.blocked)} blocked`} tone={(f.error_rate ?? 0) > 0.01 ? "red" : undefined} says="Share of calls that ended with an error. Those that a limit or budget blocked, and those whose caller left first, are counted apart." to={link("/logs", { status: "5xx" })} />
      <Figure label="Latency p95" value={ms(f.latency.p95_ms)} exact={`p50 ${ms(f.latency.p50_ms)}, p90 ${ms(f.latency.p90_ms)}, p99 ${ms(f.latency.p99_ms)}`} note={`first byte ${ms(f.first_byte.p95_ms)}`} says="95 of 100 calls took no longer, from the request to the end of the answer; beneath, to its first byte." />
      <Figure label="Tokens" value={count(tokens)} exact={`${exact(f.input_tokens)} in, ${exact(f.output_tokens)} out`} note={`${count(f.input_tokens)} in`} says="What providers counted, input and output; cached input is part of the input." />
      <Figure label="Spend" value={usd(f.cost_usd)} exact={`$${exact(f.cost_usd)}; $${exact(b?.cost_usd)} in the period before`} note={f.saved_usd ? `${usd(f.saved_usd)} saved` : change(f.cost_usd, b?.cost_usd)} says={`Cost of the calls whose price is known. ${f.unpriced} calls have no known cost, refused ones included.`} />
      <Figure label="Cache hits" value={percent(f.hit_ratio)} exact={`${f.hits} of ${f.hits + f.misses} calls that asked the cache`} note={f.hit_ratio == null ? "nothing looked up" : `${count(f.hits)} of ${count(f.hits + f.misses)}`} says="Of the calls that looked into the cache, how many it answered." to={link("/cache")} />
    </SimpleGrid>
  );
}

const overall = "requests,hits,errors,blocked,cancelled,latency_p50_ms,latency_p90_ms,latency_p95_ms,latency_p99_ms,input_tokens,output_tokens";
const stepWords: Record<string, string> = { minute: "minute", "5m": "five minutes", "15m": "quarter of an hour", hour: "hour", day: "day" };
const quantiles: [string, string, number[] | undefined][] = [["p50", "#4c6ef5", undefined], ["p90", "#0b9aa8", undefined], ["p95", "#e69f00", [6, 3]], ["p99", "#d55e00", [2, 3]]];

function Charts({ period, filters, live }: View) {
  const [, set] = useParams();
  const step = stepOf(period);
  const all = useAnalytics(period, filters, live, { metric: overall, step });
  const models = useAnalytics(period, filters, live, { metric: "cost_usd", step, by: "provider,model", top: "6" });
  const zoom = useCallback((a: Date, b: Date) => set({ from: a.toISOString(), to: b.toISOString() }), [set]);
  const times = useMemo(() => (all.data?.times ?? []).map((t) => new Date(t).getTime() / 1000), [all.data]);
  const one = all.data?.series[0];

  const outcomes = useMemo(() => {
    const [requests, hits, errors, blocked, left] = ["requests", "hits", "errors", "blocked", "cancelled"].map((m) => spansOf(one, m)) as [(number | null)[], (number | null)[], (number | null)[], (number | null)[], (number | null)[]];
    const answered = requests.map((n, i) => Math.max(0, (n ?? 0) - (hits[i] ?? 0) - (errors[i] ?? 0) - (blocked[i] ?? 0) - (left[i] ?? 0)));
    return [
      { label: "Answered", color: meaning.ok, values: answered }, { label: "From cache", color: meaning.cached, values: hits }, { label: "Caller left", color: meaning.left, values: left },
      { label: "Blocked", color: meaning.limited, values: blocked }, { label: "Errors", color: meaning.failed, values: errors },
    ].filter((s) => s.values.some((v) => v));
  }, [one]);
  const latency = useMemo(() => quantiles.map(([label, color, dash]) => ({ label, color, dash, values: spansOf(one, `latency_${label}_ms`) })), [one]);
  const tokens = useMemo(() => [{ label: "Input", color: "#4c6ef5", values: spansOf(one, "input_tokens") }, { label: "Output", color: "#0b9aa8", values: spansOf(one, "output_tokens") }], [one]);
  const spend = useMemo(() => (models.data?.series ?? []).filter((s) => totalOf(s, "cost_usd")).map((s) => { const name = s.rest ? "others" : dimensions.model!.nameOf(s.by) || "none"; return { label: name, color: s.rest ? meaning.left : colorOf(name), values: spansOf(s, "cost_usd") }; }), [models.data]);

  if (all.isError) return <Failure error={all.error} />;
  if (!all.data || !models.data) return <Waiting rows={2} height={260} />;
  return (
    <>
      <Panel title="Requests by outcome" says={`Calls per ${stepWords[step]}. Answered: by a provider. From cache: no provider was called. Blocked: by a limit or a budget. Errors: all others that failed. Drag over a part to look closer.`}>
        <Chart title="Requests by outcome" times={times} series={outcomes} kind="bars" format={count} height={230} zoom={zoom} />
      </Panel>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Panel title="Latency" says="How long calls took, to the end of the answer. p95: 95 of 100 took no longer. Within 1 % of a call's own."><Chart title="Latency" times={times} series={latency} kind="lines" format={ms} zoom={zoom} /></Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          {spend.length > 0 ? (
            <Panel title="Spend by model" says={`Cost per ${stepWords[step]} of the calls whose price is known.`}><Chart title="Spend by model" times={times} series={spend} kind="bars" format={usd} zoom={zoom} /></Panel>
          ) : (
            <Panel title="Tokens" says="What providers counted. Spend takes this place as soon as a call costs something."><Chart title="Tokens" times={times} series={tokens} kind="bars" format={count} zoom={zoom} /></Panel>
          )}
        </Grid.Col>
      </Grid>
    </>
  );
}

function Top({ period, filters, live, param, first }: View & { param: string; first: string }) {
  const [params, set] = useParams();
  const keyName = useKeyNames();
  const chosen = params.get(param) ?? first;
  const dimension = dimensions[chosen] ?? dimensions[first]!;
  const groups = useAnalytics(period, filters, live, { metric: "requests,tokens,cost_usd,error_rate,latency_p95_ms", by: dimension.by, top: "8" });
  const rows = groups.data?.series ?? [];
  const most = Math.max(1, ...rows.map((s) => totalOf(s, "requests") ?? 0));
  const name = (s: Series) => { const n = dimension.nameOf(s.by); return s.rest ? "all others" : dimension.by === "key" ? keyName(n) : n; };
  return (
    <Panel title={`By ${dimension.label.toLowerCase()}`} says="The most requests first. A click filters the whole page." right={<Select size="xs" w={120} allowDeselect={false} aria-label="Add up by" data={Object.entries(dimensions).map(([value, d]) => ({ value, label: d.label }))} value={chosen} onChange={(v) => v && set({ [param]: v === first ? "" : v })} />}>
      <Box className="scroll">
        <table className="rows tight">
          <thead><tr><th scope="col">{dimension.label}</th><th scope="col" className="n">Requests</th><th scope="col" className="n">Tokens</th><th scope="col" className="n">Spend</th><th scope="col" className="n">Errors</th><th scope="col" className="n">p95</th></tr></thead>
          <tbody>
            {rows.map((s) => {
              const label = name(s);
              const color = label && !s.rest ? colorOf(dimension.nameOf(s.by)) : meaning.left;
              const errors = totalOf(s, "error_rate");
              return (
                <tr key={label}>
                  <td className="name" title={label}><Group gap={8} wrap="nowrap"><Box className="swatch" style={{ background: color }} />{label && !s.rest ? <Anchor component="button" size="sm" c="inherit" ta="left" truncate onClick={() => set(dimension.filters(s.by))}>{label}</Anchor> : <Text size="sm" c="dimmed">{label || "none"}</Text>}</Group></td>
                  <td className="n"><Group gap={8} justify="flex-end" wrap="nowrap"><Box w={40}><Bar share={(totalOf(s, "requests") ?? 0) / most} color={color} label={`${label}: ${totalOf(s, "requests")} requests`} /></Box>{count(totalOf(s, "requests"))}</Group></td>
                  <td className="n">{count(totalOf(s, "tokens"))}</td>
                  <td className="n">{usd(totalOf(s, "cost_usd"))}</td>
                  <td className="n"><Text size="sm" c={errors ? "red" : undefined} component="span">{percent(errors)}</Text></td>
                  <td className="n">{ms(totalOf(s, "latency_p95_ms"))}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Box>
    </Panel>
  );
}

function Blocks({ summary }: { summary: Summary }) {
  const keyName = useKeyNames();
  if (summary.blocks.length === 0) return null;
  const most = Math.max(...summary.blocks.map((b) => b.requests));
  return (
    <Panel title="Blocked by limits" says="What limits and budgets refused, and whom, the most first." right={<Goto to="/limits">Limits</Goto>}>
      <Box className="scroll">
        <table className="rows">
          <thead><tr><th scope="col">Limit</th><th scope="col">Key</th><th scope="col" className="n">Calls</th></tr></thead>
          <tbody>{summary.blocks.map((b) => <tr key={b.limit + b.key_id}><td>{b.rest ? "all others" : b.limit || "unknown"}</td><td>{b.key_id ? <Goto to="/logs" extra={{ key_id: b.key_id, status: "429" }}>{keyName(b.key_id)}</Goto> : "–"}</td><td className="n"><Group gap={8} justify="flex-end" wrap="nowrap"><Box w={80}><Bar share={b.requests / most} color={meaning.limited} label={`${b.requests} calls`} /></Box>{count(b.requests)}</Group></td></tr>)}</tbody>
        </table>
      </Box>
    </Panel>
  );
}

