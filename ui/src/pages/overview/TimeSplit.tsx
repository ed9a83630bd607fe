// Where the mean call's time went, over time and in all.
import { Box, Group, SimpleGrid, Text } from "@mantine/core";
import { useMemo } from "react";
import { type Series, spansOf, totalOf } from "../../lib/analytics";
import { meaning } from "../../lib/color";
import { ms, took } from "../../lib/format";
import { Chart } from "../../parts/Chart";
import { Failure, Panel, Waiting } from "../../parts/parts";
import { stepWords, useOverall, useZoom, type View } from "./view";

const places = [
  { label: "Providers", metric: "provider_total_ms", color: meaning.ok, says: "waiting for providers" },
  { label: "Callers", metric: "caller_total_ms", color: "#b07a52", says: "who read their answer slowly" },
  { label: "Queues", metric: "queue_total_ms", color: meaning.limited, says: "waiting for a limit's room" },
  { label: "Sluice", metric: "gateway_total_ms", color: "#8c6bb1", says: "checks, limits, translation, waits before repeats" },
];

/** What each span's mean call spent at one place. */
const meanOf = (one: Series | undefined, metric: string) => spansOf(one, "requests").map((n, i) => (n ? (spansOf(one, metric)[i] ?? 0) / n : null));

export function TimeSplit(view: View) {
  const { all, step, times, one } = useOverall(view);
  const zoom = useZoom();
  const series = useMemo(() => places.map((p) => ({ label: p.label, color: p.color, values: meanOf(one, p.metric) })), [one]);
  if (all.isError) return <Failure error={all.error} />;
  if (!one) return <Waiting rows={1} height={280} />;
  const calls = totalOf(one, "requests") || 1;
  return (
    <Panel title="Where the time goes" says={`What the mean call of each ${stepWords[step]} is made of, one upon the other: waiting for providers, for callers who read slowly, in queues, and Sluice itself. Together they are its mean time, cache hits and refused calls included. Beneath: the mean call of the whole time. Drag over a part to look closer.`}>
      <Chart title="Where the time goes" times={times} series={series} kind="areas" format={ms} height={150} zoom={zoom} />
      <SimpleGrid cols={{ base: 2, sm: 4 }} mt="sm" spacing="xs">
        {places.map((p) => {
          const total = totalOf(one, p.metric);
          return (
            <Box key={p.label}>
              <Group gap={6} wrap="nowrap"><Box className="swatch" style={{ background: p.color }} /><Text size="sm">{p.label}</Text></Group>
              <Text fw={600} size="sm">{total == null ? "–" : took(total / calls)}</Text>
              <Text size="xs" c="dimmed">{p.says}</Text>
            </Box>
          );
        })}
      </SimpleGrid>
    </Panel>
  );
}
