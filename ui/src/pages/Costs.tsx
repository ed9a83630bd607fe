import "../callers.css";
import { Alert, Box, Button, Card, Group, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { IconDownload, IconReceiptDollar } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, got } from "../api/client";
import { useAct } from "../lib/act";
import { useParams } from "../lib/address";
import { dimensionLabel, useDimensionNames } from "../lib/analytics";
import { scopeOf } from "../nav";
import { colorOf, colorsOf, meaning } from "../lib/color";
import { count, dateOf, exact, percent, usd, zone } from "../lib/format";
import { saveFile } from "../lib/save";
import { Chart } from "../parts/Chart";
import { useKeyNames } from "../parts/names";
import { ZonePicker } from "../parts/Range";
import { Bar, Chip, Empty, Failure, Figure, Goto, PageTitle, Panel, Snippet, Waiting } from "../parts/parts";
import { withNames } from "./costs/csv";
import { type CostReport, type Line, linesOf } from "./costs/report";
import { NextMonth } from "./costs/NextMonth";
import { type Before, before, type Grain, monthsBefore, type Span, spanOf, spans, startsOf } from "./costs/time";

const charted = 8;
const first = ["workspace", "key", "model", "provider", "route", "gateway", "operation", "cache"];

/** What calls can be told apart by: all that the API names, the chosen keys of metadata among it. */
function useDimensions(): { value: string; label: string }[] {
  const named = useDimensionNames();
  return useMemo(() => [...new Set([...first, ...named])].map((value) => ({ value, label: dimensionLabel(value) })), [named]);
}

type Names = (l: Line) => string;

/** What the frame lets choose; in the address without filter. before it, as on all pages. */
const scope = scopeOf("/costs");

const paramOf = (filter: string) => (scope.some((k) => filter === `filter.${k}`) ? filter.slice("filter.".length) : filter);

/** The filters of the logs that choose the same calls. */
const logNames: Record<string, string> = { key: "key_id", limit: "limits" };
const inLogs = (filters: Record<string, string>) => Object.fromEntries(Object.entries(filters).map(([k, v]) => [logNames[k.slice("filter.".length)] ?? k.slice("filter.".length), v]));

/** What the report is asked for: a model is told by its provider too, since several may have one of its name. */
const askedBy = (by: string) => (by === "model" ? "provider,model" : by);

const wordOf = (by: string) => (by === "provider,model" ? "model" : by.replace("metadata.", "").replaceAll("_", " "));

/** The filters that keep one value alone. */
function only(asked: string, by: string, value: string): Record<string, string> {
  const cut = value.indexOf("/"); // names of providers have none
  return asked === "provider,model" ? { "filter.provider": value.slice(0, cut), "filter.model": value.slice(cut + 1) } : { [`filter.${by}`]: value };
}

export default function Costs() {
  const [params, set] = useParams();
  const by = params.get("by") ?? "workspace";
  const name = params.get("month") ?? params.get("period") ?? "";
  const now = useMemo(() => new Date(), []);
  const span = useMemo(() => spanOf(name, now, zone), [name, now]);
  const then = useMemo(() => before(span, now, zone), [span, now]);
  const grain = (["day", "week", "month"].includes(params.get("step") ?? "") ? params.get("step") : span.grain) as Grain;
  const filters: Record<string, string> = { ...Object.fromEntries(scope.flatMap((k) => (params.get(k) ? [[`filter.${k}`, params.get(k)!]] : []))), ...Object.fromEntries([...params].filter(([k, v]) => k.startsWith("filter.") && v)) };
  const asked = askedBy(by);
  const dimensions = useDimensions();
  const keyName = useKeyNames();
  const nameOf: Names = (l) => (l.rest ? "all others" : by === "key" ? (l.value ? keyName(l.value) : "without a key") : l.value || `no ${wordOf(by)}`);
  const ask = (s: { from: Date; to: Date }, more: Record<string, string>) => ({ params: { query: { by: asked, zone, from: s.from.toISOString(), to: s.to.toISOString(), ...more, ...filters } as never } });
  const report = useQuery({ queryKey: ["costs", by, name, grain, filters], staleTime: 30_000, placeholderData: keepPreviousData, queryFn: () => got(api.GET("/api/v1/analytics/costs", ask(span, { grain }))) });
  const past = useQuery({ queryKey: ["costs", "before", by, name, filters], enabled: then.to > then.from, staleTime: 300_000, retry: false, queryFn: () => got(api.GET("/api/v1/analytics/costs", ask(then, {}))) });
  const csv = useAct(async () => {
    const text = await got(api.GET("/api/v1/analytics/costs", { ...ask(span, { grain, format: "csv" }), parseAs: "text" }) as Promise<{ data?: string; error?: unknown; response: Response }>);
    saveFile(`costs-by-${by}-${dateOf(span.from, { year: "numeric", month: "2-digit", day: "2-digit" }).split("/").reverse().join("-")}.csv`, new Blob([by === "key" ? withNames(text, "key", keyName) : text], { type: "text/csv;charset=utf-8" }));
  }, []);
  const a = report.data;
  const into = (l: Line) => (l.rest || !l.value ? undefined : () => set({ ...Object.fromEntries(Object.entries(only(asked, by, l.value)).map(([k, v]) => [paramOf(k), v])), by: by === "workspace" ? "key" : by === "key" ? "model" : "" }));
  const calls = (l: Line) => (l.rest || !l.value ? undefined : { ...inLogs({ ...filters, ...only(asked, by, l.value) }), from: span.from.toISOString(), to: new Date(Math.min(span.to.getTime(), now.getTime())).toISOString() });
  return (
    <>
      <PageTitle title="Costs" says="What calls cost, to the billionth of a dollar, by whom and for what. Prices are those of the time of each call.">
        <Button variant="default" disabled={!a} loading={csv.isPending} leftSection={<IconDownload size={16} />} onClick={() => csv.mutate(undefined)}>CSV</Button>
      </PageTitle>
      <Group mb="md" gap="sm">
        <SegmentedControl size="xs" aria-label="Period" value={params.get("month") ? "month" : name in spans ? name : ""} onChange={(v) => set({ period: v, month: "", step: "" })} data={[...Object.entries(spans).map(([value, s]) => ({ value, label: s.label })), ...(params.get("month") ? [{ value: "month", label: monthName(params.get("month")!) }] : [])]} />
        <Select size="xs" w={150} aria-label="Month" placeholder="Another month" clearable value={params.get("month")} onChange={(v) => set({ month: v ?? "", period: "", step: "" })} data={monthsBefore(now, zone, 36).map((value) => ({ value, label: monthName(value) }))} />
        <Select size="xs" w={170} aria-label="By" searchable allowDeselect={false} value={by} onChange={(v) => set({ by: v === "workspace" ? "" : (v ?? "") })} data={dimensions} leftSection={<Text size="xs" c="dimmed">by</Text>} />
        <Select size="xs" w={130} aria-label="Columns" allowDeselect={false} value={grain} onChange={(v) => set({ step: v === span.grain ? "" : (v ?? "") })} data={[{ value: "day", label: "each day" }, { value: "week", label: "each week" }, { value: "month", label: "each month" }]} />
        <ZonePicker />
        {Object.entries(filters).filter(([k]) => params.get(k)).map(([k, v]) => <Chip key={k} label={`${k.slice(7)}: ${k === "filter.key" ? keyName(v) : v}`} remove={() => set({ [k]: "" })} />)}
      </Group>
      {report.isError ? <Failure error={report.error} retry={() => void report.refetch()} /> : !a ? <Waiting rows={4} height={110} /> : a.total.requests === 0 ? (
        <Empty icon={IconReceiptDollar} title="No calls in this time"><Text ta="center" c="dimmed" mb="sm">Costs come with calls. The report is there for machines too:</Text><Snippet text={`curl -H "Authorization: Bearer $SLUICE_TOKEN" \\\n  '${location.origin}/api/v1/analytics/costs?month=${monthsBefore(now, zone, 1)[0]}&zone=${zone}&by=${asked}&format=csv'`} /></Empty>
      ) : <Box className="answers" aria-busy={report.isPlaceholderData}><Report of={a} past={past.data} then={then} span={span} nameOf={nameOf} into={into} calls={calls} /></Box>}
      {a && Object.keys(filters).every((k) => k === "filter.workspace") && <Box mt="md"><NextMonth by={by} workspace={filters["filter.workspace"] ?? ""} nameOf={(value) => nameOf({ value, rest: false } as Line)} /></Box>}
    </>
  );
}

const monthName = (m: string) => new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${m}-01T00:00:00Z`));

/** The days of the time before. */
function spoken(b: Before): string {
  const year = dateOf(b.from, { year: "numeric" }) === dateOf(new Date(), { year: "numeric" }) ? {} : ({ year: "numeric" } as const);
  const day = (t: Date) => dateOf(t, { day: "numeric", month: "short", ...year });
  return b.whole ? `${day(b.from)} to ${day(new Date(b.to.getTime() - 1))}` : `${day(b.from)} to ${day(b.to)}, ${dateOf(b.to, { hour: "2-digit", minute: "2-digit" })}`;
}

/** What the time before is, and why. */
function explained(b: Before): string {
  const months = b.months === 1 ? "month" : `${b.months} months`;
  return b.whole ? `“Before” is ${spoken(b)}: the whole ${months} just before.` : `“Before” is ${spoken(b)}: the same part of the ${months} before, since the present month is not over and a part is not compared with a whole.`;
}

type Calls = (l: Line) => Record<string, string> | undefined;
type Shown = { calls: Calls; lines: Line[]; starts: Date[]; past?: CostReport; then: Before; nameOf: Names };

function Report({ of: a, past, then, span, nameOf, into, calls }: { of: CostReport; past?: CostReport; then: Before; span: Span; nameOf: Names; calls: Calls; into: (l: Line) => (() => void) | undefined }) {
  const { starts, lines, times } = useMemo(() => {
    const starts = startsOf(span, a.grain, zone).filter((s) => s.getTime() < Date.now());
    return { starts, lines: linesOf(a, starts), times: starts.map((s) => s.getTime() / 1000) };
  }, [a, span]);
  const total = a.total;
  const paid = lines.filter((l) => l.total.cost_usd > 0);
  const shown = paid.slice(0, charted);
  const others = paid.slice(charted);
  const colors = chartColors(lines, nameOf);
  const series = [...shown.map((l) => ({ label: nameOf(l), color: l.rest ? meaning.left : colors(nameOf(l)), values: l.spans })), ...(others.length ? [{ label: "others", color: meaning.left as string, values: times.map((_, i) => others.reduce((sum, l) => sum + (l.spans[i] ?? 0), 0)) }] : [])];
  const was = past?.total.cost_usd;
  const note = was == null ? "" : was === 0 ? "nothing before" : `${total.cost_usd >= was ? "+" : "−"}${percent(Math.abs(total.cost_usd - was) / was)} against ${usd(was)} before`;
  const by = wordOf(a.by);
  return (
    <Stack gap="md">
      <div className="four">
        <Figure label="Spent" value={usd(total.cost_usd)} exact={`$${exact(total.cost_usd)}`} note={note} says={`Cost of the calls whose cost is known, at the prices of their time. ${explained(then)}`} />
        <Figure label="Calls" value={count(total.requests)} note={total.cost_usd > 0 ? `${usd(total.cost_usd / Math.max(1, total.requests - total.unpriced))} each, on average` : ""} says="All calls of the time, refused ones included." />
        <Figure label="Saved by the cache" value={usd(total.saved_usd)} exact={`$${exact(total.saved_usd)}`} note="not spent: answers were kept" says="What the calls that the cache served would have cost." />
        <Figure label="Without a price" value={count(total.unpriced)} tone={total.unpriced ? "var(--tag-warning-ink)" : undefined} note="calls, refused ones included" says="Calls whose cost is not known: refused, failed, or of a model without a price. Give it one under providers in the configuration." />
      </div>
      {past && <Text size="xs" c="dimmed">{explained(then)}</Text>}
      {a.warning && <Alert variant="light" color="yellow">{a.warning}</Alert>}
      <Panel title={`Cost by ${by}`} says={`One bar for each ${a.grain} of the zone ${a.zone}; values stand on each other.`}><Chart title={`Cost by ${by}`} kind="bars" format={usd} times={times} series={series} height={230} /></Panel>
      <Card withBorder padding={0}><Table {...{ lines, starts, past, then, nameOf, into, calls }} of={a} /></Card>
    </Stack>
  );
}

const columnsMost = 12;
const linesFirst = 100;

/** Colours of the chart's lines, which the table has too. */
function chartColors(lines: Line[], nameOf: Names): (name: string) => string {
  const given = colorsOf(lines.filter((l) => l.total.cost_usd > 0 && !l.rest).slice(0, charted).map(nameOf));
  return (name) => given.get(name) ?? colorOf(name);
}

function Table({ of: a, lines, starts, past, then, nameOf, into, calls }: Shown & { of: CostReport; into: (l: Line) => (() => void) | undefined }) {
  const [all, setAll] = useState(false);
  const colors = chartColors(lines, nameOf);
  const total = a.total.cost_usd;
  const wide = starts.length <= columnsMost;
  const was = useMemo(() => new Map(past?.rows.map((r) => [`${r.rest} ${r.value}`, r.cost_usd])), [past]);
  const label = (t: Date) => dateOf(t, a.grain === "month" ? { month: "short", year: "2-digit" } : { day: "numeric", month: "short" });
  const by = wordOf(a.by);
  return (
    <Box className="scroll">
      <table className="rows tight" aria-label={`Cost by ${by}`}>
        <thead><tr><th scope="col">{dimensionLabel(by)}</th><th scope="col" className="n">Cost</th><th scope="col">Share</th><th scope="col" className="n" title={explained(then)}>Before</th><th scope="col" className="n">Calls</th><th scope="col" className="n">Tokens in / out</th>{wide && starts.map((t) => <th key={t.getTime()} scope="col" className="n">{label(t)}</th>)}</tr></thead>
        <tbody>
          {(all ? lines : lines.slice(0, linesFirst)).map((l) => {
            const go = into(l);
            const to = calls(l);
            const { cost_usd: cost, requests, input_tokens, output_tokens } = l.total;
            return (
              <tr key={`${l.rest} ${l.value}`}>
                <th scope="row" className="name" style={{ color: "inherit", fontWeight: 500, fontSize: 13 }}>{go ? <button type="button" className="cell link" onClick={go} title="Only this">{nameOf(l)}</button> : nameOf(l)}</th>
                <td className="n" title={`$${exact(cost)}`}>{usd(cost)}</td>
                <td style={{ minWidth: 110 }}><Group gap={6} wrap="nowrap"><Box className="grow" miw={50}><Bar share={total ? cost / total : 0} color={l.rest ? meaning.left : colors(nameOf(l))} label={`${percent(total ? cost / total : 0)} of all`} /></Box><Text size="xs" c="dimmed" w={38} ta="right">{percent(total ? cost / total : 0)}</Text></Group></td>
                <td className="n">{past ? usd(was.get(`${l.rest} ${l.value}`) ?? 0) : "–"}</td><td className="n">{to ? <Goto to="/logs" extra={to}>{count(requests)}</Goto> : count(requests)}</td><td className="n">{count(input_tokens)} / {count(output_tokens)}</td>
                {wide && starts.map((t, i) => <td key={t.getTime()} className="n">{l.spans[i] ? usd(l.spans[i]) : <Text span c="dimmed">–</Text>}</td>)}
              </tr>
            );
          })}
          <tr className="sum"><th scope="row" style={{ color: "inherit" }}>All</th><td className="n" title={`$${exact(total)}`}>{usd(total)}</td><td /><td className="n">{usd(past?.total.cost_usd)}</td><td className="n">{count(a.total.requests)}</td><td className="n">{count(a.total.input_tokens)} / {count(a.total.output_tokens)}</td>
            {wide && starts.map((t, i) => <td key={t.getTime()} className="n">{usd(lines.reduce((sum, l) => sum + (l.spans[i] ?? 0), 0))}</td>)}</tr>
        </tbody>
      </table>
      {!all && lines.length > linesFirst && <Group p="sm"><Button fullWidth variant="default" onClick={() => setAll(true)}>Show all {count(lines.length)}</Button></Group>}
      {!wide && <Text size="xs" c="dimmed" p="sm">{starts.length} columns do not fit here: the chart and the CSV have them.</Text>}
    </Box>
  );
}
