// Where the time of a call went, in the order in which it went there.
import type { EntryDetail } from "../api/client";

export type Kind = "gateway" | "limits" | "queue" | "cache" | "embedding" | "flight" | "connect" | "wait" | "first" | "stream" | "failed" | "caller";

/** A stretch of the call's time, in milliseconds since it began. */
export type Part = { kind: Kind; from: number; to: number };

export type Line = { name: string; parts: Part[]; total: number | null; note?: string; attempt?: boolean };

/** firstToken is known to the millisecond, and never before the attempt that brought it. */
export type Timeline = { lines: Line[]; all: number; firstToken: number | null; spread: number };

/** What each kind is called, and what it is. */
export const kinds: Record<Kind, { label: string; says: string; color: string }> = {
  gateway: { label: "Sluice", color: "#8c6bb1", says: "Sluice's own work: reading the request, checks of key and rights, choosing the target, translation, waits before repeats, passing the answer on." },
  limits: { label: "Limits", color: "#e8b339", says: "Taking room of limits and budgets, where they are counted." },
  queue: { label: "Queue", color: "#f08c00", says: "Waiting in a limit's queue until others were done." },
  cache: { label: "Cache", color: "#2f9e44", says: "Asking the cache for an answer that it keeps." },
  embedding: { label: "Embedding", color: "#66a80f", says: "Waiting for the vector by which the cache knows questions that mean the same." },
  flight: { label: "Equal call", color: "#0b9aa8", says: "Waiting for the answer of an equal call that was under way already." },
  connect: { label: "Connect", color: "#868e96", says: "Opening a connection to the provider: name, TCP, TLS. Kept connections need none." },
  wait: { label: "Wait", color: "#74c0fc", says: "The request is sent; nothing of the answer has come yet." },
  first: { label: "First token", color: "#4dabf7", says: "The answer's head has come; its first content has not." },
  stream: { label: "Receive", color: "#4c6ef5", says: "The answer comes in, and goes on to the caller." },
  failed: { label: "Failed", color: "#e03131", says: "This attempt failed." },
  caller: { label: "Caller", color: "#b07a52", says: "Waiting for the caller, who had not read yet what was sent. It happens while the answer is sent; it is drawn at its end." },
};

/** Microseconds of a time with up to nine digits behind the second. */
function micros(time: string): number {
  const [, digits = ""] = /\.(\d+)/.exec(time) ?? [];
  return Math.floor(Date.parse(time) / 1000) * 1e6 + Number(digits.padEnd(6, "0").slice(0, 6));
}

const names: Record<string, (e: EntryDetail, rules: string) => string> = {
  cache: (e) => `Cache: ${e.cache === "miss" ? "nothing kept" : e.cache}`,
  embedding: () => "Cache: what means the same",
  flight: () => "Cache: an equal call",
  limits: (e, rules) => (e.limits.length ? `Limits: ${rules}` : "Limits and budgets"),
  queue: () => "Queue",
};

/** What the gateway spent its time on; an entry without phases may know of a queue. */
function phasesOf(e: EntryDetail): Part[] {
  const known = e.phases.filter((p) => p.name in names).map((p): Part => ({ kind: p.name as Kind, from: p.from_us / 1000, to: (p.from_us + p.took_us) / 1000 }));
  return known.length || !e.queue_ms ? known : [{ kind: "queue", from: 0, to: e.queue_ms }];
}

/** The parts of one attempt; first is when the call's first content came, if this attempt brought it. */
function attemptOf(a: EntryDetail["attempts"][number], from: number, first: number | null): Part[] {
  const to = from + (a.latency_ms ?? 0);
  const failed = a.status >= 400 || !!a.fault;
  const connected = from + (a.connect_ms ?? 0);
  const head = Math.max(connected, from + (a.first_byte_ms ?? a.latency_ms ?? 0));
  const content = first === null ? head : Math.min(Math.max(first, head), Math.max(head, to));
  const parts: Part[] = [
    { kind: "connect", from, to: connected }, { kind: failed ? "failed" : "wait", from: connected, to: head }, { kind: failed ? "failed" : "first", from: head, to: content }, { kind: failed ? "failed" : "stream", from: content, to },
  ];
  const long = parts.filter((p) => p.to > p.from);
  return long.length ? long : [{ kind: failed ? "failed" : "stream", from, to }]; // over within its millisecond
}

/** Where nothing of these stretches is, up to end. */
function gaps(busy: Part[], end: number): Part[] {
  const out: Part[] = [];
  let at = 0;
  for (const p of [...busy].sort((a, b) => a.from - b.from)) {
    if (p.from > at) out.push({ kind: "gateway", from: at, to: p.from });
    at = Math.max(at, p.to);
  }
  if (end > at) out.push({ kind: "gateway", from: at, to: end });
  return out;
}

const length = (parts: Part[]) => parts.reduce((sum, p) => sum + p.to - p.from, 0);

/**
 * The gateway's own time, where it was: the gaps between all else. Attempts are known to the
 * millisecond, so that gaps behind them may seem longer than all of it; they are cut then.
 * What is left is spread over the answer while it comes.
 */
function ownOf(busy: Part[], end: number, own: number): { parts: Part[]; spread: number } {
  const parts: Part[] = [];
  let left = own;
  for (const g of gaps(busy, end)) {
    const take = Math.min(g.to - g.from, left);
    if (take <= 0) break;
    parts.push({ ...g, to: g.from + take });
    left -= take;
  }
  return { parts, spread: Math.max(0, left) };
}

/** The lines of the picture. rules are the names of the limits that had no room. */
export function timelineOf(e: EntryDetail, rules: string): Timeline {
  const began = micros(e.time);
  const phases = phasesOf(e);
  const last = e.attempts.length - 1;
  const attempts = e.attempts.map((a, i) => {
    const failed = a.status >= 400 || !!a.fault;
    const parts = attemptOf(a, Math.max(0, (micros(a.started) - began) / 1000), i === last && !failed ? e.first_byte_ms : null);
    return { name: `${a.provider}/${a.model}`, parts, attempt: true, total: a.latency_ms, note: failed ? `${a.status || ""} ${a.fault.replaceAll("_", " ")}`.trim() : undefined };
  });
  const waits = phases.filter((p) => p.kind === "embedding" || p.kind === "flight"); // no part of the overhead
  const exact = e.attempts.length === 0 && e.overhead_us != null ? e.overhead_us / 1000 + length(waits) : 0;
  const busy = [...phases, ...attempts.flatMap((a) => a.parts)];
  const end = Math.max(exact || (e.latency_ms ?? 0), (e.overhead_us ?? 0) / 1000, ...busy.map((p) => p.to), 0.001);
  const lines: Line[] = [];
  let spread = 0;
  const caller = (e.caller_us ?? 0) / 1000;
  if (e.overhead_us != null) {
    const told = phases.filter((p) => !waits.includes(p));
    const own = Math.max(0, e.overhead_us / 1000 - caller - length(told));
    const drawn = ownOf(busy, end, own);
    spread = drawn.spread;
    lines.push({ name: "Sluice itself", total: own, parts: drawn.parts });
  }
  for (const kind of new Set(phases.map((p) => p.kind))) {
    const parts = phases.filter((p) => p.kind === kind);
    const refused = (kind === "limits" || kind === "queue") && e.attempts.length === 0 && e.limits.length > 0 && e.status >= 400;
    lines.push({ name: names[kind]!(e, rules), parts, total: length(parts), note: refused ? "no room" : undefined });
  }
  if (e.limits.length && !phases.some((p) => p.kind === "limits")) lines.push({ name: names.limits!(e, rules), parts: [], total: null, note: e.attempts.length === 0 ? "no room" : undefined });
  if (e.cache === "miss" && !phases.some((p) => p.kind === "cache")) lines.push({ name: names.cache!(e, rules), parts: [], total: null });
  lines.push(...attempts);
  if (caller > 0) lines.push({ name: "Waiting for the caller", total: caller, parts: [{ kind: "caller", from: Math.max(0, end - caller), to: end }] });
  return { lines, all: end, firstToken: e.first_byte_ms === null ? null : Math.max(e.first_byte_ms, attempts.at(-1)?.parts[0]?.from ?? 0), spread };
}
