// One alert rule: how it stands, its figure of the last hours, and its bound as a line.
import { Card, Group, Text } from "@mantine/core";
import { span } from "../../lib/format";
import { useMay } from "../../lib/may";
import { Chart } from "../../parts/Chart";
import { Tag, Time } from "../../parts/parts";
import { figureOf, type Rule, saysBound, toneOf } from "./figure";
import { MuteMenu } from "./MuteMenu";

/** Figures that the node tells as they are now. */
const live = new Set(["unhealthy_targets", "spool_depth", "budget_share"]);

/** Why there is no line. */
function nothing(r: Rule): string {
  if (live.has(r.metric)) return "This figure is read from the node as it is now; there is no line of the hours before.";
  return r.times.length === 0 ? "There is no line for this figure yet." : "No call that tells this figure in the last hours.";
}

export function RuleCard({ of: r }: { of: Rule }) {
  const may = useMay();
  const bound = r.above ?? r.below;
  const times = r.times.map((t) => new Date(t).getTime() / 1000);
  const series = [{ label: r.metric.replaceAll("_", " "), color: "#4c6ef5", values: r.figures }];
  if (bound != null) series.push({ label: "bound", color: "#e03131", values: times.map(() => bound), ...{ dash: [6, 4] } });
  const filter = Object.entries(r.filter).map(([k, v]) => `${k} ${v}`).join(", ");
  return (
    <Card withBorder padding="md" component="section" aria-label={`Rule ${r.name}`}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Group gap="xs"><Text fw={600}>{r.name}</Text><Tag tone={r.state === "firing" ? toneOf(r.severity) : "plain"}>{r.state}</Tag>{r.muted_until && <Tag tone="warning">muted</Tag>}</Group>
        {may.own(r.workspace || undefined) && !r.muted_until && <MuteMenu rule={r.id} name={r.name} />}
      </Group>
      <Text size="sm" c="dimmed" mt={2}>{r.severity}: {saysBound(r)}{r.for_s > 0 && `, for ${span(r.for_s)}`}{r.per && `, per ${r.per}`}{filter && `; ${filter}`}</Text>
      {r.muted_until && <Text size="xs" c="dimmed">the mute ends <Time value={r.muted_until} /></Text>}
      {times.length > 0 && r.figures.some((v) => v != null) ? <Chart title={`${r.name} over the last hours`} times={times} series={series} kind="lines" height={120} format={figureOf(r.unit)} />
        : <Text size="sm" c="dimmed" py="lg" ta="center">{nothing(r)}</Text>}
    </Card>
  );
}
