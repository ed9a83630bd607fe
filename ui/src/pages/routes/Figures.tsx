// How two targets did, every figure with its interval.
import { Box, Group, Text } from "@mantine/core";
import type { Schemas } from "../../api/client";
import { count, ms, percent, usd } from "../../lib/format";
import { Interval, sides } from "./Interval";

type Figures = Schemas["Figures"];

export function FiguresTable({ a, b, nameA, nameB }: { a: Figures; b: Figures; nameA: string; nameB: string }) {
  const name = (text: string, i: 0 | 1) => <Group gap={6} wrap="nowrap" justify="flex-end"><Box className="swatch" style={{ background: sides[i] }} /><Text size="xs" component="span">{text}</Text></Group>;
  return (
    <Box className="scroll">
      <table className="rows tight" aria-label={`${nameA} against ${nameB}`}>
        <thead><tr><th scope="col">95 % confidence</th><th scope="col" className="n">{name(nameA, 0)}</th><th scope="col"><span className="unseen">Intervals</span></th><th scope="col" className="n">{name(nameB, 1)}</th></tr></thead>
        <tbody>
          <tr><th scope="row">Calls</th><td className="n">{count(a.calls)}</td><td /><td className="n">{count(b.calls)}</td></tr>
          <Interval label="Failed" a={a.error_rate} b={b.error_rate} format={percent} />
          <Interval label="Latency, p50" a={a.latency_p50_ms} b={b.latency_p50_ms} format={ms} />
          <Interval label="Latency, p95" a={a.latency_p95_ms} b={b.latency_p95_ms} format={ms} />
          <Interval label="First token, p50" a={a.first_token_p50_ms} b={b.first_token_p50_ms} format={ms} />
          <Interval label="Output tokens" a={a.output_tokens} b={b.output_tokens} format={count} />
          <Interval label="Cost of a call" a={a.cost_usd} b={b.cost_usd} format={usd} />
          {(a.score || b.score) && <Interval label="Score" a={a.score} b={b.score} format={count} />}
          {(a.liked || b.liked) && <Interval label="Thumbs up" a={a.liked} b={b.liked} format={percent} />}
          {(a.liked || b.liked) && <tr><th scope="row">Thumbs</th><td className="n">{a.thumbs_up} up, {a.thumbs_down} down</td><td /><td className="n">{b.thumbs_up} up, {b.thumbs_down} down</td></tr>}
        </tbody>
      </table>
    </Box>
  );
}
