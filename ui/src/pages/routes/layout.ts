// Where the parts of a route's picture stand: callers, steps, targets, what is tried after.
import type { Route, Traffic } from "../Routes";

export type Node = {
  id: string;
  kind: "callers" | "step" | "end" | "target";
  column: number;
  y: number;
  height: number;
  title: string;
  calls: number;
};

export type Edge = { id: string; from: string; to: string; calls: number; share: number; after: boolean; idle: boolean };

export type Picture = { nodes: Node[]; edges: Edge[]; columns: number; height: number };

const gap = 16;
const heights = { callers: 62, step: 62, end: 50, target: 58 };

export const stepLabel = (route: Route, i: number) => route.steps[i]!.name || `steps[${i}]`;
const idOf = (kind: string, name: string) => `${kind} ${name}`;

/** Puts each column's nodes below each other, in the middle of the picture. */
function place(nodes: Node[]): number {
  const columns = [...new Set(nodes.map((n) => n.column))];
  const tall = (c: number) => nodes.filter((n) => n.column === c).reduce((s, n) => s + n.height + gap, -gap);
  const most = Math.max(...columns.map(tall));
  for (const c of columns) {
    let y = (most - tall(c)) / 2;
    for (const n of nodes.filter((one) => one.column === c)) {
      n.y = y;
      y += n.height + gap;
    }
  }
  return most;
}

export function picture(route: Route, t: Traffic): Picture {
  const nodes: Node[] = [];
  const edges: Edge[] = [];
  const add = (kind: Node["kind"], column: number, title: string, calls: number) => {
    const id = idOf(kind, title);
    const there = nodes.find((n) => n.id === id);
    if (there) there.column = Math.max(there.column, kind === "target" ? Math.min(there.column, column) : column);
    else nodes.push({ id, kind, column, y: 0, height: heights[kind], title, calls });
    return id;
  };
  const join = (from: string, to: string, calls: number, after = false, idle = false) => {
    const id = `${from} → ${to}`;
    const there = edges.find((e) => e.id === id);
    if (there) there.calls += calls;
    else edges.push({ id, from, to, calls, share: 0, after, idle });
  };
  const root = add("callers", 0, "Callers", t.calls);
  const attempts = new Map(t.targets.map((x) => [x.target, x.attempts]));
  const target = (column: number, name: string) => add("target", column, name, attempts.get(name) ?? 0);

  route.steps.forEach((s, i) => {
    const label = stepLabel(route, i);
    const own = t.steps.find((x) => x.step === label);
    const step = add("step", 1, label, own?.calls ?? 0);
    join(root, step, own?.calls ?? 0);
    const gone = t.edges.filter((e) => e.step === label && e.from === "");
    for (const e of gone) join(step, target(2, e.to), e.calls);
    for (const arm of s.targets) if (!gone.some((e) => e.arm === arm.target)) join(step, target(2, arm.target), 0, false, true);
  });
  const old = t.steps.find((x) => x.step === "");
  if (old) {
    const step = add("step", 1, "steps of before", old.calls);
    join(root, step, old.calls);
    for (const e of t.edges.filter((x) => x.step === "" && x.from === "")) join(step, target(2, e.to), e.calls);
  }
  for (const e of t.edges.filter((x) => x.from !== "")) join(target(2, e.from), target(3, e.to), e.calls, true);
  route.steps.forEach((s, i) => {
    if (s.kind === "terms") return;
    const label = stepLabel(route, i);
    const firsts = edges.filter((e) => e.from === idOf("step", label)).map((e) => e.to);
    let before = firsts;
    for (const name of s.fallback.length ? s.fallback : route.fallback) {
      const next = target(3, name);
      for (const from of before) if (from !== next) join(from, next, 0, true, true);
      before = [next];
    }
  });
  if (t.cached) join(root, add("end", 1, "From the cache", t.cached), t.cached);
  if (t.refused) join(root, add("end", 1, "Refused before", t.refused), t.refused);
  const height = place(nodes);
  for (const e of edges) e.share = t.calls ? e.calls / t.calls : 0;
  return { nodes, edges, columns: Math.max(...nodes.map((n) => n.column)) + 1, height };
}
