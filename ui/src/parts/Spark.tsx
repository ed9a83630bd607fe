// A trend so small that it fits into a line of text.
import { Box, Tooltip } from "@mantine/core";

/** Spark draws bars, the last one now; the words say what they are. */
export function Spark({ values, label, width = 96, height = 22, color = "var(--accent)" }: { values: (number | null)[]; label: string; width?: number; height?: number; color?: string }) {
  const most = Math.max(...values.map((v) => v ?? 0), 0);
  const step = width / Math.max(values.length, 1);
  return (
    <Tooltip label={label} withArrow>
      <Box component="span" display="inline-block" lh={0}>
        <svg width={width} height={height} role="img" aria-label={label}>
          <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} stroke="var(--line)" />
          {values.map((v, i) => {
            const h = most > 0 && v ? Math.max(1.5, (v / most) * (height - 2)) : 0;
            return h > 0 ? <rect key={i} x={i * step + 0.5} y={height - h} width={Math.max(1, step - 1)} height={h} rx={0.8} fill={color} /> : null;
          })}
        </svg>
      </Box>
    </Tooltip>
  );
}
