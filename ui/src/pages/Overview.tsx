import { Anchor, Badge, Box, Grid, Group, Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconActivity, IconArrowsExchange } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { api, type Entry, got } from "../api/client";
import { type Period, useLinkTo, useParams, usePeriod } from "../lib/address";
import { colorOf, meaning } from "../lib/color";
import { count, exact, ms, percent, usd } from "../lib/format";
import { bucketsOf, errorsOf, type Group as Sum, groupsOf, outcomes, quantile, stepOf, sumsOf } from "../lib/overview";
import { Chart } from "../parts/Chart";
import { Bar, Empty, Failure, Figure, Goto, PageTitle, Panel, Snippet, Waiting } from "../parts/parts";
import { curlFor, useDataPlane } from "../parts/serve";
import { Attention } from "../parts/Attention";

const dimensions: Record<string, { label: string; of: (e: Entry) => string; filter: string }> = {
  model: { label: "Model", of: (e) => (e.provider ? `${e.provider}/${e.model}` : ""), filter: "model" },
  provider: { label: "Provider", of: (e) => e.provider, filter: "provider" },
  key: { label: "Key", of: (e) => e.key_id, filter: "key_id" },
  route: { label: "Route", of: (e) => e.route, filter: "route" },
  operation: { label: "Operation", of: (e) => e.operation, filter: "operation" },
  user: { label: "User", of: (e) => e.user, filter: "user" },
  gateway: { label: "Gateway", of: (e) => e.gateway, filter: "gateway" },
  workspace: { label: "Workspace", of: (e) => e.workspace, filter: "workspace" },
};

const pagesAtMost = 6;

/** Reads the newest calls of a time; whole says whether there are no more. */
async function callsOf(period: Period, filters: Record<string, string>, signal: AbortSignal) {
  const entries: Entry[] = [];
  let cursor = "";
  for (let i = 0; i < pagesAtMost; i++) {
    const page = await got(api.GET("/api/v1/entries", { signal, params: { query: { ...filters, from: period.from.toISOString(), ...(period.custom ? { to: period.to.toISOString() } : {}), limit: "500", ...(cursor ? { cursor } : {}) } } }));
    for (const e of page.data) if (e) entries.push(e);
    cursor = page.next;
    if (!cursor) break;
  }
  return { entries, whole: !cursor, from: period.from, to: period.custom ? period.to : new Date() };
}

const filterNames = ["model", "provider", "key_id", "route", "operation", "user", "gateway", "workspace"];

export default function Overview() {
  const [params, set] = useParams();
  const period = usePeriod();
  const live = params.get("live") !== "0" && !period.custom;
  const filters = useMemo(() => Object.fromEntries(filterNames.filter((n) => params.get(n)).map((n) => [n, params.get(n)!])), [params]);
  const seconds = period.custom ? 0 : (period.to.getTime() - period.from.getTime()) / 1000;
  const query = useQuery({
    queryKey: ["overview", period.range, params.get("from"), params.get("to"), filters],
    queryFn: ({ signal }) => callsOf(period.custom ? period : { ...period, from: new Date(Date.now() - seconds * 1000) }, filters, signal),
    refetchInterval: live ? 5000 : false,
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageTitle title="Overview" says="Is all well, and if not, why not?">
        {Object.entries(filters).map(([k, v]) => (
          <Badge key={k} variant="light" component="button" onClick={() => set({ [k]: "" })} aria-label={`Remove the filter ${k}`} className="chip">{k}: {v} ×</Badge>
        ))}
      </PageTitle>
      {query.isError ? <Failure error={query.error} retry={() => void query.refetch()} /> : !query.data ? <Waiting rows={4} height={120} /> : query.data.entries.length === 0 ? <First filtered={Object.keys(filters).length > 0} /> : <Shown {...query.data} />}
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

function Shown({ entries, whole, from, to }: { entries: Entry[]; whole: boolean; from: Date; to: Date }) {
  const [, set] = useParams();
  const link = useLinkTo();
  // Of more calls than are read only the time of the newest is drawn, so that nothing looks like silence.
  const since = whole ? from : new Date(entries[entries.length - 1]!.time);
  const sums = useMemo(() => sumsOf(entries), [entries]);
  const buckets = useMemo(() => bucketsOf(entries, since, to), [entries, since, to]);
  const seconds = Math.max(1, (to.getTime() - since.getTime()) / 1000);
  const times = useMemo(() => buckets.map((b) => b.t), [buckets]);
  const zoom = useCallback((a: Date, b: Date) => set({ from: a.toISOString(), to: b.toISOString() }), [set]);
  const step = stepOf(since, to);
  const errors = errorsOf(sums);

  const byOutcome = useMemo(() => outcomes.map((o) => ({ label: o.label, color: meaning[o.key], values: buckets.map((b) => b.sums.by[o.key]) })).filter((s) => s.values.some((v) => v > 0)), [buckets]);
  const latency = useMemo(() => [0.5, 0.9, 0.95, 0.99].map((q, i) => ({ label: `p${q * 100}`, color: ["#4c6ef5", "#0b9aa8", "#e69f00", "#d55e00"][i]!, dash: i > 1 ? [6, 3] : undefined, values: buckets.map((b) => quantile(b.sums.latency, q)) })), [buckets]);
  const models = useMemo(() => groupsOf(entries, dimensions.model!.of).slice(0, 6), [entries]);
  const spend = useMemo(() => models.filter((m) => m.sums.cost > 0).map((m) => ({ label: m.name, color: colorOf(m.name), values: bucketsOf(entries.filter((e) => dimensions.model!.of(e) === m.name), since, to).map((b) => b.sums.cost) })), [entries, models, since, to]);
  const tokens = useMemo(() => [{ label: "Input", color: "#4c6ef5", values: buckets.map((b) => b.sums.input) }, { label: "Output", color: "#0b9aa8", values: buckets.map((b) => b.sums.output) }], [buckets]);

  return (
    <Stack gap="md">
      {!whole && <Text size="sm" c="dimmed">More calls than can be added up here: these figures are of the newest {count(entries.length)}.</Text>}
      <SimpleGrid cols={{ base: 2, md: 3, lg: 6 }} spacing="sm">
        <Figure label="Requests" value={count(sums.calls)} exact={`${exact(sums.calls)} calls`} note={`${count(sums.calls / seconds)} per second`} says="Calls that came in, refused and cached ones included." to={link("/logs")} />
        <Figure label="Errors" value={percent(sums.calls ? errors / sums.calls : null)} exact={`${errors} of ${sums.calls} calls`} note={errors ? `${sums.by.failed} failed · ${sums.by.limited} limited` : "none"} tone={sums.by.failed / sums.calls > 0.01 ? "red" : undefined} says="Share of calls that ended with a status of 400 or more: failed, limited, and wrong requests." to={link("/logs", { status: "5xx" })} />
        <Figure label="Latency p95" value={ms(quantile(sums.latency, 0.95))} note={`p50 ${ms(quantile(sums.latency, 0.5))} · first token ${ms(quantile(sums.first, 0.95))}`} says="95 of 100 answered calls took no longer, from the request to the end of the answer. First token: the same for the first part of streams." />
        <Figure label="Tokens" value={count(sums.input + sums.output)} exact={`${exact(sums.input)} in, ${exact(sums.output)} out`} note={`${count(sums.input)} in · ${count(sums.output)} out`} says="What providers counted, input and output; cached input is part of the input." />
        <Figure label="Spend" value={usd(sums.cost)} exact={`$${exact(sums.cost)}`} note={sums.unpriced ? `${count(sums.unpriced)} calls of unknown price` : `saved ${usd(sums.saved)}`} says="Cost of the calls whose price is known. Calls of unknown price are counted apart, never as zero." />
        <Figure label="Cache hits" value={percent(sums.looked ? sums.hits / sums.looked : null)} exact={`${sums.hits} of ${sums.looked} calls that asked the cache`} note={sums.looked ? `${count(sums.hits)} of ${count(sums.looked)}` : "the cache is off"} says="Of the calls that looked into the cache, how many it answered." to={link("/cache")} />
      </SimpleGrid>
      <Attention />
      <Panel title="Requests by outcome" says={`Calls per ${step < 60 ? `${step} seconds` : step < 3600 ? `${step / 60} minutes` : `${step / 3600} hours`}. Drag over a part to look closer. ${outcomes.map((o) => `${o.label}: ${o.says}`).join(" ")}`}>
        <Chart title="Requests by outcome" times={times} series={byOutcome} kind="bars" format={count} height={240} zoom={zoom} />
      </Panel>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Panel title="Latency" says="How long answered calls took, to the end of the answer. p95: 95 of 100 took no longer."><Chart title="Latency" times={times} series={latency} kind="lines" format={ms} zoom={zoom} /></Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          {spend.length > 0 ? (
            <Panel title="Spend by model" says="Cost of the calls whose price is known."><Chart title="Spend by model" times={times} series={spend} kind="bars" format={usd} zoom={zoom} /></Panel>
          ) : (
            <Panel title="Tokens" says="What providers counted. Spend takes this place as soon as a call costs something."><Chart title="Tokens" times={times} series={tokens} kind="bars" format={count} zoom={zoom} /></Panel>
          )}
        </Grid.Col>
      </Grid>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 6 }}><Top entries={entries} param="by" first="model" /></Grid.Col>
        <Grid.Col span={{ base: 12, lg: 6 }}><Top entries={entries} param="and" first="key" /></Grid.Col>
      </Grid>
    </Stack>
  );
}

function Top({ entries, param, first }: { entries: Entry[]; param: string; first: string }) {
  const [params, set] = useParams();
  const chosen = params.get(param) ?? first;
  const dimension = dimensions[chosen] ?? dimensions[first]!;
  const keys = useQuery({ queryKey: ["keys", "names"], queryFn: () => got(api.GET("/api/v1/keys", { params: { query: { limit: "500" } } })), staleTime: 60_000 });
  const groups = useMemo(() => groupsOf(entries, dimension.of).slice(0, 8), [entries, dimension]);
  const most = Math.max(1, ...groups.map((g) => g.sums.calls));
  const name = (g: Sum) => (dimension.filter === "key_id" ? keys.data?.data.find((k) => k.id === g.name)?.name : undefined) ?? (g.name || "none");
  const change = (g: Sum): Record<string, string> => {
    if (dimension.filter !== "model") return { [dimension.filter]: g.name };
    const [provider = "", ...model] = g.name.split("/");
    return { provider, model: model.join("/") };
  };
  return (
    <Panel title={`By ${dimension.label.toLowerCase()}`} says="The largest first. A click filters the whole page." right={<Select size="xs" w={120} allowDeselect={false} aria-label="Add up by" data={Object.entries(dimensions).map(([value, d]) => ({ value, label: d.label }))} value={chosen} onChange={(v) => v && set({ [param]: v === first ? "" : v })} />}>
      <Box className="scroll">
        <table className="rows">
          <thead><tr><th scope="col">{dimension.label}</th><th scope="col" className="n">Requests</th><th scope="col" className="n">Tokens</th><th scope="col" className="n">Spend</th><th scope="col" className="n">Errors</th><th scope="col" className="n">p95</th></tr></thead>
          <tbody>
            {groups.map((g) => (
              <tr key={g.name}>
                <td>
                  <Group gap={8} wrap="nowrap"><Box className="swatch" style={{ background: colorOf(g.name) }} />
                    {g.name ? <Anchor component="button" size="sm" c="inherit" onClick={() => set(change(g))}>{name(g)}</Anchor> : <Text size="sm" c="dimmed">none</Text>}
                  </Group>
                </td>
                <td className="n"><Group gap={8} justify="flex-end" wrap="nowrap"><Bar share={g.sums.calls / most} color={colorOf(g.name)} label="" />{count(g.sums.calls)}</Group></td>
                <td className="n">{count(g.sums.input + g.sums.output)}</td>
                <td className="n">{usd(g.sums.cost)}</td>
                <td className="n"><Text size="sm" c={g.sums.by.failed ? "red" : undefined} component="span">{percent(errorsOf(g.sums) / g.sums.calls)}</Text></td>
                <td className="n">{ms(quantile(g.sums.latency, 0.95))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Box>
    </Panel>
  );
}

