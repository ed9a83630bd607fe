// The first by a dimension, with their figures against the period before.
import { Anchor, Box, Group, Select, Text } from "@mantine/core";
import { useMemo } from "react";
import { Link } from "react-router";
import { useLinkTo, useParams } from "../../lib/address";
import { asLogs, type Dimension, type Series, totalOf, useAnalytics, useCompared, useDimensions } from "../../lib/analytics";
import { colorsOf, meaning } from "../../lib/color";
import { count, exact, ms, percent, usd } from "../../lib/format";
import { Bar, Failure, Panel, Waiting } from "../../parts/parts";
import { useKeyNames } from "../../parts/names";
import type { View } from "./view";

const metrics = "requests,tokens,cost_usd,error_rate,first_byte_p95_ms,latency_p95_ms";

/** How a figure changed, short: by how much, and in full for who points at it. */
function Delta({ now, before, format, rate = false }: { now: number | null; before: number | null | undefined; format: (n: number | null) => string; rate?: boolean }) {
  if (before === undefined) return <Text component="span" className="delta"> </Text>;
  const title = `${format(before)} in the period before`;
  if (!before) return <Text component="span" className="delta" title={title}>{now ? "new" : " "}</Text>;
  const by = ((now ?? 0) - before) / before;
  const size = Math.abs(by) >= 9.995 ? `${count((now ?? 0) / before)} ×` : percent(Math.abs(by));
  return <Text component="span" className="delta" title={title}>{rate ? `from ${format(before)}` : Math.abs(by) < 0.01 ? "as before" : `${by > 0 ? "▲" : "▼"} ${size}`}</Text>;
}

type Column = { label: string; metric: string; format: (n: number | null) => string; rate?: boolean; logs?: (s: Series) => Record<string, string>; says: string };

const columns: Column[] = [
  { label: "Requests", metric: "requests", format: count, logs: () => ({}), says: "requests" },
  { label: "Tokens", metric: "tokens", format: count, says: "tokens" },
  { label: "Spend", metric: "cost_usd", format: usd, says: "spent" },
  { label: "Errors", metric: "error_rate", format: percent, rate: true, logs: () => ({ outcome: "error" }), says: "of the calls failed" },
  { label: "First token p95", metric: "first_byte_p95_ms", format: ms, says: "until the first token, at the 95th of 100" },
  { label: "Latency p95", metric: "latency_p95_ms", format: ms, logs: (s) => ({ min_latency_ms: String(Math.floor(totalOf(s, "latency_p95_ms") ?? 0)) }), says: "for the whole answer, at the 95th of 100; leads to the calls that took longer" },
];

/** The calls that a figure is made of: those of the view, of the row, and of the column. */
const callsOf = (filters: Record<string, string>, d: Dimension, s: Series, more: Record<string, string>) => ({ ...asLogs({ ...filters, ...d.filters(s.by) }), ...more });

export function Top({ period, filters, live, param, first }: View & { param: string; first: string }) {
  const [params, set] = useParams();
  const link = useLinkTo();
  const keyName = useKeyNames();
  const chosen = params.get(param) ?? first;
  const dimensions = useDimensions();
  const dimension = dimensions[chosen] ?? dimensions[first]!;
  const groups = useAnalytics(period, filters, live, { metric: metrics, by: dimension.by, top: "8" });
  const past = useCompared(period, filters, live, { metric: metrics, by: dimension.by, top: "20" });
  const before = useMemo(() => new Map((past.data?.by.join() === dimension.by ? past.data : undefined)?.series.map((s) => [`${s.rest} ${dimension.nameOf(s.by)}`, s.before])), [past.data, dimension]);
  const known = past.data?.by.join() === dimension.by && !!past.data.before?.requests; // else nothing is compared with
  const there = groups.data?.by.join() === dimension.by ? groups.data : undefined; // what is shown while more comes may be told apart otherwise
  const rows = there?.series ?? [];
  const most = Math.max(1, ...rows.map((s) => totalOf(s, "requests") ?? 0));
  const colors = colorsOf(rows.filter((s) => !s.rest).map((s) => dimension.nameOf(s.by)));
  const name = (s: Series) => { const n = dimension.nameOf(s.by); return s.rest ? "all others" : dimension.by === "key" ? keyName(n) : n; };
  const title = `By ${dimension.label.toLowerCase()}`;
  return (
    <Panel title={title} says="The most requests first, each figure with its change against the period before. A click on a name filters the whole page; one on requests, errors or latency leads to those calls in the logs." right={<Select size="xs" w={170} allowDeselect={false} searchable aria-label="Add up by" data={Object.entries(dimensions).map(([value, d]) => ({ value, label: d.label }))} value={chosen} onChange={(v) => v && set({ [param]: v === first ? "" : v })} />}>
      {groups.isError ? <Failure error={groups.error} retry={() => void groups.refetch()} /> : !there ? <Waiting rows={9} height={38} /> : <Box className="scroll">
        {there.warning && <Text size="xs" c="dimmed" mb={4}>{there.warning}</Text>}
        <table className="rows tight ranked" aria-label={title}>
          <thead><tr><th scope="col">{dimension.label}</th>{columns.map((c) => <th key={c.metric} scope="col" className="n">{c.label}</th>)}</tr></thead>
          <tbody>
            {rows.map((s) => {
              const label = name(s);
              const own = !!label && !s.rest;
              const color = own ? (colors.get(dimension.nameOf(s.by)) ?? meaning.left) : meaning.left;
              const was = s.rest ? undefined : before.get(`${s.rest} ${dimension.nameOf(s.by)}`); // others are others then
              return (
                <tr key={`${s.rest} ${dimension.nameOf(s.by)}`}>
                  <th scope="row" className="name" title={label}><Group gap={8} wrap="nowrap"><Box className="swatch" style={{ background: color }} />{own ? <Anchor component="button" size="sm" c="inherit" ta="left" truncate onClick={() => set(dimension.filters(s.by))}>{label}</Anchor> : <Text size="sm" c="dimmed">{label || "none"}</Text>}</Group></th>
                  {columns.map((c) => {
                    const now = totalOf(s, c.metric);
                    const value = c.format(now);
                    const to = own && now && c.logs ? link("/logs", callsOf(filters, dimension, s, c.logs(s))) : "";
                    const figure = to ? <Anchor component={Link} to={to} size="sm" c={c.rate ? "var(--tag-error-ink)" : "inherit"} title={`${exact(now)}: show these calls`} aria-label={`${label}: ${value} ${c.says}; show these calls`}>{value}</Anchor> : <span title={now == null ? undefined : exact(now)}>{value}</span>;
                    return (
                      <td key={c.metric} className="n">
                        <Group gap={8} justify="flex-end" wrap="nowrap">{c.metric === "requests" && <Box className="grow hide-small" miw={40} maw={160}><Bar share={(now ?? 0) / most} color={color} label={`${label}: ${now} requests`} /></Box>}{figure}</Group>
                        <Delta now={now} before={!known || s.rest ? undefined : was ? (was[c.metric] ?? null) : null} format={c.format} rate={c.rate} />
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </Box>}
    </Panel>
  );
}
