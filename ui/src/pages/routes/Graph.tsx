// A route as a picture: boxes that can be read and reached by keyboard, ways drawn behind them.
import { Box, Text, Tooltip } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useMemo } from "react";
import { meaning } from "../../lib/color";
import { ago, count, ms, percent, usd } from "../../lib/format";
import type { Route, Traffic } from "../Routes";
import type { Explained } from "./Explain";
import { type Edge, type Node, picture, stepLabel } from "./layout";

const levels: Record<string, { color: string; says: string }> = {
  healthy: { color: meaning.healthy, says: "healthy" }, probing: { color: meaning.limited, says: "on trial after a rest" },
  cooling: { color: meaning.limited, says: "resting" }, drained: { color: meaning.left, says: "taken out of use" }, "": { color: "transparent", says: "not called lately" },
};

/** What a call goes through, as the explanation has it. */
function litOf(e: Explained | null): Set<string> | null {
  if (!e) return null;
  const on = new Set(["callers Callers"]);
  let before = `step ${e.step}`;
  on.add(before).add(`callers Callers → ${before}`);
  for (const t of e.targets) {
    const id = `target ${t.target}`;
    on.add(id).add(`${before} → ${id}`);
    before = id;
  }
  return on;
}

export function Graph({ route, traffic, lit }: { route: Route; traffic: Traffic; lit: Explained | null }) {
  const { ref, width } = useElementSize();
  const p = useMemo(() => picture(route, traffic), [route, traffic]);
  const on = useMemo(() => litOf(lit), [lit]);
  const by = new Map(p.nodes.map((n) => [n.id, n]));
  const wide = Math.max(width, p.columns * 176);
  const first = 96;
  const last = p.edges.some((e) => by.get(e.from)!.column === p.columns - 1) ? 66 : 2; // for ways that turn back
  const room = (wide - first - last) / Math.max(p.columns - 1, 1);
  const own = Math.min(230, room - Math.max(44, room * 0.26));
  const left = (n: Node) => (n.column === 0 ? 0 : first + room * n.column - own);
  const box = (n: Node) => (n.column === 0 ? first : own);
  return (
    <Box ref={ref} className="graph-scroll">
      <div className="graph" style={{ height: p.height + 8, width: wide }} data-lit={on ? "" : undefined}>
        {width > 0 && (
          <svg width={wide} height={p.height + 8} aria-hidden>
            {p.edges.map((e) => <Way key={e.id} of={e} from={by.get(e.from)!} to={by.get(e.to)!} left={left} box={box} total={traffic.calls} on={on?.has(e.id)} />)}
          </svg>
        )}
        {width > 0 && p.nodes.map((n) => (
          <Tooltip key={n.id} label={<Says node={n} route={route} traffic={traffic} lit={lit} />} withArrow multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
            <div className="graph-node" data-kind={n.kind} data-node={n.title} data-on={on?.has(n.id) || undefined} tabIndex={0} role="group" aria-label={n.title} style={{ left: left(n), top: n.y + 4, width: box(n), height: n.height }}><Inside node={n} route={route} traffic={traffic} /></div>
          </Tooltip>
        ))}
      </div>
      <Table traffic={traffic} />
    </Box>
  );
}

function Way({ of: e, from, to, left, box, total, on }: { of: Edge; from: Node; to: Node; left: (n: Node) => number; box: (n: Node) => number; total: number; on?: boolean }) {
  const x1 = left(from) + box(from);
  const y1 = from.y + 4 + from.height / 2;
  const same = from.column === to.column;
  const x2 = same ? left(to) + box(to) : left(to);
  const y2 = to.y + 4 + to.height / 2 + (same ? 8 : 0);
  const bend = same ? 40 : (x2 - x1) / 2;
  const d = same ? `M${x1} ${y1 + 8}C${x1 + bend} ${y1 + 8} ${x2 + bend} ${y2} ${x2} ${y2}` : `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  const width = e.idle ? 1.5 : total ? 1.5 + e.share * 12 : 3;
  const color = on ? "var(--accent)" : e.idle ? "var(--mantine-color-dimmed)" : e.after ? meaning.limited : "var(--accent)";
  return (
    <g className="graph-way" data-way={`${e.from} → ${e.to}`} data-on={on || undefined}>
      <path d={d} fill="none" stroke={color} strokeWidth={on ? Math.max(width, 3) : width} strokeDasharray={e.idle ? "3 5" : e.after ? "7 4" : undefined} opacity={on ? 1 : e.idle ? 0.55 : 0.42} strokeLinecap="round" />
      {e.calls > 0 && <text x={same ? x1 + bend * 0.72 + 4 : x1 + (x2 - x1) / 2} y={(y1 + y2) / 2 - (same ? -4 : width / 2 + 4)} textAnchor={same ? "start" : "middle"} className="graph-share">{percent(e.share)}</text>}
    </g>
  );
}

const words: Record<string, string> = { use: "goes to", split: "split by share", canary: "canary", terms: "terms for those below" };

function Inside({ node: n, route, traffic }: { node: Node; route: Route; traffic: Traffic }) {
  if (n.kind === "callers") return <><Text size="sm" fw={600}>Callers</Text><Text size="xs" c="dimmed">{count(n.calls)} calls</Text></>;
  if (n.kind === "end") return <><Text size="sm" truncate>{n.title}</Text><Text size="xs" c="dimmed">{count(n.calls)} calls</Text></>;
  if (n.kind === "step") {
    const i = route.steps.findIndex((_, at) => stepLabel(route, at) === n.title);
    const s = route.steps[i];
    const t = traffic.steps.find((x) => x.step === n.title);
    return (
      <>
        <Text size="sm" fw={600} truncate>{s ? s.name || `Step ${i + 1}` : n.title}</Text>
        <Text size="xs" c="dimmed" truncate className={s?.when ? "typed" : undefined}>{s?.when ? `when ${s.when}` : s ? `${s.kind === "balance" ? `balance: ${s.by ?? ""}` : (words[s.kind] ?? s.kind)}` : "no longer in the route"}</Text>
        <Text size="xs" c="dimmed" truncate>{count(n.calls)} calls{t?.latency_p95_ms != null && ` · p95 ${ms(t.latency_p95_ms)}`}</Text>
      </>
    );
  }
  const t = traffic.targets.find((x) => x.target === n.title);
  const level = levels[t?.level ?? ""] ?? levels[""]!;
  const slash = n.title.indexOf("/");
  return (
    <>
      <Text size="sm" fw={500} truncate><span className="dot" style={{ background: level.color, border: t?.level ? undefined : "1.5px solid var(--mantine-color-dimmed)", marginRight: 6 }} role="img" aria-label={level.says} />{slash < 0 ? <>route {n.title}</> : <><span className="faint">{n.title.slice(0, slash + 1)}</span>{n.title.slice(slash + 1)}</>}</Text>
      <Text size="xs" c="dimmed" truncate>{t && t.attempts > 0 ? <>{count(t.attempts)} tries · {t.failed > 0 ? <span className="bad">{percent(t.failed / t.attempts)} failed</span> : "none failed"}{t.latency_p50_ms != null && ` · ${ms(t.latency_p50_ms)}`}</> : "not tried in this time"}</Text>
    </>
  );
}

function Says({ node: n, route, traffic, lit }: { node: Node; route: Route; traffic: Traffic; lit: Explained | null }) {
  const lines: string[] = [];
  if (n.kind === "step") {
    const i = route.steps.findIndex((_, at) => stepLabel(route, at) === n.title);
    const t = traffic.steps.find((x) => x.step === n.title);
    if (route.steps[i]?.when) lines.push(`when ${route.steps[i].when}`);
    if (t && t.calls) lines.push(`${count(t.calls)} calls, ${percent(t.calls / traffic.calls)} of the route; ${percent(t.failed / t.calls)} failed`, `half within ${ms(t.latency_p50_ms)}, 95 % within ${ms(t.latency_p95_ms)}`);
    const looked = lit?.steps.find((s) => s.step === n.title);
    if (looked) lines.push(looked.matched ? "This call takes it." : `This call does not: ${looked.why ?? ""}`);
  }
  const t = n.kind === "target" ? traffic.targets.find((x) => x.target === n.title) : undefined;
  if (t) {
    lines.push(`${levels[t.level]?.says ?? t.level}${t.why ? ` (${t.why})` : ""}${t.until ? `, until ${ago(t.until)}` : ""}`);
    if (t.attempts) lines.push(`${count(t.attempts)} tries, ${count(t.failed)} failed${t.repeats ? `, ${count(t.repeats)} were repeats` : ""}`, `half within ${ms(t.latency_p50_ms)}, 95 % within ${ms(t.latency_p95_ms)}; first content after ${ms(t.first_p50_ms)}`, `${usd(t.cost_usd)} in all`);
    const faults = Object.entries(t.faults).sort((a, b) => b[1] - a[1]);
    if (faults.length) lines.push(`failed by: ${faults.map(([k, c]) => `${k.replaceAll("_", " ")} ${c}`).join(", ")}`);
    const choice = lit?.targets.find((c) => c.target === n.title);
    if (choice?.not) lines.push(`Passed over: ${choice.not}`);
  }
  if (n.kind === "end") lines.push(n.title.startsWith("From") ? "Served from the cache: no target was asked." : "Refused by a limit, a budget or a check before any target was asked.");
  if (n.kind === "callers") lines.push(`${count(traffic.calls)} calls were looked at; ${count(traffic.failed)} ended with an error.`);
  return <><b>{n.title}</b>{lines.map((l) => <div key={l}>{l}</div>)}</>;
}

function Table({ traffic }: { traffic: Traffic }) {
  return (
    <table className="unseen">
      <caption>Ways that calls of {traffic.name} took</caption>
      <thead><tr><th scope="col">Step</th><th scope="col">After</th><th scope="col">Target</th><th scope="col">Calls</th></tr></thead>
      <tbody>{traffic.edges.map((e) => <tr key={`${e.step} ${e.from} ${e.to}`}><td>{e.step}</td><td>{e.from}</td><td>{e.to}</td><td>{e.calls}</td></tr>)}</tbody>
    </table>
  );
}
