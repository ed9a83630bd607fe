// Two estimates beside each other: a point, and the interval that holds the truth with 95 % confidence.
import { Tooltip } from "@mantine/core";
import type { Schemas } from "../../api/client";

type Estimate = Schemas["Estimate"] | null | undefined;

export const sides = ["#0072b2", "#d55e00"] as const;

export function Interval({ label, a, b, format }: { label: string; a: Estimate; b: Estimate; format: (n: number | null | undefined) => string }) {
  const most = Math.max(a?.high ?? 0, b?.high ?? 0) || 1;
  const at = (n: number) => 4 + (Math.max(0, n) / most) * 92;
  const row = (e: Estimate, i: 0 | 1) =>
    e ? (
      <Tooltip label={`${format(e.value)}; between ${format(e.low)} and ${format(e.high)} with 95 % confidence, from ${e.n} calls`} withArrow>
        <g>
          <rect x={0} y={i * 16} width={100} height={16} fill="transparent" />
          <line x1={at(e.low)} x2={at(e.high)} y1={i * 16 + 8} y2={i * 16 + 8} stroke={sides[i]} strokeWidth={2} vectorEffect="non-scaling-stroke" opacity={0.75} />
          {[e.low, e.high].map((v, k) => <line key={k} x1={at(v)} x2={at(v)} y1={i * 16 + 5} y2={i * 16 + 11} stroke={sides[i]} strokeWidth={2} vectorEffect="non-scaling-stroke" opacity={0.75} />)}
          <line x1={at(e.value)} x2={at(e.value)} y1={i * 16 + 2} y2={i * 16 + 14} stroke={sides[i]} strokeWidth={5} vectorEffect="non-scaling-stroke" />
        </g>
      </Tooltip>
    ) : null;
  return (
    <tr>
      <th scope="row">{label}</th>
      <td className="n" style={{ color: "inherit" }}>{format(a?.value)}</td>
      <td style={{ width: "45%", minWidth: 140 }}><svg viewBox="0 0 100 32" preserveAspectRatio="none" width="100%" height={32} role="img" aria-label={`${label}: ${format(a?.value)} against ${format(b?.value)}`}>{row(a, 0)}{row(b, 1)}</svg></td>
      <td className="n">{format(b?.value)}</td>
    </tr>
  );
}
