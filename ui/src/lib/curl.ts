// A recorded call as a command that makes it again.
import type { EntryDetail } from "../api/client";
import { again } from "./again";

/** A text as a shell takes it literally. */
export const quoted = (s: string) => `'${s.replaceAll("'", `'\\''`)}'`;

/** Longer bodies do not fit into one argument of a command (128 KiB on Linux). */
const longest = 100_000;

export function curlOf(e: EntryDetail, base: string): string {
  const a = again(e, base);
  const [name, before] = a.keyHeader;
  const lines = [`curl ${a.stream ? "-N " : ""}${quoted(a.url)}`, `  -H "${name}: ${before}$SLUICE_KEY"`, ...[["Content-Type", "application/json"], ...a.more].map(([n, v]) => `  -H ${quoted(`${n}: ${v}`)}`)];
  if (new Blob([a.text]).size <= longest) return [...lines, `  --data-raw ${quoted(a.text)}`].join(" \\\n");
  return `${[...lines, "  --data-binary @- <<'SLUICE_BODY'"].join(" \\\n")}\n${a.text}\nSLUICE_BODY`;
}
