// Two texts beside each other, as what one lacks and the other has.
import { Box, Text } from "@mantine/core";
import { useMemo } from "react";
import { diffLines, folded } from "../lib/diff";

const marks = { same: " ", less: "−", more: "+", fold: "⋯" };

export function Diff({ before, after, label }: { before: string; after: string; label: string }) {
  const lines = useMemo(() => diffLines(before, after), [before, after]);
  if (lines.every((l) => l.kind === "same")) return <Text size="sm" c="dimmed">Both are the same.</Text>;
  return (
    <Box className="textdiff" role="region" aria-label={label} tabIndex={0}>
      {folded(lines).map((l, i) => (
        <div key={i} data-kind={l.kind}><span aria-hidden>{marks[l.kind]}</span>{l.kind === "less" && <span className="unseen">removed: </span>}{l.kind === "more" && <span className="unseen">added: </span>}{l.text}</div>
      ))}
    </Box>
  );
}
