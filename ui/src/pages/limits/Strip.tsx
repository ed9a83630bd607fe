// All counters of a limit on one scale: a dot is a counter, the right edge is the limit.
import { Box, Tooltip } from "@mantine/core";
import { percent } from "../../lib/format";
import { nearAt, shareOf, type State, toneOf } from "./near";

const most = 300; // dots; more would be one smear

export function Strip({ states, nameOf, says }: { states: State[]; nameOf: (s: State) => string; says: (s: State) => string }) {
  const shown = states.slice(0, most);
  const heights = new Map<number, number>();
  return (
    <Box className="strip" role="img" aria-label={`${states.length} counters: the fullest has used ${percent(shareOf(states[0]!))}, the emptiest ${percent(shareOf(states[states.length - 1]!))}`}>
      <Box className="strip-near" style={{ left: `${nearAt * 100 * 0.94}%`, width: `${(1 - nearAt) * 100 * 0.94}%` }} />
      <Box className="strip-full" style={{ left: "94%" }} />
      {shown.map((s) => {
        const share = Math.min(shareOf(s), 1.05);
        const column = Math.round(share * 60);
        const level = heights.get(column) ?? 0;
        heights.set(column, level + 1);
        return (
          <Tooltip key={`${s.counter}/${s.window}`} label={`${nameOf(s)}: ${says(s)}`} withArrow>
            <Box className="strip-dot" style={{ left: `${share * 94}%`, bottom: 5 + Math.min(level, 3) * 6, background: toneOf(shareOf(s)) }} />
          </Tooltip>
        );
      })}
      {["0", "50 %", "80 %", "full"].map((label, i) => <span key={label} className="strip-tick" style={{ left: `${[0, 0.5, nearAt, 1][i]! * 94}%` }}>{label}</span>)}
    </Box>
  );
}
