// What is left of a budget over its period: what was, and where it leads.
import { useElementSize } from "@mantine/hooks";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { atEndOf, endsOf } from "../../lib/ahead";
import { meaning } from "../../lib/color";
import { dateOf, clock, usd } from "../../lib/format";

type Burn = Schemas["Burn"];

const height = 190;
const pad = { left: 54, right: 12, top: 10, bottom: 22 };

/** The money left at the end of each span, from the whole budget on. */
export function left(b: Burn): { time: number; left: number }[] {
  let money = b.max_usd;
  const points = [{ time: Date.parse(b.from), left: money }];
  b.spent_usd.forEach((spent, i) => {
    money -= spent;
    points.push({ time: Math.min(i + 1 < b.times.length ? Date.parse(b.times[i + 1]!) : Date.now(), Date.parse(b.to)), left: money });
  });
  points.push({ time: Date.now(), left: Math.min(money, b.max_usd - b.used_usd) }); // what calls in flight hold too
  return points;
}

export function BurnChart({ of: b }: { of: Burn }) {
  const { ref, width } = useElementSize();
  const [hover, setHover] = useState<number | null>(null);
  const from = Date.parse(b.from);
  const to = Date.parse(b.to);
  const x = (t: number) => pad.left + ((Math.min(t, to) - from) / (to - from)) * (width - pad.left - pad.right);
  const y = (money: number) => pad.top + (1 - Math.max(0, Math.min(money / b.max_usd, 1))) * (height - pad.top - pad.bottom);
  const points = left(b);
  const now = points[points.length - 1]!;
  const told = endsOf(b);
  const ends = told ? Date.parse(told) : null;
  const f = b.forecast;
  const line = points.map((p, i) => `${i ? "L" : "M"}${x(p.time).toFixed(1)} ${y(p.left).toFixed(1)}`).join("");
  const ticks = Array.from({ length: 5 }, (_, i) => from + ((to - from) * i) / 4);
  const long = to - from > 48 * 3600e3;
  const label = (t: number) => (long ? dateOf(t, { day: "numeric", month: "short" }) : dateOf(t, { hour: "2-digit", minute: "2-digit" }));
  // From now to the end of the period, between what is left at best and at worst.
  const band = () => {
    const low = f.latest ? `${x(Date.parse(f.latest))} ${y(0)}` : `${x(to)} ${y(b.max_usd - (f.low_usd ?? b.used_usd))}`;
    const high = f.earliest ? `${x(Date.parse(f.earliest))} ${y(0)}` : `${x(to)} ${y(b.max_usd - (f.high_usd ?? b.used_usd))}`;
    const corner = f.earliest && !f.latest ? `L${x(to)} ${y(0)}` : "";
    return `M${x(now.time)} ${y(now.left)}L${low}${corner}L${high}Z`;
  };
  const near = hover == null ? null : points.reduce((best, p) => (Math.abs(x(p.time) - hover) < Math.abs(x(best.time) - hover) ? p : best));
  return (
    <div ref={ref} style={{ height }} role="group" aria-label={`What is left of the budget: ${usd(b.max_usd - b.used_usd)} of ${usd(b.max_usd)}`}>
      {width > 0 && (
        <svg className="burn" viewBox={`0 0 ${width} ${height}`} height={height} aria-hidden onMouseMove={(e) => setHover(e.nativeEvent.offsetX)} onMouseLeave={() => setHover(null)}>
          {[0, 0.5, 1].map((s) => <g key={s}><line x1={pad.left} x2={width - pad.right} y1={y(b.max_usd * s)} y2={y(b.max_usd * s)} stroke="var(--line)" /><text x={pad.left - 6} y={y(b.max_usd * s) + 4} textAnchor="end">{usd(b.max_usd * s)}</text></g>)}
          {b.alert.filter((a) => a < 100).map((a) => <g key={a}><line x1={pad.left} x2={width - pad.right} y1={y(b.max_usd * (1 - a / 100))} y2={y(b.max_usd * (1 - a / 100))} stroke={meaning.limited} strokeDasharray="2 4" opacity={0.8} /><text x={width - pad.right} y={y(b.max_usd * (1 - a / 100)) - 3} textAnchor="end">alert at {a} %</text></g>)}
          <line x1={x(from)} y1={y(b.max_usd)} x2={x(to)} y2={y(0)} stroke="var(--mantine-color-dimmed)" strokeWidth={1} strokeDasharray="1 5" />
          <path d={`${line}L${x(now.time)} ${y(0)}L${x(from)} ${y(0)}Z`} fill="var(--accent)" opacity={0.12} />
          <path d={line} fill="none" stroke="var(--accent)" strokeWidth={2} strokeLinejoin="round" />
          {f.basis && now.left > 0 && <path data-testid="bounds" d={band()} fill={ends ? meaning.failed : "var(--accent)"} opacity={0.14} />}
          {(f.basis || b.per_day_usd != null) && now.left > 0 && <line x1={x(now.time)} y1={y(now.left)} x2={ends ? x(ends) : x(to)} y2={ends ? y(0) : y(b.max_usd - atEndOf(b))} stroke={ends ? meaning.failed : "var(--accent)"} strokeWidth={2} strokeDasharray="5 4" />}
          {ends && ends > Date.now() && <circle cx={x(ends)} cy={y(0)} r={4.5} fill={meaning.failed} />}
          {now.time < to && <g><line x1={x(now.time)} x2={x(now.time)} y1={pad.top} y2={height - pad.bottom} stroke="var(--mantine-color-dimmed)" opacity={0.5} /><text x={x(now.time) + 4} y={height - pad.bottom - 6}>now</text></g>}
          {ticks.map((t, i) => <text key={t} x={x(t)} y={height - 6} textAnchor={i === 0 ? "start" : i === 4 ? "end" : "middle"}>{label(t)}</text>)}
          {near && <g><circle cx={x(near.time)} cy={y(near.left)} r={4} fill="var(--accent)" /><text x={Math.min(Math.max(x(near.time), pad.left + 70), width - 90)} y={y(near.left) > 40 ? y(near.left) - 8 : y(near.left) + 18} textAnchor="middle" style={{ fontWeight: 600, fill: "var(--mantine-color-text)" }}>{usd(near.left)} left, {clock(new Date(near.time).toISOString())}</text></g>}
        </svg>
      )}
      <table className="unseen">
        <caption>What was spent</caption>
        <thead><tr><th scope="col">From</th><th scope="col">Spent</th></tr></thead>
        <tbody>{b.times.map((t, i) => (b.spent_usd[i] ? <tr key={t}><th scope="row">{clock(t)}</th><td>{usd(b.spent_usd[i])}</td></tr> : null))}</tbody>
      </table>
    </div>
  );
}
