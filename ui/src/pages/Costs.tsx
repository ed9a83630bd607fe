import "../callers.css";
import { Alert, Box, Button, Card, Group, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { IconDownload, IconReceiptDollar } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, got, type Schemas } from "../api/client";
import { useParams } from "../lib/address";
import { colorOf, meaning } from "../lib/color";
import { count, percent, usd, zone as own } from "../lib/format";
import { Chart } from "../parts/Chart";
import { useKeyNames } from "../parts/names";
import { Bar, Chip, Empty, Failure, Figure, Goto, PageTitle, Panel, Snippet, Waiting } from "../parts/parts";
import { csvOf, download } from "./costs/csv";
import { spans } from "./costs/time";

type Analytics = Schemas["Analytics"];
type One = Schemas["AnalyticsSeries"];

const metrics = "cost_usd,requests,input_tokens,output_tokens,saved_usd,unpriced";
const charted = 8;

/** What calls can be told apart by here, the chosen keys of metadata among it. */
function useDimensions(): { value: string; label: string }[] {
  const doc = useQuery({ queryKey: ["openapi"], staleTime: Infinity, queryFn: () => got(api.GET("/api/v1/openapi.json")) });
  return useMemo(() => {
    const params = (doc.data as { paths?: Record<string, { get?: { parameters?: { name: string }[] } }> } | undefined)?.paths?.["/api/v1/analytics"]?.get?.parameters ?? [];
    const more = params.map((p) => p.name).filter((n) => n.startsWith("filter.metadata.")).map((n) => n.slice("filter.".length));
    return [...["workspace", "key", "model", "provider", "route", "gateway", "operation", "cache"].map((d) => ({ value: d, label: d[0]!.toUpperCase() + d.slice(1) })), ...more.map((d) => ({ value: d, label: `Metadata: ${d.slice(9)}` }))];
  }, [doc.data]);
}

const filterable = ["workspace", "key", "model", "provider", "route", "gateway", "operation"];

export default function Costs() {
  const [params, set] = useParams();
  const by = params.get("by") ?? "workspace";
  const period = spans[params.get("period") ?? ""] ?? spans[""]!;
  const step = params.get("step") || period.step;
  const zone = params.get("tz") || own;
  const filters = Object.fromEntries(filterable.map((d) => [`filter.${d}`, params.get(`filter.${d}`) ?? ""]).filter(([, v]) => v)) as Record<string, string>;
  const dimensions = useDimensions();
  const keyName = useKeyNames();
  const report = useQuery({
    queryKey: ["analytics", "costs", by, params.get("period"), step, zone, filters], staleTime: 30_000, placeholderData: keepPreviousData,
    queryFn: () => {
      const { from, to } = period.of(new Date(), zone);
      return got(api.GET("/api/v1/analytics", { params: { query: { metric: metrics, by, step, tz: zone, top: "100", from: from.toISOString(), to: to.toISOString(), compare: "previous", ...filters } as never } }));
    },
  });
  const a = report.data;
  const nameOf = (s: One) => (s.rest ? "all others" : by === "key" ? (s.by.key ? keyName(s.by.key) : "without a key") : s.by[by] || `no ${by.replace("metadata.", "")}`);
  return (
    <>
      <PageTitle title="Costs" says="What calls cost, by whom and for what. Prices are those of the time of each call.">
        {a && <Button variant="default" leftSection={<IconDownload size={16} />} onClick={() => download(`costs-by-${by}-${a.from.slice(0, 10)}.csv`, csvOf(rowsOf(a, by, nameOf)))}>CSV</Button>}
      </PageTitle>
      <Group mb="md" gap="sm">
        <SegmentedControl size="xs" aria-label="Period" value={params.get("period") ?? ""} onChange={(v) => set({ period: v, step: "" })} data={Object.entries(spans).map(([value, s]) => ({ value, label: s.label }))} />
        <Select size="xs" w={170} aria-label="By" allowDeselect={false} value={by} onChange={(v) => set({ by: v === "workspace" ? "" : (v ?? "") })} data={dimensions} leftSection={<Text size="xs" c="dimmed">by</Text>} />
        <Select size="xs" w={130} aria-label="Columns" allowDeselect={false} value={step} onChange={(v) => set({ step: v ?? "" })} data={[{ value: "day", label: "each day" }, { value: "week", label: "each week" }, { value: "month", label: "each month" }]} />
        <Select size="xs" w={200} aria-label="Time zone" searchable allowDeselect={false} value={zone} onChange={(v) => set({ tz: v === own ? "" : (v ?? "") })} data={[...new Set([own, "UTC", ...Intl.supportedValuesOf("timeZone")])]} limit={100} />
        {Object.entries(filters).map(([k, v]) => <Chip key={k} label={`${k.slice(7)}: ${k === "filter.key" ? keyName(v) : v}`} remove={() => set({ [k]: "" })} />)}
      </Group>
      {report.isError ? <Failure error={report.error} retry={() => void report.refetch()} /> : !a ? <Waiting rows={4} height={110} /> : (a.total.requests ?? 0) === 0 ? (
        <Empty icon={IconReceiptDollar} title="No calls in this time"><Text ta="center" c="dimmed" mb="sm">Costs come with calls. The report is there for machines too:</Text><Snippet text={`curl -H "Authorization: Bearer $SLUICE_TOKEN" \\\n  '${location.origin}/api/v1/analytics?metric=cost_usd&by=${by}&step=month&tz=${zone}'`} /></Empty>
      ) : <Report of={a} by={by} nameOf={nameOf} pick={(s) => filterable.includes(by) && !s.rest && s.by[by] ? () => set({ [`filter.${by}`]: s.by[by]!, by: by === "workspace" ? "key" : by === "key" ? "model" : "" }) : undefined} />}
    </>
  );
}

function Report({ of: a, by, nameOf, pick }: { of: Analytics; by: string; nameOf: (s: One) => string; pick: (s: One) => (() => void) | undefined }) {
  const total = a.total.cost_usd ?? 0;
  const before = a.before?.cost_usd;
  const shown = a.series.slice(0, charted);
  const others = a.series.slice(charted);
  const times = a.times.map((t) => new Date(t).getTime() / 1000);
  const series = [...shown.map((s) => ({ label: nameOf(s), color: s.rest ? meaning.left : colorOf(nameOf(s)), values: s.spans.cost_usd ?? [] })), ...(others.length ? [{ label: "others", color: meaning.left as string, values: times.map((_, i) => others.reduce((sum, s) => sum + (s.spans.cost_usd?.[i] ?? 0), 0)) }] : [])];
  const unpriced = a.total.unpriced ?? 0;
  return (
    <Stack gap="md">
      <div className="four">
        <Figure label="Spent" value={usd(total)} exact={`$${total}`} note={before == null ? "" : before === 0 ? "nothing in the time before" : `${total >= before ? "+" : "−"}${percent(Math.abs(total - before) / before)} against the time before`} says="Cost of the calls whose cost is known, at the prices of their time. The time before is as long as this one." />
        <Figure label="Calls" value={count(a.total.requests)} note={total > 0 ? `${usd(total / Math.max(1, (a.total.requests ?? 0) - unpriced))} each, on average` : ""} says="All calls of the time, refused ones included." />
        <Figure label="Saved by the cache" value={usd(a.total.saved_usd ?? 0)} note="not spent, since an answer was kept" says="What the calls that the cache served would have cost." />
        <Figure label="Without a price" value={count(unpriced)} tone={unpriced ? "var(--tag-warning-ink)" : undefined} note="calls, refused ones included" says="Calls whose cost is not known: refused, failed, or of a model without a price. Give it one under providers in the configuration." />
      </div>
      {a.warning && <Alert variant="light" color="yellow">{a.warning}</Alert>}
      <Panel title={`Cost by ${by.replace("metadata.", "")}`} says="Bars stand on each other. The first and the last may be cut off by the chosen time."><Chart title={`Cost by ${by}`} kind="bars" format={usd} times={times} series={series} height={230} /></Panel>
      <Card withBorder padding={0}><Table of={a} by={by} nameOf={nameOf} pick={pick} /></Card>
    </Stack>
  );
}

const columnsMost = 12;

function Table({ of: a, by, nameOf, pick }: { of: Analytics; by: string; nameOf: (s: One) => string; pick: (s: One) => (() => void) | undefined }) {
  const total = a.total.cost_usd ?? 0;
  const wide = a.times.length <= columnsMost;
  const label = (t: string) => new Date(t).toLocaleDateString("en-GB", { timeZone: a.tz, ...(a.step === "month" ? { month: "short", year: "2-digit" } : { day: "numeric", month: "short" }) });
  return (
    <Box className="scroll">
      <table className="rows tight" aria-label={`Cost by ${by}`}>
        <thead><tr><th scope="col">{by}</th><th scope="col" className="n">Cost</th><th scope="col">Share</th><th scope="col" className="n">Before</th><th scope="col" className="n">Calls</th><th scope="col" className="n">Tokens in / out</th>{wide && a.times.map((t) => <th key={t} scope="col" className="n">{label(t)}</th>)}</tr></thead>
        <tbody>
          {a.series.map((s) => {
            const into = pick(s);
            const cost = s.total.cost_usd ?? 0;
            return (
              <tr key={`${s.rest} ${Object.values(s.by).join()}`}>
                <th scope="row" className="name" style={{ color: "inherit", fontWeight: 500, fontSize: 13 }}>{into ? <button type="button" className="cell link" onClick={into} title="Only this">{nameOf(s)}</button> : nameOf(s)}{by === "key" && s.by.key && <Text span size="xs"> <Goto to="/logs" extra={{ key_id: s.by.key, range: "30d" }}>calls</Goto></Text>}</th>
                <td className="n" title={`$${cost}`}>{usd(cost)}</td>
                <td style={{ minWidth: 110 }}><Group gap={6} wrap="nowrap"><Box className="grow" miw={50}><Bar share={total ? cost / total : 0} color={s.rest ? meaning.left : colorOf(nameOf(s))} label={`${percent(total ? cost / total : 0)} of all`} /></Box><Text size="xs" c="dimmed" w={38} ta="right">{percent(total ? cost / total : 0)}</Text></Group></td>
                <td className="n">{s.before ? usd(s.before.cost_usd) : "–"}</td><td className="n">{count(s.total.requests)}</td><td className="n">{count(s.total.input_tokens)} / {count(s.total.output_tokens)}</td>
                {wide && a.times.map((t, i) => <td key={t} className="n">{s.spans.cost_usd?.[i] ? usd(s.spans.cost_usd[i]) : <Text span c="dimmed">–</Text>}</td>)}
              </tr>
            );
          })}
          <tr className="sum"><th scope="row" style={{ color: "inherit" }}>All</th><td className="n">{usd(total)}</td><td /><td className="n">{usd(a.before?.cost_usd)}</td><td className="n">{count(a.total.requests)}</td><td className="n">{count(a.total.input_tokens)} / {count(a.total.output_tokens)}</td>
            {wide && a.times.map((t, i) => <td key={t} className="n">{usd(a.series.reduce((sum, s) => sum + (s.spans.cost_usd?.[i] ?? 0), 0))}</td>)}</tr>
        </tbody>
      </table>
      {!wide && <Text size="xs" c="dimmed" p="sm">{a.times.length} columns do not fit here: the chart and the CSV have them.</Text>}
    </Box>
  );
}

/** The report as rows: one for each value and span of time. */
function rowsOf(a: Analytics, by: string, nameOf: (s: One) => string): (string | number | null | undefined)[][] {
  const head = ["from", "tz", by, ...(by === "key" ? ["key_id"] : []), "cost_usd", "requests", "input_tokens", "output_tokens", "saved_usd"];
  const rows = a.series.flatMap((s) => a.times.map((t, i) => [t, a.tz, nameOf(s), ...(by === "key" ? [s.by.key ?? ""] : []), ...["cost_usd", "requests", "input_tokens", "output_tokens", "saved_usd"].map((m) => s.spans[m]?.[i])]));
  return [head, ...rows];
}
