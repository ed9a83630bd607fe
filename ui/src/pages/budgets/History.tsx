// What the periods before came to, against the budget as it is now.
import { Box, Group, Text, Tooltip } from "@mantine/core";
import type { Schemas } from "../../api/client";
import { meaning } from "../../lib/color";
import { usd } from "../../lib/format";
import { Info } from "../../parts/parts";

type Burn = Schemas["Burn"];

function name(from: string, to: string): string {
  const d = new Date(from);
  const days = (Date.parse(to) - Date.parse(from)) / 86400e3;
  const middle = new Date(d.getTime() + (days > 20 ? 15 : 0.5) * 86400e3); // whatever the zone
  return days > 20 ? middle.toLocaleDateString("en-GB", { month: "short" }) : days > 2 ? middle.toLocaleDateString("en-GB", { day: "numeric", month: "short" }) : middle.toLocaleDateString("en-GB", { weekday: "short", day: "numeric" });
}

export function History({ of: b }: { of: Burn }) {
  const all = [...[...b.before].reverse(), { from: b.from, to: b.to, spent_usd: b.used_usd }];
  const most = Math.max(b.max_usd, ...all.map((p) => p.spent_usd));
  return (
    <Box component="section" aria-label="Periods before">
      <Group gap={4} mb={6}><Text size="xs" fw={600}>Periods before</Text><Info text="What was spent of this counter in each period, the present one last. The line is the budget as it is now." /></Group>
      <div className="periods">
        <Box className="periods-max" style={{ bottom: `${20 + (b.max_usd / most) * 110}px` }} />
        {all.map((p, i) => {
          const now = i === all.length - 1;
          return (
            <Tooltip key={p.from} label={`${name(p.from, p.to)}: ${usd(p.spent_usd)}${now ? " so far" : ""} of ${usd(b.max_usd)}`} withArrow>
              <div className="period">
                <Box h={Math.max(p.spent_usd > 0 ? 2 : 0, (p.spent_usd / most) * 110)} style={{ background: p.spent_usd > b.max_usd ? meaning.failed : "var(--accent)", opacity: now ? 1 : 0.5, borderRadius: "3px 3px 0 0" }} />
                <span>{name(p.from, p.to)}</span>
              </div>
            </Tooltip>
          );
        })}
      </div>
      <table className="unseen"><caption>Periods before</caption><tbody>{all.map((p) => <tr key={p.from}><th scope="row">{name(p.from, p.to)}</th><td>{usd(p.spent_usd)}</td></tr>)}</tbody></table>
    </Box>
  );
}
