// Where the time of a call went.
import { Box, Group, Text, Tooltip } from "@mantine/core";
import { Fragment } from "react";
import type { EntryDetail } from "../api/client";
import { took } from "../lib/format";
import { kinds, type Part, timelineOf } from "../lib/timeline";
import { useRuleNames } from "./ruleNames";

/** Narrower parts of the whole are drawn as wide as can be seen, above their neighbours. */
const least = 0.012;

function Stretch({ of: p, all }: { of: Part; all: number }) {
  const share = (p.to - p.from) / all;
  const small = share < least;
  const left = Math.min(p.from / all, small ? 1 - least : 1);
  return (
    <Tooltip label={`${kinds[p.kind].label}: ${took(p.to - p.from)}, from ${took(p.from)} to ${took(p.to)}. ${kinds[p.kind].says}`} multiline w={300} withArrow>
      <i data-small={small || undefined} style={{ left: `${left * 100}%`, width: `${Math.max(share, least) * 100}%`, background: kinds[p.kind].color }} />
    </Tooltip>
  );
}

/** What a line has of each kind, in all. */
function together(parts: Part[]): { kind: Part["kind"]; from: number; took: number; n: number }[] {
  const all = new Map<string, { kind: Part["kind"]; from: number; took: number; n: number }>();
  for (const p of parts) {
    const one = all.get(p.kind);
    if (one) (one.took += p.to - p.from), one.n++;
    else all.set(p.kind, { kind: p.kind, from: p.from, took: p.to - p.from, n: 1 });
  }
  return [...all.values()];
}

const ticks = [0, 0.25, 0.5, 0.75, 1];

export function Waterfall({ entry }: { entry: EntryDetail }) {
  const ruleName = useRuleNames(entry.limits);
  const rules = entry.limits.map((l) => ruleName(l, { gateway: entry.gateway, key: entry.key_id }).replace("key/", "")).join(", ");
  const { lines, all, firstToken, spread } = timelineOf(entry, rules);
  const shown = Object.entries(kinds).filter(([kind]) => lines.some((l) => l.parts.some((p) => p.kind === kind)));
  const mark = firstToken !== null ? Math.min(firstToken / all, 1) : null;
  return (
    <Box>
      <Box className="fall" role="list" aria-label="Where the time went">
        {lines.map((l, i) => (
          <Fragment key={i}>
            <Box role="listitem"><Text size="sm" className="break">{l.name}</Text>{l.note && <Text size="xs" c="red">{l.note}</Text>}</Box>
            <Box className="track" aria-hidden>
              {l.parts.map((p, j) => <Stretch key={j} of={p} all={all} />)}
              {mark !== null && <b className="first" style={{ left: `${mark * 100}%` }} />}
            </Box>
            <Text size="sm" ta="right">{l.attempt && l.total === 0 ? "< 1 ms" : took(l.total)}</Text>
          </Fragment>
        ))}
        <Text size="xs" c="dimmed">{mark !== null && <Group component="span" gap={6} wrap="nowrap"><Box component="span" className="swatch first" /> first token {entry.first_byte_ms === 0 ? "< 1 ms" : took(entry.first_byte_ms)}</Group>}</Text>
        <Box className="ticks" aria-hidden>{ticks.map((t) => <Text key={t} span size="xs" c="dimmed" data-minor={t === 0.25 || t === 0.75 || undefined} style={{ left: `${t * 100}%` }}>{t === 0 ? "0" : took(all * t)}</Text>)}</Box>
        <span />
      </Box>
      <Box component="details" className="fallparts" mt="xs">
        <Text component="summary" size="sm">What each part is, and how long it took</Text>
        <Box className="scroll">
          <table className="rows tight" aria-label="Parts of the call's time">
            <thead><tr><th scope="col">Part</th><th scope="col" className="n">From</th><th scope="col" className="n">Took</th><th scope="col">What it is</th></tr></thead>
            <tbody>
              {lines.flatMap((l, i) => together(l.parts).map((p) => (
                <tr key={`${i} ${p.kind}`}>
                  <th scope="row"><Group gap={6} wrap="nowrap"><Box className="swatch" style={{ background: kinds[p.kind].color }} />{kinds[p.kind].label}</Group>{l.attempt && <Text size="xs" c="dimmed" className="break">{l.name}</Text>}</th>
                  <td className="n">{p.from > 0 ? took(p.from) : "0"}</td><td className="n">{l.attempt && p.took === 0 ? "< 1 ms" : took(p.took)}{p.n > 1 && <Text size="xs" c="dimmed">in {p.n} parts</Text>}</td><td className="wrap">{kinds[p.kind].says}</td>
                </tr>
              )))}
              {spread > 0 && <tr><th scope="row"><Group gap={6} wrap="nowrap"><Box className="swatch" style={{ background: kinds.gateway.color }} />{kinds.gateway.label}</Group></th><td className="n">–</td><td className="n">{took(spread)}</td><td className="wrap">Spread over the answer while it came, piece by piece; not drawn.</td></tr>}
            </tbody>
          </table>
        </Box>
      </Box>
      <Group gap="md" mt="xs">
        {shown.map(([kind, { label, color }]) => <Group key={kind} gap={6}><Box className="swatch" style={{ background: color }} /><Text size="xs" c="dimmed">{label}</Text></Group>)}
      </Group>
    </Box>
  );
}
