// The run of an agent as a tree: traces, the spans in which calls were made, calls, and
// calls that were made inside of calls.
import type { Entry } from "../api/client";

export type Node = { key: string; kind: "trace" | "span" | "call"; id: string; entry?: Entry; children: Node[]; sum: Sum };
export type Sum = { calls: number; errors: number; cost: number; priced: boolean; input: number; output: number; from: number; to: number };
export type Line = { node: Node; depth: number };

/** The id of a call's own span, as docs/records.md has it. */
export const spanOf = (id: string) => id.replaceAll("-", "").slice(16);

const began = (e: Entry) => new Date(e.time).getTime();
const failed = (e: Entry) => e.status >= 400 || e.status === 0 || !!e.error_code;

/** The tree of calls, those that began first before others. Traces have a level where there are several. */
export function treeOf(calls: Entry[]): Node[] {
  const sorted = [...calls].sort((a, b) => began(a) - began(b) || (a.id < b.id ? -1 : 1));
  const nodes = new Map<string, Node>(); // of calls, by id
  const places = new Map<string, number>();
  const owners = new Map<string, Entry>(); // of spans
  sorted.forEach((e, i) => {
    nodes.set(e.id, { key: e.id, kind: "call", id: e.id, entry: e, children: [], sum: none() });
    places.set(e.id, i);
    for (const span of [spanOf(e.id), ...e.attempts.map((a) => a.span_id)]) if (span) owners.set(span, e);
  });
  const traces = new Map<string, Node[]>();
  const spans = new Map<string, Node>();
  for (const e of sorted) {
    const node = nodes.get(e.id)!;
    const parent = owners.get(e.parent_span_id) ?? sorted.find((o) => o.id === shadowed(e));
    if (parent && places.get(parent.id)! < places.get(e.id)!) { // what began later can be no parent: no circles
      nodes.get(parent.id)!.children.push(node);
      continue;
    }
    const top = traces.get(e.trace_id) ?? traces.set(e.trace_id, []).get(e.trace_id)!;
    if (!e.parent_span_id) {
      top.push(node);
      continue;
    }
    const key = `${e.trace_id} ${e.parent_span_id}`;
    let span = spans.get(key);
    if (!span) {
      spans.set(key, (span = { key, kind: "span", id: e.parent_span_id, children: [], sum: none() }));
      top.push(span);
    }
    span.children.push(node);
  }
  const several = [...traces.keys()].filter(Boolean).length > 1;
  const roots = [...traces].flatMap(([id, inside]): Node[] => (several && id && size(inside) > 1 ? [{ key: `trace ${id}`, kind: "trace", id, children: inside, sum: none() }] : inside));
  for (const n of roots) add(n);
  return roots.sort((a, b) => a.sum.from - b.sum.from);
}

const shadowed = (e: Entry) => (e.metadata as { shadow_of?: unknown }).shadow_of;
const size = (nodes: Node[]): number => nodes.reduce((n, c) => n + (c.kind === "call" ? 1 : 0) + size(c.children), 0);
const none = (): Sum => ({ calls: 0, errors: 0, cost: 0, priced: false, input: 0, output: 0, from: Infinity, to: 0 });

/** Adds up a node: itself and what lies below. */
function add(n: Node): Sum {
  const s = n.sum;
  if (n.entry) {
    const e = n.entry;
    Object.assign(s, { calls: e.count, errors: failed(e) ? e.count : 0, cost: e.cost_usd ?? 0, priced: e.cost_usd != null, input: e.usage.input_tokens ?? 0, output: e.usage.output_tokens ?? 0, from: began(e), to: began(e) + (e.latency_ms ?? 0) });
  }
  for (const c of n.children) join(s, add(c));
  return s;
}

function join(s: Sum, o: Sum) {
  s.calls += o.calls; s.errors += o.errors; s.cost += o.cost; s.input += o.input; s.output += o.output;
  s.priced ||= o.priced;
  s.from = Math.min(s.from, o.from);
  s.to = Math.max(s.to, o.to);
}

/** All of a session added up. */
export function together(roots: Node[]): Sum {
  const s = none();
  for (const n of roots) join(s, n.sum);
  return s;
}

/** The tree as lines, without what lies below the nodes that are closed. */
export const linesOf = (nodes: Node[], closed: Set<string>, depth = 0): Line[] => nodes.flatMap((node) => [{ node, depth }, ...(closed.has(node.key) ? [] : linesOf(node.children, closed, depth + 1))]);
