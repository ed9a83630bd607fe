// A chart over time: bars that stand on each other, or lines, with a table behind it for
// those who do not see it.
import { Box, Group, Text, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { clock } from "../lib/format";

/** What happened at a time, shown as a line in the chart. */
export type Mark = { time: number; label: string };

export type Series = { label: string; color: string; values: (number | null)[]; dash?: number[] };

type Props = {
  title: string;
  times: number[];
  series: Series[];
  kind: "bars" | "lines";
  format: (n: number | null | undefined) => string;
  height?: number;
  zoom?: (from: Date, to: Date) => void;
  marks?: Mark[];
};

/** Draws the marks as dashed lines with a flag above. */
function drawMarks(u: uPlot, marks: Mark[], ink: string) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.strokeStyle = ink;
  ctx.fillStyle = ink;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const m of marks) {
    const x = Math.round(u.valToPos(m.time, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, bbox.top, 3.5 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}

const noMarks: Mark[] = [];

/** Adds each series to those before it, so that the last is on top. */
function stacked(series: Series[]): (number | null)[][] {
  const sums: (number | null)[][] = [];
  series.forEach((s, i) => sums.push(s.values.map((v, j) => (v ?? 0) + (i > 0 ? (sums[i - 1]![j] ?? 0) : 0))));
  return sums;
}

const time = (t: number) => clock(new Date(t * 1000).toISOString());

export function Chart({ title, times, series, kind, format, height = 220, zoom, marks = noMarks }: Props) {
  const { ref, width } = useElementSize();
  const plot = useRef<HTMLDivElement>(null);
  const dark = useComputedColorScheme("light") === "dark";
  const [at, setAt] = useState<number | null>(null);

  useEffect(() => {
    if (!plot.current || width === 0 || times.length === 0) return;
    const heights = kind === "bars" ? stacked(series) : series.map((s) => s.values);
    const order = series.map((_, i) => i).reverse(); // the tallest is drawn first
    const ink = dark ? "#a9b0ba" : "#59616b";
    const grid = { stroke: dark ? "#2b3038" : "#eceff3", width: 1 };
    const step = times.length > 1 ? times[1]! - times[0]! : 60;
    const u = new uPlot(
      {
        width,
        height,
        legend: { show: false },
        padding: [8, 8, 0, 0],
        cursor: { points: { show: kind === "lines" }, drag: { x: !!zoom, y: false, setScale: false } },
        scales: {
          x: { time: true, range: () => [times[0]! - step / 2, times[times.length - 1]! + (marks.length > 0 ? step : step / 2)] },
          y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
        },
        axes: [
          { stroke: ink, grid: { show: false }, ticks: { show: false }, font: "12px system-ui", size: 28, space: 80, values: (_, splits) => splits.map((t) => (step >= 86400 ? new Date(t * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short" }) : time(t).slice(0, times[times.length - 1]! - times[0]! > 86400 ? 12 : 5))) },
          { stroke: ink, grid, ticks: { show: false }, font: "12px system-ui", size: 64, space: 40, values: (_, splits) => splits.map((v) => format(v)) },
        ],
        series: [
          {},
          ...order.map((i) => ({
            label: series[i]!.label,
            stroke: series[i]!.color,
            width: kind === "lines" ? 2 : 0,
            dash: series[i]!.dash,
            spanGaps: true,
            fill: kind === "bars" ? series[i]!.color : undefined,
            paths: kind === "bars" ? uPlot.paths.bars!({ size: [0.8, 24], radius: 0.1 }) : undefined,
            points: { show: kind === "lines" && series[i]!.values.filter((v) => v != null).length < 12, size: 5 },
          })),
        ],
        hooks: {
          draw: [(c) => drawMarks(c, marks, ink)],
          setCursor: [(c) => setAt(c.cursor.idx ?? null)],
          setSelect: [
            (c) => {
              if (!zoom || c.select.width < 6) return;
              const edge = (px: number) => new Date(c.posToVal(px, "x") * 1000);
              zoom(edge(c.select.left), edge(c.select.left + c.select.width));
            },
          ],
        },
      },
      [times, ...order.map((i) => heights[i]!)] as uPlot.AlignedData,
      plot.current,
    );
    return () => u.destroy();
  }, [times, series, kind, format, height, width, dark, zoom, marks]);

  return (
    <Box ref={ref} role="group" aria-label={title}>
      <Group gap="md" mih={22} wrap="wrap" aria-hidden>
        {series.map((s) => (
          <Group key={s.label} gap={6} wrap="nowrap">
            <Box className="swatch" style={{ background: s.color }} />
            <Text size="xs" c="dimmed">
              {s.label}
              {at != null && <b className="reading"> {format(s.values[at])}</b>}
            </Text>
          </Group>
        ))}
        <Text size="xs" c="dimmed" ml="auto" ff="monospace">
          {at != null && times[at] != null ? time(times[at]) : ""}
        </Text>
      </Group>
      <Box ref={plot} h={height} aria-hidden />
      {marks.length > 0 && <Text size="xs" c="dimmed" mt={4}>{marks.length === 1 ? marks[0]!.label : `${marks.length} changes, the last: ${marks[marks.length - 1]!.label}`}</Text>}
      <table className="unseen">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map((s) => (
              <th key={s.label} scope="col">{s.label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((t, i) =>
            series.some((s) => s.values[i]) ? (
              <tr key={t}>
                <th scope="row">{time(t)}</th>
                {series.map((s) => (
                  <td key={s.label}>{format(s.values[i])}</td>
                ))}
              </tr>
            ) : null,
          )}
        </tbody>
      </table>
    </Box>
  );
}
