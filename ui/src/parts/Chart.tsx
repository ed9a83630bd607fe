// A chart over time: areas or bars that stand on each other, or lines, with a table behind
// it for those who do not see it.
import { Box, Group, Text, useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { dashesOf, meaning, repeats } from "../lib/color";
import { clock, dateOf, zone } from "../lib/format";

/** What happened at a time, shown as a line in the chart: a change with a dot, a start with a square, an alert with a triangle of its colour. */
export type Mark = { time: number; label: string; started?: boolean; alert?: "warning" | "critical" };

/** Of lines, one may be filled down to the one before it. beside: drawn as a thin line, and not stacked. */
export type Series = { label: string; color: string; values: (number | null)[]; dash?: number[]; filled?: boolean; beside?: boolean };

type Props = {
  title: string;
  times: number[];
  series: Series[];
  kind: "areas" | "bars" | "lines";
  format: (n: number | null | undefined) => string;
  height?: number;
  zoom?: (from: Date, to: Date) => void;
  marks?: Mark[];
};

/** Draws the marks as dashed lines with a sign above. */
function drawMarks(u: uPlot, marks: Mark[], ink: string) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const m of marks) {
    const x = Math.round(u.valToPos(m.time, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = m.alert ? (m.alert === "critical" ? meaning.failed : meaning.limited) : ink;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    const r = 3.5 * devicePixelRatio;
    if (m.started) ctx.rect(x - r, bbox.top - r, 2 * r, 2 * r);
    else if (m.alert) sign(ctx, x, bbox.top, 5 * devicePixelRatio);
    else ctx.arc(x, bbox.top, r, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}

/** A triangle, so that an alert is told from a change without colours. */
function sign(ctx: CanvasRenderingContext2D, x: number, y: number, r: number) {
  ctx.moveTo(x, y - r);
  ctx.lineTo(x + r, y + r * 0.8);
  ctx.lineTo(x - r, y + r * 0.8);
  ctx.closePath();
}

const noMarks: Mark[] = [];

/** What the marks are, in words: the one near the pointer, else how many there are and the last. */
function Marks({ of: marks, near }: { of: Mark[]; near: Mark | null }) {
  const alerts = marks.filter((m) => m.alert).length;
  const some = (n: number, one: string) => (n ? [`${n} ${one}${n === 1 ? "" : "s"}`] : []);
  const starts = marks.filter((m) => m.started).length;
  const all = [...some(marks.length - alerts - starts, "change"), ...some(starts, "start"), ...some(alerts, "alert")].join(", ");
  const text = near ? near.label : marks.length === 1 ? marks[0]!.label : `${all}, the last: ${marks[marks.length - 1]!.label}`;
  return <Text size="xs" c="dimmed" mt={4} mih={18} lineClamp={2}>{text}</Text>;
}

/** Adds each series to those before it, so that the last is on top. */
function stacked(series: Series[]): (number | null)[][] {
  const sums: (number | null)[][] = [];
  let below = -1;
  series.forEach((s, i) => {
    sums.push(s.beside ? s.values : s.values.map((v, j) => (v ?? 0) + (below >= 0 ? (sums[below]![j] ?? 0) : 0)));
    if (!s.beside) below = i;
  });
  return sums;
}

/** A colour that lets some of the surface through, without letting through what is behind it. */
function softened(color: string, dark: boolean): string {
  const surface = dark ? [23, 27, 33] : [255, 255, 255];
  const of = [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16));
  return `rgb(${of.map((c, i) => Math.round(c * 0.72 + surface[i]! * 0.28)).join(" ")})`;
}

const dashOf = (s: Series, again: number) => s.dash ?? dashesOf(again);

/** Areas and bars that have another's colour are hatched, each again the other way or closer. */
function hatch(color: string, again: number, dark: boolean): CanvasPattern | string {
  const size = Math.round((again > 2 ? 5 : 8) * devicePixelRatio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const ctx = tile.getContext("2d");
  if (!ctx) return color;
  ctx.fillStyle = softened(color, dark);
  ctx.fillRect(0, 0, size, size);
  ctx.strokeStyle = dark ? "#171b21" : "#fff";
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  for (const at of [-size, 0, size]) {
    const [a, b] = again % 2 ? [at, at + size] : [at + size, at];
    ctx.moveTo(a, 0);
    ctx.lineTo(b, size);
  }
  ctx.stroke();
  return ctx.createPattern(tile, "repeat") ?? color;
}

/** What stands for a series beside its name: its colour, with the dashes or hatches it is drawn with. */
function Swatch({ of: s, kind, again }: { of: Series; kind: Props["kind"]; again: number }) {
  const dash = dashOf(s, kind === "lines" || s.beside ? again : 0);
  if (dash?.length) return <svg width={18} height={10} style={{ flex: "none" }}><line x1={0} x2={18} y1={5} y2={5} stroke={s.color} strokeWidth={2} strokeDasharray={dash.join(" ")} /></svg>;
  if (s.beside) return <Box className="swatch" data-line style={{ borderColor: s.color }} />;
  const turn = again % 2 ? 45 : -45;
  return <Box className="swatch" style={{ background: again > 0 && kind !== "lines" ? `repeating-linear-gradient(${turn}deg, ${s.color} 0 2px, var(--surface) 2px ${again > 2 ? 3 : 4}px)` : s.color }} />;
}

/** How one series is drawn. */
function drawn(s: Series, kind: Props["kind"], dark: boolean, again: number): uPlot.Series {
  const dash = dashOf(s, again);
  const fill = (plain: string) => (again > 0 ? hatch(s.color, again, dark) : plain);
  const few = s.values.filter((v) => v != null).length < 12;
  if (s.beside) return { label: s.label, stroke: s.color, width: 1.25, dash: s.dash, spanGaps: true, points: { show: false } };
  if (kind === "bars") return { label: s.label, stroke: s.color, width: 0, fill: fill(s.color), paths: uPlot.paths.bars!({ size: [0.8, 24], radius: 0.1 }), points: { show: false } };
  if (kind === "areas") return { label: s.label, stroke: s.color, width: 1, fill: fill(softened(s.color, dark)), points: { show: false } };
  return { label: s.label, stroke: s.color, width: s.filled ? 1.5 : 2, dash, spanGaps: true, points: { show: few && !dash, size: 5 } };
}

/** The fills between a line and the one before it, by their places in the drawing. */
function bandsOf(series: Series[], order: number[]): uPlot.Band[] {
  const place = (i: number) => order.indexOf(i) + 1;
  return series.flatMap((s, i) => (s.filled && i > 0 ? [{ series: [place(i), place(i - 1)] as [number, number], fill: `${s.color}3d` }] : []));
}

/** The mark that the pointer is at. */
function nearest(u: uPlot, marks: Mark[]): Mark | null {
  const left = u.cursor.left ?? -1;
  if (left < 0) return null;
  const far = (m: Mark) => Math.abs(u.valToPos(m.time, "x") - left);
  return marks.filter((m) => far(m) < 8).sort((a, b) => far(a) - far(b))[0] ?? null;
}

const time = (t: number) => clock(new Date(t * 1000).toISOString());

/** A time beneath the axis: the clock, or the day where one begins or spans are days. */
function tick(t: number, step: number): string {
  const hours = dateOf(t * 1000, { hour: "2-digit", minute: "2-digit" });
  return step >= 86400 || hours === "00:00" ? dateOf(t * 1000, { day: "numeric", month: "short" }) : hours;
}

export function Chart({ title, times, series, kind, format, height = 220, zoom, marks = noMarks }: Props) {
  const { ref, width } = useElementSize();
  const plot = useRef<HTMLDivElement>(null);
  const dark = useComputedColorScheme("light") === "dark";
  const [at, setAt] = useState<number | null>(null);
  const [near, setNear] = useState<Mark | null>(null);
  const again = useMemo(() => repeats(series), [series]);

  useEffect(() => {
    if (!plot.current || width === 0 || times.length === 0) return;
    const heights = kind === "lines" ? series.map((s) => s.values) : stacked(series);
    const order = series.map((_, i) => i).sort((a, b) => Number(series[a]!.beside ?? false) - Number(series[b]!.beside ?? false) || b - a); // the tallest is drawn first, what is beside last
    const ink = dark ? "#a9b0ba" : "#59616b";
    const grid = { stroke: dark ? "#2b3038" : "#eceff3", width: 1 };
    const step = times.length > 2 ? times[2]! - times[1]! : times.length > 1 ? times[1]! - times[0]! : 60; // the first span may be cut
    const u = new uPlot(
      {
        width,
        height,
        tzDate: (t) => uPlot.tzDate(new Date(t * 1000), zone),
        legend: { show: false },
        padding: [8, 26, 0, 0],
        cursor: { points: { show: kind === "lines" }, drag: { x: !!zoom, y: false, setScale: false } },
        scales: {
          x: { time: true, range: () => (kind === "bars" ? [times[0]! - step / 2, times[times.length - 1]! + step / 2] : [times[0]!, times[times.length - 1]! + (marks.length > 0 || times.length < 2 ? step : 0)]) },
          y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
        },
        axes: [
          { stroke: ink, grid: { show: false }, ticks: { show: false }, font: "12px system-ui", size: 28, space: 80, values: (_, splits) => splits.map((t) => tick(t, step)) },
          { stroke: ink, grid, ticks: { show: false }, font: "12px system-ui", size: 64, space: 40, values: (_, splits) => splits.map((v) => format(v)) },
        ],
        series: [
          {},
          ...order.map((i) => drawn(series[i]!, kind, dark, again[i]!)),
        ],
        bands: bandsOf(series, order),
        hooks: {
          draw: [(c) => drawMarks(c, marks, ink)],
          setCursor: [(c) => { setAt(c.cursor.idx ?? null); setNear(nearest(c, marks)); }],
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
  }, [times, series, again, kind, format, height, width, dark, zoom, marks]);

  return (
    <Box ref={ref} role="group" aria-label={title} className="chart">
      <Group gap="2px 16px" mih={22} wrap="wrap" aria-hidden>
        {series.map((s, i) => (
          <Group key={s.label} gap={6} wrap="nowrap">
            <Swatch of={s} kind={kind} again={again[i]!} />
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
      <Box ref={plot} h={height} className="plot" aria-hidden />
      {marks.length > 0 && <Marks of={marks} near={near} />}
      {marks.length > 1 && <ul className="unseen" aria-label={`What happened: ${title}`}>{marks.map((m, i) => <li key={i}>{m.label}</li>)}</ul>}
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
