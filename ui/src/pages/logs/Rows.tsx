// The table of calls. Only rows in sight are there, however many were loaded.
import { Box, Group, Text } from "@mantine/core";
import { IconBan, IconThumbDown, IconThumbUp } from "@tabler/icons-react";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Entry } from "../../api/client";
import { at as exactly, clock, count, exact, ms, usd } from "../../lib/format";
import { useKeyNames } from "../../parts/names";
import { StatusMark } from "../../parts/parts";
import { filters } from "./filters";

type Only = (name: string, value: string) => void;
type Props = { rows: Entry[]; chosen: string; at: string; open: (id: string) => void; only: Only };

const columns: [string, number | undefined, boolean][] = [["Time", 104, false], ["Status", 76, false], ["Model", undefined, false], ["Key", 116, false], ["Tokens in / out", 112, true], ["Cost", 78, true], ["Latency", 154, false], ["Cache", 88, false], ["Attempts", 76, true]];
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
function Cell({ name, value, label = value, only }: { name: string; value: string; label?: string; only: Only }) {
  if (!value) return <Text size="sm" c="dimmed" component="span">–</Text>;
  const said = `${filters[name]}: ${label}`;
  return (
    <span className="pair">
      <button type="button" className="cell" title={`Only ${said}`} onClick={(e) => { e.stopPropagation(); only(name, value); }}>{label}</button>
      <button type="button" className="not" title={`Not ${said}`} aria-label={`Not ${said}`} onClick={(e) => { e.stopPropagation(); only(name, `!${value}`); }}><IconBan size={13} /></button>
    </span>
  );
}

type RowProps = { entry: Entry; index: number; measure: (row: HTMLTableRowElement | null) => void; chosen: boolean; focus: boolean; open: (id: string) => void; only: Only; slowest: number };

function Row({ entry: e, index, measure, chosen, focus, open, only, slowest }: RowProps) {
  const keyName = useKeyNames();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => { if (focus) button.current?.focus({ preventScroll: true }); }, [focus]);
  const served = e.provider && `${e.provider}/${e.model}`;
  return (
    <tr ref={measure} data-index={index} aria-rowindex={index + 2} className={`pick ${chosen ? "chosen" : ""}`} onClick={() => open(e.id)}>
      <td><button type="button" ref={button} className="cell" title={exactly(e.time)} aria-label={`Open the call of ${clock(e.time)}`}>{clock(e.time)}</button></td>
      <td><Group gap={4} wrap="nowrap"><StatusMark status={e.status} code={e.error_code} />{e.count > 1 && <Text size="xs" c="dimmed">× {e.count}</Text>}{e.feedback === "up" && <IconThumbUp size={14} aria-label="rated good" />}{e.feedback === "down" && <IconThumbDown size={14} aria-label="rated bad" />}</Group></td>
      <td>
        <Cell name="model_requested" value={e.model_requested} only={only} />
        {served && served !== e.model_requested && <Text size="xs" c="dimmed" truncate title={served}>→ {served}</Text>}
      </td>
      <td><Cell name="key_id" value={e.key_id} label={keyName(e.key_id)} only={only} /></td>
      <td className="n">{count(e.usage.input_tokens)} / {count(e.usage.output_tokens)}</td>
      <td className="n" title={e.cost_usd == null ? "unknown" : `$${exact(e.cost_usd)}`}>{usd(e.cost_usd)}</td>
      <td>
        <Group gap={8} wrap="nowrap">
          <span className="lat" aria-hidden><i style={{ width: `${Math.min(1, (e.latency_ms ?? 0) / slowest) * 100}%` }} />{e.first_byte_ms != null && e.stream && <b style={{ left: `${(e.first_byte_ms / slowest) * 100}%` }} />}</span>
          <Text size="sm" component="span" className="nowrap">{ms(e.latency_ms)}</Text>
        </Group>
      </td>
      <td>{e.cache && e.cache !== "off" ? <Cell name="cache" value={e.cache} only={only} /> : <Text size="sm" c="dimmed" component="span">off</Text>}</td>
      <td className="n">{e.attempts.length}</td>
    </tr>
  );
}
