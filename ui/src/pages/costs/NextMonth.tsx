// What next month is expected to bring, and which limits and budgets it meets.
import { Box, Card, Group, Skeleton, Text, Tooltip } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, got, type Schemas } from "../../api/client";
import { pastOf } from "../../lib/ahead";
import { at, count, dateOf, percent, usd, zone } from "../../lib/format";
import { useKeyNames } from "../../parts/names";
import { Failure, Goto, Panel, Tag } from "../../parts/parts";
import { namesOf } from "../limits/near";

type Capacity = Schemas["Capacity"];
type Foreseen = Schemas["Foreseen"];
type Row = Schemas["CapacityRow"];

const told = ["gateway", "provider", "model", "workspace", "key", "route", "operation"];
const listed = 6;

export function NextMonth({ by, workspace, nameOf }: { by: string; workspace: string; nameOf: (value: string) => string }) {
  const dimension = told.includes(by) ? by : "gateway";
  const ahead = useQuery({
    queryKey: ["capacity", dimension, workspace], staleTime: 300_000, placeholderData: keepPreviousData,
    queryFn: () => got(api.GET("/api/v1/analytics/capacity", { params: { query: { by: dimension, zone, ...(workspace ? { "filter.workspace": workspace } : {}) } } })),
  });
  if (ahead.isError) return <Failure error={ahead.error} retry={() => void ahead.refetch()} />;
  if (!ahead.data) return <Skeleton height={220} aria-busy="true" />;
  const c = ahead.data;
  return (
    <Panel title={`Next month: ${dateOf(c.from, { month: "long", year: "numeric" })}`} says="What calls are expected to come to if they go on as in the weeks before, with their rhythm and trend. Of ten forecasts, eight should come out within their bounds; new customers and new prices are not foreseen." right={c.total.basis ? <Text size="sm" c="dimmed" className="nowrap">by {pastOf(c.total)}</Text> : undefined}>
      {c.needs ? <Text size="sm" c="dimmed">There is no forecast yet: it needs {c.needs}.</Text> : (
        <>
          <Box className="scroll"><Calls of={c} nameOf={dimension === by ? nameOf : (v) => v || "none"} /></Box>
          <Met of={c} />
        </>
      )}
    </Panel>
  );
}

function Calls({ of: c, nameOf }: { of: Capacity; nameOf: (value: string) => string }) {
  const name = (r: Row) => (r.rest ? "all others" : nameOf(r.value));
  const rows = [...c.rows].sort((a, b) => Number(a.rest) - Number(b.rest) || (b.cost_usd.next ?? 0) - (a.cost_usd.next ?? 0));
  const more = rows.length - listed;
  const line = (label: string, r: Row) => (
    <><th scope="row" className="name" style={{ color: "inherit", fontWeight: 500, fontSize: 13 }}>{label}</th><Ahead of={r.cost_usd} format={usd} /><Ahead of={r.requests} format={count} /><Ahead of={r.tokens} format={count} /><td className="n">{grows(r.requests.trend)}</td></>
  );
  return (
    <table className="rows tight" aria-label="Expected next month">
      <thead><tr><th scope="col">{c.by}</th><th scope="col" className="n">Cost</th><th scope="col" className="n">Calls</th><th scope="col" className="n">Tokens</th><th scope="col" className="n"><Tooltip label="How much more calls each week brings, as a share of the present level. Told of five weeks and more." withArrow multiline maw={280}><span tabIndex={0}>A week</span></Tooltip></th></tr></thead>
      <tbody>
        {rows.slice(0, listed).map((r) => <tr key={`${r.rest} ${r.value}`}>{line(name(r), r)}</tr>)}
        {more > 0 && <tr><td colSpan={5}><Text size="xs" c="dimmed">and {more} more that cost less</Text></td></tr>}
        <tr className="sum">{line("All", c.total)}</tr>
      </tbody>
    </table>
  );
}

const grows = (trend: number | null) => (trend == null ? "–" : Math.abs(trend) < 0.0005 ? "steady" : `${trend > 0 ? "+" : "−"}${percent(Math.abs(trend))}`);

function Ahead({ of: n, format }: { of: Foreseen; format: (n: number) => string }) {
  if (n.next == null) return <td className="n"><Text span size="sm" c="dimmed">too little is known</Text></td>;
  return <td className="n">{format(n.next)}<Text size="xs" c="dimmed" className="nowrap">{format(n.low!)} to {format(n.high!)}</Text></td>;
}

/** What would be met: what comes first, first. */
function Met({ of: c }: { of: Capacity }) {
  const keyName = useKeyNames();
  const limits = c.limits.filter((l) => l.meets).slice(0, 4);
  const budgets = c.budgets.filter((b) => b.ends).slice(0, 4);
  if (!limits.length && !budgets.length) {
    const looked = c.limits.filter((l) => !l.why).length + c.budgets.length;
    return <Text size="sm" c="dimmed" mt="sm">{looked ? `No limit or budget would be met: ${looked} were looked at.` : "No limit or budget can be set beside it."}</Text>;
  }
  return (
    <Group gap="xs" mt="md" align="stretch" component="ul" className="plain-list" aria-label="What would be met">
      {budgets.map((b) => (
        <Card key={b.rule + b.counter} component="li" withBorder padding="sm" className="grow" miw={260}>
          <Group gap={6}><Tag tone="warning">budget</Tag><Text size="sm" fw={500}>{namesOf(b.values, keyName)}</Text></Group>
          <Text size="sm" mt={4}>{usd(b.next_usd)} of {usd(b.max_usd)} expected: used up on <Tooltip label={at(b.ends)} withArrow><b tabIndex={0}>{dateOf(b.ends!, { day: "numeric", month: "short" })}</b></Tooltip>. <Goto to="/budgets">Look</Goto></Text>
        </Card>
      ))}
      {limits.map((l) => (
        <Card key={l.rule + l.window} component="li" withBorder padding="sm" className="grow" miw={260}>
          <Group gap={6}><Tag tone={l.share! >= 1 ? "error" : "warning"}>limit</Tag><Text size="sm" fw={500} className="path">{l.rule}</Text></Group>
          <Text size="sm" mt={4}>{l.share! >= 1 ? <>The busiest {l.window} of the last days filled it{l.values && ` (${namesOf(l.values, keyName)})`}.</> : <>The busiest {l.window} took {percent(l.share)}; it grows to all of it by <Tooltip label={at(l.meets)} withArrow><b tabIndex={0}>{dateOf(l.meets!, { day: "numeric", month: "short" })}</b></Tooltip>.</>} <Goto to="/limits">Look</Goto></Text>
        </Card>
      ))}
    </Group>
  );
}
