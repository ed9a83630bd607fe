// Where the time of a call went.
import { Box, Group, Text, Tooltip } from "@mantine/core";
import { Fragment } from "react";
import type { EntryDetail } from "../api/client";
import { ms } from "../lib/format";
import { useRuleNames } from "./ruleNames";

type Span = { label: string; from: number; to: number; color: string };
type Line = { name: string; spans: Span[]; total: number | null; note?: string };

const colors = { queue: "#f59f00", connect: "#868e96", wait: "#74c0fc", stream: "#4c6ef5", gateway: "#8c6bb1", caller: "#b07a52", cache: "#2f9e44", failed: "#e03131" };

function linesOf(e: EntryDetail, ruleName: (limit: string) => string): Line[] {
  const began = new Date(e.time).getTime();
  const lines: Line[] = [];
  const served = e.status > 0 && e.status < 400;
  if (e.queue_ms && e.limits.length === 0) lines.push({ name: "Waiting for a place", total: e.queue_ms, spans: [{ label: "Queue", from: 0, to: e.queue_ms, color: colors.queue }] });
  if (e.limits.length) lines.push({ name: `Limits: ${e.limits.map((l) => ruleName(l).replace("key/", "")).join(", ")}`, total: e.queue_ms ?? 0, spans: [{ label: "Reserving: no room at first, or none at all", from: 0, to: e.queue_ms ?? 0, color: colors.queue }], note: e.attempts.length === 0 && !served ? "no room" : undefined });
  if (["hit", "stale", "semantic", "coalesced"].includes(e.cache)) lines.push({ name: `Cache: ${e.cache}`, total: e.latency_ms ?? 0, spans: [{ label: "Served from the cache", from: 0, to: e.latency_ms ?? 0, color: colors.cache }] });
  else if (e.cache === "miss") lines.push({ name: "Cache: nothing kept", total: null, spans: [{ label: "Looked up before the first attempt; a part of Sluice itself", from: e.queue_ms ?? 0, to: e.queue_ms ?? 0, color: colors.cache }] });
  for (const a of e.attempts) {
    const from = Math.max(0, new Date(a.started).getTime() - began);
    const total = a.latency_ms ?? 0;
    const connect = a.connect_ms ?? 0;
    const first = a.first_byte_ms ?? total;
    const failed = a.status >= 400 || !!a.fault;
    const spans: Span[] = [];
    if (connect > 0) spans.push({ label: "Connecting", from, to: from + connect, color: colors.connect });
    spans.push({ label: "Waiting for the first byte", from: from + connect, to: from + first, color: failed ? colors.failed : colors.wait });
    if (total > first) spans.push({ label: "Receiving", from: from + first, to: from + total, color: failed ? colors.failed : colors.stream });
    lines.push({ name: `${a.provider}/${a.model}`, total, spans, note: failed ? `${a.status || ""} ${a.fault.replaceAll("_", " ")}`.trim() : undefined });
  }
  const caller = (e.caller_us ?? 0) / 1000;
  if (caller > 0) lines.push({ name: "Waiting for the caller", total: caller, spans: [{ label: "The caller had not read yet what was sent", from: Math.max(0, (e.latency_ms ?? 0) - caller), to: e.latency_ms ?? caller, color: colors.caller }] });
  if (e.overhead_us != null) {
    const own = Math.max(0, e.overhead_us / 1000 - caller - (e.queue_ms ?? 0));
    lines.push({ name: "Sluice itself", total: own, spans: [{ label: "Checks, limits, guards, choice of the target, translation", from: e.queue_ms ?? 0, to: (e.queue_ms ?? 0) + own, color: colors.gateway }] });
  }
  return lines;
}

export function Waterfall({ entry }: { entry: EntryDetail }) {
  const ruleName = useRuleNames(entry.limits);
  const lines = linesOf(entry, (l) => ruleName(l, { gateway: entry.gateway, key: entry.key_id }));
  const all = Math.max(entry.latency_ms ?? 0, ...lines.flatMap((l) => l.spans.map((s) => s.to)), 0.001);
  return (
    <Box>
      <Box className="fall" role="list" aria-label="Where the time went">
        {lines.map((l, i) => (
          <Fragment key={i}>
            <Box role="listitem"><Text size="sm" truncate title={l.name}>{l.name}</Text>{l.note && <Text size="xs" c="red">{l.note}</Text>}</Box>
            <Box className="track" aria-hidden>
              {l.spans.map((s) => (
                <Tooltip key={s.label} label={`${s.label}: ${ms(s.to - s.from)}`} withArrow>
                  <i style={{ left: `${(s.from / all) * 100}%`, width: `${((s.to - s.from) / all) * 100}%`, background: s.color }} />
                </Tooltip>
              ))}
            </Box>
            <Text size="sm" ta="right">{ms(l.total)}</Text>
          </Fragment>
        ))}
      </Box>
      <Group gap="md" mt="xs">
        {[["Connect", colors.connect], ["Wait", colors.wait], ["Receive", colors.stream], ["Caller", colors.caller], ["Cache", colors.cache], ["Queue, limits", colors.queue], ["Failed", colors.failed], ["Sluice", colors.gateway]].map(([label, color]) => (
          <Group key={label} gap={6}><Box className="swatch" style={{ background: color }} /><Text size="xs" c="dimmed">{label}</Text></Group>
        ))}
        <Text size="xs" c="dimmed" ml="auto">0 to {ms(all)}</Text>
      </Group>
    </Box>
  );
}
