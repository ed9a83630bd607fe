// The table of calls. Only rows in sight are there, however many were loaded.
import { Box, Group, Text } from "@mantine/core";
import { IconBan, IconMathEqualLower, IconThumbDown, IconThumbUp } from "@tabler/icons-react";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Entry } from "../../api/client";
import { at as exactly, clock, count, exact, ms, usd } from "../../lib/format";
import { useKeyNames } from "../../parts/names";
import { StatusMark } from "../../parts/parts";
import { filters } from "./filters";

type Only = (name: string, value: string) => void;
type Props = { rows: Entry[]; chosen: string; at: string; open: (id: string) => void; only: Only };

const columns: [string, number | undefined, boolean][] = [["Time", 104, false], ["Status", 76, false], ["Model", undefined, false], ["Key", 116, false], ["Tokens in / out", 112, true], ["Cost", 92, true], ["Latency", 154, false], ["Cache", 88, false], ["Attempts", 76, true]];
const rowHeight = 31; // of most rows; each is measured once it is there
const headRoom = 100; // px that stay free above and below a row that was moved to: the page's head covers some

export function Rows({ rows, chosen, at, open, only }: Props) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const now = body.current ? Math.round(body.current.getBoundingClientRect().top + window.scrollY) : 0;
    if (Math.abs(now - top) > 1) setTop(now);
  });
  const virtual = useWindowVirtualizer<HTMLTableRowElement>({ count: rows.length, estimateSize: () => rowHeight, overscan: 12, scrollMargin: top, getItemKey: (i) => rows[i]?.id ?? i });
  const index = rows.findIndex((r) => r.id === at);
  const moved = useRef("");
  useEffect(() => {
    if (!at || index < 0 || moved.current === at) return;
    moved.current = at;
    const row = virtual.measurementsCache[index];
    if (!row) return;
    if (row.start < window.scrollY + headRoom) window.scrollTo({ top: row.start - headRoom });
    else if (row.end > window.scrollY + window.innerHeight - headRoom) window.scrollTo({ top: row.end + headRoom - window.innerHeight });
  }, [at, index, virtual]);

  const items = virtual.getVirtualItems();
  const above = items.length > 0 ? items[0]!.start - top : 0;
  const below = items.length > 0 ? virtual.getTotalSize() - (items[items.length - 1]!.end - top) : 0;
  const times = rows.map((r) => r.latency_ms ?? 0).sort((a, b) => a - b);
  const slowest = Math.max(1, times[Math.floor(times.length * 0.95)] ?? 1); // one very slow call does not make all others look alike
  return (
    <Box className="scroll">
      <table className="rows dense calls" aria-label="Calls" aria-rowcount={rows.length + 1}>
        <colgroup>{columns.map(([name, width]) => <col key={name} style={{ width }} />)}</colgroup>
        <thead><tr aria-rowindex={1}>{columns.map(([name, , number]) => <th key={name} scope="col" className={number ? "n" : undefined}>{name}</th>)}</tr></thead>
        <tbody ref={body}>
          {above > 0 && <tr aria-hidden className="gap"><td colSpan={columns.length} style={{ height: above }} /></tr>}
          {items.map((v) => {
            const e = rows[v.index];
            return e && <Row key={e.id} entry={e} index={v.index} measure={virtual.measureElement} chosen={e.id === chosen} focus={e.id === at && !chosen} open={open} only={only} slowest={slowest} />;
          })}
          {below > 0 && <tr aria-hidden className="gap"><td colSpan={columns.length} style={{ height: below }} /></tr>}
        </tbody>
      </table>
    </Box>
  );
}

/** A value that keeps only calls like it, and beside it a sign that leaves them out. */
function Cell({ name, value, label = value, only, children }: { name: string; value: string; label?: string; only: Only; children?: ReactNode }) {
  if (!value) return <Text size="sm" c="dimmed" component="span">–</Text>;
  const said = `${filters[name]}: ${label}`;
  return (
    <span className={children ? "pair over" : "pair"}>
      <button type="button" className="cell" title={`Only ${said}`} onClick={(e) => { e.stopPropagation(); only(name, value); }}>{children ?? label}</button>
      <button type="button" className="not" title={`Not ${said}`} aria-label={`Not ${said}`} onClick={(e) => { e.stopPropagation(); only(name, `!${value}`); }}><IconBan size={13} /></button>
    </span>
  );
}

/** A number that keeps calls with as much or more, and beside it a sign for those with as much or less. */
function Amount({ of, value, label, title, only }: { of: string; value: string; label: string; title?: string; only: Only }) {
  return (
    <span className="pair amount">
      <button type="button" className="cell" title={`${title ? `${title}: ` : ""}only ${filters[`min_${of}`]} ${value}`} onClick={(e) => { e.stopPropagation(); only(`min_${of}`, value); }}>{label}</button>
      <button type="button" className="not" title={`Only ${filters[`max_${of}`]} ${value}`} aria-label={`Only ${filters[`max_${of}`]} ${value}`} onClick={(e) => { e.stopPropagation(); only(`max_${of}`, value); }}><IconMathEqualLower size={13} /></button>
    </span>
  );
}

/** Dollars as the API reads them: to the billionth, never with an exponent. */
const dollars = (n: number) => n.toFixed(9).replace(/\.?0+$/, "");

type RowProps = { entry: Entry; index: number; measure: (row: HTMLTableRowElement | null) => void; chosen: boolean; focus: boolean; open: (id: string) => void; only: Only; slowest: number };

function Row({ entry: e, index, measure, chosen, focus, open, only, slowest }: RowProps) {
  const keyName = useKeyNames();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => { if (focus) button.current?.focus({ preventScroll: true }); }, [focus]);
  const served = e.provider && `${e.provider}/${e.model}`;
  return (
    <tr ref={measure} data-index={index} aria-rowindex={index + 2} className={`pick ${chosen ? "chosen" : ""}`} onClick={() => open(e.id)}>
      <td><button type="button" ref={button} className="cell" title={exactly(e.time)} aria-label={`Open the call of ${clock(e.time)}`}>{clock(e.time)}</button></td>
      <td><Group gap={4} wrap="nowrap"><Cell name="status" value={String(e.status)} only={only}><StatusMark status={e.status} code={e.error_code} /></Cell>{e.count > 1 && <Text size="xs" c="dimmed">× {e.count}</Text>}{e.feedback === "up" && <IconThumbUp size={14} aria-label="rated good" />}{e.feedback === "down" && <IconThumbDown size={14} aria-label="rated bad" />}</Group></td>
      <td>
        <Cell name="model_requested" value={e.model_requested} only={only} />
        {served && served !== e.model_requested && <Text size="xs" c="dimmed" truncate component="div"><Cell name="model" value={e.model} label={`→ ${served}`} only={only} /></Text>}
      </td>
      <td><Cell name="key_id" value={e.key_id} label={keyName(e.key_id)} only={only} /></td>
      <td className="n">{e.usage.input_tokens == null && e.usage.output_tokens == null ? "– / –" : <Amount of="total_tokens" value={String((e.usage.input_tokens ?? 0) + (e.usage.output_tokens ?? 0))} label={`${count(e.usage.input_tokens)} / ${count(e.usage.output_tokens)}`} only={only} />}</td>
      <td className="n">{e.cost_usd == null ? <span title="unknown">{usd(null)}</span> : <Amount of="cost" value={dollars(e.cost_usd)} label={usd(e.cost_usd)} title={`$${exact(e.cost_usd)}`} only={only} />}</td>
      <td>
        <Group gap={8} wrap="nowrap">
          <span className="lat" aria-hidden><i style={{ width: `${Math.min(1, (e.latency_ms ?? 0) / slowest) * 100}%` }} />{e.first_byte_ms != null && e.stream && <b style={{ left: `${(e.first_byte_ms / slowest) * 100}%` }} />}</span>
          <Text size="sm" component="span" className="nowrap">{e.latency_ms == null ? ms(null) : <Amount of="latency_ms" value={String(e.latency_ms)} label={ms(e.latency_ms)} only={only} />}</Text>
        </Group>
      </td>
      <td>{e.cache && e.cache !== "off" ? <Cell name="cache" value={e.cache} only={only} /> : e.cache === "off" ? <Cell name="cache" value="off" only={only} /> : <Text size="sm" c="dimmed" component="span">off</Text>}</td>
      <td className="n"><Amount of="attempts" value={String(e.attempts.length)} label={String(e.attempts.length)} only={only} /></td>
    </tr>
  );
}
